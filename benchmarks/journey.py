"""Journeys between random pairs of seeds: ours, the linear greedy method, a random walk; the same pairs.

    python benchmarks/journey.py [--pairs 200] [--length 12] [--catalogue FILE ...]

Always measured: clustered synthetic vectors, and the built-in catalogue if it has been made. Angles in
degrees; evenness is Jain's index (1: all steps equal). Aim: better than greedy in largest step and in
evenness on at least 95 % of pairs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from synesthete.catalogue import Catalogue
from synesthete.journey import JourneyOptions, JourneyQuality, TrackVectors, plan
from synesthete.journey.baselines import linear_greedy, measure, random_walk
from synesthete.settings import Paths
from synesthete.tracks import Track

MEASURES = ("largest_step_degrees", "mean_step_degrees", "evenness", "forward_share", "artist_repeats")


def clustered(n_tracks: int, size: int = 200, n_clusters: int = 60, rank: int = 12, seed: int = 0) -> TrackVectors:
    """Unit vectors in clusters, each spread in its own directions; five artists a cluster or more."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_clusters, size))
    cluster = rng.integers(0, n_clusters, n_tracks)
    spread = rng.normal(size=(n_clusters, rank, size)) * 0.9 / np.sqrt(rank)
    vectors = centres[cluster] + 0.1 * rng.normal(size=(n_tracks, size))
    for number in range(n_clusters):
        members = cluster == number
        vectors[members] += rng.normal(size=(members.sum(), rank)) @ spread[number]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    names = rng.integers(0, max(5, n_tracks // 600), n_tracks)
    pairs = enumerate(zip(cluster, names, strict=True))
    tracks = tuple(Track(f"{i:016x}", f"Track {i}", artist=f"Artist {c}-{name}") for i, (c, name) in pairs)
    return TrackVectors(tracks, vectors)


def compare(name: str, track_vectors: TrackVectors, n_pairs: int, options: JourneyOptions) -> None:
    """Print one table."""
    rng = np.random.default_rng(1)
    found: dict[str, list[JourneyQuality]] = {"ours": [], "greedy": [], "random walk": []}
    seconds, n_optimal, largest_gap = [], 0, 0.0
    for number in range(n_pairs):
        first, last = rng.choice(len(track_vectors.tracks), 2, replace=False)
        ends = (track_vectors.tracks[first].track_id, track_vectors.tracks[last].track_id)
        began = time.perf_counter()
        journey = plan(track_vectors, ends, options)
        seconds.append(time.perf_counter() - began)
        n_optimal += journey.is_optimal
        largest_gap = max(largest_gap, journey.gap)
        found["ours"].append(journey.quality)
        found["greedy"].append(measure(track_vectors, linear_greedy(track_vectors, *ends, options.length)))
        walk = random_walk(track_vectors, *ends, options.length, seed=number)
        found["random walk"].append(measure(track_vectors, walk))
    print(f"\n{name}: {len(track_vectors.tracks)} tracks, {n_pairs} pairs, {options}")
    print(f"{'':12}" + "".join(f"{measure:>24}" for measure in MEASURES))
    table = {way: np.array([[getattr(q, m) for m in MEASURES] for q in found[way]]) for way in found}
    for way, values in table.items():
        print(f"{way:12}" + "".join(f"{value:24.3f}" for value in values.mean(axis=0)))
    ours, greedy = table["ours"], table["greedy"]
    better = (ours[:, 0] < greedy[:, 0] - 1e-6).mean(), (ours[:, 2] > greedy[:, 2] + 1e-9).mean()
    level = (np.abs(ours[:, 0] - greedy[:, 0]) <= 1e-6).mean()
    both = ((ours[:, 0] < greedy[:, 0] - 1e-6) & (ours[:, 2] > greedy[:, 2] + 1e-9)).mean()
    print(
        f"better than greedy: largest step {better[0]:.1%} (level {level:.1%}), evenness {better[1]:.1%},"
        f" both {both:.1%}"
    )
    print(
        f"proven optimal: {n_optimal / n_pairs:.1%}, largest gap {largest_gap:.2%};"
        f" seconds: median {np.median(seconds):.2f}, largest {max(seconds):.2f}"
    )


def main() -> None:
    """Measure on what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--length", type=int, default=12)
    parser.add_argument("--catalogue", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    sampler = Paths().sampler / "catalogue.sqlite"
    for file in [sampler] * sampler.is_file() + arguments.catalogue:
        with Catalogue.open(file, is_read_only=True) as catalogue:
            for entry in catalogue.encoders():
                track_vectors = TrackVectors.read(catalogue, entry.fingerprint)
                options = JourneyOptions(min(arguments.length, len(track_vectors.tracks) // 4))
                compare(f"{file}, {entry.name}", track_vectors, arguments.pairs, options)
    for length in sorted({6, arguments.length, 30}):
        n_pairs = arguments.pairs if length <= 12 else arguments.pairs // 4  # long ones take seconds each
        compare("clustered", clustered(5000), n_pairs, JourneyOptions(length))


if __name__ == "__main__":
    main()
