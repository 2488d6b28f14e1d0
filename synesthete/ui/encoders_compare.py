"""Encoders side by side: what each sees of a sound, its ten matches, and how far these are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from synesthete import encoders, figures
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.encoders.fusion import Fusion
from synesthete.encoders.segments import Segments
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.tracks import Track, clock
from synesthete.ui import listening, matches, media, resources, sound_input, state
from synesthete.ui.analyses import Analysis
from synesthete.ui.catalogues import Source
from synesthete.ui.state import Sound
from synesthete.ui.text import count, plain
from synesthete.ui.track_search import Choice, search_box

MOST = 4
_LOOKS = "resnet"  # the part of the default that looks at a picture
_USUAL = ("synesthete", "resnet", "timbre")
_FORMS = {
    "image": "loudness in red, notes in green, chords in blue",
    "features": "figures of every band, one row each",
    "waveform": "the samples themselves",
}


def ready(source: Source) -> list[str]:
    """The encoders that work here and have listened to this catalogue."""
    return [name for name in encoders.available() if encoders.is_ready(name) and listening.has_analysed(source, name)]


def choose_encoders(source: Source) -> list[str]:
    """Two to four encoders; those that have not listened to this catalogue are named with the way to it."""
    names = ready(source)
    if len(names) < 2:
        st.info(f"Only {count(len(names), 'encoder')} has listened to this catalogue: there is nothing to compare yet.")
    usual = [name for name in _USUAL if name in names] or names[:2]
    chosen = st.pills(
        "Encoders", names, selection_mode="multi", default=usual, key="encoders-chosen", persist_state="session"
    )
    if len(chosen) > MOST:
        st.caption(f"At most {MOST} at once: {', '.join(chosen[:MOST])}.")
    _say_what_is_missing(source, names)
    return chosen[:MOST]


def _say_what_is_missing(source: Source, names: Sequence[str]) -> None:
    missing = [name for name in encoders.available() if encoders.is_ready(name) and name not in names]
    if not missing:
        return
    with st.expander(f"Not here yet: {', '.join(missing)}", icon=":material/hearing_disabled:"):
        if not source.is_built_in:
            st.markdown("They have not listened to this catalogue. This has one of them do so:")
            st.code(source.index_command("--encoder", missing[0]), language=None, wrap_lines=True)
            return
        st.markdown("They have not listened to this catalogue yet. Whom you choose does so now, in a minute or two:")
        with st.container(horizontal=True):
            asked = [
                name for name in missing if st.button(name, icon=":material/hearing:", key=f"encoders-listen-{name}")
            ]
        for name in asked:
            listening.analyse_built_in(source, name)
            st.rerun()


def choose_query(catalogue: Catalogue) -> Sound | None:
    """The sound that all are asked about: that of Listen, or a track."""
    current = state.current()
    sound: Sound | None = st.session_state.get(state.COMPARED, current)
    if sound and sound.track_id and sound.track_id not in catalogue:
        sound = current if current and not current.track_id else None
    own = [current] if current is not None and not current.track_id else []

    def take(key: str) -> None:
        chosen = next((each for each in own if each.key == key), None)
        st.session_state[state.COMPARED] = chosen or sound_input.from_track(catalogue.track(key))

    def drop(key: str) -> None:
        st.session_state[state.COMPARED] = None

    shown = [_choice(sound, catalogue)] if sound else []
    others = [replace(_choice(each, catalogue), about="Your sound on Listen") for each in own if each]
    search_box("Sound", catalogue, "box-compared", shown, take, drop, others=others)
    return sound


def _choice(sound: Sound, catalogue: Catalogue) -> Choice:
    if sound.track_id:
        return Choice.of_track(catalogue.track(sound.track_id))
    return Choice(sound.key, sound.name)


def show_side_by_side(names: Sequence[str], sound: Sound, source: Source) -> None:
    """A column for each encoder: what it sees, and its ten matches with those that others have too marked."""
    engines = {name: resources.engine(source.path, name) for name in names}
    first = next(iter(engines.values()))
    is_gone = listening.is_gone(sound, first)
    if is_gone:
        st.caption(listening.why_gone(sound, first))
    found: dict[str, SearchResult] = {}
    analyses: dict[str, Analysis] = {}
    for name, engine in engines.items():
        if is_gone:
            found[name] = engine.search_track(sound.track_id)
        else:
            analyses[name] = listening.analyse(sound, engine)
            found[name] = listening.find(sound, analyses[name], engine, SearchOptions())
    _say_overlap(found)
    for column, (name, engine) in zip(st.columns(len(names), gap="medium"), engines.items(), strict=True):
        with column:
            st.header(name, anchor=False)
            if name in analyses:
                _show_seen(engine.encoder, analyses[name], name)
            _show_matches(name, found, engine)


def overlap(found: Mapping[str, Sequence[str]]) -> tuple[list[str], Counter[str]]:
    """Of each encoder's matches by id: those that all have, in the first one's order, and how many have each."""
    n_by_id = Counter(track_id for ids in found.values() for track_id in ids)
    in_all = [track_id for track_id in next(iter(found.values()), ()) if n_by_id[track_id] == len(found)]
    return in_all, n_by_id


def _ids(result: SearchResult) -> list[str]:
    return [match.track.track_id for match in result.matches]


def _say_overlap(found: Mapping[str, SearchResult]) -> None:
    in_all, n_by_id = overlap({name: _ids(result) for name, result in found.items()})
    alone = sum(1 for n in n_by_id.values() if n == 1)
    titles = {match.track.track_id: match.track.title for result in found.values() for match in result.matches}
    if in_all:
        named = " · ".join(plain(titles[track_id], 40) for track_id in in_all)
        said = f"**{count(len(in_all), 'track')} found by all of them:** {named}."
    else:
        said = "**No track is among the ten of all of them.**"
    st.markdown(f"{said} {count(alone, 'track')} that only one finds.")


def _show_seen(encoder: Encoder, analysis: Analysis, name: str) -> None:
    """The picture of one segment as it goes in, and where an encoder draws it again, its drawing beside it."""
    pictures, start = seen(encoder, analysis)
    for label, image in pictures.items():
        png = figures.sound_png(image) if image.ndim == 3 else figures.layer_png(image, figures.RED, (0.0, 1.0))
        address = media.address_of(png, f"seen-{name}-{label}", "image/png")
        st.html(
            f'<img src="{address}" alt="{label.capitalize()}, as {name} sees it" '
            'style="width:100%;height:7rem;image-rendering:pixelated;border-radius:.5rem">'
        )
        st.caption(f"{label[0].upper()}{label[1:]}, from {clock(start)}")


def seen(encoder: Encoder, analysis: Analysis) -> tuple[dict[str, np.ndarray], float]:
    """What an encoder is given of the middle segment, as pictures by what they are, and where that begins [s].

    Pictures are stacked images [3, n_bins, n_frames] or planes [n_rows, n_frames], in [0, 1], low frequencies in row 0.
    """
    excerpt, spectrogram = analysis.clip.excerpts[0], analysis.spectrograms[0]
    rate = analysis.clip.sample_rate_hz
    starts, seconds = encoder.segment_grid(len(excerpt.samples), rate)
    start = starts[len(starts) // 2]
    looks = encoder.members.get(_LOOKS, encoder) if isinstance(encoder, Fusion) else encoder
    batch = looks.inputs(Segments(excerpt.samples, rate, [start], seconds, spectrogram.inner()))
    drawn = getattr(encoder, "pictures", None)
    if drawn is not None and (made := drawn(batch)):
        return {label: np.asarray(images)[0] for label, images in made.items()}, excerpt.start_seconds + start
    one, label = batch[0], _FORMS[looks.consumes]
    if looks is not encoder:
        label = f"of its parts {_LOOKS} sees {label}"
    if looks.consumes == "waveform":
        one = _plot(one)
    elif looks.consumes == "features":
        low, high = one.min(axis=1, keepdims=True), one.max(axis=1, keepdims=True)
        one = (one - low) / np.maximum(high - low, 1e-9)
    return {label: one}, excerpt.start_seconds + start


def _plot(samples: np.ndarray, n_rows: int = 64, n_columns: int = 300) -> np.ndarray:
    """A waveform as a plane of light [n_rows, n_columns]."""
    heights = np.array(figures.waveform_heights(samples, n_columns)) / 100
    rows = np.abs(np.linspace(-1, 1, n_rows))[:, None]
    return np.asarray((rows <= np.maximum(heights, 1 / n_rows)).astype(np.float32))


def _show_matches(name: str, found: Mapping[str, SearchResult], engine: SearchEngine) -> None:
    _, n_by_id = overlap({other: _ids(result) for other, result in found.items()})
    noted = [(match, _shared(n_by_id[match.track.track_id], len(found))) for match in found[name].matches]
    if noted:
        matches.show_list(noted, f"compared-{name}", found[name], engine.catalogue, _compare_by)
    else:
        st.caption("Nothing is alike to it.")


def _shared(n_finders: int, n_encoders: int) -> str:
    """How many encoders find a track, in words that stand beside it."""
    if n_finders == 1:
        return "Only here"
    return "● In all" if n_finders == n_encoders else f"● In {n_finders} of {n_encoders}"


def _compare_by(track: Track) -> None:
    st.session_state[state.COMPARED] = sound_input.from_track(track)
