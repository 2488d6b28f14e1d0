"""Where another sound begins, by segments made up here and by real ones."""

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.encoders.base import Embedding, unit
from synesthete.live.change import other_sound_from
from synesthete.tracks import Segment


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
