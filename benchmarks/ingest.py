"""From a folder to a catalogue, in whole processes: processor seconds a track, beside bliss-audio.

    python benchmarks/ingest.py [--music FOLDER] [--peers FOLDER] [--files 100] [--small]

``synesthete index`` takes in 3-minute MP3s with each of two encoders and with one and two workers; bliss-audio analyses
the same files in a process of its own, where ``--peers`` is where it is installed (``pip install --target``). Processor
seconds are those of the process and all it started. What a process needs before its first file is measured with one
file, and counts in every row; a library of thousands does not feel it.

The MP3s are as in a collection: 44.1 kHz, stereo, 192 kbit/s. ``--small`` makes them 22 kHz, mono, 48 kbit/s, which are
decoded in half the time. ``--music`` is a folder to make them from (by
default the built-in music). Memory and a run over no changes: ``benchmarks/memory.py``.
"""

from __future__ import annotations

import argparse
import compileall
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import write_mp3
from synesthete.audio import read_clip
from synesthete.settings import Paths

SECONDS = 180
RATE_HZ = 22_050
BASE = "bliss-audio, 1 process"
ROOT = Path(__file__).resolve().parents[1]


def three_minutes(music: Path, folder: Path, n_files: int, is_small: bool) -> None:
    """Write ``n_files`` MP3s of three minutes, each of other recordings laid end to end."""
    rate_hz, layout, bit_rate = (RATE_HZ, "mono", 48_000) if is_small else (2 * RATE_HZ, "stereo", 192_000)
    sources = sorted(path for path in music.rglob("*") if path.suffix in (".mp3", ".opus", ".flac", ".ogg"))
    for number in range(n_files):
        parts: list[np.ndarray] = []
        turn = number
        while sum(map(len, parts)) < SECONDS * RATE_HZ:
            parts.append(read_clip(sources[turn % len(sources)]).samples)
            turn += n_files
        samples = np.concatenate(parts)[: SECONDS * RATE_HZ]
        if not is_small:
            side = 0.3 * np.roll(samples, round(0.012 * RATE_HZ))
            samples = np.stack([samples + side, samples - side]) / 1.3
        write_mp3(folder / f"{number:03}.mp3", samples, RATE_HZ, rate_hz, layout, bit_rate)


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


def main() -> None:
    """Write the files, run everything, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", type=Path, default=Paths().sampler / "audio")
    parser.add_argument("--peers", type=Path, help="where bliss-audio is installed")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--small", action="store_true", help="22 kHz, mono MP3s, decoded in half the time")
    options = parser.parse_args()
    compileall.compile_dir(ROOT / "synesthete", quiet=2)  # as an installed package is
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        music = folder / "music"
        music.mkdir()
        three_minutes(options.music, music, options.files, options.small)
        first = folder / "first"
        first.mkdir()
        (first / "000.mp3").symlink_to(music / "000.mp3")
        rows: dict[str, tuple[int, tuple[float, float, float]]] = {}
        if options.peers:
            rows["bliss-audio, 1 file"] = 1, bliss(first, options.peers)
            rows[BASE] = options.files, bliss(music, options.peers)
        for encoder in ("resnet", "synesthete"):
            rows[f"{encoder}, 1 file"] = 1, index(first, folder / f"{encoder}-first.sqlite", encoder, 1)
            for n_workers in (1, 2):
                catalogue = folder / f"{encoder}-{n_workers}.sqlite"
                rows[f"{encoder}, {n_workers} workers"] = options.files, index(music, catalogue, encoder, n_workers)
    print("| | wall s | CPU s | CPU s a track | against bliss | memory of the largest process [MB] |")
    print("|---|---|---|---|---|---|")
    base = rows[BASE][1][1] / options.files if BASE in rows else 0.0
    for name, (n_files, (wall, processor, memory)) in rows.items():
        each = processor / n_files
        ratio = f"{each / base:.2f}" if base else "–"
        print(f"| {name} | {wall:.1f} | {processor:.1f} | {each:.3f} | {ratio} | {memory:.0f} |")
    for encoder in ("resnet", "synesthete"):
        one, two = (rows[f"{encoder}, {n} workers"][1][0] for n in (1, 2))
        print(f"{encoder}: 2 workers {one / two:.2f} times as fast as 1 by the clock")
    more = [(name, rows[f"{name}, 1 file"], rows[f"{name}, 1 workers"]) for name in ("resnet", "synesthete")]
    for name, (_, start), (n_files, whole) in more:
        print(f"{name}: {(whole[1] - start[1]) / (n_files - 1):.3f} processor seconds for each further track")
    print(f"peak memory of this benchmark itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
