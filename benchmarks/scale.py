"""Search in a large catalogue, beside brute force on the same vectors in the same run.

    python benchmarks/scale.py [--tracks N] [--segments M] [--encoder NAME] [--folder FOLDER] [--json FILE]

Fills a catalogue with N tracks (20,000) that are mixtures of the tracks of the built-in one, with noise, straight into
its tables; or takes the one that an earlier run left in FOLDER. Indexes it, and appends 1,000 tracks. Of each kind of
search the median of wall-clock and processor time; the share of the latter that brute force by numpy takes, over every
tenth vector in memory, scaled up; the recall of the ten nearest; and the memory of the process that searches.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.synthetic import Mixtures, fill
from synesthete import encoders, settings
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.search import SearchEngine, SearchOptions, TrackFilter, make_searchable
from synesthete.tracks import Segment

N_QUERIES, K = 40, 10
N_APPENDED = 1_000
BRUTE_FORCE = "brute force by numpy"
STRICT = TrackFilter(artist="artist 7")


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and processor time [s]."""
    begin, begin_cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - begin, time.process_time() - begin_cpu


def of_queries(run: Callable[[int], object]) -> dict[str, float]:
    """Medians over queries 1, 2, …, after a query 0 that does not count [ms]."""
    run(0)
    times = [timed(lambda number=number: run(number)) for number in range(1, N_QUERIES)]  # type: ignore[misc]
    return {
        "p50_ms": 1000 * statistics.median(t for t, _ in times),
        "cpu_ms": 1000 * statistics.median(t for _, t in times),
    }


def peak_gb() -> float:
    """The most memory that this process has had, with what it has mapped [GB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(path: Path, encoder: Encoder, folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Every kind of search, in this process."""
    with Catalogue.open(path, is_read_only=True) as catalogue:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        engine = SearchEngine(catalogue, encoder, folder)
        opened = time.perf_counter() - begin, time.process_time() - begin_cpu
        yield "open", {"seconds": opened[0], "cpu_seconds": opened[1], "peak_gb": peak_gb()}
        index = engine._encoder_index()
        store = index._store
        rng = np.random.default_rng(3)
        rows = np.sort(rng.choice(index.n_tracks, N_QUERIES, replace=False))
        ids = [index.ids[row] for row in rows]
        # Sounds that are in no catalogue: between a track and a fitted mixture of others.
        fresh, _ = Mixtures(encoder).block(rng, N_QUERIES, 1)
        queries = np.stack([index.place(features) for features in fresh])
        yield "index alone", of_queries(lambda number: index._tracks.search(queries[number], K))
        is_strict = index.passing(STRICT)
        yield "index alone, 1 artist", of_queries(lambda number: index._tracks.search(queries[number], K, is_strict))
        is_some = rng.random(index.n_tracks) < 0.01
        yield "index alone, 1 % pass", of_queries(lambda number: index._tracks.search(queries[number], K, is_some))
        cases = {
            "track, no filter": SearchOptions(),
            "track, duplicates shown": SearchOptions(hide_duplicates=False),
            "track, max_seconds: 1 % pass": SearchOptions(max_seconds=64.0),
            "track, max_seconds: none passes": SearchOptions(max_seconds=10.0),
            "track, max_per_artist = 1": SearchOptions(max_per_artist=1),
            "track, 1 artist of all": SearchOptions(only=STRICT),
            "track, 1 genre of 40": SearchOptions(only=TrackFilter(genre="genre 3")),
            "track, 1 folder": SearchOptions(only=TrackFilter(folder="/music/77")),
        }
        for name, options in cases.items():
            yield name, of_queries(lambda number, options=options: engine.search_track(ids[number], options))  # type: ignore[misc]
        sounds = [snippet(catalogue, encoder, track_id, rng) for track_id in ids]
        found: list[bool] = []

        def recognise(number: int) -> None:
            result = engine.search_embedding(sounds[number])
            named = result.recognised
            found.append(named is not None and named.track.track_id == ids[number])

        yield "sound of 4 noisy segments, whole search", of_queries(recognise) | {"recognised": float(np.mean(found))}
        options = SearchOptions(compare="passage")
        first: list[bool] = []

        def by_passage(number: int) -> None:
            result = engine.search_embedding(sounds[number], options)
            matches = (*result.same_recording, *result.matches)
            first.append(max(matches, key=lambda match: match.cosine).track.track_id == ids[number])

        yield "by passage", of_queries(by_passage) | {"own track first": float(np.mean(first))}
        yield "memory", {"peak_gb": peak_gb()} | memory()
        yield "recall", recall(index, store, queries)
        yield BRUTE_FORCE, brute_force(store, queries)


def memory() -> dict[str, float]:
    """What the process has now [GB]: of its own, and of files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return {name: int(lines[name].split()[0]) / 1024**2 for name in ("RssAnon", "RssFile") if name in lines}


def snippet(catalogue: Catalogue, encoder: Encoder, track_id: str, rng: np.random.Generator) -> Embedding:
    """Four segments of a track through noise."""
    _, vectors = catalogue.segments(track_id, encoder.fingerprint)
    part = vectors[:4]
    part = unit(part + rng.standard_normal(part.shape) / np.sqrt(part.shape[1]))
    segments = tuple(Segment(encoder.hop_seconds * number, encoder.segment_seconds) for number in range(len(part)))
    return Embedding(catalogue.features_of(track_id, encoder.fingerprint), part, segments, encoder.fingerprint)


def brute_force(store: Any, queries: np.ndarray) -> dict[str, float]:
    """numpy over a tenth of the vectors, float32 in memory, scaled up."""
    slots = np.arange(0, store.file.n_rows, 10)[:30_000]
    vectors = store.file.some(slots)
    took = of_queries(lambda number: np.argpartition(-np.einsum("ij,j->i", vectors, queries[number]), K))
    return {name: value * store.file.n_rows / len(slots) for name, value in took.items()}


def recall(index: Any, store: Any, queries: np.ndarray) -> dict[str, float]:
    """Of the ten nearest by looking at all vectors: mean and least share among the ten that are found."""
    _, slots = store.file.best(queries, K)
    shares = [
        np.isin(store._row_of_slot[true], index._tracks.search(query, K)[1][0]).mean()
        for true, query in zip(slots, queries, strict=True)
    ]
    header = store.state.header
    return {
        "recall": float(np.mean(shares)),
        "least": float(np.min(shares)),
        "probes": header.n_probes,
        "candidates": header.n_candidates,
    }


def in_new_process(arguments: list[str]) -> list[tuple[str, dict[str, float]]]:
    """Another mode of this program, in a process of its own, whose memory counts for it alone."""
    command = [sys.executable, __file__, *arguments]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [(name, figures) for name, figures in map(json.loads, lines)]


def main() -> None:
    """Make the catalogue if it is not there, index, measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=20_000)
    parser.add_argument("--segments", type=int, default=15)
    parser.add_argument("--encoder", default=settings.DEFAULT_ENCODER)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--mode", choices=("all", "fill", "append", "index", "measure"), default="all")
    chosen = parser.parse_args()
    encoder = encoders.load(chosen.encoder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        path = folder / f"{chosen.encoder}-{chosen.tracks}-{chosen.segments}.sqlite"
        index_folder = path.with_suffix(".index")
        if chosen.mode == "all":
            shared = ["--tracks", str(chosen.tracks), "--segments", str(chosen.segments), "--encoder", chosen.encoder]
            shared += ["--folder", str(folder)]
            print(f"{chosen.tracks} tracks of {chosen.segments} segments, {chosen.encoder}", flush=True)
            everything: dict[str, dict[str, float]] = {}
            for mode in ("fill", "index", "measure", "append"):
                for name, figures in in_new_process([*shared, "--mode", mode]):
                    everything[name] = figures
                    said = "  ".join(f"{key} {value:.4g}" for key, value in figures.items())
                    print(f"{name:<42}{said}", flush=True)
            reference = everything[BRUTE_FORCE]["cpu_ms"]
            print("\nprocessor time, as a share of brute force")
            for name, figures in everything.items():
                if "cpu_ms" in figures:
                    print(f"{name:<42}{figures['cpu_ms'] / reference:.4f}")
            if chosen.json:
                chosen.json.write_text(json.dumps(everything, indent=1), encoding="utf-8")
            return
        for name, figures in run(chosen, encoder, path, index_folder):
            print(json.dumps([name, figures]), flush=True)


def run(
    chosen: argparse.Namespace, encoder: Encoder, path: Path, folder: Path
) -> Iterator[tuple[str, dict[str, float]]]:
    """One mode."""
    if chosen.mode == "fill" and not path.is_file():
        partial = path.with_suffix(".partial")
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        wall, cpu = timed(lambda: fill(partial, encoder, 0, chosen.tracks, chosen.segments))
        with Catalogue.open(partial) as catalogue:
            catalogue.renew_moments(encoder)
        partial.replace(path)
        yield "fill", {"seconds": wall, "cpu_seconds": cpu, "gb": path.stat().st_size / 1024**3}
    if chosen.mode == "measure":
        yield from measure(path, encoder, folder)
    if chosen.mode in ("index", "append"):
        if chosen.mode == "append":
            with Catalogue.open(path) as catalogue:
                first = len(catalogue)
            fill(path, encoder, first, N_APPENDED, chosen.segments)
        with Catalogue.open(path) as catalogue:
            wall, cpu = timed(lambda: make_searchable(catalogue, encoder, folder))
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1024**3
        name = "index, from nothing" if chosen.mode == "index" else f"index, {N_APPENDED} tracks added"
        yield name, {"seconds": wall, "cpu_seconds": cpu, "gb": size, "peak_gb": peak_gb()}


if __name__ == "__main__":
    main()
