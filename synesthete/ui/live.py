"""Listening along, on the page: start and stop, the rolling picture, steady matches, what was recognised."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from synesthete import figures
from synesthete.live import Heard, Listener, Status
from synesthete.live.heard import heard_csv
from synesthete.live.listener import KEPT_SECONDS
from synesthete.live.reconnection import Reconnection
from synesthete.live.rolling_picture import LOWEST_DB, STEPS_PER_DB
from synesthete.search import SearchEngine, SearchOptions
from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import mel_frequencies
from synesthete.tracks import Match, clock
from synesthete.ui import address, live_route, matches, microphone, navigation, player, sound_input, state
from synesthete.ui.export import offer_export
from synesthete.ui.microphone import TROUBLES
from synesthete.ui.text import cell, plain
from synesthete.ui.track_lists import table_height
from synesthete.ui.turns import ANALYSIS

KEY = "live-picture"
TITLE = "Live"
_WORDS: dict[str, str] = {
    Status.OFF: "",
    Status.WAITING: "Waiting for the microphone …",
    Status.SILENT: "Listening …",
    Status.HEARING: "Hearing this",
    Status.PAUSED: "Paused",
    Status.HELD: "Paused while the player plays",
    "elsewhere": "Paused while another tab plays",
    Status.LOST: "Nothing comes from the microphone",
    Status.UNREACHED: "The sound does not reach the server",
}
_CONNECTING, _CONNECTING_AGAIN = "Connecting …", "The connection broke off. Making it anew …"
_mount = player.component("live", '<div class="live"></div>', "live")


@dataclass
class LiveVisit:
    """What one visitor's microphone hears.

    Attributes
    ----------
    listener : Listener
    number : int
        Counts the starts.
    n_heeded : int
        How often listening began or went on because somebody said so: what plays then is paused.
    is_wanted : bool
        Started, and not stopped.
    is_granted : bool
        The browser has given the microphone to this start.
    trouble : str
        A key of :data:`~synesthete.ui.microphone.TROUBLES`: why it is not listening; or empty.
    is_again : bool
        The connection broke off, and is being made anew.
    """

    listener: Listener = field(default_factory=lambda: Listener(turn=ANALYSIS.take))
    number: int = 0
    n_heeded: int = 0
    is_wanted: bool = False
    is_granted: bool = False
    trouble: str = ""
    is_again: bool = False
    _reconnection: Reconnection = field(default_factory=Reconnection)

    def start(self) -> None:
        """Ask for the microphone."""
        self.n_heeded += 1
        self._reconnection = Reconnection()
        self._ask(is_again=False)

    def break_off(self) -> None:
        """The sound has ended without being asked to: have it come again, or else say what stands in the way."""
        seconds = self.listener.carried_seconds
        if self._reconnection.is_due(seconds):
            self.listener.end()
            self._ask(is_again=True)
        else:
            self.stop(microphone.ENDED if seconds or self.is_again else microphone.UNREACHED)

    def _ask(self, *, is_again: bool) -> None:
        self.number += 1
        self.is_wanted, self.is_granted, self.trouble, self.is_again = True, False, "", is_again

    def grant(self) -> None:
        """The browser has given the microphone: listen from now on."""
        self.is_granted = True
        self.listener.begin()

    def go_on(self) -> None:
        """Listen again after a pause."""
        self.n_heeded += 1
        self.listener.go_on()

    def stop(self, trouble: str = "") -> None:
        """Listen no more; what was heard stays."""
        self.is_wanted, self.is_granted, self.trouble = False, False, trouble
        self.listener.end()

    def ended(self, number: int) -> None:
        """The sound of a start has ended; called in the server's own thread."""
        if number == self.number:
            self.listener.end()


def visit() -> LiveVisit:
    """This visitor's."""
    if state.LIVE not in st.session_state:
        st.session_state[state.LIVE] = LiveVisit()
    return st.session_state[state.LIVE]


def hear(engine: SearchEngine | None, options: SearchOptions) -> None:
    """Keep the sound coming while it is wanted; to be called on every run of the page, at one and the same place."""
    live = visit()
    if engine is None:
        live.stop()
    else:
        live.listener.ask_with(engine, options)
    number = live.number
    heard = microphone.listen(number, live.is_wanted, live.listener.offer, lambda: live.ended(number))
    if heard.trouble and live.is_wanted:
        live.stop(heard.trouble)
    elif heard.is_granted and live.is_wanted and not live.is_granted:
        live.grant()
    if heard.is_elsewhere and live.is_wanted:
        st.info(
            "Another tab of this browser is listening too. Should the sound stutter, stop one of them.",
            icon=":material/tab:",
        )


def show_controls() -> None:
    """Start, stop, pause, keep, clear; and what stands in the way."""
    live = visit()
    has_sound = live.is_granted or live.listener.kept_seconds > 0 or bool(live.listener.now().heard)
    with st.container(horizontal=True, key="live-controls"):
        if live.is_wanted:
            st.button("Stop", icon=":material/stop:", on_click=live.stop)
        else:
            st.button("Start listening", icon=":material/mic:", on_click=live.start)
        if live.is_granted and live.listener.status is Status.PAUSED:
            st.button("Go on", icon=":material/play_arrow:", on_click=live.go_on)
        elif live.is_granted:
            st.button("Pause", icon=":material/pause:", on_click=live.listener.pause)
        if has_sound and st.button(
            "Keep this moment",
            icon=":material/bookmark_add:",
            help=f"The last {KEPT_SECONDS:.0f} seconds become the sound of the Listen page",
        ):
            _keep(live.listener)
        if not has_sound and st.button("Record a few seconds instead", icon=":material/fiber_manual_record:"):
            _record_instead()
    if live.trouble:
        st.warning(TROUBLES[live.trouble], icon=":material/mic_off:")
        if has_sound and st.button("Record a few seconds instead", icon=":material/fiber_manual_record:"):
            _record_instead()
    elif not microphone.is_secure(st.context.url or ""):
        st.info(f"{TROUBLES[microphone.INSECURE]} Ask who runs the server for such an address.", icon=":material/lock:")


def _keep(listener: Listener, match: Match | None = None) -> None:
    """What was just heard becomes the sound asked about, as if it had been dropped.

    With a match, what asked for it alone asks there too, and its explanation is open.
    """
    if not listener.has_moment:
        st.toast("There is nothing to keep yet: nothing has sounded.", icon=":material/volume_off:")
        return
    name = f"Heard at {datetime.now(_zone()):%H:%M:%S}"
    seconds, asked_seconds = listener.kept_seconds, listener.asked_seconds
    sound = sound_input.from_upload(listener.moment(), name, "audio/wav")
    if match is not None and address.LEAST_SECONDS < asked_seconds < seconds:
        sound = sound.of_passage((seconds - asked_seconds, seconds))
    state.ask(sound)
    if match is not None:
        st.session_state[state.MATCH] = match.track.track_id
    st.switch_page("app.py", query_params=navigation.link(address.LISTEN))


def _record_instead() -> None:
    st.session_state[state.WAY_IN] = sound_input.RECORD
    st.switch_page("app.py", query_params=navigation.link(address.LISTEN))


@st.fragment
def show_heard(engine: SearchEngine) -> None:
    """The rolling picture, the matches and the recordings recognised so far.

    The picture asks by itself what is new (:mod:`synesthete.ui.live_route`), and has this part of the page run again
    when the matches, the name or what stands in the way are others.
    """
    live = visit()
    _leave_with_a_track()
    _note_the_end(live)
    now = live.listener.now()
    left, right = st.columns([5, 7], gap="medium")
    with left:
        if live.is_wanted or live.listener.kept_seconds:
            _show_picture(live)
        if now.problem:
            st.warning(plain(now.problem, 300), icon=":material/error:")
        if now.result and now.named:
            named = replace(now.result, recognised=now.named, same_recording=())
            matches.show_recording(named, engine.catalogue, "")
    with right:
        if now.result:
            matches.show_matches(
                now.result, engine.catalogue, lambda match: _keep(live.listener, match), is_why_kept=False
            )
        elif live.is_wanted:
            st.caption("The first matches come after two seconds of sound, and follow it every two seconds.")
    _show_list(now.heard, engine)
    if now.result or now.heard:
        st.button("Clear all of this", icon=":material/delete_sweep:", type="tertiary", on_click=live.listener.clear)


def _leave_with_a_track() -> None:
    """ "More like this" and "Open it" ask about a track: that is answered on the Listen page."""
    sound = state.current()
    if st.session_state.get(state.SCROLL) and sound is not None:
        st.switch_page("app.py", query_params=navigation.link(address.LISTEN))


def _note_the_end(live: LiveVisit) -> None:
    status = live.listener.status
    if live.is_granted and status in (Status.OFF, Status.UNREACHED):
        live.break_off()
        st.rerun()
    if status is Status.LOST:
        st.warning(TROUBLES[microphone.SILENCED], icon=":material/mic_off:")


def _show_picture(live: LiveVisit) -> None:
    now = live.listener.now()
    _mount(
        key=KEY,
        data={
            "url": live_route.address_of(live.listener),
            "isOn": live.is_granted,
            "heeded": live.n_heeded,
            "revision": now.revision,
            "status": live.listener.status,
            "words": _words(live),
            "seconds": KEPT_SECONDS,
            "hopSeconds": SPECTROGRAM.hop_length / SPECTROGRAM.sample_rate_hz,
            "rows": [SPECTROGRAM.n_mels, SPECTROGRAM.n_chroma, 6],
            "range": [LOWEST_DB, STEPS_PER_DB, SPECTROGRAM.top_db],
            "rowTicks": [list(tick) for tick in figures.hz_ticks(mel_frequencies(SPECTROGRAM))],
            "alt": f"Stacked picture of the last {KEPT_SECONDS:.0f} s: loudness in red, notes in green, chords in blue",
        },
        on_changed_change=lambda: None,
    )


def _words(live: LiveVisit) -> dict[str, str]:
    """What is said in each status."""
    if live.is_again:
        return {**_WORDS, Status.OFF: _CONNECTING_AGAIN, Status.WAITING: _CONNECTING_AGAIN}
    return {**_WORDS, Status.OFF: _CONNECTING} if live.is_wanted else _WORDS


def _show_list(heard: tuple[Heard, ...], engine: SearchEngine) -> None:
    heard = tuple(entry for entry in heard if entry.track.track_id in engine.catalogue)
    if not heard:
        return
    zone = _zone()
    st.subheader("Recognised so far", anchor=False)
    table = pd.DataFrame(
        {
            "Heard at": [f"{entry.at.astimezone(zone):%H:%M:%S}" for entry in reversed(heard)],
            "Title": [cell(entry.track.title) for entry in reversed(heard)],
            "Artist": [cell(entry.track.artist) for entry in reversed(heard)],
            "From": [clock(entry.offset_seconds) for entry in reversed(heard)],
        }
    )
    st.dataframe(table, hide_index=True, width="stretch", height=table_height(len(table), 300))
    st.download_button(
        "With times (CSV)",
        heard_csv(heard, zone),
        file_name=f"heard-{heard[0].at.astimezone(zone):%Y-%m-%d}.csv",
        mime="text/csv",
        icon=":material/schedule:",
        on_click="ignore",
    )
    tracks = [entry.track for entry in heard]
    offer_export(tracks, "Heard live", engine.catalogue, [entry.offset_seconds for entry in heard])


def _zone() -> tzinfo:
    """The listener's, as their browser says."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
