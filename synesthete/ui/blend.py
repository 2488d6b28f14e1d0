"""What counts in likeness: the sliders of a blend, on the current matches; the address keeps them (``ui/address.py``).

Only what was measured to be true has a slider: docs/decisions/sliders-that-mean-what-they-say.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from synesthete import encoders
from synesthete.encoders.base import Embedding
from synesthete.search import Blend, SearchEngine, SearchOptions
from synesthete.search.blend import CANDIDATES, Beside
from synesthete.search.encoder_index import SMALL_UP_TO
from synesthete.ui import listening, resources, state
from synesthete.ui.address import MOST_WEIGHT, WEIGHT_STEP
from synesthete.ui.analyses import Analysis
from synesthete.ui.catalogues import Source
from synesthete.ui.state import Sound


@dataclass(frozen=True)
class Aspect:
    """Something that can count more or less.

    Attributes
    ----------
    name : str
        In the address and in ``state.COUNTS``; of an encoder of its own also that encoder's.
    part : str
        Of the encoder that is searched with; empty for an aspect that an encoder of its own hears.
    help : str
        What its figures mean.
    """

    name: str
    part: str
    help: str

    @property
    def key(self) -> str:
        """Of its slider in the session."""
        return state.blend_key(self.name)

    @property
    def usual(self) -> float:
        """What it counts where nobody has chosen."""
        return state.COUNTS[self.name]


ASPECTS = (
    Aspect("timbre", "timbre", "Which sounds it is made of. 1 is as usual, 4 four times as much, 0 not at all."),
    Aspect("harmony", "", "Chords and scale, in whatever key. 0 is as usual; 1 counts as much as all else."),
    Aspect("rhythm", "", "What repeats after how long, at whatever tempo. 0 is as usual; 1 counts as all else."),
)


def choose(source: Source, engine: SearchEngine) -> dict[str, float]:
    """Let the listener say what counts how much; what differs from the usual, by the names of ``ASPECTS``."""
    offered = [aspect for aspect in ASPECTS if _is_offered(aspect, source, engine)]
    if not offered:
        _note(offered)
        return {}
    with st.expander(_label(offered), icon=":material/equalizer:", key="what-counts"):
        for aspect in offered:
            st.session_state.setdefault(aspect.key, aspect.usual)
            st.slider(
                aspect.name.capitalize(),
                0.0,
                MOST_WEIGHT,
                step=WEIGHT_STEP,
                format="%g ×",
                key=aspect.key,
                help=aspect.help,
                on_change=_note,  # before the run, so that the address has it when the page is drawn
                args=(offered,),
                persist_state="session",
            )
        if _said(offered):
            st.button("As usual", icon=":material/restart_alt:", key="blend-usual", on_click=_forget, args=(offered,))
        _say_what_is_missing(source, engine)
    _note(offered)
    return _said(offered)


def with_blend(
    options: SearchOptions,
    chosen: Mapping[str, float],
    sound: Sound,
    analysis: Analysis | None,
    engine: SearchEngine,
    source: Source,
) -> SearchOptions:
    """The options with what :func:`choose` gave; a sound that is no track is heard once by each encoder that counts."""
    if not chosen:
        return options
    parts = tuple((aspect.part, chosen[aspect.name]) for aspect in ASPECTS if aspect.part and aspect.name in chosen)
    named = [aspect for aspect in ASPECTS if not aspect.part and chosen.get(aspect.name)]
    known_id = sound.track_id if sound.passage is None else ""
    if named and not sound.track_id and sound.passage is None and analysis is not None:
        recognised = listening.find(sound, analysis, engine, options).recognised
        known_id = recognised.track.track_id if recognised else ""
    beside = []
    for aspect in named:
        ids = _ranking(resources.engine(source.path, aspect.name), sound, known_id, analysis, engine)
        if ids:
            beside.append(Beside(chosen[aspect.name], ids))
    return replace(options, blend=Blend(parts, beside=tuple(beside)))


def _ranking(
    other: SearchEngine, sound: Sound, known_id: str, analysis: Analysis | None, engine: SearchEngine
) -> tuple[str, ...]:
    """The tracks by another encoder, the most alike first; nothing where it cannot hear the sound."""
    n = len(other.track_ids) if len(other.track_ids) <= SMALL_UP_TO else CANDIDATES
    if known_id in other.track_ids:
        return other.nearest(known_id, n)[0]
    if analysis is None:
        return ()
    heard = listening.analyse_passage(sound, analysis, engine)
    embedding = _heard(sound.key, other.encoder.fingerprint, other, heard)
    return other.nearest_to(other.vector_of(embedding), n)


@st.cache_data(show_spinner="Listening for that …", max_entries=64)
def _heard(key: str, fingerprint: str, _other: SearchEngine, _analysis: Analysis) -> Embedding:
    """The first two arguments are the key."""
    return _other.encoder.embed(_analysis.clip, _analysis.spectrograms)


def _is_offered(aspect: Aspect, source: Source, engine: SearchEngine) -> bool:
    if aspect.part:
        return aspect.part in engine.space.parts and len(engine.space.parts) > 1
    if aspect.name == engine.encoder.name or aspect.name not in encoders.available():
        return False
    return listening.has_analysed(source, aspect.name)


def _say_what_is_missing(source: Source, engine: SearchEngine) -> None:
    """How to get the sliders whose encoders have not listened to this catalogue, in one note."""
    own = [aspect.name for aspect in ASPECTS if not aspect.part and aspect.name != engine.encoder.name]
    missing = [name for name in own if name in encoders.available() and not listening.has_analysed(source, name)]
    if not missing:
        return
    names = " and ".join(missing)
    if source.is_built_in:
        way = f"choose {' or '.join(missing)} under How it listens and let it analyse the music."
    else:
        options = [word for name in missing for word in ("--encoder", name)]
        way = f"this command has Synesthete listen for {'it' if len(missing) == 1 else 'them'}: "
        way += f"`{source.index_command(*options)}`"
    st.caption(f"For a slider of {names}, {way}")


def _label(offered: list[Aspect]) -> str:
    said = [f"{name} {weight:g} ×" for name, weight in _said(offered).items()]
    return " · ".join(["What counts", *said])


def _said(offered: list[Aspect]) -> dict[str, float]:
    values = {aspect.name: st.session_state.get(aspect.key, aspect.usual) for aspect in offered}
    return {aspect.name: values[aspect.name] for aspect in offered if values[aspect.name] != aspect.usual}


def _note(offered: list[Aspect]) -> None:
    """What the sliders say, for the address."""
    chosen = _said(offered)
    st.session_state[state.BLEND] = tuple((name, chosen[name]) for name in state.COUNTS if name in chosen)


def _forget(offered: list[Aspect]) -> None:
    for aspect in ASPECTS:
        st.session_state[aspect.key] = aspect.usual
    _note(offered)
