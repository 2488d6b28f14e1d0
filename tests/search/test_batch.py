"""Many queries at once list what one search lists, in its order; the archive holds no pickles."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synesthete import encoders, sampler
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import unit
from synesthete.errors import CatalogueError, OptionError
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.search.batch import MAX_K, Neighbours, neighbours_of_files, neighbours_of_tracks
from synesthete.tracks import Match, Track
from tests.catalogues import ENCODER, embedding_of, fill, take_in, walk
from tests.sounds import RATE_HZ, melody

OPTIONS_OFF = SearchOptions(k=9, hide_duplicates=False)


def listed(found: Neighbours, number: int) -> list[str]:
    return [found.track_ids[row] for row in found.neighbours[number] if row >= 0]


def assert_lists(found, number, result):
    """Row ``number`` is what a search answered, and beyond it there is nothing."""
    n = len(result.matches)
    assert listed(found, number) == [match.track.track_id for match in result.matches]
    np.testing.assert_array_equal(found.cosines[number, :n], np.float32([match.cosine for match in result.matches]))
    assert (found.neighbours[number, n:] == -1).all() and np.isnan(found.cosines[number, n:]).all()


@pytest.mark.parametrize("name", ["statistics", "resnet", "synesthete"])
def test_each_track_of_the_built_in_catalogue_lists_what_the_app_does(name):
    with sampler.open_sampler() as catalogue:
        engine = SearchEngine(catalogue, encoders.load(name))
        found = neighbours_of_tracks(engine, 9)
        assert found.track_ids == tuple(track.track_id for track in catalogue.tracks())
        assert found.queries == found.paths == tuple(track.path for track in catalogue.tracks())
        assert found.neighbours.shape == found.cosines.shape == (len(catalogue), 9)
        for number, track_id in enumerate(found.track_ids):
            assert_lists(found, number, engine.search_track(track_id, OPTIONS_OFF))
    assert (found.neighbours != np.arange(len(found.queries))[:, None]).all(), "a track is its own neighbour"


def test_long_tracks_stand_in_the_order_of_their_cosines(tmp_path, rng):
    """Brute force over vectors made here; twins of one recording and equal cosines stand in the order of their rows."""
    with Catalogue.open(tmp_path / "catalogue.sqlite") as catalogue:
        vectors = {}
        for number in range(30):
            embedding = embedding_of(walk(rng, 8))
            for track_id in (f"a{number:02}", f"b{number:02}")[: 1 + (number % 3 == 0)]:
                catalogue.add_track(Track(track_id, "x", seconds=60.0, path=f"{track_id}.ogg"))
                catalogue.put_embedding(track_id, ENCODER, embedding)
                vectors[track_id] = embedding.track_features.astype(np.float64)
        found = neighbours_of_tracks(SearchEngine(catalogue, ENCODER), 5)
    assert found.track_ids == tuple(sorted(vectors))
    matrix = np.array([vectors[track_id] for track_id in found.track_ids])
    cosines = np.round(matrix @ matrix.T, 6)
    np.fill_diagonal(cosines, -2)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(found.neighbours, order)
    np.testing.assert_allclose(found.cosines, np.take_along_axis(cosines, order, axis=1), atol=2e-6)
    twin = found.track_ids.index("b03")
    assert listed(found, found.track_ids.index("a03"))[0] == "b03" and found.cosines[twin, 0] == pytest.approx(1)


def test_short_tracks_ask_by_passage_and_gaps_are_marked(tmp_path, rng):
    with Catalogue.open(tmp_path / "catalogue.sqlite") as catalogue:
        fill(catalogue, rng, 6)
        engine = SearchEngine(catalogue, ENCODER)
        found = neighbours_of_tracks(engine, 9)
        compared = set()
        for number, track_id in enumerate(found.track_ids):
            result = engine.search_track(track_id, OPTIONS_OFF)
            compared.add(result.compared)
            assert_lists(found, number, result)
    assert compared == {"track", "passage"}
    assert (found.recognised == -1).all()


@pytest.fixture(scope="module")
def melodies(tmp_path_factory):
    """Four melodies indexed, and beside them the queries: two of them anew, a passage, and words."""
    folder = tmp_path_factory.mktemp("melodies")
    (folder / "music").mkdir()
    for seed in range(4):
        soundfile.write(folder / "music" / f"{seed}.flac", melody(20, seed=seed), RATE_HZ)
    soundfile.write(folder / "again.ogg", melody(20, seed=2), RATE_HZ)
    soundfile.write(folder / "passage.wav", melody(20, seed=1)[5 * RATE_HZ : 11 * RATE_HZ], RATE_HZ)
    (folder / "words.mp3").write_text("words " * 100)
    with Catalogue.open(folder / "catalogue.sqlite") as catalogue:
        take_in(catalogue, encoders.load("statistics"), sorted((folder / "music").iterdir()))
    return folder


def test_files_are_answered_as_one_by_one(melodies):
    names = ("again.ogg", "words.mp3", "music/0.flac", "passage.wav", "nowhere.mp3", "again.ogg")
    files = [str(melodies / name) for name in names]
    told = []
    with Catalogue.open(melodies / "catalogue.sqlite", is_read_only=True) as catalogue:
        engine = SearchEngine(catalogue, encoders.load("statistics"))
        found = neighbours_of_files(engine, files, 9, n_workers=2, on_progress=lambda file, share: told.append(share))
        for number in (0, 2, 3, 5):
            assert_lists(found, number, engine.search(files[number], OPTIONS_OFF))
    assert found.queries == tuple(files)
    nearest = [Path(found.paths[found.neighbours[number, 0]]).name for number in (0, 2, 3)]
    assert nearest == ["2.flac", "0.flac", "1.flac"]
    assert list(found.failures) == [files[1], files[4]] and "words.mp3" in found.failures[files[1]]
    assert (found.neighbours[[1, 4]] == -1).all() and np.isnan(found.cosines[[1, 4]]).all()
    assert told == sorted(told) and told[-1] == 1


def test_what_is_recognised_is_named_by_its_row(tmp_path, rng):
    class Recognising(SearchEngine):
        def search_track(self, track_id: str, options: SearchOptions = OPTIONS_OFF) -> SearchResult:
            result = super().search_track(track_id, options)
            return dataclasses.replace(result, recognised=Match(self.catalogue.track("004"), 1.0))

    with Catalogue.open(tmp_path / "catalogue.sqlite") as catalogue:
        fill(catalogue, rng, 5)
        found = neighbours_of_tracks(Recognising(catalogue, ENCODER), 2)
        assert found.recognised.tolist() == [4] * 5
        engine = SearchEngine(catalogue, ENCODER)
        catalogue.add_track(Track("zzz", "new", path="z.ogg"))

        class Behind(Recognising):
            @property
            def track_ids(self) -> tuple[str, ...]:
                return super().track_ids[:3]

        with pytest.raises(CatalogueError, match="has changed since this began"):
            neighbours_of_tracks(Behind(catalogue, ENCODER), 4)
        assert neighbours_of_tracks(engine, 1).neighbours.shape == (5, 1)  # what is not embedded does not ask


@pytest.mark.parametrize(("k", "words"), [(0, "k is 0"), (MAX_K + 1, f"k is {MAX_K + 1}; at most")])
def test_a_k_out_of_range_is_refused(tmp_path, rng, k, words):
    with Catalogue.open(tmp_path / "catalogue.sqlite") as catalogue:
        fill(catalogue, rng, 3)
        with pytest.raises(OptionError, match=words):
            neighbours_of_tracks(SearchEngine(catalogue, ENCODER), k)


def test_the_archive_keeps_every_name_and_needs_no_pickle(tmp_path, rng):
    names = ("ein Lied – \u4e2d\u6587 \U0001f3b5.mp3", os.fsdecode(b"latin-\xe9.mp3"))
    cosines = unit(rng.standard_normal((2, 3))).astype(np.float32)
    made = Neighbours(("1", "2"), names, names, np.array([[1, 0, -1]] * 2), cosines, np.array([-1, 0]), {"x": "y"})
    made.save(tmp_path / "x.npz")
    made.save(tmp_path / "x.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["x.npz"]
    with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
        assert sorted(archive) == ["cosines", "neighbours", "paths", "queries", "recognised", "track_ids"]
        assert tuple(archive["paths"].tolist()) == tuple(archive["queries"].tolist()) == names
        np.testing.assert_array_equal(archive["cosines"], cosines)
        assert archive["neighbours"].dtype == archive["recognised"].dtype == np.int64
