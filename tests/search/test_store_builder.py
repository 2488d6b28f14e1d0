"""How the index of a large catalogue is made and added to, and how a search follows it."""

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import unit
from synesthete.errors import CatalogueError
from synesthete.search import SearchEngine, index_problem, make_searchable, store_builder
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.store_builder import bring_up_to_date
from synesthete.search.store_state import StoreState
from synesthete.search.track_store import TrackStore
from tests.search.large_catalogues import ENCODER, N_FEATURES, N_TRACKS, K, follows, put, recall


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


def test_making_searchable_brings_up_to_date(own, rng, monkeypatch):
    monkeypatch.setitem(EncoderIndex.__init__.__kwdefaults__, "small_up_to", 100)
    put(own.catalogue, rng, range(N_TRACKS, N_TRACKS + 5))
    make_searchable(own.catalogue, ENCODER, own.folder)
    assert TrackStore.open(own.folder, ENCODER).n_vectors == N_TRACKS + 5


def test_where_no_index_can_be_kept_it_is_said(own, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CatalogueError, match=r"cannot be made in .*file/index: .*Set SYNESTHETE_HOME"):
        SearchEngine(own.catalogue, ENCODER, tmp_path / "file" / "index", small_up_to=0)


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
