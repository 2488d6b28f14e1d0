"""Journey: from one sound to another through real tracks, or a list that stays near what you like."""

import streamlit as st

from synesthete.ui import catalogues, frame, journey, listening, mixing, navigation, options, resources, spotify

with frame.begin("Journey"):
    spotify.receive()
    st.title("Travel through sound", anchor=False)
    source = catalogues.choose()
    catalogue = resources.catalogue(source.path)
    navigation.receive(catalogue)
    encoder_name = options.choose_encoder(source)
    st.markdown(
        "Name two sounds, and Synesthete finds the way between them: real tracks in small, even steps, each a little "
        "nearer to the end. Or stay where you like it."
    )
    mode = journey.choose_mode()
    engine = listening.engine_for(source, encoder_name)
    if engine:
        if mode == journey.A_TO_B:
            journey.show_journey(engine)
        elif mode == journey.ONE_SOUND:
            journey.show_from_one(engine, catalogue)
        elif mode == mixing.MODE:
            mixing.show_mixture(engine, catalogue)
        else:
            journey.show_from_liked(engine, catalogue)
