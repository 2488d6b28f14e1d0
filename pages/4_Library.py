"""Library: the tracks of the catalogue, found by words and names and played; and how music comes in and goes."""

import streamlit as st

from synesthete.ui import (
    catalogues,
    frame,
    library,
    library_add,
    library_described,
    library_figures,
    library_folders,
    library_jobs,
    library_manage,
    navigation,
    resources,
)
from synesthete.ui.export import offer_export
from synesthete.ui.spotify_search import search_by_name

with frame.begin("Library"):
    st.title("Library", anchor=False)
    source = catalogues.choose()
    catalogue = resources.catalogue(source.path)
    navigation.receive(catalogue)
    licence = ", free for any use (CC0)" if source.is_built_in else ""
    figures = library_figures.in_a_line(catalogue)
    st.markdown(f"{catalogues.how_much(source, catalogue)}{licence}{' · ' if figures else ''}{figures}")
    library_jobs.say_what_was_refused()
    library_jobs.show_work(source)
    library_add.offer(source)
    text = library.ask()
    words = library.choose_words(catalogue)
    library_described.show_described(catalogue, text)
    library.offer_liked()
    found = library.show_tracks(source, catalogue, text, words)
    is_liked = library.only_liked()
    asked = ", ".join([*(["tracks I like"] if is_liked else []), *([text] if text else []), *words])
    offer_export(found, f"Library: {asked}" if asked else "The whole library", catalogue)
    search_by_name(catalogue)
    library_figures.show_figures(catalogue)
    library_folders.show_folders(source, catalogue)
    library_manage.show_failures(source, catalogue)
    library_manage.offer_share(source, catalogue)
    library_manage.show_about(source, catalogue)
