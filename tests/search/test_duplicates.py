"""One recording is known again whatever silence is added to it, and silence alone makes no two recordings one."""

import numpy as np
import pytest

from synesthete.encoders.base import unit
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.passages import SegmentVectors

SIZE, HOP, SEGMENT, BLOCK = 24, 2.5, 5.0, 0.25  # seconds
SILENCE_ITSELF = unit(np.random.default_rng(8).normal(size=SIZE))  # what silence does to a segment it is a part of


def music(seed, seconds):
    """Blocks of music that changes slowly: an autoregressive walk."""
    rng = np.random.default_rng(seed)
    blocks = [rng.normal(size=SIZE)]
    for _ in range(round(seconds / BLOCK) - 1):
        blocks.append(0.97 * blocks[-1] + 0.25 * rng.normal(size=SIZE))
    return np.array(blocks)


def silence(seconds):
    return np.zeros((round(seconds / BLOCK), SIZE))


def segments_of(*blocks, noise=0.0, seed=0):
    """Segments of sound as an encoder gives them: zero where one stretch of silence fills more than half."""
    blocks = np.concatenate(blocks)
    n, hop = round(SEGMENT / BLOCK), round(HOP / BLOCK)
    starts = range(0, len(blocks) - n + 1, hop)
    vectors = np.zeros((len(starts), SIZE))
    rng = np.random.default_rng(seed)
    for number, start in enumerate(starts):
        part = blocks[start : start + n]
        is_silent = ~part.any(axis=1)
        if 2 * is_silent.sum() <= n:
            mean = unit(part[~is_silent].mean(axis=0) + noise * rng.normal(size=SIZE))
            vectors[number] = unit(mean + 1.5 * is_silent.mean() * SILENCE_ITSELF)
    return SegmentVectors.of(vectors.astype(np.float32), BLOCK * np.array(starts), HOP)


def is_same(one, other):
    return is_version(one, other, HOP) or is_part(one, other) or is_part(other, one)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "arranged",
    [
        lambda piece: [piece, silence(60)],
        lambda piece: [silence(60), piece],
        lambda piece: [silence(7.25), piece, silence(33)],
        lambda piece: [piece[:100], silence(20.25), piece[100:]],
        lambda piece: [piece[:30], silence(11.75), piece[30:]],
        lambda piece: [piece[:-30], silence(8.5), piece[-30:], silence(60)],
    ],
    ids=["behind", "before", "around", "inside", "near the beginning", "inside and behind"],
)
def test_added_silence_leaves_a_recording_the_same(seed, arranged):
    piece = music(seed, 60)
    plain, changed = segments_of(piece), segments_of(*arranged(piece), noise=0.02, seed=seed)
    assert changed.n_sounding < len(changed.vectors)
    assert is_version(plain, changed, HOP)
    assert is_version(changed, plain, HOP)
    assert is_version(changed, changed, HOP)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("seconds", [8, 15, 30, 60])
def test_two_pieces_that_end_in_silence_are_two(seed, seconds):
    one, other = (segments_of(music(number, seconds), silence(60)) for number in (seed, 100 + seed))
    assert not is_same(one, other)
    paused = [segments_of(music(n, seconds), silence(20), music(n + 50, seconds)) for n in (seed, 100 + seed)]
    assert not is_same(*paused)


def test_what_ends_in_silence_earlier_is_a_part_and_no_version():
    piece = music(3, 60)
    whole, beginning = segments_of(piece), segments_of(piece[:120], silence(30))
    assert len(whole.vectors) == len(beginning.vectors)
    assert is_part(beginning, whole)
    assert not is_version(beginning, whole, HOP)
    assert not is_part(whole, beginning)


def test_a_snippet_with_silence_is_a_part():
    piece = music(4, 60)
    whole = segments_of(piece[:120], silence(12.5), piece[120:])
    assert is_part(segments_of(piece[20:80], silence(90)), whole)
    assert is_part(segments_of(silence(10), piece[130:200]), whole)
    assert is_part(segments_of(piece[60:120], silence(12.5), piece[120:180]), whole)
    assert not is_part(segments_of(music(5, 15), silence(90)), whole)


def test_silence_is_no_recording():
    nothing = segments_of(silence(30))
    piece = segments_of(music(6, 30), silence(30))
    for one, other in ((nothing, nothing), (nothing, piece), (piece, nothing)):
        assert not is_same(one, other)


def test_a_few_segments_of_sound_in_much_silence_are_not_enough_by_being_few():
    one = segments_of(silence(20), music(7, 6), silence(20))
    other = segments_of(silence(20), music(8, 6), silence(20))
    assert not is_same(one, other)
    assert is_version(one, segments_of(silence(20), music(7, 6), silence(20)), HOP)
