"""Library: every track of the catalogue, found by words and by name, playable, and what could not be read."""

import streamlit as st

from synesthete.ui import frame, library, resources
from synesthete.ui.export import offer_export
from synesthete.ui.spotify_search import search_by_name
from synesthete.ui.text import count

with frame.begin("Library"):
    catalogue = resources.catalogue()
    st.title("Library", anchor=False)
    st.markdown(
        f"The built-in catalogue holds {count(len(catalogue), 'track')}: our own music, free for any use (CC0)."
    )
    text = st.text_input(
        "Find",
        placeholder="How it sounds, or a name: female vocals, jazz guitar, 80s; a title, artist, album or style",
        icon=":material/search:",
        key="library_words",
    ).strip()
    words = library.choose_words(catalogue)
    found = library.show_tracks(catalogue, text, words)
    asked = ", ".join([*([text] if text else []), *words])
    offer_export(found, f"Library: {asked}" if asked else "The whole library", catalogue)
    search_by_name(catalogue)
    library.show_failures(catalogue)
    library.show_provenance(catalogue)
