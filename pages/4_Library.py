"""Library: every track of the catalogue, found by words and by name, playable, and what could not be read."""

import streamlit as st

from synesthete.ui import catalogues, frame, library, resources
from synesthete.ui.export import offer_export
from synesthete.ui.spotify_search import search_by_name

with frame.begin("Library"):
    st.title("Library", anchor=False)
    source = catalogues.choose()
    catalogue = resources.catalogue(source.path)
    licence = ", free for any use (CC0)" if source.is_built_in else ""
    st.markdown(f"{catalogues.how_much(source, catalogue)}{licence}.")
    catalogues.invite(source)
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
