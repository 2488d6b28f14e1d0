"""Journey: from one sound to another through real tracks, or a list that stays near what you like."""

import streamlit as st

from synesthete.ui import catalogues, frame, journey, listening, mixing, options, resources, spotify

with frame.begin("Journey"):
    spotify.receive()
    st.title("Travel through sound", anchor=False)
    source = catalogues.choose()
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
            journey.show_from_one(engine, resources.catalogue(source.path))
        elif mode == mixing.MODE:
            mixing.show_mixture(engine, resources.catalogue(source.path))
        else:
            journey.show_from_liked(engine, resources.catalogue(source.path))
