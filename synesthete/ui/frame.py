"""What every page begins with: page config, menu, and the place where errors become sentences."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from synesthete.errors import CatalogueError, SynestheteError
from synesthete.settings import PROJECT_ROOT
from synesthete.ui import address, catalogues, media, navigation, state
from synesthete.ui.text import plain

_LOG = logging.getLogger(__name__)
_ADDRESS = (Path(__file__).parent / "assets" / "address.js").read_text(encoding="utf-8")
_PAGES = (Path(__file__).parent / "assets" / "pages.css").read_text(encoding="utf-8")

# file, label, icon: in the order of the menu
MENU = (
    ("app.py", "Listen", ":material/hearing:"),
    ("pages/1_Live.py", "Live", ":material/mic:"),
    ("pages/2_Landscape.py", "Landscape", ":material/landscape:"),
    ("pages/3_Journey.py", "Journey", ":material/route:"),
    ("pages/4_Library.py", "Library", ":material/library_music:"),
    ("pages/5_Encoders.py", "Encoders", ":material/neurology:"),
)


@contextmanager
def begin(title: str) -> Iterator[None]:
    """Open a page: ``with frame.begin("Listen"):`` around everything the page does.

    An expected error is shown as its sentence; anything else is logged with its traceback on the server and shown
    as an apology without it.
    """
    st.set_page_config(
        page_title="Synesthete" if title == "Listen" else f"{title} · Synesthete",
        page_icon=str(PROJECT_ROOT / "assets" / "logo.svg"),
        layout="wide",
    )
    st.logo(
        str(PROJECT_ROOT / "assets" / "wordmark.svg"),
        icon_image=str(PROJECT_ROOT / "assets" / "logo.svg"),
        size="large",
    )
    sound = state.current()
    if sound is not None and sound.data:  # it may be playing, whatever page is shown
        media.address_of(sound.data, "sound", sound.mime)
    is_new = st.session_state.get(state.PAGE, title) != title
    navigation.begin(title)
    links = _links()
    with st.sidebar.container(gap=None):  # what runs in the browser takes no room
        menu = st.empty()
        _run_script(f"const STEPS = {json.dumps(address.STEPS)}, WINDOWS = {json.dumps(address.WINDOWS)};\n{_ADDRESS}")
    _show_menu(menu, links)
    with st.container(key="pages"):
        pages = st.empty()
    _show_pages(pages, links, title)
    if is_new:
        _close_menu(title)
    try:
        yield
    except SynestheteError as error:
        show_error(error)
        if isinstance(error, CatalogueError):
            catalogues.offer_built_in()
    navigation.tell()
    navigation.remember()
    if (now := _links()) != links:  # the address has just been taken up, or the page has chosen something
        _show_menu(menu, now)
        _show_pages(pages, now, title)


def _links() -> list[dict[str, str]]:
    catalogue = catalogues.address()
    return [catalogue | navigation.query(label) for _, label, _ in MENU]


def _show_menu(place: DeltaGenerator, links: list[dict[str, str]]) -> None:
    with place.container():
        for (file, label, icon), query in zip(MENU, links, strict=True):
            st.page_link(file, label=label, icon=icon, query_params=query)


def _show_pages(place: DeltaGenerator, links: list[dict[str, str]], title: str) -> None:
    """The pages by name in a row, in a narrow window, where the menu is out of sight; it lies in the free strip on top.

    A click goes by the menu's own link (``assets/address.js``), which does not load the document anew.
    """
    names = []
    for (file, label, _), query in zip(MENU, links, strict=True):
        place_of = "./" if file == MENU[0][0] else label
        current = ' aria-current="page"' if label == title else ""
        address_of = f"{place_of}?{urlencode(query)}" if query else place_of
        names.append(f'<a href="{html.escape(address_of)}"{current}>{label}</a>')
    place.html(f'<nav class="synesthete-pages" aria-label="Pages">{"".join(names)}</nav><style>{_PAGES}</style>')


def _close_menu(title: str) -> None:
    """On a phone, where the menu lies over the page, it gives way to the page just chosen from it."""
    script = f"""if (innerWidth < 768) {{
          document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
        }} // {title}"""
    with st.sidebar:
        _run_script(script)


def _run_script(script: str) -> None:
    """Have the browser run a script, once as long as it stays the same."""
    st.html(f"<script>{{\n{script}\n}}</script>", unsafe_allow_javascript=True)


def folded_on_phone(label: str, icon: str, *, is_folded: bool) -> st.delta_generator.DeltaGenerator:
    """A place for widgets; on a phone, whose first screen is small, behind a fold, closed where ``is_folded``.

    It is one and the same place whether open or closed, as long as its label stays: widgets in another one would lose
    their state.
    """
    if not is_on_phone():
        return st.container()
    if st.session_state.get(state.WAS_FOLDED) != is_folded:
        st.session_state[state.WAS_FOLDED], st.session_state[state.FOLD] = is_folded, not is_folded
    return st.expander(label, icon=icon, key=state.FOLD, on_change="rerun")


def is_on_phone() -> bool:
    """Whether the browser says that it runs on a phone."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def bring_into_view(anchor: str) -> None:
    """Scroll to a heading, once, when a button further down has changed what stands above it; the focus follows."""
    if st.session_state.pop(state.SCROLL, False):
        number = st.session_state[state.N_SCROLLS] = st.session_state.get(state.N_SCROLLS, 0) + 1
        script = f"""// {number}: a script that is the same as before is not run again
          const heading = document.getElementById({json.dumps(anchor)});
          heading?.setAttribute("tabindex", "-1");
          heading?.focus({{preventScroll: true}});
          heading?.scrollIntoView({{behavior: "smooth"}});"""
        _run_script(script)


def show_error(error: SynestheteError) -> None:
    """Show an expected error as its sentence; the words may quote a stranger's file name."""
    _LOG.info("shown to the listener: %s", error)
    st.error(plain(str(error), limit=600), icon=":material/error:")
