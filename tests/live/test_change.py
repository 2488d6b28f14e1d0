"""Where another sound begins, by segments made up here and by real ones."""

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.encoders.base import Embedding, unit
from synesthete.live.change import may_have_begun, other_sound_from, search_newest
from synesthete.live.rolling_picture import RollingPicture
from synesthete.search import SearchEngine, SearchOptions
from synesthete.tracks import Segment
from tests.sounds import noise


def embedding(*vectors, seconds=3.0, hop=1.5):
    segments = tuple(Segment(hop * number, seconds) for number in range(len(vectors)))
    rows = unit(np.array(vectors, dtype=np.float32))
    return Embedding(rows.mean(axis=0), rows, segments, "made up")


def test_a_newest_segment_unlike_those_before_begins_another_sound():
    same, other = [1, 0.1], [0.1, 1]
    assert other_sound_from(embedding(same, same, same, other)) == 4.5
    assert other_sound_from(embedding(same, same, same, same)) is None
    assert other_sound_from(embedding(same, same, other, same)) is None


def test_with_nothing_apart_before_it_one_sound_goes_on():
    assert other_sound_from(embedding([1, 0])) is None
    assert other_sound_from(embedding([1, 0], [0, 1])) is None  # they overlap by half


@pytest.mark.parametrize("seconds", [3, 4])
def test_a_piano_after_a_choir_is_another_sound(seconds):
    encoder = encoders.load("synesthete")
    with sampler.open_sampler() as catalogue:
        by_style = {track.genre: catalogue.audio_path(track) for track in catalogue.tracks()}
        choir, other = (read_clip(by_style[style]).samples[: 8 * 22_050] for style in ("Choir", "Bossa Nova"))
    n = seconds * 22_050
    cut = clip_from_samples(np.concatenate([choir[n:], other[:n]]), 22_050)
    assert other_sound_from(encoder.embed(cut)) == pytest.approx(4.53, abs=0.01)
    assert other_sound_from(encoder.embed(clip_from_samples(choir, 22_050))) is None


def two_seconds_of(style, after="Choir", seconds=2.0):
    with sampler.open_sampler() as catalogue:
        by_style = {track.genre: catalogue.audio_path(track) for track in catalogue.tracks()}
        before, begun = (read_clip(by_style[name]).samples for name in (after, style))
    n_new, n = round(seconds * 22_050), round(7.55 * 22_050)
    return np.concatenate([before[: n - n_new], begun[:n_new]])


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


def pcm(samples):
    return np.round(samples * 32767).astype(np.int16)[:, np.newaxis]


def test_two_seconds_of_a_piano_after_a_choir_ask_alone(engine):
    found, seconds = search_newest(engine, SearchOptions(), pcm(two_seconds_of("Bossa Nova")), 22_050)
    assert 1.9 < seconds < 2.9  # what begins softly is taken to go back a little further
    assert found.embedding.segments[-1].start_seconds == 0
    goes_on = two_seconds_of("Choir", seconds=0.0)
    assert search_newest(engine, SearchOptions(), pcm(goes_on), 22_050)[1] is None


def test_whether_something_may_have_begun_is_seen_in_the_picture(rng):
    picture = RollingPicture(10)
    picture.append(pcm(two_seconds_of("Bossa Nova")), 22_050)
    assert may_have_begun(picture.mel_db(7.55))
    assert not may_have_begun(picture.mel_db(3.0))  # too little before it
    later = RollingPicture(10)
    later.append(pcm(two_seconds_of("Bossa Nova", seconds=3.0)), 22_050)
    assert may_have_begun(later.mel_db(7.55), 3.2)
    picture.append(pcm(noise(rng, 8, -20, 22_050)), 22_050)
    assert not may_have_begun(picture.mel_db(7.55))
    picture.clear()
    assert not may_have_begun(picture.mel_db(7.55))
