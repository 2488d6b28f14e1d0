"""Landscape: the whole catalogue as a map in three dimensions, and the place of your own sound on it."""

import streamlit as st

from synesthete.ui import (
    catalogues,
    frame,
    landscape,
    landscape_table,
    listening,
    navigation,
    options,
    resources,
    sound_input,
)
from synesthete.ui.export import offer_export
from synesthete.ui.landscape_making import open_landscape_data

with frame.begin("Landscape"):
    st.title("The landscape", anchor=False)
    source = catalogues.choose()
    catalogue = resources.catalogue(source.path)
    navigation.receive(catalogue)
    encoder_name = options.choose_encoder(source)
    method = landscape.choose_method()

    st.markdown(
        f"{catalogues.how_much(source, catalogue)}, each a point; what sounds alike lies together. Choose one to hear "
        "it, or put a sound of your own on the map."
    )
    with st.expander("Put a sound on the map", icon=":material/add_location_alt:"):
        sound_input.choose_sound(catalogue)

    engine = listening.engine_for(source, encoder_name)
    data = open_landscape_data(engine, method) if engine else None
    if engine and data:
        found = landscape.find_current(engine)
        landscape.show_map(data, found, engine, source)
        landscape_table.show_table(data, found, engine)
        landscape.show_meaning(data)
        if found:
            offer_export([match.track for match in found.matches], "Nearest on the map", engine.catalogue)
        landscape.offer_downloads(data, encoder_name, method)
