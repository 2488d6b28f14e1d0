"""The index of a large catalogue: what it finds, how it is added to, and that nobody is served a broken one."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from synesthete.encoders.base import Embedding, unit
from synesthete.errors import CatalogueError
from synesthete.search import SearchEngine, SearchOptions, TrackFilter
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.nearest import IndexMismatchError
from synesthete.search.track_store import TrackStore
from synesthete.search.vector_file import VectorFile, append
from tests.search.large_catalogues import ENCODER, N_FEATURES, N_TRACKS, K, follows, nearest, recall


def test_the_vectors_are_those_of_brute_force(made):
    cosines = np.einsum("ij,ij->i", made.store.vectors(), made.vectors)
    assert np.mean(cosines > 1 - 1e-5) > 0.98  # of few the neighbours are not the two nearest
    assert made.store.ids == made.catalogue.ids(ENCODER.fingerprint)
    np.testing.assert_allclose(np.linalg.norm(made.store.some_vectors(np.array([5, 2, 5])), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2, 0.02, 0.002])
def test_the_ten_nearest_are_found_whatever_may_be_found(made, rng, share):
    kept = made.store.vectors()
    queries = unit(kept[rng.integers(N_TRACKS, size=40)] + 0.03 * rng.normal(size=(40, N_FEATURES)))
    is_allowed = None if share == 1 else rng.random(N_TRACKS) < share
    assert recall(made.store, kept, queries, is_allowed) >= 0.99
    if is_allowed is not None:
        assert is_allowed[made.store.search(queries[0], K, is_allowed)[1][0]].all()


@pytest.mark.parametrize("k", [1, 10, 40, 1_000, N_TRACKS, 2 * N_TRACKS])
def test_cosines_are_exact_and_in_order(made, rng, k):
    query = unit(rng.normal(size=N_FEATURES))
    cosines, rows = made.store.search(query, k)
    assert cosines.shape == rows.shape == (1, min(k, N_TRACKS))
    assert len(set(rows[0].tolist())) == len(rows[0])
    np.testing.assert_allclose(cosines[0], made.store.vectors()[rows[0]] @ query, atol=2e-4)
    assert (np.diff(cosines[0]) <= 0).all()


def test_what_filters_test_is_kept_for_the_next_start(own, rng):
    def columns():
        return EncoderIndex(own.catalogue, ENCODER, own.folder, small_up_to=0).columns

    def parts(made):
        named = (made.artists, made.genres, made.folders)
        return [made.is_there.tolist(), made.seconds.tolist(), *((n.numbers.tolist(), n.number_of) for n in named)]

    path = own.folder / f"{ENCODER.fingerprint}.columns"
    path.unlink(missing_ok=True)
    first = columns()
    kept = path.read_bytes()
    assert parts(first) == parts(columns()) and path.read_bytes() == kept
    path.write_bytes(kept[: len(kept) // 2])
    assert parts(columns()) == parts(first) and path.read_bytes() == kept
    path.write_bytes(kept[:-2_000] + bytes(1_000) + kept[-1_000:])
    assert parts(columns()) == parts(first)
    own.catalogue.add_track(replace(own.catalogue.track("00007"), artist="Another", seconds=7_000.0))
    own.catalogue.remove("00009")
    changed = columns()
    assert changed.seconds[7] == 7_000 and changed.artists.is_named("another")[7] and not changed.is_there[9]
    assert parts(columns()) == parts(changed)


def test_a_noisy_passage_finds_its_track(made, rng):
    engine = SearchEngine(made.catalogue, ENCODER, made.folder, small_up_to=0)
    for track_id in made.store.ids[::200]:
        segments, vectors = made.catalogue.segments(track_id, ENCODER.fingerprint)
        part = unit(vectors[1:4] + 0.4 * rng.normal(size=(3, ENCODER.embedding_size)) / np.sqrt(ENCODER.embedding_size))
        features = made.catalogue.features_of(track_id, ENCODER.fingerprint)
        sound = Embedding(features, part, segments[:3], ENCODER.fingerprint)
        options = SearchOptions(compare="passage", hide_duplicates=False)
        assert engine.search_embedding(sound, options).matches[0].track.track_id == track_id


@pytest.mark.parametrize("kind", ["store", "vectors", "codes", "passages"])
@pytest.mark.parametrize("damage", ["gone", "cut", "other"])
def test_a_damaged_index_is_not_opened(own, kind, damage):
    (path,) = own.folder.glob(f"*.{kind}")
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif kind == "vectors":
        pytest.skip("numbers are not checked: they may only be wrong, and do no harm")
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    with pytest.raises(IndexMismatchError, match="Build it again"):
        TrackStore.open(own.folder, ENCODER)


def test_a_damaged_index_is_made_anew(own):
    (path,) = own.folder.glob("*.codes")
    os.truncate(path, 100)
    engine = SearchEngine(own.catalogue, ENCODER, own.folder, small_up_to=0)
    assert len(engine.search_track("00001").matches) == K
    assert not path.exists()


@pytest.mark.parametrize(
    "change", [{"vectors": "../elsewhere"}, {"n_slots": "many"}, {"n_slots": 5}, {"format": "another"}, {"size": None}]
)
def test_a_state_that_names_nonsense_is_refused(own, change):
    with np.load(own.state) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays["header"].tobytes()) | change
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with own.state.open("wb") as file:
        np.savez(file, **arrays)
    with pytest.raises(IndexMismatchError, match="Build it again"):
        TrackStore.open(own.folder, ENCODER)


def test_filters_act_inside_the_search(made):
    engine = SearchEngine(made.catalogue, ENCODER, made.folder, small_up_to=0)
    tracks = made.catalogue.tracks()
    vectors = made.store.vectors()
    row = 77
    cases = {
        TrackFilter(artist="artist 3"): lambda track: track.artist == "Artist 3",
        TrackFilter(genre="g2", max_seconds=100): lambda track: track.genre == "G2" and track.seconds <= 100,
        TrackFilter(folder="/music/4"): lambda track: track.path.startswith("/music/4/"),
        TrackFilter(folder="/music/4/11/", min_seconds=20): lambda track: (
            track.path.startswith("/music/4/11/") and track.seconds >= 20
        ),
        TrackFilter(text="t1034"): lambda track: "t1034" in track.title,
        TrackFilter(artist="nobody"): lambda track: False,
    }
    for only, passes in cases.items():
        is_allowed = np.array([passes(track) for track in tracks])
        assert engine.ids_passing(only) == tuple(track.track_id for track in tracks if passes(track))
        is_allowed[row] = False
        expected = [tracks[other].track_id for other in nearest(vectors, vectors[row], K, is_allowed)]
        ids, cosines = engine.nearest(tracks[row].track_id, K, only)
        assert list(ids) == expected and len(cosines) == len(expected)
        result = engine.search_track(
            tracks[row].track_id, SearchOptions(only=only, hide_duplicates=False, compare="track")
        )
        assert [match.track.track_id for match in result.matches] == expected
        assert sum(result.n_hidden.values()) == 0
    np.testing.assert_array_equal(engine.vectors_of([tracks[9].track_id, tracks[4].track_id]), vectors[[9, 4]])
    with pytest.raises(CatalogueError, match="'nobody' is not in the index"):
        engine.vectors_of(["nobody"])


def test_without_a_folder_the_index_is_the_engines_own(own):
    engine = SearchEngine(own.catalogue, ENCODER, small_up_to=0)
    assert len(engine.search_track("00001").matches) == K
    own.catalogue.remove("00002")
    follows(engine, N_TRACKS - 1)


def test_a_vector_file_is_cut_where_it_was_left(tmp_path, rng):
    vectors = unit(rng.normal(size=(10, 21)))
    path = tmp_path / "x.vectors"
    assert append(path, 0, 21, [vectors[:3], vectors[3:6]]) == 6
    first = VectorFile(path, 6, 21)
    append(path, 6, 21, [vectors[:4]])  # of one who was then killed
    assert append(path, 6, 21, [vectors[6:]]) == 10
    np.testing.assert_allclose(VectorFile(path, 10, 21).some(np.arange(10)), vectors, atol=1e-3)
    np.testing.assert_allclose(first.some(np.arange(6)), vectors[:6], atol=1e-3)
    with pytest.raises(IndexMismatchError, match="cannot be read"):
        VectorFile(path, 11, 21)
