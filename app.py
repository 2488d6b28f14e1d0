"""Listen: record, drop or pick a sound; hear the ten tracks most alike, and see what the engine sees.

``streamlit run app.py`` imports this file once, for the server, and then runs it for the page.
"""

from functools import partial

import streamlit as st

from synesthete.ui import (
    blend,
    catalogues,
    frame,
    listening,
    matches,
    navigation,
    options,
    places,
    resources,
    server,
    sound,
    sound_input,
    spotify,
    state,
    warming,
)
from synesthete.ui.export import offer_export

if __name__ == "__main__":
    with frame.begin("Listen"):
        spotify.receive()
        with st.container(key="title"):
            st.title("What sounds like this?", anchor=False)
        source = catalogues.choose()
        catalogue = resources.catalogue(source.path)
        navigation.receive(catalogue)
        encoder_name = options.choose_encoder(source)
        search_options = options.choose_options()

        asked = state.current()
        intro = st.empty()  # it keeps its place: what records and uploads below would lose its state if it moved up
        if asked is None:
            intro.markdown(
                f"Give Synesthete a sound. It looks at it, and finds what sounds most alike among "
                f"{catalogues.how_much(source, catalogue)}. By ear alone: no tags, no history, no popularity."
            )
        with frame.folded_on_phone("Choose a sound", ":material/add_circle:", is_folded=asked is not None):
            sound_input.choose_sound(catalogue)
        if asked is None:
            sound_input.suggest(catalogue)
            catalogues.invite_briefly(source)
            matches.prepare()
        engine = listening.engine_for(source, encoder_name) if asked else None
        if asked and engine and listening.is_gone(asked, engine):
            sound.show_gone(asked, engine)
            counting = blend.choose(source, engine)
            search_options = blend.with_blend(search_options, counting, asked, None, engine, source)
            result = engine.search_track(asked.track_id, search_options)
            matches.show_recording(result, engine.catalogue, asked.track_id)
            matches.show_matches(result, engine.catalogue, partial(sound.explain_match, asked, None, result, engine))
        elif asked and engine:
            of_sound, of_matches, more = places.sound_matches_and_more()
            with of_sound:
                analysis = sound.show_name(asked, engine)
                asked = sound.with_passage(asked, analysis)
            with more:
                counting = blend.choose(source, engine)
            with of_matches:  # the answer first; the pictures follow
                search_options = blend.with_blend(search_options, counting, asked, analysis, engine, source)
                result = listening.find(asked, analysis, engine, search_options)
                explain_match = partial(sound.explain_match, asked, analysis, result, engine)
                matches.show_matches(result, engine.catalogue, explain_match)
            with of_sound:
                sound.show_sound(asked, analysis, result, engine)
            with more:
                sound.show_seen(asked, analysis, engine)
            with of_matches:
                offer_export(
                    [match.track for match in result.matches],
                    f"Sounds like {sound.title(asked, analysis, engine)}",
                    engine.catalogue,
                    [match.offset_seconds for match in result.matches],
                )
            warming.settle()
        frame.bring_into_view("the-sound")
else:
    app = st.App("app.py", **server.parts())
