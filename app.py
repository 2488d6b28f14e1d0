"""Listen: record, drop or pick a sound, see what the engine sees, hear the ten tracks most alike."""

import streamlit as st

from synesthete.audio import content_id
from synesthete.ui import (
    catalogues,
    frame,
    listening,
    matches,
    options,
    picture,
    resources,
    sound_input,
    spotify,
    state,
)
from synesthete.ui.export import offer_export
from synesthete.ui.text import badges, plain

with frame.begin("Listen"):
    spotify.receive()
    st.title("What sounds like this?", anchor=False)
    source = catalogues.choose()
    catalogue = resources.catalogue(source.path)
    encoder_name = options.choose_encoder(source)
    search_options = options.choose_options()

    st.markdown(
        f"Give Synesthete a sound. It looks at it, and finds what sounds most alike among "
        f"{catalogues.how_much(source, catalogue)}. By ear alone: no tags, no history, no popularity."
    )
    sound_input.choose_sound(catalogue)

    sound = state.current()
    if sound is None:
        sound_input.suggest(catalogue)
        catalogues.invite_briefly(source)
    engine = listening.engine_for(source, encoder_name) if sound else None
    if sound and engine and listening.is_gone(sound, engine):
        st.divider()
        st.header(plain(sound.name), anchor="the-sound")
        st.caption(listening.why_gone(sound, engine))
        result = engine.search_track(sound.track_id, search_options)
        matches.show_recording(result, engine.catalogue, sound.track_id)
        matches.show_matches(result, engine.catalogue)
    elif sound and engine:
        st.divider()
        analysis = listening.analyse(sound, engine)
        title, back = st.columns([5, 1], vertical_alignment="center")
        title.header(plain(sound.name), anchor="the-sound")
        if state.has_earlier():
            back.button("Back", icon=":material/arrow_back:", on_click=state.go_back, width="stretch")
        for note in analysis.clip.notes:
            st.caption(f":material/info: {plain(note, 300)}")
        track_file = engine.catalogue.audio_path(engine.catalogue.track(sound.track_id)) if sound.track_id else None
        picture.show_player(analysis.clip, str(track_file) if track_file else sound.data, sound.mime or "audio/mpeg")
        result = listening.find(sound, analysis, engine, search_options)
        matches.show_recording(result, engine.catalogue, sound.track_id or content_id(analysis.clip))
        if analysis.tags:
            st.markdown("This encoder would call it " + badges(analysis.tags))
        st.subheader("What the engine sees", anchor=False)
        picture.show_picture(analysis.clip, analysis.spectrograms)
        st.subheader("What sounds most alike", anchor="matches")
        matches.show_matches(result, engine.catalogue)
        found = result.matches
        offer_export(
            [match.track for match in found],
            f"Sounds like {sound.name}",
            engine.catalogue,
            [match.offset_seconds for match in found],
        )
        frame.bring_into_view("the-sound")
