"""Nearest neighbours agree with brute force, and a file that does not fit is never searched."""

import multiprocessing
import sys
import threading
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synesthete.encoders.base import unit
from synesthete.errors import CatalogueError, OptionError
from synesthete.search.nearest import CodeIndex, IndexMismatchError, VectorIndex, inner_products


def clustered(rng, n, size, n_centres=60, spread=0.6):
    centres = rng.normal(size=(n_centres, size))
    return unit(centres[rng.integers(0, n_centres, n)] + spread * rng.normal(size=(n, size)))


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 60), size=st.integers(1, 20), n_queries=st.integers(1, 4), k=st.integers(1, 80),
    seed=st.integers(0, 2**31),
)  # fmt: skip
def test_exact_search_is_brute_force(n, size, n_queries, k, seed):
    rng = np.random.default_rng(seed)
    vectors, queries = unit(rng.normal(size=(n, size))), unit(rng.normal(size=(n_queries, size)))
    cosines, rows = VectorIndex.build(vectors).search(queries, k)
    expected = np.sort(queries @ vectors.T, axis=1)[:, ::-1][:, :k]
    assert rows.shape == cosines.shape == (n_queries, min(k, n))
    np.testing.assert_allclose(cosines, expected, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(queries @ vectors.T, rows, axis=1), cosines, atol=1e-5)
    assert all(len(set(row)) == len(row) for row in rows.tolist())


def test_equal_vectors_come_in_order_of_rows(rng):
    vectors = np.repeat(unit(rng.normal(size=(1, 6))), 9, axis=0)
    assert VectorIndex.build(vectors).search(vectors[0], 9)[1].tolist() == [list(range(9))]


def in_codes(vectors, **options):
    """Codes of all vectors, under their rows."""
    codes = CodeIndex.train(np.split(vectors, 4), len(vectors), 24, **options)
    codes.add(vectors, np.arange(len(vectors)))
    return codes


def share_found(codes, vectors, queries, is_allowed=None):
    """Of the ten nearest by brute force, how many are among the first hundred codes."""
    rows = np.arange(len(vectors)) if is_allowed is None else np.flatnonzero(is_allowed)
    expected = rows[np.argsort(-(queries @ vectors[rows].T), axis=1)[:, :10]]
    _, found = codes.search(queries, 100, 24, is_allowed)
    return np.mean([np.isin(true, some).mean() for true, some in zip(expected, found, strict=True)])


@pytest.mark.parametrize("n_bytes", [None, 8])
def test_codes_find_nearly_all_neighbours(rng, tmp_path, monkeypatch, n_bytes):
    monkeypatch.setattr("synesthete.search.nearest.code_index.LEAST_TO_QUANTISE", 1_000)
    vectors = clustered(rng, 6000, 32)
    queries = clustered(np.random.default_rng(20231), 100, 32)
    codes = in_codes(vectors, n_bytes=n_bytes)
    crc32 = codes.save(tmp_path / "x.codes")
    assert crc32 == zlib.crc32((tmp_path / "x.codes").read_bytes())
    for kept in (codes, CodeIndex.load(tmp_path / "x.codes", crc32)):
        assert kept.n_codes == 6000
        assert share_found(kept, vectors, queries) > 0.85
        is_allowed = rng.random(6000) < 0.3
        assert share_found(kept, vectors, queries, is_allowed) > 0.85
        assert is_allowed[kept.search(queries, 10, 24, is_allowed)[1]].all()
    with pytest.raises(IndexMismatchError, match="its checksum differs"):
        CodeIndex.load(tmp_path / "x.codes", crc32 + 1)
    more = CodeIndex.load(tmp_path / "x.codes", crc32, is_mapped=False)
    more.add(queries, np.full(100, 7_000))
    assert (more.search(queries, 50, 24)[1] == 7_000).any(axis=1).mean() > 0.95
    more.clear()
    assert more.n_codes == 0 and (more.search(queries, 3, 24)[1] == -1).all()


def test_inner_products_are_those_of_float16(rng):
    vectors = unit(rng.normal(size=(50, 32))).astype(np.float16)
    query = unit(rng.normal(size=32))
    np.testing.assert_allclose(inner_products(vectors, query), vectors.astype(np.float64) @ query, atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_only_what_is_allowed_is_found(rng, share):
    vectors = clustered(rng, 600, 8)
    index = VectorIndex.build(vectors)
    is_allowed = rng.random(600) < share
    allowed = np.flatnonzero(is_allowed)
    cosines, rows = index.search(vectors[:3], 600, is_allowed)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(allowed, (3, 1)))
    np.testing.assert_allclose(cosines, np.sort(vectors[:3] @ vectors[allowed].T, axis=1)[:, ::-1], atol=1e-5)
    assert index.search(vectors[0], 2, is_allowed)[1].tolist() == rows[:1, :2].tolist()
    with pytest.raises(CatalogueError, match=r"is_allowed has the shape \(3,\); the index needs one for each of 600"):
        index.search(vectors[0], 2, is_allowed[:3])


def test_an_empty_index_answers(tmp_path):
    index = VectorIndex.build(np.empty((0, 5)))
    for each in (index, _saved(index, tmp_path / "empty.index")):
        cosines, rows = each.search(np.zeros((2, 5)), 3)
        assert cosines.shape == rows.shape == (2, 0)
        assert each.n_vectors == 0


def _saved(index, path):
    index.save(path, "r1")
    return VectorIndex.load(path, "r1")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(rng, value):
    vectors = unit(rng.normal(size=(5, 4)))
    index = VectorIndex.build(vectors)
    vectors[3, 1] = value
    with pytest.raises(CatalogueError, match=r"1 of the 5 vectors to be indexed .* first row 3"):
        VectorIndex.build(vectors)
    with pytest.raises(CatalogueError, match="1 of the 1 vectors to be searched for"):
        index.search(vectors[3], 2)


def test_wrong_questions_are_refused(rng):
    index = VectorIndex.build(unit(rng.normal(size=(5, 4))))
    with pytest.raises(OptionError, match="k is 0"):
        index.search(np.ones(4), 0)
    with pytest.raises(CatalogueError, match="size 3, the index of size 4"):
        index.search(np.ones(3), 1)
    with pytest.raises(CatalogueError, match=r"shape \(2, 2, 2\)"):
        VectorIndex.build(np.ones((2, 2, 2)))


def test_a_saved_index_answers_the_same(tmp_path, rng):
    vectors = clustered(rng, 400, 8)
    index = VectorIndex.build(vectors)
    loaded = _saved(index, tmp_path / "folder" / "x.index")
    for one, other in zip(index.search(vectors[:5], 7), loaded.search(vectors[:5], 7), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["x.index"]


def _truncated(content):
    return content[:-7]


def _flipped(content):
    return content[:-9] + bytes([content[-9] ^ 255]) + content[-8:]


def _without_revision(content):
    return content.replace(b'"revision"', b'"revisiom"')


@pytest.mark.parametrize(
    "damage",
    [_truncated, _flipped, _without_revision, lambda c: b"", lambda c: b"[]\n", lambda c: b"\x00" * 99],
)
def test_a_damaged_file_is_built_anew(tmp_path, rng, damage):
    path = tmp_path / "x.index"
    vectors = unit(rng.normal(size=(20, 4)))
    VectorIndex.build(vectors[::-1]).save(path, "r1")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(IndexMismatchError, match="Build it again"):
        VectorIndex.load(path, "r1")
    rebuilt = VectorIndex.load_or_build(path, "r1", lambda: vectors)
    assert rebuilt.search(vectors[4], 1)[1].tolist() == [[4]]
    assert VectorIndex.load(path, "r1").search(vectors[4], 1)[1].tolist() == [[4]]


def test_another_revision_is_built_anew_and_the_same_is_not(tmp_path, rng):
    path = tmp_path / "x.index"
    old, new = unit(rng.normal(size=(2, 20, 4)))
    VectorIndex.build(old).save(path, "r1")
    with pytest.raises(IndexMismatchError, match="of revision r1, not r2"):
        VectorIndex.load(path, "r2")
    assert VectorIndex.load_or_build(path, "r2", lambda: new).search(new[3], 1)[1].tolist() == [[3]]

    def never():
        raise AssertionError("built although it fits")

    assert VectorIndex.load_or_build(path, "r2", never).n_vectors == 20
    with pytest.raises(IndexMismatchError, match="cannot be read"):
        VectorIndex.load(tmp_path / "none.index", "r2")


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path, rng, caplog):
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    vectors = unit(rng.normal(size=(6, 4)))
    index = VectorIndex.load_or_build(blocked / "x.index", "r1", lambda: vectors)
    assert index.search(vectors[2], 1)[1].tolist() == [[2]]
    assert "not kept for the next start" in caplog.text


def _slowly(vectors, log):
    def read():
        with log.open("a") as lines:
            lines.write("built\n")
        time.sleep(0.3)
        return vectors

    return read


def _build_and_check(path, vectors, log, go):
    go.wait(10)
    index = VectorIndex.load_or_build(path, "r1", _slowly(vectors, log))
    if index.search(vectors[7], 1)[1].tolist() != [[7]]:
        raise SystemExit(3)


@pytest.mark.skipif(sys.platform == "win32", reason="there everybody builds")
def test_several_threads_and_processes_build_one_file_once(tmp_path, rng):
    path, log, vectors = tmp_path / "x.index", tmp_path / "log", unit(rng.normal(size=(20, 4)))
    (tmp_path / "x.index.lock").write_text("")  # left by a process that was killed
    context = multiprocessing.get_context("fork")
    go = context.Event()
    arguments = (path, vectors, log, go)
    workers = [context.Process(target=_build_and_check, args=arguments) for _ in range(3)]
    workers += [threading.Thread(target=_build_and_check, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    go.set()
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers[:3]] == [0, 0, 0]
    assert log.read_text() == "built\n"
    assert VectorIndex.load(path, "r1").n_vectors == 20
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log", "x.index"]


def test_who_waited_for_another_revision_builds_its_own(tmp_path, rng):
    path, log = tmp_path / "x.index", tmp_path / "log"
    old, new = unit(rng.normal(size=(2, 20, 4)))
    first = threading.Thread(target=lambda: VectorIndex.load_or_build(path, "r1", _slowly(old, log)))
    first.start()
    while not log.exists():
        time.sleep(0.01)
    assert VectorIndex.load_or_build(path, "r2", lambda: new).search(new[3], 1)[1].tolist() == [[3]]
    first.join(20)
    assert VectorIndex.load(path, "r2").n_vectors == 20
