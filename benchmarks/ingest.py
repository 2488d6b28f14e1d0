"""From a folder to a catalogue, in whole processes: processor seconds a track, memory, a run over no changes.

    python benchmarks/ingest.py [--music FOLDER] [--peers FOLDER] [--files 24] [--many 20000] [--short 1000 20000]

``synesthete index`` takes in 3-minute MP3s with each of two encoders and with one and two workers; bliss-audio analyses
the same files in a process of its own, where ``--peers`` is where it is installed (``pip install --target``). Processor
seconds are those of the process and all it started. ``--music`` is a folder to make the MP3s from (by default the
built-in music). ``--many`` files are then indexed once by writing what is known of them, and looked at again. So many
files of 1.5 s as ``--short`` says are indexed with ``timbre``: does the memory of the largest process grow?
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.settings import Paths

SECONDS = 180
RATE_HZ = 22_050
SHORT_SECONDS = 1.5
ROOT = Path(__file__).resolve().parents[1]


def three_minutes(music: Path, folder: Path, n_files: int) -> None:
    """Write ``n_files`` MP3s of three minutes, each of other recordings laid end to end."""
    sources = sorted(path for path in music.rglob("*") if path.suffix in (".mp3", ".opus", ".flac", ".ogg"))
    for number in range(n_files):
        parts: list[np.ndarray] = []
        turn = number
        while sum(map(len, parts)) < SECONDS * RATE_HZ:
            parts.append(read_clip(sources[turn % len(sources)]).samples)
            turn += n_files
        samples = np.concatenate(parts)[: SECONDS * RATE_HZ]
        soundfile.write(folder / f"{number:03}.mp3", samples, RATE_HZ)


def cost(command: list[str], **environment: str) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak memory [MB] of the largest process that a command starts."""
    reader = (
        "import resource, subprocess, sys;"
        "code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, code)"
    )
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", reader, *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    wall = time.monotonic() - before
    processor, memory, code = map(float, done.stdout.split())
    if code:
        raise SystemExit(f"{command} ended with {code:g}: {done.stderr[-500:]}")
    return wall, processor, memory


def index(music: Path, catalogue: Path, encoder: str, n_workers: int) -> tuple[float, float, float]:
    """Cost of one ``synesthete index``."""
    options = ["--catalogue", str(catalogue), "--encoder", encoder, "--workers", str(n_workers)]
    return cost([sys.executable, "-m", "synesthete", "index", str(music), *options], PYTHONPATH=str(ROOT))


def bliss(music: Path, peers: Path) -> tuple[float, float, float]:
    """Cost of bliss-audio over the same files, one after another."""
    code = "import sys; from bliss_audio import Song; [Song(file).analysis for file in sys.argv[1:]]"
    return cost([sys.executable, "-c", code, *map(str, sorted(music.glob("*.mp3")))], PYTHONPATH=str(peers))


def unchanged(folder: Path, n_files: int) -> tuple[float, float, float]:
    """Cost of a run over ``n_files`` that are known and have not changed."""
    music, path = folder / "many", folder / "many.sqlite"
    for number in range(n_files):
        file = music / f"{number // 100:03}" / f"{number:06}.mp3"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"ID3")
    with Catalogue.open(path) as catalogue, catalogue.transaction():
        for file in music.rglob("*.mp3"):
            status = file.stat()
            catalogue.put_file(str(file), status.st_size, status.st_mtime_ns)  # known, and known to be no sound
    command = [sys.executable, "-m", "synesthete", "index", str(music), "--catalogue", str(path), "--encoder", "timbre"]
    reader = [sys.executable, "-c", f"import subprocess; assert subprocess.call({command!r}) == 3"]
    return cost(reader, PYTHONPATH=str(ROOT))


def short(folder: Path, n_files: int) -> tuple[float, float, float]:
    """Cost of indexing ``n_files`` of noise, each of its own."""
    rng = np.random.default_rng(n_files)
    music = folder / f"short-{n_files}"
    for number in range(n_files):
        file = music / f"{number // 200:03}" / f"{number:06}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, 0.1 * rng.standard_normal(round(SHORT_SECONDS * RATE_HZ)), RATE_HZ)
    return index(music, folder / f"short-{n_files}.sqlite", "timbre", 2)


def main() -> None:
    """Write the files, run everything, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", type=Path, default=Paths().sampler / "audio")
    parser.add_argument("--peers", type=Path, help="where bliss-audio is installed")
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--short", type=int, nargs="*", default=[1000, 20_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        music = folder / "music"
        music.mkdir()
        three_minutes(options.music, music, options.files)
        rows = {}
        if options.peers:
            rows["bliss-audio, 1 process"] = bliss(music, options.peers)
        for encoder in ("resnet", "synesthete"):
            for n_workers in (1, 2):
                catalogue = folder / f"{encoder}-{n_workers}.sqlite"
                rows[f"{encoder}, {n_workers} workers"] = index(music, catalogue, encoder, n_workers)
        n_tracks = dict.fromkeys(rows, options.files)
        n_tracks[unchanged_files := f"{options.many} unchanged files"] = options.many
        rows[unchanged_files] = unchanged(folder, options.many)
        for n_files in options.short:
            n_tracks[short_files := f"timbre, {n_files} short files, 2 workers"] = n_files
            rows[short_files] = short(folder, n_files)
    print("| | wall s | CPU s | CPU s a track | against bliss | memory of the largest process [MB] |")
    print("|---|---|---|---|---|---|")
    base = rows.get("bliss-audio, 1 process")
    for name, (wall, processor, memory) in rows.items():
        ratio = f"{processor / base[1]:.2f}" if base and " files" not in name else "–"
        each = processor / n_tracks[name]
        print(f"| {name} | {wall:.1f} | {processor:.1f} | {each:.4f} | {ratio} | {memory:.0f} |")
    print(f"peak memory of this benchmark itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
