"""Landscape: the whole catalogue as a map in three dimensions, and the place of your own sound on it."""

import streamlit as st

from synesthete.ui import frame, hearing, landscape, options, resources, sound_input
from synesthete.ui.atlas import open_atlas
from synesthete.ui.take_home import take_home
from synesthete.ui.text import count

with frame.begin("Landscape"):
    catalogue = resources.catalogue()
    encoder_name = options.choose_encoder()
    method = landscape.choose_method()

    st.title("The landscape", anchor=False)
    st.markdown(
        f"{count(len(catalogue), 'track')}, each a point; what sounds alike lies together. Choose one to hear it, "
        "or put a sound of your own on the map."
    )
    with st.expander("Put a sound on the map", icon=":material/add_location_alt:"):
        sound_input.choose_sound(catalogue)

    engine = hearing.engine_for(encoder_name)
    if engine:
        atlas = open_atlas(engine, method)
        found = landscape.find_current(engine)
        landscape.show_map(atlas, found, engine)
        landscape.show_table(atlas, found)
        landscape.show_meaning(atlas)
        if found:
            take_home([match.track for match in found.matches], "Nearest on the map", engine.catalogue)
        landscape.offer_downloads(atlas, encoder_name, method)
