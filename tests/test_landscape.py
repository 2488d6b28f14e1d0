"""The map: neighbours stay neighbours, one map each time, new sounds among theirs, files that fit."""

import csv
import io
import sys
from dataclasses import replace

import numpy as np
import pytest

from synesthete import landscape as maps
from synesthete.encoders.base import unit
from synesthete.errors import LandscapeError, OptionError
from synesthete.landscape import layout, storage, tsne
from synesthete.landscape.quality import neighbours_kept, trustworthiness
from synesthete.tracks import Track


def clustered(n=300, size=20, n_clusters=6, seed=0):
    """Unit vectors [n, size] in clusters, and the cluster of each."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_clusters, size))
    cluster = rng.integers(0, n_clusters, n)
    return unit(centres[cluster] + 0.35 * rng.normal(size=(n, size))), cluster


@pytest.fixture(scope="module")
def vectors():
    return clustered()[0]


@pytest.fixture(scope="module")
def landscape(vectors):
    return maps.fit(vectors, "tsne", 0)


def test_trustworthiness_agrees_with_scikit_learn(vectors, rng):
    from sklearn.manifold import trustworthiness as reference

    for coordinates in (vectors[:, :3].copy(), rng.normal(size=(300, 3))):
        for k in (1, 10, 40):
            expected = reference(vectors, coordinates, n_neighbors=k, metric="cosine")
            assert trustworthiness(vectors, coordinates, k, n_sample=None) == pytest.approx(expected, abs=1e-6)


def test_a_sample_estimates_trustworthiness(vectors, rng):
    coordinates = rng.normal(size=(300, 3))
    whole = trustworthiness(vectors, coordinates, n_sample=None)
    assert trustworthiness(vectors, coordinates, n_sample=150) == pytest.approx(whole, abs=0.03)


def test_neighbours_kept_is_one_for_the_vectors_themselves(rng):
    vectors = unit(rng.normal(size=(100, 3)))
    assert neighbours_kept(vectors, vectors, 5) == 1
    assert neighbours_kept(vectors, rng.normal(size=(100, 3)), 5) < 0.3


def test_k_out_of_range_is_refused(vectors):
    with pytest.raises(OptionError, match="k is 150; for 300 tracks it must be at least 1 and less than 150"):
        trustworthiness(vectors, vectors[:, :3], 150)


def test_tsne_is_as_trustworthy_as_scikit_learns(vectors, landscape):
    from sklearn.manifold import TSNE

    reference = TSNE(3, init="pca", perplexity=tsne.PERPLEXITY, random_state=0, max_iter=500).fit_transform(vectors)
    ours = trustworthiness(vectors, landscape.coordinates, n_sample=None)
    assert ours >= trustworthiness(vectors, reference, n_sample=None) - 0.005
    assert ours > trustworthiness(vectors, maps.fit(vectors, "pca").coordinates, n_sample=None)


def test_the_gradient_is_that_of_the_divergence(rng):
    """Against the formula of the paper, written down for all pairs."""
    points = rng.normal(size=(40, 3)).astype(np.float32)
    vectors = unit(rng.normal(size=(40, 8)))
    rows, distances = tsne.nearest(vectors, vectors, 12, is_same=True)
    weights = tsne.affinities(distances, 4)
    p = np.zeros((40, 40))
    p[np.arange(40)[:, None], rows] = weights
    p = (p + p.T) / 80
    kernel = 1 / (1 + ((points[:, None] - points[None]).astype(np.float64) ** 2).sum(axis=2))
    np.fill_diagonal(kernel, 0)
    factor = (p - kernel / kernel.sum()) * kernel
    expected = 4 * (factor[:, :, None] * (points[:, None] - points[None])).sum(axis=1)
    with tsne.ThreadPoolExecutor(2) as pool:
        found = tsne._gradient(pool, points, *tsne._symmetric(rows, weights), 1.0)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_affinities_have_the_perplexity_asked_for(rng):
    distances = np.sort(rng.random((30, 60)), axis=1)
    weights = tsne.affinities(distances, 15)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(-(weights * np.log(weights)).sum(axis=1)), 15, rtol=1e-3)


def test_nearest_agrees_with_sorting(rng):
    vectors = unit(rng.normal(size=(700, 8)))  # more than one block
    rows, distances = tsne.nearest(vectors, vectors, 5, is_same=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    np.testing.assert_array_equal(rows, np.argsort(-cosines, axis=1)[:, :5])
    np.testing.assert_allclose(distances, 2 - 2 * np.take_along_axis(cosines, rows, 1), atol=1e-5)


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_the_same_vectors_and_seed_give_the_same_map(vectors, method):
    one, two = (maps.fit(vectors, method, 3, n_landmarks=100).coordinates for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one.dtype == np.float32 and one.shape == (300, 3)


def test_the_map_does_not_depend_on_the_number_of_threads(vectors, monkeypatch):
    one = maps.fit(vectors).coordinates
    monkeypatch.setattr(tsne, "_N_THREADS", 1)
    np.testing.assert_array_equal(one, maps.fit(vectors).coordinates)


@pytest.mark.parametrize("method", ["tsne", "pca"])
@pytest.mark.parametrize("n", [5, 6, 12])
def test_a_small_catalogue_has_a_map(vectors, method, n):
    found = maps.fit(vectors[:n], method)
    assert np.isfinite(found.coordinates).all()
    np.testing.assert_allclose(maps.place(found, vectors[:n]), found.coordinates, atol=1e-4)


def test_equal_vectors_have_a_map():
    found = maps.fit(np.tile(unit(np.ones(4)), (20, 1)))
    assert np.isfinite(found.coordinates).all()


def test_landmarks_cost_little_trust(vectors, landscape):
    sampled = maps.fit(vectors, n_landmarks=120)
    whole, part = (trustworthiness(vectors, found.coordinates, n_sample=None) for found in (landscape, sampled))
    assert len(sampled.landmark_rows) == 120
    assert part > whole - 0.05


@pytest.mark.parametrize("n_landmarks", [120, 1000])
@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_a_track_placed_again_lands_on_itself(vectors, method, n_landmarks):
    found = maps.fit(vectors, method, n_landmarks=n_landmarks)
    apart = np.linalg.norm(maps.place(found, vectors) - found.coordinates, axis=1)
    assert np.quantile(apart, 0.99) < 1e-3


def test_a_new_sound_lands_where_it_would_lie_and_near_its_neighbours(vectors, landscape):
    held, others = np.arange(0, 300, 10), np.setdiff1d(np.arange(300), np.arange(0, 300, 10))
    without = replace(landscape, landmark_rows=others, landmark_vectors=vectors[others])
    placed = maps.place(without, vectors[held])
    together = landscape.coordinates[held]
    by_lot = np.linalg.norm(together - np.roll(together, 7, axis=0), axis=1)
    assert np.median(np.linalg.norm(placed - together, axis=1)) < 0.1 * np.median(by_lot)
    # among the 20 tracks nearest to where it stands are most of its 5 most alike
    alike = others[np.argsort(-(vectors[held] @ vectors[others].T), axis=1)[:, :5]]
    apart = np.linalg.norm(placed[:, None] - landscape.coordinates[others], axis=2)
    near = others[np.argsort(apart, axis=1)[:, :20]]
    assert np.mean([len(np.intersect1d(a, b)) / 5 for a, b in zip(alike, near, strict=True)]) > 0.6


def test_requests_that_make_no_sense_are_explained(vectors, landscape):
    with pytest.raises(OptionError, match="method is 'som'; it must be one of tsne, umap, pca"):
        maps.fit(vectors, "som")
    with pytest.raises(OptionError, match="seed is -1"):
        maps.fit(vectors, seed=-1)
    with pytest.raises(LandscapeError, match="at least 5 tracks, and there are 4"):
        maps.fit(vectors[:4])
    with pytest.raises(LandscapeError, match="not-a-number"):
        maps.fit(np.full((10, 3), np.nan))
    with pytest.raises(LandscapeError, match="vector of size 7, the map was made of size 20"):
        maps.place(landscape, np.ones(7))


def test_umap_is_optional(vectors, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(LandscapeError, match="pip install umap-learn"):
        maps.fit(vectors, "umap")


def test_umap_is_asked_for_three_seeded_dimensions(vectors, monkeypatch):
    class Model:
        def __init__(self, **options):
            assert (options["n_components"], options["random_state"], options["n_jobs"]) == (3, 5, 1)

        def fit_transform(self, rows):
            return rows[:, :3].astype(np.float64)

    monkeypatch.setitem(sys.modules, "umap", type("umap", (), {"UMAP": Model}))
    assert maps.fit(vectors, "umap", 5).coordinates.shape == (300, 3)


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_a_kept_map_is_the_map(tmp_path, vectors, method):
    path = tmp_path / "new" / "map.npz"
    made = maps.load_or_fit(path, "abc", lambda: vectors, method, 4)
    kept = maps.load_or_fit(path, "abc", lambda: pytest.fail("made again"), method, 4)
    assert (kept.method, kept.seed) == (method, 4)
    for name in ("coordinates", "landmark_rows", "landmark_vectors", "axes", "mean"):
        np.testing.assert_array_equal(getattr(made, name), getattr(kept, name))
    assert [file.name for file in path.parent.iterdir()] == ["map.npz"]


def test_a_map_of_something_else_or_a_damaged_one_is_made_again(tmp_path, vectors):
    path = tmp_path / "map.npz"
    maps.load_or_fit(path, "abc", lambda: vectors, "pca")
    assert len(maps.load_or_fit(path, "def", lambda: vectors[:50], "pca").coordinates) == 50
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (whole[: len(whole) // 2], b"", b"not a map", bytes(damaged)):
        path.write_bytes(content)
        assert len(maps.load_or_fit(path, "def", lambda: vectors[:60], "pca").coordinates) == 60
    with pytest.raises(storage.LandscapeMismatchError, match="is bound to def, not ghi"):
        storage.load(path, "ghi")


def test_pickled_arrays_are_never_loaded(tmp_path):
    path = tmp_path / "map.npz"
    np.savez(path, fingerprint=np.array("abc"), coordinates=np.array([{}], dtype=object))
    with pytest.raises(storage.LandscapeMismatchError, match="cannot be read"):
        storage.load(path, "abc")


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path, vectors):
    (tmp_path / "file").write_text("")
    found = maps.load_or_fit(tmp_path / "file" / "map.npz", "abc", lambda: vectors, "pca")
    assert len(found.coordinates) == 300


def test_the_fingerprint_tells_apart_what_differs():
    base = ("encoder", "revision", "tsne", 0)
    others = [
        ("other", *base[1:]),
        ("encoder", "other", "tsne", 0),
        ("encoder", "revision", "pca", 0),
        (*base[:3], 1),
    ]
    assert len({maps.fingerprint(*each) for each in [base, *others]}) == 5
    assert maps.fingerprint(*base) == maps.fingerprint(*base)


def test_clusters_find_what_is_there():
    vectors, truth = clustered(n=400, n_clusters=5)
    labels = maps.clusters(vectors, 5, seed=1)
    pairs = {(a, b) for a, b in zip(labels, truth, strict=True)}
    assert len(pairs) == 5
    counts = np.bincount(labels)
    assert (np.diff(counts) <= 0).all()
    np.testing.assert_array_equal(labels, maps.clusters(vectors, 5, seed=1))


def test_clusters_of_few_or_equal_tracks(vectors):
    assert set(maps.clusters(vectors[:3], 8)) <= {0, 1, 2}
    assert maps.clusters(np.tile(vectors[:1], (10, 1)), 3).tolist() == [0] * 10
    with pytest.raises(OptionError, match="n_clusters is 0"):
        maps.clusters(vectors, 0)


HOSTILE = Track("id", "a\tb\nc\r\u2028d", artist='=HYPERLINK("x")', album="\x00\x1b[31m")


def test_projector_files_have_one_line_a_track():
    tracks = [HOSTILE, Track("two", 'Two, "three"', genre="Rock")]
    numbers, metadata = maps.projector_tsv(tracks, np.array([[0.5, -1], [0.25, 2]]))
    assert numbers == "0.5\t-1\n0.25\t2\n"
    lines = metadata.split("\n")
    assert lines[0] == "title\tartist\talbum\tgenre\ttrack_id"
    assert lines[1].split("\t") == ["a b c d", '=HYPERLINK("x")', "[31m", "", "id"]
    assert lines[2].split("\t")[0] == 'Two, "three"' and lines[3:] == [""]


def test_coordinates_are_read_back_from_csv():
    text = maps.coordinates_csv([HOSTILE], np.array([[1.0, -2.5, 0.125]]), np.array([3]))
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["title"], row["artist"], row["cluster"]) == ("a b c d", '\'=HYPERLINK("x")', "3")
    assert [float(row[axis]) for axis in "xyz"] == [1.0, -2.5, 0.125]
    with pytest.raises(LandscapeError, match="1 tracks but 2 points"):
        maps.coordinates_csv([HOSTILE], np.zeros((2, 3)))


@pytest.mark.parametrize(("n", "size"), [(6, 65), (40, 300), (400, 90), (3, 2000)])
def test_the_directions_of_largest_variance_are_those_of_the_whole_decomposition(rng, n, size):
    vectors = rng.normal(size=(n, size)) * np.geomspace(1, 0.1, size)
    centred = vectors - vectors.mean(axis=0)
    found = layout._top_directions(centred)
    n_sure = min(3, n - 1)  # of fewer points the rest is any direction in which they do not differ
    expected = np.linalg.svd(centred)[2][:n_sure]
    assert np.allclose(np.abs((expected * found[:, :n_sure].T).sum(axis=1)), 1)
    assert np.allclose(found.T @ found, np.eye(3), atol=1e-9)
