"""The sound asked about, on the page: its name and cover, its picture with the player, which recording it is."""

from __future__ import annotations

import streamlit as st

from synesthete.audio import content_id
from synesthete.search import SearchEngine, SearchResult
from synesthete.tracks import Match, clock
from synesthete.ui import covers, explain, listening, matches, picture, sound_input, state
from synesthete.ui.analyses import Analysis
from synesthete.ui.player import Row
from synesthete.ui.state import Sound
from synesthete.ui.text import badges, plain

_COVER_PIXELS = 72


def title(sound: Sound, analysis: Analysis, engine: SearchEngine) -> str:
    """What the sound is called: as its track or its tags say, else by its name."""
    if sound.track_id:
        return engine.catalogue.track(sound.track_id).title
    return analysis.clip.tags.title or sound.name


def artist(sound: Sound, analysis: Analysis, engine: SearchEngine) -> str:
    """Whose the sound is, as its track or its tags say; may be empty."""
    if sound.track_id:
        return engine.catalogue.track(sound.track_id).artist
    return analysis.clip.tags.artist


def show_name(sound: Sound, engine: SearchEngine) -> Analysis:
    """Analyse the sound, then show its cover, title and artist, with the way back to the sound before."""
    analysis = listening.analyse(sound, engine)
    with st.container(horizontal=True, vertical_alignment="center", key="the-sound-named"):
        if image := _cover(sound, engine):
            covers.show_cover(image, title(sound, analysis, engine), width=_COVER_PIXELS)
        with st.container(gap=None, width="stretch"):
            st.header(plain(title(sound, analysis, engine)), anchor="the-sound")
            if by := artist(sound, analysis, engine):
                st.markdown(plain(by))
        if state.earlier_sounds():
            with st.container(horizontal=True, key="sounds-before"):
                if state.before() is not None:
                    st.button("Back", icon=":material/arrow_back:", on_click=state.go_back, help="To the sound before")
                sound_input.offer_earlier()
    for note in analysis.clip.notes:
        st.caption(f":material/info: {plain(note, 300)}")
    return analysis


def with_passage(sound: Sound, analysis: Analysis) -> Sound:
    """The sound as it can be asked about: without a passage that an address names and in which nothing sounds."""
    if sound.passage is None or listening.is_within(sound.passage, analysis.clip):
        return sound
    start, end = map(clock, sound.passage)
    st.caption(f":material/info: Nothing sounds between {start} and {end}: the whole sound asks.")
    state.mend(sound, sound.of_passage(None))
    return sound.of_passage(None)


def show_gone(sound: Sound, engine: SearchEngine) -> None:
    """The name of a track whose file is not there, and why there is nothing to see."""
    st.header(plain(sound.name), anchor="the-sound")
    st.caption(listening.why_gone(sound, engine))


def show_sound(sound: Sound, analysis: Analysis, result: SearchResult, engine: SearchEngine) -> None:
    """The picture that plays, and which recording the sound is."""
    row = _row(sound, analysis, engine)
    picture.show_picture(
        sound, analysis.clip, analysis.spectrograms, row, on_ask=lambda: _take_passage(sound, analysis)
    )
    if sound.passage is None:
        matches.show_recording(result, engine.catalogue, sound.track_id or content_id(analysis.clip))
    else:
        st.caption(f"Asked by {clock(sound.passage[0])} – {clock(sound.passage[1])} of it alone.")


def explain_match(
    sound: Sound, analysis: Analysis | None, result: SearchResult, engine: SearchEngine, match: Match
) -> None:
    """Open the window that says why a match of the sound matches; without an analysis its file is not there."""
    from synesthete.explain import Query  # torch comes with it, which the page does not need before

    if analysis is None:
        row, clip = Row(sound.name, key=sound.key), None
    else:
        row, clip = _row(sound, analysis, engine), listening.analyse_passage(sound, analysis, engine).clip
    is_whole = sound.passage is None and engine.catalogue.has_vectors(sound.track_id, engine.encoder.fingerprint)
    query = Query.of_result(result, clip, sound.track_id if is_whole else "")
    explain.open_why(engine, explain.Asked(query, sound.key, row), match, matches.close_why)


def show_seen(sound: Sound, analysis: Analysis, engine: SearchEngine) -> None:
    """Tempo, key and what the tagger calls the sound, what the colours mean, and the layers behind a fold."""
    if analysis.tags:
        st.markdown("Synesthete would call it " + badges(analysis.tags))
    if analysis.tempo_and_key:
        st.caption(f":material/music_note: {analysis.tempo_and_key}")
    st.markdown("  \n".join(f":small[{colour}]" for colour in picture.COLOURS))
    picture.show_layers(sound, analysis.clip, analysis.spectrograms, _row(sound, analysis, engine))


def _row(sound: Sound, analysis: Analysis, engine: SearchEngine) -> Row:
    file = engine.catalogue.locate(engine.catalogue.track(sound.track_id)) if sound.track_id else None
    source, mime = picture.playable(analysis.clip, file or sound.data, sound.mime or "audio/mpeg")
    return Row(
        title=title(sound, analysis, engine),
        artist=artist(sound, analysis, engine),
        source=source,
        mime=mime,
        key=sound.of_passage(None).key,
        seconds=analysis.clip.seconds,
    )


def _cover(sound: Sound, engine: SearchEngine) -> bytes:
    if sound.track_id:
        return covers.cover_of(engine.catalogue.track(sound.track_id), engine.catalogue)
    return covers.cover_of_sound(sound.of_passage(None).key, sound.data or b"")


def _take_passage(sound: Sound, analysis: Analysis) -> None:
    value = picture.asked()
    passage = listening.passage_of(value, analysis.clip)
    if passage and listening.is_silent(analysis.clip, passage):
        st.toast("That stretch is silent; draw another one.", icon=":material/volume_off:")
    elif passage or value == []:  # nothing is asked by: the whole sound again
        state.ask(sound.of_passage(passage))
