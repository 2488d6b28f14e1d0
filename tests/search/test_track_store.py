"""The index of a large catalogue: what it finds, how it is added to, and that nobody is served a broken one."""

import json
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, unit
from synesthete.encoders.parts import Part
from synesthete.errors import CatalogueError
from synesthete.search import SearchEngine, SearchOptions, TrackFilter, index_problem, make_searchable, store_builder
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.nearest import IndexMismatchError
from synesthete.search.smoothing import smoothed
from synesthete.search.store_builder import bring_up_to_date
from synesthete.search.store_state import StoreState
from synesthete.search.track_store import TrackStore, state_path
from synesthete.search.vector_file import VectorFile, append
from synesthete.tracks import Segment, Track
from tests.catalogues import Fake

N_TRACKS, N_FEATURES, K = 1_200, 64, 10
CENTRES = np.random.default_rng(7).normal(size=(60, N_FEATURES))


class Fitted(Fake):
    """One whose tracks have two parts that are fitted to the library."""

    name = "fitted fake"
    track_parts = {"a": Part(slice(0, 40), 1.0), "b": Part(slice(40, N_FEATURES), 0.5)}


ENCODER = Fitted()


def put(catalogue, rng, numbers):
    """Tracks about the centres of clusters, by few artists, in few folders."""
    with catalogue.transaction():
        for number in numbers:
            features = CENTRES[rng.integers(len(CENTRES))] + 0.7 * rng.normal(size=N_FEATURES)
            own = rng.normal(size=ENCODER.embedding_size)
            vectors = unit(own + 0.5 * rng.normal(size=(6, ENCODER.embedding_size)))
            segments = tuple(Segment(2.5 * place, 5.0) for place in range(6))
            track_id = f"{number:05d}"
            path = f"/music/{number % 7}/{number % 70}/{number}.ogg"
            catalogue.add_track(
                Track(
                    track_id,
                    f"t{number}",
                    f"Artist {number % 11}",
                    genre=f"G{number % 5}",
                    seconds=number / 10 + 1,
                    path=path,
                )
            )
            made = Embedding(features.astype(np.float32), vectors, segments, ENCODER.fingerprint)
            catalogue.put_embedding(track_id, ENCODER, made)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A catalogue that nobody changes, and its index."""
    folder = tmp_path_factory.mktemp("large")
    with Catalogue.open(folder / "catalogue.sqlite") as catalogue:
        put(catalogue, np.random.default_rng(0), range(N_TRACKS))
        catalogue.renew_moments(ENCODER)
        store = bring_up_to_date(catalogue, ENCODER, folder / "index")
        vectors = smoothed(store.space(catalogue.track_features(ENCODER.fingerprint)))
        yield SimpleNamespace(catalogue=catalogue, store=store, vectors=vectors, folder=folder / "index")


@pytest.fixture
def own(made, tmp_path):
    """A copy of both, to be changed."""
    made.catalogue.pack()
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(made.catalogue.path.read_bytes())
    folder = tmp_path / "index"
    folder.mkdir()
    for file in made.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with Catalogue.open(path) as catalogue:
        yield SimpleNamespace(catalogue=catalogue, folder=folder, state=state_path(folder, ENCODER.fingerprint))


def nearest(vectors, query, k, is_allowed=None):
    rows = np.arange(len(vectors)) if is_allowed is None else np.flatnonzero(is_allowed)
    return rows[np.argsort(-(vectors[rows] @ query), kind="stable")[:k]]


def recall(store, vectors, queries, is_allowed=None):
    found = [store.search(query, K, is_allowed)[1][0] for query in queries]
    return np.mean([np.isin(nearest(vectors, q, K, is_allowed), f).mean() for q, f in zip(queries, found, strict=True)])


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


def test_what_is_new_is_appended_and_what_is_gone_is_not_found(own, rng):
    before = StoreState.load(own.state)
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 100))
    put(own.catalogue, rng, range(20))  # other sound under the same ids
    for number in range(100, 150):
        own.catalogue.remove(f"{number:05d}")
    store = bring_up_to_date(own.catalogue, ENCODER, own.folder)
    header = store.state.header
    assert header.vectors == before.header.vectors and header.n_slots == N_TRACKS + 120
    assert header.revision == own.catalogue.revision(ENCODER.fingerprint)
    assert store.ids == own.catalogue.ids(ENCODER.fingerprint)
    assert header.vectors_revision != before.header.vectors_revision
    vectors = store.vectors()
    fitted = store.space(own.catalogue.track_features(ENCODER.fingerprint))
    assert np.einsum("ij,ij->i", vectors, fitted).min() > 0.6  # each is drawn to others, and still is itself
    queries = unit(vectors[rng.integers(len(vectors), size=40)] + 0.03 * rng.normal(size=(40, N_FEATURES)))
    assert recall(store, vectors, queries) >= 0.99
    is_new = np.array([number >= f"{N_TRACKS:05d}" for number in store.ids])
    assert recall(store, vectors, vectors[is_new][:20], is_new) == 1
    assert recall(store, vectors, vectors[is_new][:20]) >= 0.99
    files = {path.name for path in own.folder.iterdir() if path.suffix != ".columns"}
    assert files == {own.state.name, *store.state.files}
    assert bring_up_to_date(own.catalogue, ENCODER, own.folder).state.header == header


def test_where_nothing_is_new_only_the_list_changes(own):
    before = StoreState.load(own.state).header
    own.catalogue.remove("00007")
    after = bring_up_to_date(own.catalogue, ENCODER, own.folder).state.header
    assert replace(after, revision="", vectors_revision="") == replace(before, revision="", vectors_revision="")
    assert after.vectors_revision != before.vectors_revision


def test_after_much_change_all_is_made_anew(own, rng, monkeypatch):
    monkeypatch.setattr(store_builder, "MOST_CHANGED", 0.02)
    before = StoreState.load(own.state).header
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 100))
    after = bring_up_to_date(own.catalogue, ENCODER, own.folder).state.header
    assert after.vectors != before.vectors and after.n_slots == after.n_built == N_TRACKS + 100


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


def _build(path, folder):
    with Catalogue.open(path, is_read_only=True) as catalogue:
        bring_up_to_date(catalogue, ENCODER, folder)


def _build_slowly(path, folder, at):
    """Build, and stand still where ``at`` says, with a file there that tells so."""
    original = getattr(store_builder, at)

    def stand_still(*arguments):
        result = original(*arguments)
        (folder / "here").touch()
        time.sleep(60)
        return result

    setattr(store_builder, at, stand_still)
    _build(path, folder)


@pytest.mark.parametrize("at", ["_learned", "_tuned", "_drawn_in"])
def test_who_is_killed_in_the_middle_of_a_build_has_changed_nothing(own, rng, monkeypatch, at):
    before = TrackStore.open(own.folder, ENCODER)
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + (100 if at == "_drawn_in" else 200)))
    process = multiprocessing.get_context("spawn").Process(
        target=_build_slowly, args=(own.catalogue.path, own.folder, at)
    )
    process.start()
    deadline = time.monotonic() + 60
    while not (own.folder / "here").exists():
        assert time.monotonic() < deadline and process.is_alive()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    (own.folder / "here").unlink()
    query = before.vector(3)
    again = TrackStore.open(own.folder, ENCODER)
    assert again.state.header == before.state.header
    np.testing.assert_array_equal(again.search(query, K), before.search(query, K))
    store = bring_up_to_date(own.catalogue, ENCODER, own.folder)
    assert store.ids == own.catalogue.ids(ENCODER.fingerprint)
    files = {path.name for path in own.folder.iterdir() if path.suffix != ".columns"}
    assert files == {own.state.name, *store.state.files}
    np.testing.assert_array_equal(before.search(query, K)[1], again.search(query, K)[1])  # still mapped


def test_of_two_builders_one_builds(own, rng, monkeypatch):
    builds, together = [], threading.Barrier(2)
    original = store_builder._Builder.added_to

    def counted(self, *arguments):
        builds.append(self)
        return original(self, *arguments)

    monkeypatch.setattr(store_builder._Builder, "added_to", counted)
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 10))
    stores = []

    def build():
        with Catalogue.open(own.catalogue.path, is_read_only=True) as catalogue:
            together.wait()
            stores.append(bring_up_to_date(catalogue, ENCODER, own.folder))

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(builds) == 1
    assert stores[0].state.header == stores[1].state.header and stores[0].n_vectors == N_TRACKS + 10


def follows(engine, n_tracks):
    deadline = time.monotonic() + 60
    while (found := engine.search_track("00001")).n_tracks != n_tracks:
        assert time.monotonic() < deadline
        assert len(found.matches) == K  # an answer, always
        time.sleep(0.05)
    return engine


def test_a_request_is_answered_from_the_last_index_until_there_is_a_newer_one(own, rng, monkeypatch):
    engine = SearchEngine(own.catalogue, ENCODER, own.folder, small_up_to=0)
    first, revision = engine.search_track("00001").matches, engine.vectors_revision
    own.catalogue.remove(first[0].track.track_id)
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 10))
    later = engine.search_track("00001").matches
    assert [match.track for match in later[:-1]] == [match.track for match in first[1:]]
    older = SearchEngine(own.catalogue, ENCODER, own.folder, small_up_to=0)
    ids, vectors = older.vectors()
    assert ids == older.track_ids == tuple(sorted(set(ids) - {first[0].track.track_id})) and len(vectors) == len(ids)
    assert older.vectors_revision != revision
    new = engine.search_track(f"{N_TRACKS:05d}")  # not in the index: it asks as a sound does
    assert len(new.matches) == K and new.n_tracks == N_TRACKS
    threading.Thread(target=lambda: _build(own.catalogue.path, own.folder)).start()
    own.catalogue.add_track(replace(own.catalogue.track("00002"), artist="Zoe"))
    follows(engine, N_TRACKS + 9)
    indexing = SearchEngine(own.catalogue, ENCODER, own.folder, small_up_to=0, is_indexing=True)
    own.catalogue.remove(f"{N_TRACKS:05d}")
    follows(indexing, N_TRACKS + 8)


def test_a_stale_index_is_noticed_at_the_start(own, rng):
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 3))
    engine = SearchEngine(own.catalogue, ENCODER, own.folder, small_up_to=0, is_indexing=True)
    assert engine.search_track("00001").n_tracks in (N_TRACKS, N_TRACKS + 3)
    follows(engine, N_TRACKS + 3)


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


def test_making_searchable_brings_up_to_date(own, rng, monkeypatch):
    monkeypatch.setitem(EncoderIndex.__init__.__kwdefaults__, "small_up_to", 100)
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 5))
    make_searchable(own.catalogue, ENCODER, own.folder)
    assert TrackStore.open(own.folder, ENCODER).n_vectors == N_TRACKS + 5


def test_an_index_out_of_step_is_told(own, rng, monkeypatch):
    monkeypatch.setitem(EncoderIndex.__init__.__kwdefaults__, "small_up_to", 100)

    def problem():
        return index_problem(own.catalogue, ENCODER, own.folder, small_up_to=100)

    make_searchable(own.catalogue, ENCODER, own.folder)
    assert problem() == ""
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 5))  # whoever added them was stopped before they were indexed
    assert problem() == f"It is of an earlier state: {N_TRACKS:,} tracks, where there are {N_TRACKS + 5:,}."
    make_searchable(own.catalogue, ENCODER, own.folder)
    assert problem() == ""
    (codes,) = own.folder.glob("*.codes")
    codes.write_bytes(codes.read_bytes()[:-1] + b"?")
    assert "Build it again" in problem()


def test_where_no_index_can_be_kept_it_is_said(own, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CatalogueError, match=r"cannot be made in .*file/index: .*Set SYNESTHETE_HOME"):
        SearchEngine(own.catalogue, ENCODER, tmp_path / "file" / "index", small_up_to=0)
