"""Which catalogue the pages show: the built-in music, the listener's own, or another named at the start.

The address names the choice (``?catalogue=own``), so that it survives a reload, a change of page and the browser's
Back, and so that a link can carry it. It holds a name out of :func:`known`, never a path: no link can make the server
open a file.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from synesthete import sampler
from synesthete.catalogue import Catalogue
from synesthete.errors import CatalogueError
from synesthete.settings import Paths
from synesthete.ui import dropped, resources, state
from synesthete.ui.text import count, plain

BUILT_IN, OWN, DROPPED = state.BUILT_IN, "own", "dropped"
_PARAMETER = "catalogue"


@dataclass(frozen=True)
class Source:
    """A catalogue that the pages can show.

    Attributes
    ----------
    name : str
        In the address.
    label : str
        In the menu.
    path : Path
    """

    name: str
    label: str
    path: Path

    @property
    def is_built_in(self) -> bool:
        """Whether it is the one that comes with Synesthete."""
        return self.name == BUILT_IN

    @property
    def is_dropped(self) -> bool:
        """Whether it is what this visitor has dropped."""
        return self.name == DROPPED

    def index_command(self, *options: str) -> str:
        """What brings this catalogue up to date, or makes it."""
        place = () if self.name == OWN else ("--catalogue", str(self.path))
        return f"synesthete index FOLDER {shlex.join([*options, *place])}".rstrip()


def known() -> dict[str, Source]:
    """The catalogues of this server by name, in the order of the menu."""
    paths = Paths()
    sources = {OWN: Source(OWN, "Your music", paths.own_catalogue)} if _has_own(paths) else {}
    mine = dropped.of_this_visit()
    if mine is not None and len(mine.catalogue):
        sources[DROPPED] = Source(DROPPED, "What you dropped", mine.path)
    taken = {OWN, BUILT_IN, DROPPED}
    for path in paths.other_catalogues:
        label = path.stem if path.stem != "catalogue" else path.parent.name
        base = re.sub(r"\W+", "-", label.casefold()).strip("-") or "catalogue"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        sources[name] = Source(name, label if number == 1 else f"{label} ({number})", path)
    sources[BUILT_IN] = Source(BUILT_IN, "Built-in music", paths.sampler / sampler.CATALOGUE_NAME)
    return sources


def _has_own(paths: Paths) -> bool:
    """Whether there is an own catalogue with tracks.

    One that cannot be read counts, and one that went during this visit: they are spoken of.
    """
    if not st.session_state.get(state.HAS_OWN) and paths.own_catalogue.is_file():
        try:
            st.session_state[state.HAS_OWN] = len(resources.catalogue(paths.own_catalogue)) > 0
        except CatalogueError:
            st.session_state[state.HAS_OWN] = True
    return bool(st.session_state.get(state.HAS_OWN))


def choose() -> Source:
    """The catalogue to show, with a menu of them in the sidebar where there are several.

    Raises
    ------
    CatalogueError
        It cannot be opened.
    """
    sources = known()
    asked = st.query_params.get(_PARAMETER, "")
    if asked and asked not in sources:
        st.query_params.pop(_PARAMETER)
    source = sources[_chosen_name(sources)]
    if asked and asked not in sources:
        st.warning(
            f"The address asks for the catalogue {plain(asked, 40)}, which is not here. "
            f"Shown is: {plain(source.label)}.",
            icon=":material/link_off:",
        )
    if len(sources) > 1:
        st.session_state[state.CATALOGUE_MENU] = source.name
        st.sidebar.selectbox(
            "Music",
            list(sources),
            format_func=lambda name: sources[name].label,
            key=state.CATALOGUE_MENU,
            on_change=lambda: show(st.session_state[state.CATALOGUE_MENU]),
        )
    state.enter(source.name, resources.catalogue(source.path))
    return source


def address() -> dict[str, str]:
    """What a link to another page says, so that the choice holds there; nothing where it is the default."""
    sources = known()
    name = _chosen_name(sources)
    return {} if name == _default_name(sources) else {_PARAMETER: name}


def _chosen_name(sources: dict[str, Source]) -> str:
    asked = st.query_params.get(_PARAMETER, "")
    return asked if asked in sources else _default_name(sources)


def _default_name(sources: dict[str, Source]) -> str:
    """The same for a whole visit: it does not change under the listener's hands when the first track is indexed."""
    default = st.session_state.setdefault(state.DEFAULT_CATALOGUE, OWN if OWN in sources else BUILT_IN)
    return default if default in sources else BUILT_IN


def show(name: str) -> None:
    """Choose a catalogue by its name out of :func:`known`."""
    if name == _default_name(known()):
        st.query_params.pop(_PARAMETER, None)
    else:
        st.query_params[_PARAMETER] = name


def leave_dropped() -> None:
    """Show the default again where what was dropped was shown."""
    if st.query_params.get(_PARAMETER) == DROPPED:
        st.query_params.pop(_PARAMETER)


def offer_built_in() -> None:
    """Beside the sentence about a catalogue that cannot be used: the way on."""
    if _chosen_name(known()) != BUILT_IN:
        st.button("Go on with the built-in music", icon=":material/library_music:", on_click=show, args=(BUILT_IN,))


def how_much(source: Source, catalogue: Catalogue) -> str:
    """How many tracks a catalogue holds, and whose: ``15 tracks of your own music``."""
    whose = {
        BUILT_IN: "of our built-in music",
        OWN: "of your own music",
        DROPPED: "that you dropped",
    }.get(source.name, f"of “{plain(source.label)}”")
    return f"{count(len(catalogue), 'track')} {whose}"


def invite_briefly(source: Source) -> None:
    """For who has no music of their own here yet: where it is added, in a line."""
    if source.is_built_in and OWN not in known():
        st.page_link(
            "pages/4_Library.py", label="Add music of your own", icon=":material/library_add:", query_params=address()
        )
