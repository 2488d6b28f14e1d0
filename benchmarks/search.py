"""How long a search takes, beside brute-force numpy on the same vectors in the same run.

    python benchmarks/search.py [N_VECTORS [SIZE]]

Prints milliseconds for one query (median of 30) and their ratio: flat search, codes with exact comparison of
what they find, and the recall of both, and passages over 400 tracks of 46 segments.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from synesthete.encoders.base import unit
from synesthete.search.nearest import CodeIndex, VectorIndex, inner_products
from synesthete.search.passages import SegmentVectors, best_passages

K, REPEATS = 10, 30


def milliseconds(run: Callable[[], object]) -> float:
    """Median wall-clock time of one run, after a first one that does not count."""
    run()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times)


def brute_force(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The rows of the ``K`` largest inner products, the largest first."""
    cosines = vectors @ query
    best = np.argpartition(-cosines, K)[:K]
    return best[np.argsort(-cosines[best])]


def report(
    name: str,
    search: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]],
    queries: np.ndarray,
    expected: list[np.ndarray],
    reference: float,
    begin: float,
) -> None:
    """Print how long one search takes, and what it finds of what it should."""
    built = time.perf_counter() - begin
    took = milliseconds(lambda: search(queries[0], K))
    found = [search(query, K)[1][0] for query in queries]
    recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(found, expected, strict=True)])
    print(f"{name:<20}  {took:8.2f} ms   {took / reference:.2f}   recall {recall:.3f}   built in {built:.1f} s")


def main(n_vectors: int = 100_000, size: int = 512) -> None:
    """Measure and print."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(300, size)).astype(np.float32)
    vectors = np.empty((n_vectors, size), np.float32)
    for start in range(0, n_vectors, 10_000):
        part = vectors[start : start + 10_000]
        noise = rng.normal(size=part.shape).astype(np.float32)
        part[:] = unit(centres[rng.integers(0, len(centres), len(part))] + noise)
    queries = unit(vectors[:REPEATS] + 0.02 * rng.normal(size=(REPEATS, size)))
    expected = [brute_force(vectors, query) for query in queries]
    reference = milliseconds(lambda: brute_force(vectors, queries[0]))
    print(f"{n_vectors} vectors of {size}, one query, {K} neighbours")
    print(f"numpy, brute force    {reference:8.2f} ms   1.00")
    begin = time.perf_counter()
    index = VectorIndex.build(vectors)
    report("flat (exact)", index.search, queries, expected, reference, begin)
    begin = time.perf_counter()
    codes = CodeIndex.train([vectors[:50_000]], n_vectors, 128)
    codes.add(vectors, np.arange(n_vectors))
    halves = vectors.astype(np.float16)

    def by_codes(query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        likely = codes.search(query[None], 128, 32)[1][0]
        cosines = inner_products(halves[likely], query)
        order = np.argsort(-cosines)[:k]
        return cosines[None, order], likely[None, order]

    report("codes, then exactly", by_codes, queries, expected, reference, begin)
    rows = np.repeat(np.arange(400), 46)
    segments = SegmentVectors.lay(vectors[: len(rows)], np.tile(2.5 * np.arange(46), 400), rows, 2.5)
    query = segments.recording(7)
    snippet = SegmentVectors.of(query.vectors[10:13], query.start_seconds[10:13], 2.5)
    took = milliseconds(lambda: best_passages(snippet, segments))
    print(f"passage of 3 segments  {took:8.2f} ms   in 400 tracks")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:]))
