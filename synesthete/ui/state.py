"""Every ``session_state`` key, declared once, and the sound the listener is asking about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track

CATALOGUE = "catalogue"  # str: name of the catalogue that the last run showed
CATALOGUE_MENU = "catalogue_menu"  # the menu of catalogues; the address says what it holds
DEFAULT_CATALOGUE = "default_catalogue"  # str: what this visit shows where the address names none
HAS_OWN = "has_own"  # bool: the listener's own catalogue has been seen with tracks
SOUND = "sound"  # Sound | None: what the listener asks about now
TRAIL = "trail"  # list[Sound]: the sounds asked about in this tab, each once, the one asked about last at the end
SUGGESTED = "suggested"  # list[str]: track ids offered to begin with
PICKED = "picked"  # the box of "Pick a track", where tracks are found by typing
WAY_IN = "way_in"  # which of the three ways in is open
TAKEN = "taken"  # str: key of the sound that the file box or the microphone holds
RECORDING = "recording"  # what the microphone took
UPLOAD = "upload"  # the box for a file
EARLIER = "earlier"  # the menu of earlier sounds
ENCODER = "encoder"  # name of the encoder; of other catalogues than the built-in: see encoder_key()
OPTION_K = "option_k"  # int: how many matches
OPTION_MINIMUM = "option_minimum"  # float: the least cosine
OPTION_PER_ARTIST = "option_per_artist"  # int: at most so many of an artist; 0 sets no limit
OPTION_MINUTES = "option_minutes"  # int: the longest track; the most sets no limit
OPTION_HIDE = "option_hide"  # bool: other versions of one recording stay hidden
OPTION_ONLY = "option_only"  # str: what is written or heard of the tracks that are looked among
OPTION_COMPARE = "option_compare"  # str: whole tracks or passages
MATCH = "match"  # str: id of the match that is being explained
VISIT = "visit"  # str: the mark by which the server knows this browser
REMEMBERED = "remembered"  # tuple[str, ...]: keys of the trail that the visit knows
ARRIVAL = "arrival"  # str: how this run was arrived at, if it begins with what the address says; else empty
PAGE = "page"  # str: title of the page that the last run showed
SCROLL = "scroll"  # bool: bring the sound into view on this run
N_SCROLLS = "n_scrolls"  # int: how often that has been done
FOLD = "fold"  # bool: on a phone, whether the ways in are open
WAS_FOLDED = "was_folded"  # bool: whether a sound has folded them
LANDSCAPE_METHOD = "landscape_method"  # str: how the map is drawn
LANDSCAPE_COLOURING = "landscape_colouring"  # str: what the map is coloured by
LANDSCAPE_CHOSEN = "landscape_chosen"  # str: id of the track chosen on the map or in its table
LANDSCAPE_TURN = "landscape_turn"  # bool: the track was chosen in the table, so the map turns to it
LANDSCAPE_TABLE = "landscape_table"  # int: counts the tables begun, so that a choice on the map clears the table's
JOURNEY_MODE = "journey_mode"  # which of the four kinds of journey
JOURNEY_STOPS = "journey_length_12"  # int: how many stops from A to B
JOURNEY_TRACKS = "journey_length_20"  # int: how many tracks of the other kinds
JOURNEY_SMOOTHNESS = "journey_smoothness"  # float: 0 direct, 1 smooth
JOURNEY_PER_ARTIST = "journey_per_artist"  # int: at most so many of an artist; 0 sets no limit
JOURNEY_METADATA = "journey_metadata"  # bool: names are weighed too
JOURNEY_FROM = "journey_from"  # Sound | None: where a journey begins; the map sets it too
JOURNEY_TO = "journey_to"  # Sound | None: where it ends
JOURNEY_VIA = "journey_via"  # list[Sound | None]: what it passes on the way
JOURNEY_LIKED = "journey_liked"  # tuple[str, ...]: liked tracks that a link names, in place of the visit's own
JOURNEY_SEEDS = "journey_seeds"  # tuple[str, ...]: the liked tracks that the last list was made from
BLEND = "blend"  # tuple[(str, float), ...]: what counts other than usual, of what has a slider; those: see blend_key()
COMPARED = "compared"  # Sound | None: what encoders are compared by; until one is chosen that of Listen
MIX_MORE = "mix_more"  # list[str]: track ids that a mixture adds
MIX_LESS = "mix_less"  # list[str]: and those that it takes away
JOURNEY_PATH = "journey_path"  # tuple[str, ...]: track ids of the journey last shown, for the map to draw
JOURNEY_WHY = "journey_why"  # int: number of the stop that is being explained, the first is 1; 0 for none
JOURNEY_MARKS = "journey_marks"  # tuple[str, ...]: what stands at each of them, A to B
DROPPED = "dropped"  # DroppedMusic: what this visitor has dropped, with its catalogue
DROPS = "drops"  # int: counts the drops, so that each begins with an empty box
DROP_SAID = "drop_said"  # str: what is to be said of the last drop or import
LIBRARY_FOLDER = "library_folder"  # str: the folder that the owner is looking at
LIBRARY_WORDS = "library_words"  # str: what is looked for
LIBRARY_HEARD = "library_heard"  # list[str]: the words that the tracks have to have
LIBRARY_ORDER = "library_order"  # str: the name of the order
LIBRARY_LIKED = "library_liked"  # bool: only the tracks that this visit likes
LIBRARY_PAGE = "library_page"  # int: which page of the list, the first is 1
LIBRARY_PLAYING = "library_playing"  # str: id of the track chosen in the table
LIBRARY_PLAYED = "library_played"  # str: the one that the last run began to play
LIVE = "live"  # LiveVisit: what this visitor's microphone hears
MICROPHONE = "microphone"  # what the browser says of its microphone, by our component
MICROPHONE_SAID = "microphone_said"  # (int, Heard): the start that it last spoke of, and what it said
MICROPHONE_STREAM = "microphone_stream"  # streamlit-webrtc's own
JOB_SEEN = "job_seen"  # float: when the run over a catalogue began that this visitor has read the end of
SPOTIFY = "spotify"  # (SpotifySession, TokenStore): this visitor's connection and its tokens
SPOTIFY_LOGIN = "spotify_login"  # str: address of the sign-in under way
SPOTIFY_STATE = "spotify_state"  # str: the unguessable mark of the sign-in under way
SPOTIFY_WAITED = "spotify_waited"  # int: looks since its answer came without a connection
SPOTIFY_COOKIE = "spotify_cookie"  # tuple[str, str]: name and value of the cookie that ties it to this browser
SPOTIFY_ARRIVED = "spotify_arrived"  # bool: this tab is the one that Spotify sent back
SPOTIFY_FOUND = "spotify_found"  # tuple: the tracks that were looked for, and what was found
SPOTIFY_SONGS = "spotify_songs"  # tuple: the name asked for, and the songs Spotify knows by it
SPOTIFY_MADE = "spotify_made"  # tuple: the tracks, and the playlist made of them

BUILT_IN = "built-in"  # name of the catalogue that comes with Synesthete
RECORD, DROP, PICK = "Record", "Drop a file", "Pick a track"  # the ways in
A_TO_B, ONE_SOUND, LIKED = "From A to B", "From one sound", "From tracks you like"  # the kinds of journey
MORE_AND_LESS = "More and less"  # one more
COUNTS = {"timbre": 1.0, "harmony": 0.0, "rhythm": 0.0}  # what can count in likeness, and how much it usually does

_TRAIL_LENGTH = 20
_TRAIL_BYTES = 64 * 1024**2  # uploads kept to go back to, for each open tab


@dataclass(frozen=True)
class Sound:
    """What the listener asks about: bytes that came in, or a track of the catalogue.

    Attributes
    ----------
    key : str
        Identity of the sound: a digest of the bytes, or the track id.
    name : str
        For showing only.
    data : bytes, optional
        The file as it came, also what the player plays.
    mime : str
        As the browser said; for the player.
    track_id : str
        Set when the sound is a track of the catalogue.
    passage : (float, float) [s], optional
        Only this part of it asks: from, to, in the recording.
    """

    key: str
    name: str
    data: bytes | None = field(default=None, repr=False)
    mime: str = ""
    track_id: str = ""
    passage: tuple[float, float] | None = None

    @classmethod
    def of_track(cls, track: Track) -> Sound:
        """A track of the catalogue."""
        return cls(key=track.track_id, name=track.label, track_id=track.track_id)

    @property
    def whole_key(self) -> str:
        """Its identity without the passage."""
        return self.key.partition("@")[0]

    def of_passage(self, passage: tuple[float, float] | None) -> Sound:
        """The same sound, asked about by a part of it, or with None as a whole."""
        if passage is None:
            return replace(self, key=self.whole_key, passage=None)
        start, end = (round(seconds, 2) for seconds in passage)  # as the address says it
        return replace(self, key=f"{self.whole_key}@{start:.2f}-{end:.2f}", passage=(start, end))


def current() -> Sound | None:
    """The sound asked about, or None at the start."""
    return st.session_state.get(SOUND)


def ask(sound: Sound) -> None:
    """Make this the sound asked about; it is the last of the trail, and the one before it the last but one."""
    before = current()
    trail = [other for other in _trail() if other.key != sound.key and (before is None or other.key != before.key)]
    trail += [before, sound] if before is not None and before.key != sound.key else [sound]
    del trail[:-_TRAIL_LENGTH]
    while len(trail) > 1 and sum(len(other.data or b"") for other in trail) > _TRAIL_BYTES:
        trail.pop(0)
    st.session_state[TRAIL] = trail
    _show(sound)


def show(sound: Sound | None) -> None:
    """Make this the sound asked about again, as the address or the listener says: the trail keeps its order."""
    if sound is not None and sound not in _trail():
        ask(sound)
    else:
        _show(sound)


def _show(sound: Sound | None) -> None:
    if sound != current():
        st.session_state.pop(MATCH, None)
    st.session_state[SOUND] = sound


def mend(wrong: Sound, right: Sound) -> None:
    """Put a sound in the place of one that is asked about and cannot be."""
    st.session_state[TRAIL] = [
        right if sound.key == wrong.key else sound for sound in _trail() if sound.key != right.key
    ]
    _show(right)


def forget() -> None:
    """Ask about nothing, as at the start; there is a way back."""
    show(None)


def remove(key: str) -> None:
    """Forget a sound altogether, given its key as a whole, as if it had never come."""
    places = st.session_state
    places[TRAIL] = [sound for sound in _trail() if sound.whole_key != key]
    places[JOURNEY_VIA] = [via for via in places.get(JOURNEY_VIA, []) if via is None or via.whole_key != key]
    for name in (SOUND, JOURNEY_FROM, JOURNEY_TO):
        if (sound := places.get(name)) is not None and sound.whole_key == key:
            places.pop(name)


def _trail() -> list[Sound]:
    return st.session_state.get(TRAIL, [])


def encoder_key(catalogue: str) -> str:
    """Where the encoder that is chosen for a catalogue is kept, given the catalogue's name."""
    return ENCODER if catalogue == BUILT_IN else f"{ENCODER}-{catalogue}"


def blend_key(name: str) -> str:
    """Where the slider of what counts is kept, given its name in ``COUNTS``."""
    return f"{BLEND}_{name}"


def enter(name: str, catalogue: Catalogue) -> None:
    """Note which catalogue is shown; on a change forget the choices that it does not hold. Own sounds stay."""
    before = st.session_state.get(CATALOGUE, name)
    st.session_state[CATALOGUE] = name
    if before == name:
        return

    def stays(sound: Sound | None) -> bool:
        return sound is not None and (not sound.track_id or sound.track_id in catalogue)

    places = st.session_state
    sound = current()
    if sound is not None and not stays(sound):
        show(None)
    places[TRAIL] = [earlier for earlier in _trail() if stays(earlier)]
    places[JOURNEY_VIA] = [via for via in places.get(JOURNEY_VIA, []) if stays(via)]
    for key in (JOURNEY_FROM, JOURNEY_TO):
        if not stays(places.get(key)):
            places.pop(key, None)
    journey = (JOURNEY_LIKED, JOURNEY_SEEDS, JOURNEY_PATH, JOURNEY_MARKS, JOURNEY_WHY, MIX_MORE, MIX_LESS)
    for key in (SUGGESTED, PICKED, LANDSCAPE_CHOSEN, LIBRARY_PAGE, *journey):
        places.pop(key, None)


def earlier_sounds() -> list[Sound]:
    """The other sounds asked about in this tab, the newest first."""
    sound = current()
    return [other for other in reversed(_trail()) if sound is None or other.key != sound.key]


def before() -> Sound | None:
    """The sound that was asked about before this one, if there is one."""
    trail, sound = _trail(), current()
    keys = [other.key for other in trail]
    at = keys.index(sound.key) if sound is not None and sound.key in keys else len(trail)
    return trail[at - 1] if at else None


def go_back() -> None:
    """Return to the sound before, if there is one."""
    if (sound := before()) is not None:
        show(sound)
