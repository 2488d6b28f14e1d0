"""One index of a catalogue: made once however many ask at once, silent about silence, and kept for the next start."""

import threading

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.search import index_folder
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import SegmentVectors, best_passages
from synesthete.search.segment_cache import SegmentCache
from synesthete.settings import Paths
from tests.catalogues import ENCODER, HOP, SIZE, fill, walk


@pytest.fixture
def catalogue(tmp_path, rng):
    with Catalogue.open(tmp_path / "music" / "catalogue.sqlite") as opened:
        fill(opened, rng, 40)
        yield opened


def not_resident(catalogue, folder=None):
    return EncoderIndex(catalogue, ENCODER, folder, small_up_to=0)


def passage(rng, n_segments=3):
    return SegmentVectors.of(walk(rng, n_segments), HOP * np.arange(n_segments), HOP)


def at_once(*calls):
    """What each call returned, all begun together."""
    together, returned = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number):
        together.wait()
        returned[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return returned


def test_two_first_questions_measure_one_scale(catalogue, monkeypatch):
    index, measured = not_resident(catalogue), []
    measure = EncoderIndex._measure_passages

    def slow_measure(self, n_segments, rng):
        measured.append(n_segments)
        threading.Event().wait(0.2)
        return measure(self, n_segments, rng)

    monkeypatch.setattr(EncoderIndex, "_measure_passages", slow_measure)
    first, second = at_once(*[lambda: index.scale_of_passages(3)] * 2)
    assert measured == [3]
    assert first is second


def test_what_is_gone_from_the_catalogue_is_not_found_in_an_older_index(catalogue, rng, tmp_path):
    index = not_resident(catalogue, tmp_path / "index")
    catalogue.remove("003")
    gone = index.row_of["003"]
    for n in (5, 39, 40):
        assert gone not in index.nearest_passages(passage(rng), n)[1]
        assert gone not in index.nearest_tracks(walk(rng, 1)[0], n)[1]
        assert gone not in index.likely_recordings(passage(rng), n)


@pytest.mark.parametrize("is_resident", [True, False])
def test_tracks_that_are_not_allowed_are_not_found(catalogue, rng, is_resident):
    index = EncoderIndex(catalogue, ENCODER) if is_resident else not_resident(catalogue)
    is_allowed = rng.random(40) < 0.3
    allowed = np.flatnonzero(is_allowed)
    query = passage(rng)
    cosines, rows = index.nearest_passages(query, 40, is_allowed)
    expected = best_passages(query, index.segment_vectors(allowed)).cosines
    assert sorted(rows.tolist()) == allowed.tolist()
    np.testing.assert_allclose(cosines, np.sort(expected)[::-1], atol=1e-5)
    vector = walk(rng, 1)[0]
    cosines, rows = index.nearest_tracks(vector, 40, is_allowed)
    assert sorted(rows.tolist()) == allowed.tolist()
    np.testing.assert_allclose(
        cosines, np.sort(catalogue.track_features(ENCODER.fingerprint)[allowed] @ vector)[::-1], atol=1e-3
    )


def test_the_cache_reads_each_track_once_and_keeps_to_its_size(rng):
    read = []

    def read_rows(rows):
        read.append(list(rows))
        vectors = np.repeat(np.array(rows, np.float32)[:, None], 4, axis=0) * np.ones(SIZE, np.float32)
        return SegmentVectors.lay(vectors, np.tile(HOP * np.arange(4), len(rows)), np.repeat(range(len(rows)), 4), HOP)

    one_track = 4 * SIZE * 4  # bytes
    cache = SegmentCache(read_rows, max_bytes=3 * one_track)
    for rows, expected in (([1, 2, 1], [1, 2]), ([2, 1], None), ([3, 4], [3, 4]), ([1, 4], None), ([2], [2])):
        read.clear()
        found = cache.get(rows)
        assert [part.vectors[0, 0] for part in found] == rows
        assert read == ([expected] if expected else [])
        assert cache._n_bytes == sum(part.vectors.nbytes for part in cache._kept.values()) <= 3 * one_track
        assert all(part.vectors.base is None for part in cache._kept.values())  # no view of a larger matrix


def test_the_scale_of_passages_knows_no_silence(tmp_path, rng):
    def measured(name, add_silence):
        own = np.random.default_rng(3)
        with Catalogue.open(tmp_path / name) as opened:
            fill(opened, own, 30, change=add_silence)
            return EncoderIndex(opened, ENCODER).scale_of_passages(3).cosines

    def with_silence(vectors):
        return np.concatenate([vectors, np.zeros((20, SIZE), np.float32)])

    plain, silent = measured("plain.sqlite", lambda vectors: vectors), measured("silent.sqlite", with_silence)
    np.testing.assert_allclose(silent, plain, atol=1e-3)


def test_index_files_of_a_catalogue_lie_in_the_users_folder(catalogue, tmp_path):
    state = tmp_path / "state"
    folder = index_folder(catalogue, Paths(state=state))
    assert folder.parent == state / "indexes"
    with Catalogue.open(tmp_path / "other.sqlite") as other:
        assert index_folder(other, Paths(state=state)) != folder
        assert index_folder(other, Paths(state=tmp_path)) == index_folder(other, Paths(sampler=tmp_path)) == tmp_path
    with Catalogue.open(catalogue.path, is_read_only=True) as again:
        assert index_folder(again, Paths(state=state)) == folder
