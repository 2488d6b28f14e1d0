"""What filters cost a search, and what the command line costs before and after its index files are kept.

    python benchmarks/filters.py [N_TRACKS [FOLDER]]

Makes a catalogue of N_TRACKS (9,000) random tracks by 5 artists through the real store, or takes the one that an
earlier run left in FOLDER. Prints milliseconds for one search (median of 5) and the ratio to no filter, then
seconds and peak memory of ``synesthete search FILE`` in a new process, the first time and again.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from synesthete import encoders
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.search import SearchEngine, SearchOptions
from synesthete.tracks import Segment, Track

ENCODER = "statistics"
REPEATS, N_ARTISTS = 5, 5
N_SEGMENTS = (20, 73)  # of a track: 53 s to 3 minutes
CASES = {
    "no filter, k = 10": SearchOptions(),
    "no filter, k = 50": SearchOptions(k=50),
    "max_seconds below all": SearchOptions(max_seconds=10.0),
    "max_seconds, 1 in 100 passes": SearchOptions(max_seconds=2.5 * N_SEGMENTS[0] + 3.0),
    "max_per_artist = 1, 5 artists": SearchOptions(max_per_artist=1),
    "min_similarity above all": SearchOptions(min_similarity=0.999),
    "passage of 3 segments, no filter": SearchOptions(compare="passage"),
    "passage, max_seconds below all": SearchOptions(compare="passage", max_seconds=10.0),
}


def make_catalogue(path: Path, encoder: Encoder, n_tracks: int) -> None:
    """Fill a catalogue with tracks whose segments wander about the middle of one of 300 clusters."""
    rng = np.random.default_rng(0)
    size = encoder.embedding_size
    centres = rng.normal(size=(300, size)).astype(np.float32)
    with Catalogue.open(path) as catalogue, catalogue.transaction():
        for number in range(n_tracks):
            n_segments = int(rng.integers(*N_SEGMENTS))
            middle = centres[rng.integers(len(centres))] + rng.normal(size=size)
            vectors = unit(middle + 0.5 * rng.standard_normal((n_segments, size), np.float32))
            segments = tuple(Segment(2.5 * place, 5.0) for place in range(n_segments))
            artist = f"Artist {rng.integers(N_ARTISTS)}"
            track = Track(f"{number:016x}", f"Track {number}", artist, seconds=2.5 * (n_segments + 1))
            catalogue.add_track(track)
            embedding = Embedding(unit(vectors.mean(axis=0)), vectors, segments, encoder.fingerprint)
            catalogue.put_embedding(track.track_id, encoder, embedding)


def milliseconds(run: Callable[[int], object]) -> float:
    """Median wall-clock time of runs 1, 2, …, after a run 0 that does not count."""
    times = []
    for number in range(REPEATS + 1):
        begin = time.perf_counter()
        run(number)
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times[1:])


def measure_filters(path: Path, encoder: Encoder) -> None:
    """Search with each of ``CASES`` from tracks of the catalogue, or from passages of them."""
    with Catalogue.open(path, is_read_only=True) as catalogue:
        begin = time.perf_counter()
        engine = SearchEngine(catalogue, encoder)
        print(f"opened in {time.perf_counter() - begin:.2f} s")
        ids = [f"{number * (len(catalogue) // (REPEATS + 1)):016x}" for number in range(REPEATS + 1)]
        snippets = [snippet(catalogue, encoder, track_id) for track_id in ids]
        reference = 0.0
        for name, options in CASES.items():

            def run(number: int, options: SearchOptions = options) -> object:
                if options.compare == "passage":
                    return engine.search_embedding(snippets[number], options)
                return engine.search_track(ids[number], options)

            took = milliseconds(run)
            reference = reference or took
            print(f"{name:<34} {took:9.1f} ms  {took / reference:7.2f}", flush=True)


def snippet(catalogue: Catalogue, encoder: Encoder, track_id: str) -> Embedding:
    """Three segments of a track, from the sixth."""
    segments, vectors = catalogue.segments(track_id, encoder.fingerprint)
    part = unit(vectors[5:8] + 0.01)
    return Embedding(unit(part.mean(axis=0)), part, segments[:3], encoder.fingerprint)


def measure_first_passages(path: Path, encoder: Encoder) -> None:
    """Two passage searches at once in an engine that has no passage index yet."""
    with Catalogue.open(path, is_read_only=True) as catalogue:
        engine = SearchEngine(catalogue, encoder)
        options = SearchOptions(compare="passage")
        queries = [snippet(catalogue, encoder, f"{number:016x}") for number in (1, 2)]
        threads = [threading.Thread(target=engine.search_embedding, args=(query, options)) for query in queries]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(f"two first passage searches at once {time.perf_counter() - begin:6.1f} s  peak {peak:.1f} GB")


def measure_command(path: Path, folder: Path) -> None:
    """``synesthete search FILE``, cold (no index files) and warm."""
    rng = np.random.default_rng(1)
    environment = os.environ | {"SYNESTHETE_HOME": tempfile.mkdtemp(dir=folder)}
    for name, seconds in (("60 s, as a whole", 60), ("8 s, by passage", 8)):
        file = folder / f"{seconds}.wav"
        soundfile.write(file, 0.1 * rng.standard_normal(22_050 * seconds), 22_050)
        command = [sys.executable, "-m", "synesthete", "search", str(file)]
        command += ["--catalogue", str(path), "--encoder", ENCODER, "--json"]
        for state in ("cold", "warm", "warm"):
            begin = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            took = time.perf_counter() - begin
            assert status == 0, f"{' '.join(command)} ended with {status}"
            print(f"search FILE, {name:<17} {state} {took:6.2f} s  peak {usage.ru_maxrss / 1024**2:.2f} GB", flush=True)


def main(n_tracks: int = 9_000, folder: str = "") -> None:
    """Make the catalogue if it is not there, measure and print."""
    encoder = encoders.load(ENCODER)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(folder or temporary)
        path = place / f"{n_tracks}-{encoder.fingerprint}.sqlite"
        if not path.is_file():
            partial = Path(temporary) / "partial.sqlite"
            make_catalogue(partial, encoder, n_tracks)
            place.mkdir(parents=True, exist_ok=True)
            partial.replace(path)
        print(f"{n_tracks} tracks, vectors of {encoder.embedding_size}")
        measure_command(path, Path(temporary))  # first: a child's peak memory is at least what this process has
        measure_filters(path, encoder)
        measure_first_passages(path, encoder)


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, str), sys.argv[1:], strict=False)))
