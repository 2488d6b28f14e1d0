"""From the bytes of a 30-second MP3 to ten matches: p50 and p95 of each stage, warm; start of the app; memory.

    python benchmarks/listen.py [--runs 30]

The baseline in the same run is the capstone's way: librosa called once for each of mel, MFCC, chroma and tonnetz, the
498 statistics, and cosine against every track with numpy.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import mp3
from synesthete import encoders, sampler
from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.ingest import embed_missing
from synesthete.encoders.base import Encoder
from synesthete.encoders.resnet import Resnet
from synesthete.search import SearchEngine, SearchOptions
from synesthete.settings import PROJECT_ROOT
from synesthete.spectrogram import compute_spectrograms

SECONDS = 30


def run_stages(data: bytes, engine: SearchEngine) -> dict[str, float]:
    """One search, as the page does it; seconds by stage."""
    marks = [time.perf_counter()]
    clip = read_clip(data, name="benchmark.mp3")
    marks.append(time.perf_counter())
    spectrograms = compute_spectrograms(clip)
    marks.append(time.perf_counter())
    embedding = engine.encoder.embed(clip, spectrograms)
    marks.append(time.perf_counter())
    result = engine.search_embedding(embedding, SearchOptions(k=10))
    marks.append(time.perf_counter())
    assert len(result.matches) == 10
    stages = dict(zip(("decode", "spectrogram", "encode", "search"), np.diff(marks), strict=True))
    return {**stages, "whole": marks[-1] - marks[0]}


def run_librosa(data: bytes, vectors: np.ndarray) -> float:
    """The capstone's way, in seconds."""
    import librosa

    start = time.perf_counter()
    samples, rate = librosa.load(io.BytesIO(data), sr=22_050)
    rows = [
        librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=rate)),
        librosa.feature.mfcc(y=samples, sr=rate),
        librosa.feature.chroma_stft(y=samples, sr=rate),
        librosa.feature.tonnetz(y=samples, sr=rate),
    ]
    matrix = np.concatenate(rows)
    query = np.concatenate([matrix.mean(1), matrix.min(1), matrix.max(1)])
    np.argsort(vectors @ (query / np.linalg.norm(query)))[::-1][:10]
    return time.perf_counter() - start


def engine_over_sampler(encoder: Encoder, folder: Path) -> SearchEngine:
    """The built-in catalogue, embedded by this encoder, in a file of its own."""
    catalogue = Catalogue.open(folder / f"{encoder.name}-{encoder.fingerprint}.sqlite")
    with sampler.open_sampler() as shipped:
        catalogue.folder = shipped.folder
        for track in shipped.tracks():
            catalogue.add_track(track)
    embed_missing(catalogue, encoder)
    return SearchEngine(catalogue, encoder)


def time_to_first_page() -> float:
    """Seconds from the command until the server answers, in a fresh process."""
    start = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless",
        "true",
        "--server.port",
        "8599",
    ]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:8599/_stcore/health", timeout=1)
                return time.perf_counter() - start
            except OSError:
                time.sleep(0.05)
    finally:
        process.terminate()
        process.wait()


def time_of_first_run() -> float:
    """Seconds that the page's first run takes in a fresh process (imports, catalogue, widgets)."""
    code = (
        "import time; start = time.perf_counter();"
        "from streamlit.testing.v1 import AppTest;"
        "app = AppTest.from_file('app.py', default_timeout=60).run();"
        "assert not app.exception; print(time.perf_counter() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def report(name: str, timings: dict[str, list[float]]) -> None:
    print(f"\n{name}")
    for stage, seconds in timings.items():
        p50, p95 = np.percentile(seconds, (50, 95)) * 1000
        print(f"  {stage:12} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms")


def repeat(runs: int, once: Callable[[], dict[str, float]]) -> dict[str, list[float]]:
    once()
    timings: dict[str, list[float]] = defaultdict(list)
    for _ in range(runs):
        for stage, seconds in once().items():
            timings[stage].append(seconds)
    return timings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    data = mp3(SECONDS)
    candidates = [encoders.load("statistics"), Resnet.untrained()]
    candidates += [
        encoders.load(name)
        for name in ("resnet", "musicnn", "synesthete")
        if name in encoders.available() and encoders.is_ready(name)
    ]
    whole: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for encoder in candidates:
            engine = engine_over_sampler(encoder, Path(folder))
            timings = repeat(runs, lambda engine=engine: run_stages(data, engine))
            label = f"{encoder.name} ({encoder.version})"
            report(label, timings)
            whole[label] = float(np.percentile(timings["whole"], 50))
            if encoder.name == "statistics":
                vectors = engine.vectors()[1]
    baseline = repeat(max(runs // 5, 3), lambda: {"whole": run_librosa(data, vectors)})
    report("librosa four times + numpy (the capstone's way)", baseline)
    slow = float(np.percentile(baseline["whole"], 50))
    for label, seconds in whole.items():
        print(f"{label}: {slow / seconds:.1f} times as fast as the baseline")
    print(f"\nserver answers after {time_to_first_page():.1f} s; first run of the page {time_of_first_run():.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, all encoders loaded: {peak:.0f} MB")


if __name__ == "__main__":
    main()
