"""Does memory stay flat while a large library is indexed, and how soon is it looked through again?

    python benchmarks/memory.py [--files 20000] [--encoder timbre] [--workers 2] [--music FOLDER] [--folder FOLDER]

Cuts so many short sounds out of real music, each its own (FLAC), indexes them with ``synesthete index``, and looks at
all its processes meanwhile: the memory of each, and of all together what is not shared counted once (PSS). Then the
same command over the same files, which have not changed. ``--folder`` keeps the files for another run. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from synesthete import settings
from synesthete.audio.decode import decode_file
from synesthete.settings import Paths

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ, SECONDS = 22_050, 3.0
FILES_A_FOLDER = 200
EVERY_SECONDS = 1.0


def cut(music: Path, folder: Path, n_files: int) -> None:
    """Write ``n_files`` passages of recordings, each at a place and a level of its own."""
    rng = np.random.default_rng(11)
    sources = sorted(path for path in music.rglob("*") if path.suffix in (".mp3", ".opus", ".flac", ".ogg", ".wav"))
    chosen = rng.choice(len(sources), min(len(sources), 40), replace=False)
    recordings = [opened(sources[number]) for number in chosen]
    n_samples = round(SECONDS * RATE_HZ)
    for number in range(n_files):
        path = folder / f"{number // FILES_A_FOLDER:04}" / f"{number:06}.flac"
        recording = recordings[number % len(recordings)]
        begin = rng.integers(0, len(recording) - n_samples)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, rng.uniform(0.3, 0.9) * recording[begin : begin + n_samples], RATE_HZ)


def opened(path: Path) -> np.ndarray:
    """Samples of a recording, decoded here: these files are no stranger's."""
    with path.open("rb") as file:
        excerpts = decode_file(file, path.name, settings.AUDIO).excerpts
    return np.concatenate([excerpt.samples for excerpt in excerpts])


@dataclass
class Seen:
    """What was seen of a run: for each moment how many files were done, and the memory of each process [MB].

    Attributes
    ----------
    moments : list of (int, dict of str to float)
        ``all`` is the sum in which shared memory counts once.
    """

    moments: list[tuple[int, dict[str, float]]] = field(default_factory=list)

    def at(self, n_done: int, kind: str) -> float:
        """The most that processes of a kind had in the ten moments around the one when so many were done [MB]."""
        from_then = next((number for number, (n, _) in enumerate(self.moments) if n >= n_done), len(self.moments))
        around = self.moments[max(from_then - 5, 0) : from_then + 5]
        return max((memory.get(kind, 0.0) for _, memory in around), default=0.0)

    def peak(self, kind: str) -> float:
        """The most ever [MB]."""
        return max((memory.get(kind, 0.0) for _, memory in self.moments), default=0.0)


def tree(pid: int) -> Iterator[int]:
    """A process and all it has started."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield from tree(int(child))


def memory_of(pid: int) -> dict[str, float]:
    """Memory of a run's processes by what they do [MB]: the largest of each kind."""
    found: dict[str, float] = {"all": 0.0}
    for number in tree(pid):
        try:
            command = Path(f"/proc/{number}/cmdline").read_bytes()
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        values = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
        if number == pid:
            kind = "writer"
        elif b"worker_process" in command:
            kind = "decoder"
        else:
            kind = "worker" if b"spawn_main" in command else "other"
        found[kind] = max(found.get(kind, 0.0), values["Rss"])
        found["all"] += values["Pss"]
    return found


def index(music: Path, catalogue: Path, encoder: str, n_workers: int) -> tuple[float, float, Seen, dict[str, object]]:
    """Run ``synesthete index``: wall and processor seconds, what was seen of its memory, its last event."""
    command = [sys.executable, "-m", "synesthete", "index", str(music), "--catalogue", str(catalogue), "--json"]
    command += ["--encoder", encoder, "--workers", str(n_workers)]
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as events:
        process = subprocess.Popen(command, cwd=ROOT, stdout=events, env=os.environ | {"PYTHONPATH": str(ROOT)})
        seen, reader, said = Seen(), os.dup(events.fileno()), b""
        at, n_done, last = 0, 0, {}
        while True:
            is_over = process.poll() is not None
            more = os.pread(reader, 1 << 26, at)
            said, at = said + more, at + len(more)
            *lines, said = said.split(b"\n")
            if lines:
                last = json.loads(lines[-1])
                n_done = int(last.get("n_indexed", 0))
            if is_over:
                break
            seen.moments.append((n_done, memory_of(process.pid)))
            time.sleep(EVERY_SECONDS)
        os.close(reader)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}.")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - begin, used, seen, last


def main() -> None:
    """Cut the sounds, index them twice, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--encoder", default="timbre")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--music", type=Path, default=Paths().sampler / "audio")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or Path(place)
        music, catalogue = folder / f"short-{options.files}", Path(place) / "memory.sqlite"
        cut(options.music, music, options.files)
        wall, processor, seen, last = index(music, catalogue, options.encoder, options.workers)
        print(f"{options.files} files of {SECONDS:g} s, {options.encoder}, {options.workers} workers", flush=True)
        print(
            f"{last['n_indexed']} indexed, {last['n_failed']} failed: {wall:.0f} s by the clock, {processor:.0f} s of"
        )
        print(f"processors, {1000 * processor / options.files:.1f} ms a file\n")
        places = [n for n in (100, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000) if n < options.files]
        print("| files done | writer MB | largest worker MB | largest decoder MB | all together MB |")
        print("|---|---|---|---|---|")
        kinds = ("writer", "worker", "decoder", "all")
        for n in (*places, options.files):
            print(f"| {n:,} | {' | '.join(f'{seen.at(n, kind):.0f}' for kind in kinds)} |")
        print(f"| most | {' | '.join(f'{seen.peak(kind):.0f}' for kind in kinds)} |\n")
        wall, processor, seen, last = index(music, catalogue, options.encoder, options.workers)
        print(f"again: {last['n_unchanged']} unchanged, {wall:.1f} s by the clock, {processor:.1f} s of processors")
        print(f"at most {seen.peak('all'):.0f} MB")


if __name__ == "__main__":
    main()
