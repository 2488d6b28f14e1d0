"""Processor seconds for a 30-second MP3, from file to vector, warm: each of our encoders against bliss-audio.

    python benchmarks/cpu.py [--peers FOLDER] [--files 12]

Every encoder embeds the same files in a process of its own, the first one twice to warm up, with one numeric thread;
processor time of the process and its children is counted, so that our decoding worker's is too. ``--peers`` is where
bliss-audio is installed (``pip install --target``); without it there is no baseline.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENCODERS = ("timbre", "musicnn", "resnet", "synesthete")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def spent() -> float:
    """Processor seconds of this process and of its living children, our decoding worker."""
    total = time.process_time()
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            threads = Path(f"/proc/{child}/task").glob("*/schedstat")  # nanoseconds on a processor come first
            total += sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
    return total


def measure(name: str, files: list[str]) -> list[float]:
    """Processor seconds for each file but the first."""
    if name == "bliss":
        from bliss_audio import Song  # type: ignore[import-not-found]

        def embed(file: str) -> object:
            return Song(file).analysis
    else:
        import torch

        from synesthete import encoders
        from synesthete.audio import read_clip

        torch.set_num_threads(1)
        encoder = encoders.load(name)

        def embed(file: str) -> object:
            return encoder.embed(read_clip(Path(file))).track_features

    seconds = []
    for file in [files[0], *files]:
        before = spent()
        embed(file)
        seconds.append(spent() - before)
    return seconds[1:]


def main() -> None:
    """Write the files, run every encoder, print the table."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3:])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="where bliss-audio is installed")
    parser.add_argument("--files", type=int, default=12)
    options = parser.parse_args()
    from benchmarks.serving import mp3

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number in range(options.files):
            files.append(f"{folder}/{number}.mp3")
            Path(files[-1]).write_bytes(mp3(30, first_track=2 * number))
        rows = {}
        for name in (*ENCODERS, "bliss"):
            path = os.pathsep.join([str(Path(__file__).resolve().parents[1]), str(options.peers or "")])
            environment = os.environ | ONE_THREAD | {"PYTHONPATH": path}
            command = [sys.executable, __file__, "--measure", name, *files]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name} did not run: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
                continue
            rows[name] = sorted(json.loads(done.stdout))[options.files // 2]
    print("| | CPU seconds for 30 s, median | against bliss |\n|---|---|---|")
    for name, seconds in rows.items():
        ratio = f"{seconds / rows['bliss']:.2f}" if "bliss" in rows else "–"
        print(f"| {name} | {seconds:.3f} | {ratio} |")


if __name__ == "__main__":
    main()
