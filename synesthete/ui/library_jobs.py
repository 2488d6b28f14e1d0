"""What goes on behind the pages, live: music being indexed for all, files being read that this visitor dropped."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from synesthete.catalogue import background
from synesthete.catalogue.background import Job
from synesthete.errors import CatalogueError
from synesthete.settings import Paths
from synesthete.tracks import clock
from synesthete.ui import catalogues, dropped, owner, state
from synesthete.ui.catalogues import Source
from synesthete.ui.text import count, plain

_LOOK_SECONDS = 1.5
OPTIONS: tuple[str, ...] = ()  # of `synesthete index`; tests name an encoder that is quick
_MOST_REASONS = 3  # of what could not be read; all stand below, where the catalogue is shown
_RECENT_SECONDS = 600.0  # a run that ended longer ago is no news


def indexed_into(source: Source) -> Path:
    """The catalogue that folders are indexed into from here: the one shown, or the listener's own."""
    return Paths().own_catalogue if source.is_built_in or source.is_dropped else source.path


def running(path: Path) -> bool:
    """Whether music is being indexed into a catalogue."""
    job = background.last_job(path)
    return job is not None and job.is_at_work


def show_work(source: Source) -> None:
    """Show what is under way, and how it ended; looked at again and again while it lasts."""
    _show_dropped(source)
    path = indexed_into(source)
    job = background.last_job(path)
    if job is None or not (job.is_at_work or _is_news(job)):
        return
    st.fragment(_show_job, run_every=_LOOK_SECONDS if job.is_at_work else None)(
        path, job.is_at_work, path != source.path
    )


def _is_news(job: Job) -> bool:
    """Whether how a run ended is still to be told: to the owner until read, if it is unfinished or just over."""
    if not owner.is_owner() or st.session_state.get(state.JOB_SEEN) == job.began:
        return False
    return job.state != "done" or time.time() - job.told < _RECENT_SECONDS


def _show_job(path: Path, was_at_work: bool, is_elsewhere: bool) -> None:
    job = background.last_job(path)
    if job is None or (was_at_work and not job.is_at_work):
        st.rerun()  # the list below has changed too
    with st.container(border=True, key="job"):
        if job.is_at_work:
            _show_progress(path, job)
        else:
            _show_end(path, job, is_elsewhere)


def _show_progress(path: Path, job: Job) -> None:
    is_mine = owner.is_owner()
    st.markdown(f":material/library_add: **Listening to {_places(job)}**" if is_mine else "**Music is being added**")
    st.progress(_share(job), text=_pace(job))
    if not is_mine:
        return
    said, button = st.columns([4, 1], vertical_alignment="center")
    failed = f"{count(job.counts.n_failed, 'file')} could not be read" if job.counts and job.counts.n_failed else ""
    said.caption("  \n".join(filter(None, (plain(Path(job.latest).name, 90), failed))) or "It goes on if you leave.")
    button.button(
        "Stop",
        icon=":material/stop_circle:",
        key="job-stop",
        width="stretch",
        help="What was done is kept, and it can go on from there",
        on_click=background.stop,
        args=(path,),
    )


def _share(job: Job) -> float:
    if job.state == "finishing":
        return 1.0
    if job.counts is None or not job.counts.n_expected:
        return 0.0
    return min(job.counts.n_found / job.counts.n_expected, 1.0)


def _pace(job: Job) -> str:
    counts = job.counts
    if job.state == "finishing":
        return f"All files are read. {plain(job.doing, 80) or 'Making them searchable …'}"
    if counts is None:
        return "Looking at the files …"
    n_read = counts.n_indexed + counts.n_failed
    is_begun = counts.seconds and counts.n_indexed  # what cannot be read is told apart in no time
    pace = f" · {60 * n_read / counts.seconds:,.0f} a minute" if is_begun else ""
    left = job.seconds_left
    still = f" · about {_how_long(left)} left" if left else ""
    before = f"{counts.n_found:,} of " if counts.n_expected else ""
    return f"**{before}{count(counts.n_expected or counts.n_found, 'file')}**{pace}{still}"


def _how_long(seconds: float) -> str:
    if seconds < 90:
        return "a minute"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"


def _places(job: Job) -> str:
    first, *others = (plain(Path(place).name or place, 60) for place in job.places)
    return f"{first} and {len(others)} more" if others else first


def _show_end(path: Path, job: Job, is_elsewhere: bool) -> None:
    said, buttons = st.columns([3, 2], vertical_alignment="center")
    verb = "is" if len(job.places) == 1 else "are"
    with said:
        if job.state == "done":
            st.markdown(f":material/check_circle: **{_places(job)} {verb} in your library.** {_outcome(job)}")
        elif job.state == "stopped":
            st.markdown(f":material/pause_circle: **{_places(job)}: stopped before the end.** {_outcome(job)}")
        else:
            st.markdown(f":material/error: **{_places(job)} could not be indexed.** {plain(job.problem, 400)}")
    with buttons.container(horizontal=True, horizontal_alignment="right"):
        if is_elsewhere and catalogues.OWN in catalogues.known():
            _offer_to_show(catalogues.OWN, 1)
        if job.state != "done":
            _button("Go on", "job-go-on", _go_on, path, job, icon=":material/play_arrow:")
        _button("Close", "job-close", _close, job.began)


def _offer_to_show(name: str, n_tracks: int) -> None:
    if n_tracks:
        _button("Show them", f"show-{name}", catalogues.show, name)


def _button(label: str, key: str, do: Callable[..., None], *arguments: object, **look: Any) -> None:
    """A button in a fragment, of which the whole page shows what it did."""
    if st.button(label, key=key, on_click=do, args=arguments, **look):
        st.rerun()


def _outcome(job: Job) -> str:
    if job.counts is None:
        return "Nothing had been read yet."
    said = [f"{count(job.counts.n_indexed, 'new file')}", f"{job.counts.n_unchanged:,} known already"]
    if job.counts.n_failed:
        said.append(f"{job.counts.n_failed:,} could not be read (see below)")
    return f"{', '.join(said)}. It took {clock(job.counts.seconds)} minutes."


def _go_on(path: Path, job: Job) -> None:
    begin(path, [Path(place) for place in job.places])


def _close(began: float) -> None:
    st.session_state[state.JOB_SEEN] = began


def begin(path: Path, places: list[Path], *options: str) -> None:
    """Start to index, as the owner, what lies below the configured folders; everything else is refused."""
    allowed = [(place, root) for place in places if (root := owner.root_of(place)) is not None]
    if not owner.is_owner() or not allowed:
        st.session_state[state.DROP_SAID] = "This is not a folder that may be indexed from here."
        return
    st.session_state.pop(state.JOB_SEEN, None)
    try:
        background.start(
            path, [place.resolve() for place, _ in allowed], within=allowed[0][1], options=(*OPTIONS, *options)
        )
    except CatalogueError as error:
        st.session_state[state.DROP_SAID] = str(error)


def _show_dropped(source: Source) -> None:
    mine = dropped.of_this_visit()
    if mine is None:
        return
    if mine.is_at_work:
        st.fragment(_show_reading, run_every=_LOOK_SECONDS)()
    elif not source.is_dropped and (len(mine.catalogue) or mine.n_files):
        _show_dropped_end(mine)


def _show_dropped_end(mine: dropped.DroppedMusic) -> None:
    n_tracks, failures = len(mine.catalogue), mine.catalogue.failures()
    with st.container(border=True, key="dropped-done"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if n_tracks:
                st.markdown(f":material/check_circle: **{count(n_tracks, 'track')} that you dropped can be searched.**")
            else:
                st.markdown(":material/error: **Nothing that you dropped could be read.**")
            _offer_to_show(catalogues.DROPPED, n_tracks)
        for failure in failures[:_MOST_REASONS]:
            st.caption(plain(failure.reason, 300))


def _show_reading() -> None:
    mine = dropped.of_this_visit()
    if mine is None or not mine.is_at_work:
        st.rerun()
    with st.container(border=True, key="dropped-work"):
        st.markdown(":material/library_add: **Listening to what you dropped**")
        st.progress(mine.n_done / mine.n_files, text=f"{mine.n_done} of {count(mine.n_files, 'file')}")
        st.caption(plain(mine.current, 90) or "Waiting for its turn …")


def say_what_was_refused() -> None:
    """What the last drop, import or start has left to say."""
    if said := st.session_state.pop(state.DROP_SAID, ""):
        st.warning(plain(said, 600), icon=":material/report:")
