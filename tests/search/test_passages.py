"""Passages agree with a slow reference that follows the definition word by word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synesthete.encoders.base import unit
from synesthete.search.passages import RUN, SegmentVectors, best_passages

HOP = 2.5


def runs(starts, length):
    """Begins of the runs of ``length`` consecutive segments."""
    for begin in range(len(starts) - length + 1):
        steps = np.diff(starts[begin : begin + length])
        if np.all(np.abs(steps - HOP) < HOP / 2):
            yield begin


def slow_best_passage(query, query_starts, track, starts):
    """The definition in passages.py, with loops."""
    longest = max(
        length for length in range(1, RUN + 1) if list(runs(starts, length)) and list(runs(query_starts, length))
    )
    return max(
        np.mean([query[i + step] @ track[j + step] for step in range(longest)])
        for i in runs(query_starts, longest)
        for j in runs(starts, longest)
    )


def random_recording(rng, n_segments, size):
    gaps = rng.choice([HOP, HOP * 1.01, 12.0], n_segments, p=[0.6, 0.2, 0.2])
    return unit(rng.normal(size=(n_segments, size))), np.cumsum(gaps)


@settings(max_examples=60, deadline=None)
@given(
    n_query=st.integers(1, 7),
    n_segments=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    size=st.integers(2, 6),
    seed=st.integers(0, 2**31),
)
def test_agrees_with_the_slow_reference(n_query, n_segments, size, seed):
    rng = np.random.default_rng(seed)
    query, query_starts = random_recording(rng, n_query, size)
    recordings = [random_recording(rng, n, size) for n in n_segments]
    rows = np.repeat(np.arange(len(n_segments)), n_segments)
    vectors, starts = (np.concatenate(parts) for parts in zip(*recordings, strict=True))
    segments = SegmentVectors.lay(vectors, starts, rows, HOP)
    found = best_passages(SegmentVectors.of(query, query_starts, HOP), segments)
    expected = [slow_best_passage(query, query_starts, *recording) for recording in recordings]
    np.testing.assert_allclose(found.cosines, expected, atol=1e-5)
    joined = SegmentVectors.join([SegmentVectors.of(*recording, HOP) for recording in recordings])
    np.testing.assert_array_equal(joined.run_lengths, segments.run_lengths)
    np.testing.assert_array_equal(joined.bounds, segments.bounds)
    for number, (track, track_starts) in enumerate(recordings):
        at = np.flatnonzero(track_starts == found.offset_seconds[number])
        query_at = np.flatnonzero(query_starts == found.query_offset_seconds[number])
        assert len(at) == len(query_at) == 1
        part = segments.recording(number)
        np.testing.assert_array_equal(part.vectors, track)
        np.testing.assert_array_equal(part.start_seconds, track_starts)


def test_a_passage_is_found_where_it_was_cut(rng):
    tracks = [unit(rng.normal(size=(n, 16))) for n in (20, 30, 4)]
    segments = SegmentVectors.join([SegmentVectors.of(track, HOP * np.arange(len(track)), HOP) for track in tracks])
    query = unit(tracks[1][11:15] + 0.02 * rng.normal(size=(4, 16)))
    found = best_passages(SegmentVectors.of(query, HOP * np.arange(4), HOP), segments)
    assert found.cosines.argmax() == 1
    assert found.offset_seconds[1] - found.query_offset_seconds[1] == pytest.approx(11 * HOP)


def test_segments_of_two_excerpts_make_no_run():
    segments = SegmentVectors.of(np.eye(6, dtype=np.float32), np.array([0, 2.5, 5, 60, 62.5, 65]), HOP)
    assert segments.run_lengths.tolist() == [3, 2, 1, 3, 2, 1]


def test_the_ends_of_two_recordings_make_no_run():
    segments = SegmentVectors.lay(
        np.eye(4, dtype=np.float32), np.array([0, 2.5, 5.0, 7.5]), np.array([0, 0, 1, 1]), HOP
    )
    assert segments.run_lengths.tolist() == [2, 1, 2, 1]


def test_among_equals_the_earliest_counts():
    same = np.tile(np.eye(1, 4, dtype=np.float32), (6, 1))
    found = best_passages(
        SegmentVectors.of(same, HOP * np.arange(6), HOP), SegmentVectors.of(same, HOP * np.arange(6), HOP)
    )
    assert found.offset_seconds[0] == found.query_offset_seconds[0] == 0


def test_no_recordings_give_no_passages(rng):
    empty = SegmentVectors.lay(np.empty((0, 4), np.float32), np.empty(0), np.empty(0, int), HOP)
    query = SegmentVectors.of(unit(rng.normal(size=(2, 4))), np.array([0, HOP]), HOP)
    assert empty.n_recordings == 0
    assert len(best_passages(query, empty).cosines) == 0


def slow_most_typical(vectors):
    """The sounding segment with the highest cosine to the mean of all, with loops and in double precision."""
    vectors = [[float(value) for value in vector] for vector in vectors]
    mean = [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]
    length = sum(value**2 for value in mean) ** 0.5
    best, highest = 0, -2.0
    for number, vector in enumerate(vectors):
        cosine = sum(a * b for a, b in zip(vector, mean, strict=True)) / length
        if any(vector) and cosine > highest:
            best, highest = number, cosine
    return best


@pytest.mark.parametrize("seed", range(30))
def test_the_most_typical_segment_is_the_one_nearest_to_the_mean(seed):
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(int(rng.integers(1, 12)), int(rng.integers(2, 6)))))
    vectors[1:][rng.random(len(vectors) - 1) < 0.4] = 0  # silent
    segments = SegmentVectors.of(vectors, HOP * np.arange(len(vectors)), HOP)
    assert segments.most_typical() == slow_most_typical(vectors)


def test_silence_is_the_most_typical_only_of_silence():
    """Where the segments cancel out, a zero vector is as near to their mean as they are."""
    vectors = np.array([[0, 0], [1, 0], [-1, 0]], dtype=np.float32)
    assert SegmentVectors.of(vectors, HOP * np.arange(3), HOP).most_typical() == 1
    assert SegmentVectors.of(np.zeros((3, 2), dtype=np.float32), HOP * np.arange(3), HOP).most_typical() == 0
