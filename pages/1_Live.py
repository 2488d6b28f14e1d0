"""Live: the microphone listens along; a rolling picture, matches that follow the music, the name of what is known."""

import streamlit as st

from synesthete.ui import catalogues, frame, listening, live, options, resources, state

came_from = st.session_state.get(state.PAGE)
with frame.begin(live.TITLE):
    if came_from != live.TITLE:
        live.visit().stop()  # a microphone opens when a button says so, and not because a page is shown
    body, foot = st.container(), st.container()
    with body:
        st.title("What is playing here?", anchor=False)
        source = catalogues.choose()
        catalogue = resources.catalogue(source.path)
        engine = listening.engine_for(source, options.choose_encoder(source))
        search_options = options.choose_options()
    with foot:  # first, and always there: a frame of the page that moves would lose its sound
        live.hear(engine, search_options)
    with body:
        if not live.visit().is_wanted:
            st.markdown(
                "Let Synesthete listen along. It looks at what your microphone hears, names a recording that it knows, "
                f"and shows what sounds most alike among {catalogues.how_much(source, catalogue)}."
            )
            st.caption("The sound goes to the server of this page, which keeps the last ten seconds and no more.")
        if engine:
            live.show_controls()
            live.show_heard(engine)
