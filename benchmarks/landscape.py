"""The map: time, memory and trust at several sizes; ours against scikit-learn; placing a new sound.

    python benchmarks/landscape.py [--sizes 2000 8000 100000] [--methods tsne pca] [--peer]

Clustered synthetic vectors of size 200. ``--peer`` also runs scikit-learn's and, if installed, openTSNE's
Barnes-Hut t-SNE in three dimensions at 2,000 tracks, on the same vectors, with the same perplexity and number
of steps.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from synesthete.landscape import Landscape, fit, neighbours_kept, place, trustworthiness
from synesthete.landscape.tsne import EXAGGERATED_STEPS, EXAGGERATION, PERPLEXITY, STEPS


def clustered(n_vectors: int, size: int = 200, n_clusters: int = 60, rank: int = 12, seed: int = 0) -> np.ndarray:
    """Unit vectors in clusters, each spread in a few directions of its own."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_clusters, size))
    spread = rng.normal(size=(n_clusters, rank, size)) * 0.9 / np.sqrt(rank)
    cluster = rng.integers(0, n_clusters, n_vectors)
    vectors = centres[cluster] + 0.1 * rng.normal(size=(n_vectors, size))
    for number in range(n_clusters):
        members = cluster == number
        vectors[members] += rng.normal(size=(members.sum(), rank)) @ spread[number]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def report(name: str, vectors: np.ndarray, coordinates: np.ndarray, wall: float, processor: float) -> None:
    """Print one line."""
    trust = trustworthiness(vectors, coordinates)
    kept = neighbours_kept(vectors, coordinates)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:32} {len(vectors):>7} tracks  {wall:7.1f} s ({processor:7.1f} s of processor)"
        f"  peak {peak:6.0f} MiB"
        f"  trustworthiness {trust:.4f}  neighbours kept {kept:.3f}",
        flush=True,
    )


def placing(landscape: Landscape, vectors: np.ndarray) -> None:
    """Place landmarks as if they were new, among the others, and compare with where they were laid out."""
    rng = np.random.default_rng(2)
    held = rng.choice(len(landscape.landmark_rows), min(300, len(landscape.landmark_rows) // 10), replace=False)
    others = np.setdiff1d(np.arange(len(landscape.landmark_rows)), held)
    without = replace(
        landscape,
        landmark_rows=landscape.landmark_rows[others],
        landmark_vectors=landscape.landmark_vectors[others],
    )
    rows = landscape.landmark_rows[held]
    placed = place(without, vectors[rows])
    error = np.linalg.norm(placed - landscape.coordinates[rows], axis=1)
    apart = np.linalg.norm(landscape.coordinates[rows] - landscape.coordinates[rng.permutation(rows)], axis=1)
    began = time.perf_counter()
    for row in rows[:50]:
        place(without, vectors[row])
    each = (time.perf_counter() - began) / 50
    print(
        f"{'  placing a new sound':32} {1000 * each:.1f} ms each; distance to where it lies when laid out"
        f" together: median {np.median(error):.3f}, 90 % below {np.quantile(error, 0.9):.3f}"
        f" (two tracks by lot: {np.median(apart):.3f})",
        flush=True,
    )


def peers(vectors: np.ndarray) -> None:
    """Barnes-Hut t-SNE of others, from the same start."""
    from sklearn.manifold import TSNE

    start = (fit(vectors, "pca").coordinates * 1e-4).astype(np.float64)
    began, processor = time.perf_counter(), time.process_time()
    steps = EXAGGERATED_STEPS + STEPS
    model = TSNE(3, init=start.astype(np.float32), perplexity=PERPLEXITY, max_iter=steps, random_state=0, n_jobs=2)
    found = model.fit_transform(vectors)
    report(
        "scikit-learn, Barnes-Hut",
        vectors,
        found,
        time.perf_counter() - began,
        time.process_time() - processor,
    )
    try:
        import openTSNE
    except ImportError:
        return
    began, processor = time.perf_counter(), time.process_time()
    near = openTSNE.affinity.PerplexityBasedNN(vectors, perplexity=PERPLEXITY, method="exact", n_jobs=2)
    other = openTSNE.TSNEEmbedding(start, near, negative_gradient_method="bh", n_jobs=2, random_state=0)
    other.optimize(EXAGGERATED_STEPS, exaggeration=EXAGGERATION, momentum=0.5, inplace=True)
    other.optimize(STEPS, momentum=0.8, inplace=True)
    report(
        "openTSNE, Barnes-Hut",
        vectors,
        np.asarray(other),
        time.perf_counter() - began,
        time.process_time() - processor,
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 2000, 8000])
    parser.add_argument("--methods", nargs="+", default=["pca", "tsne"])
    parser.add_argument("--landmarks", type=int, nargs="+", default=[8000])
    parser.add_argument("--peer", action="store_true")
    arguments = parser.parse_args()
    fit(clustered(100), "tsne")  # compile
    for size in arguments.sizes:
        vectors = clustered(size)
        for method in arguments.methods:
            for n_landmarks in arguments.landmarks:
                began, processor = time.perf_counter(), time.process_time()
                landscape = fit(vectors, method, n_landmarks=n_landmarks)
                spent = time.perf_counter() - began, time.process_time() - processor
                report(f"{method}, {n_landmarks} landmarks at most", vectors, landscape.coordinates, *spent)
                if method != "pca":
                    placing(landscape, vectors)
    if arguments.peer:
        peers(clustered(2000))


if __name__ == "__main__":
    main()
