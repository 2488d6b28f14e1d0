"""Every ``session_state`` key, declared once, and the sound the listener is asking about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import streamlit as st

from synesthete.catalogue import Catalogue

CATALOGUE = "catalogue"  # str: name of the catalogue that the last run showed
CATALOGUE_MENU = "catalogue_menu"  # the menu of catalogues; the address says what it holds
DEFAULT_CATALOGUE = "default_catalogue"  # str: what this visit shows where the address names none
HAS_OWN = "has_own"  # bool: the listener's own catalogue has been seen with tracks
SOUND = "sound"  # Sound | None: what the listener asks about now
TRAIL = "trail"  # list[Sound]: earlier ones, newest last
ANALYSES = "analyses"  # dict: the last analyses, keyed by (sound, encoder)
SUGGESTED = "suggested"  # list[str]: track ids offered to begin with
PICKED = "picked"  # the box of "Pick a track", where tracks are found by typing
WAY_IN = "way_in"  # which of the three ways in is open
ENCODER = "encoder"  # name of the encoder
LINK_FOLLOWED = "link_followed"  # bool: the address of this visit has been looked at
PAGE = "page"  # str: title of the page that the last run showed
SCROLL = "scroll"  # bool: bring the sound into view on this run
N_SCROLLS = "n_scrolls"  # int: how often that has been done
LANDSCAPE_CHOSEN = "landscape_chosen"  # str: id of the track chosen on the map or in its table
LANDSCAPE_TURN = "landscape_turn"  # bool: the track was chosen in the table, so the map turns to it
LANDSCAPE_TABLE = "landscape_table"  # int: counts the tables begun, so that a choice on the map clears the table's
JOURNEY_FROM = "journey_from"  # Sound | None: where a journey begins; the map sets it too
JOURNEY_TO = "journey_to"  # Sound | None: where it ends
JOURNEY_VIA = "journey_via"  # list[Sound | None]: what it passes on the way
JOURNEY_LIKED = "journey_liked"  # list[str]: track ids of "From tracks you like"
BLEND = "blend"  # bool: what the address says of a blend has been taken up; blend_timbre and so on hold the sliders
COMPARED = "compared"  # Sound | None: what encoders are compared by; until one is chosen that of Listen
MIX_MORE = "mix_more"  # list[str]: track ids that a mixture adds
MIX_LESS = "mix_less"  # list[str]: and those that it takes away
JOURNEY_PATH = "journey_path"  # tuple[str, ...]: track ids of the journey last shown, for the map to draw
JOURNEY_MARKS = "journey_marks"  # tuple[str, ...]: what stands at each of them, A to B
DROPPED = "dropped"  # DroppedMusic: what this visitor has dropped, with its catalogue
DROPS = "drops"  # int: counts the drops, so that each begins with an empty box
DROP_SAID = "drop_said"  # str: what is to be said of the last drop or import
LIBRARY_FOLDER = "library_folder"  # str: the folder that the owner is looking at
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

    def of_passage(self, passage: tuple[float, float] | None) -> Sound:
        """The same sound, asked about by a part of it, or with None as a whole."""
        whole = self.key.partition("@")[0]
        key = f"{whole}@{passage[0]:.2f}-{passage[1]:.2f}" if passage else whole
        return replace(self, key=key, passage=passage)


def current() -> Sound | None:
    """The sound asked about, or None at the start."""
    return st.session_state.get(SOUND)


def ask(sound: Sound) -> None:
    """Make this the sound asked about; the one before joins the trail."""
    before = current()
    if before is not None and before.key != sound.key:
        trail = st.session_state.setdefault(TRAIL, [])
        trail.append(before)
        del trail[:-_TRAIL_LENGTH]
        while sum(len(earlier.data or b"") for earlier in trail) > _TRAIL_BYTES:
            trail.pop(0)
    st.session_state[SOUND] = sound
    if sound.track_id:
        st.query_params["track"] = sound.track_id
    else:
        st.query_params.pop("track", None)


def forget() -> None:
    """Ask about nothing, as at the start; there is a way back."""
    sound = current()
    if sound is not None:
        st.session_state.setdefault(TRAIL, []).append(sound)
    st.session_state[SOUND] = None
    st.query_params.pop("track", None)


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
        places[SOUND] = None
        if st.query_params.get("track") == sound.track_id:
            st.query_params.pop("track")
    places[TRAIL] = [earlier for earlier in places.get(TRAIL, []) if stays(earlier)]
    places[JOURNEY_VIA] = [via for via in places.get(JOURNEY_VIA, []) if stays(via)]
    for key in (JOURNEY_FROM, JOURNEY_TO):
        if not stays(places.get(key)):
            places.pop(key, None)
    journey = (JOURNEY_LIKED, JOURNEY_PATH, JOURNEY_MARKS, MIX_MORE, MIX_LESS)
    for key in (SUGGESTED, PICKED, LINK_FOLLOWED, LANDSCAPE_CHOSEN, *journey):
        places.pop(key, None)


def has_earlier() -> bool:
    """Whether there is a sound to go back to."""
    return bool(st.session_state.get(TRAIL))


def go_back() -> None:
    """Return to the sound before, if there is one."""
    trail = st.session_state.get(TRAIL, [])
    if trail:
        st.session_state[SOUND] = None
        ask(trail.pop())
