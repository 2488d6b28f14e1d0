"""Why a match matches, from the catalogue and the files as they are."""

import dataclasses

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.errors import CatalogueError
from synesthete.explain import Query, explain_match
from synesthete.explain.sentence import heard
from synesthete.search import SearchEngine, SearchOptions
from synesthete.tracks import Match, Track
from tests.catalogues import take_in
from tests.sounds import RATE_HZ, melody, noise, tone, wav_bytes


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


@pytest.fixture(scope="module")
def found(engine):
    track_id = engine.track_ids[3]
    result = engine.search_track(track_id)
    query = Query.of_result(result, track_id=track_id)
    return query, result.matches[0], explain_match(engine, query, result.matches[0])


def own_catalogue(folder, encoder, sounds):
    for name, samples in sounds.items():
        (folder / f"{name}.wav").write_bytes(wav_bytes(samples))
    catalogue = Catalogue.open(folder / "own.sqlite")
    take_in(catalogue, encoder, sorted(folder.glob("*.wav")))
    return catalogue


def test_parts_and_neighbours_add_up_to_the_cosine(engine, found):
    query, match, explanation = found
    assert {part.name for part in explanation.parts} == set(engine.encoder.track_parts)
    total = sum(part.amount for part in explanation.parts)
    assert total + explanation.by_neighbours == pytest.approx(match.cosine, abs=1e-6)
    features = [
        engine.catalogue.features_of(track_id, engine.encoder.fingerprint)
        for track_id in (query.track_id, match.track.track_id)
    ]
    one, other = engine.space(np.stack(features))
    assert total == pytest.approx(float(one @ other), abs=1e-5)
    assert explanation.cosine == match.cosine


def test_the_pictures_are_those_of_the_segments_most_alike(engine, found):
    query, match, explanation = found
    row, column = explanation.alignment.best
    _, vectors = engine.catalogue.segments(match.track.track_id, engine.encoder.fingerprint)
    expected = query.embedding.segment_vectors @ vectors.T
    assert explanation.alignment.cosines == pytest.approx(expected, abs=1e-6)
    assert (row, column) in explanation.alignment.path
    resnet = engine.encoder.members["resnet"]
    whole = read_clip(engine.catalogue.audio_path(match.track))
    start = explanation.seen[1].start_seconds
    assert start == explanation.alignment.match_seconds[column]
    assert match.offset_seconds - 1e-6 <= start <= match.offset_seconds + 2 * engine.encoder.hop_seconds + 1e-6
    excerpt = max((e for e in whole.excerpts if e.start_seconds <= start + 1e-6), key=lambda e: e.start_seconds)
    begin = round((start - excerpt.start_seconds) * whole.sample_rate_hz)
    clip = clip_from_samples(excerpt.samples[begin:][: 3 * whole.sample_rate_hz], whole.sample_rate_hz)
    one = resnet.embed(clip).segment_vectors[0]
    other = resnet.encode(explanation.seen[1].image[None])[0]
    assert float(one @ other) > 0.99


def test_it_is_said_in_a_sentence_with_the_words_of_both(engine, found):
    query, match, explanation = found
    words = engine.catalogue.words_of([query.track_id, match.track.track_id])
    assert explanation.words == tuple(w for w in words[match.track.track_id] if w in words[query.track_id])
    assert explanation.sentence.startswith("Alike ") and explanation.sentence.endswith(".")
    assert all(word in explanation.sentence for word in explanation.words[:4])


def test_a_sound_from_outside_is_explained_by_its_own_samples(engine):
    clip = clip_from_samples(melody(6.0), RATE_HZ)
    result = engine.search(clip)
    explanation = explain_match(engine, Query.of_result(result), result.matches[0])
    assert len(explanation.alignment.cosines) == len(result.embedding.segments)
    assert explanation.seen[0].image.shape[0] == 3
    assert explanation.parts and not any("no audio" in note for note in explanation.notes)


def test_words_of_a_sound_are_those_it_would_have_here(engine):
    tags = engine.catalogue.tags(engine.track_ids[0])
    assert set(engine.catalogue.words_for(tags)) == set(
        engine.catalogue.words_of(engine.track_ids[:1])[engine.track_ids[0]]
    )


def test_a_search_by_passage_is_explained_by_what_segments_are_made_of(engine, found):
    query, _, _ = found
    result = engine.search_track(query.track_id, SearchOptions(compare="passage"))
    match = result.matches[0]
    explanation = explain_match(engine, Query.of_result(result, track_id=query.track_id), match)
    assert {part.name for part in explanation.parts} == set(engine.encoder.components)
    assert sum(part.amount for part in explanation.parts) == pytest.approx(match.cosine, abs=1e-5)
    assert explanation.by_neighbours == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", ["statistics", "timbre", "musicnn"])
def test_an_encoder_says_what_it_cannot_explain(tmp_path, name):
    if name == "musicnn" and "musicnn" not in encoders.load("synesthete").members:
        pytest.skip("musicnn is not installed")
    encoder = encoders.load(name)
    sounds = {"one": melody(5.0), "two": melody(5.0, seed=8), "three": tone(5.0)}
    with own_catalogue(tmp_path, encoder, sounds) as catalogue:
        engine = SearchEngine(catalogue, encoder)
        query = Query.of_track(engine, engine.track_ids[0])
        match = Match(catalogue.track(engine.track_ids[1]), 0.5)
        explanation = explain_match(engine, query, match)
    assert explanation.attribution is None and len(explanation.seen) == 2
    assert any("does not look at the picture" in note for note in explanation.notes)
    has_parts = len(encoder.track_parts) > 1
    assert bool(explanation.parts) == has_parts
    assert any("no parts" in note for note in explanation.notes) != has_parts
    assert explanation.sentence


def test_silence_and_very_short_sounds(tmp_path, engine):
    encoder = encoders.load("statistics")
    quiet = np.concatenate([noise(np.random.default_rng(0), 6.0, -20), np.zeros(10 * RATE_HZ, dtype=np.float32)])
    with own_catalogue(tmp_path, encoder, {"short": tone(1.0), "quiet": quiet}) as catalogue:
        other = SearchEngine(catalogue, encoder)
        for one, two in (other.track_ids, other.track_ids[::-1]):
            explanation = explain_match(other, Query.of_track(other, one), Match(catalogue.track(two), 0.1))
            assert np.isfinite(explanation.alignment.cosines).all() and explanation.sentence
    clip = clip_from_samples(tone(1.0), RATE_HZ)
    result = engine.search(clip)
    explanation = explain_match(engine, Query.of_result(result), result.matches[0])
    assert explanation.seen[0].image.shape[2] < 50 and explanation.sentence


def test_without_audio_the_rest_is_explained(engine, found, monkeypatch):
    query, match, before = found
    monkeypatch.setattr(Catalogue, "locate", lambda self, track: None)
    explanation = explain_match(engine, query, match)
    assert explanation.seen == () and explanation.attribution is None
    assert any("no audio here" in note for note in explanation.notes)
    assert explanation.parts == before.parts and explanation.words == before.words


def test_an_unknown_track_is_an_error(engine, found):
    query, match, _ = found
    with pytest.raises(CatalogueError):
        explain_match(engine, query, dataclasses.replace(match, track=Track("no such", "track")))


def test_parts_without_words_are_called_by_their_names():
    assert heard("timbre") == "tone colour"
    assert heard("a new part") == "what a new part hears"
