"""Building the sampler: compose, encode to MP3, write the manifest."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np

from tools.composer.pieces import LICENCE, Piece, compose
from tools.composer.score import Samples
from tools.composer.styles import STYLES
from tools.composer.synthesis import SAMPLE_RATE_HZ

TRACKS_PER_STYLE = 8
BIT_RATE = 76_000
Row = dict[str, str]
COLUMNS = (
    "file",
    "title",
    "artist",
    "album",
    "genre",
    "tempo_bpm",
    "key",
    "seconds",
    "seed",
    "licence",
    "sha256",
)


def encode(path: Path, samples: Samples, piece: Piece) -> None:
    """Write an MP3 with ID3 tags, 44.1 kHz joint stereo.

    Parameters
    ----------
    path : Path
        Written whole or not at all.
    samples : np.ndarray [2, n], float32, in [-1, 1]
    piece : Piece
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    with av.open(str(partial), "w", format="mp3", options={"id3v2_version": "3"}) as file:
        tags = {"title": piece.title, "artist": piece.artist, "album": piece.album, "genre": piece.genre}
        file.metadata.update({**tags, "comment": LICENCE})
        stream = file.add_stream(
            "libmp3lame", rate=SAMPLE_RATE_HZ, layout="stereo", options={"joint_stereo": "1", "abr": "1"}
        )
        stream.bit_rate = BIT_RATE
        size = 1152 * 32
        for first in range(0, samples.shape[1], size):
            piece_of_sound = np.ascontiguousarray(samples[:, first : first + size], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(piece_of_sound, format="fltp", layout="stereo")
            frame.sample_rate = SAMPLE_RATE_HZ
            frame.pts = first
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    partial.replace(path)


def make(style: str, seed: int, folder: Path) -> Row:
    """Compose and encode one track; its row of the manifest."""
    samples, piece = compose(style, seed)
    path = folder / "audio" / style / f"{piece.slug}.mp3"
    encode(path, samples, piece)
    return {
        "file": path.relative_to(folder).as_posix(),
        "title": piece.title,
        "artist": piece.artist,
        "album": piece.album,
        "genre": piece.genre,
        "tempo_bpm": f"{piece.tempo_bpm:g}",
        "key": piece.key,
        "seconds": f"{piece.seconds:.3f}",
        "seed": str(piece.seed),
        "licence": LICENCE,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def build(
    folder: Path,
    styles: Sequence[str] | None = None,
    limit: int = TRACKS_PER_STYLE,
    seed: int = 0,
    jobs: int = 1,
) -> Iterator[Row]:
    """Make tracks and write ``manifest.csv``; yields each row as its track is done.

    Rows of styles that are not made again stay in the manifest.

    Parameters
    ----------
    folder : Path
    styles : sequence of str, optional
        All of `STYLES` by default.
    limit : int
        Tracks a style.
    seed : int
        First seed; tracks of a style have consecutive ones.
    jobs : int
        Processes.
    """
    chosen = list(dict.fromkeys(styles or STYLES))
    calls = [(style, seed + i, folder) for style in chosen for i in range(limit)]
    rows: list[Row] = []
    for row in over_processes(make, calls, jobs):
        rows.append(row)
        if len(rows) % limit == 0:
            # After every style, so that a build that is stopped leaves a manifest that tells the truth.
            _write_manifest(folder, chosen[len(rows) // limit - 1], rows[-limit:])
        yield row


def over_processes(function: Callable[..., Row], calls: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[Row]:
    """What ``function(*call)`` gives for each call, in their order, from ``jobs`` processes."""
    if jobs <= 1:
        yield from starmap(function, calls)
        return
    # Fresh processes: the threads of numerical libraries do not survive a fork.
    with ProcessPoolExecutor(min(jobs, os.cpu_count() or 1), get_context("spawn")) as pool:
        yield from pool.map(function, *zip(*calls, strict=True))


def read_manifest(folder: Path) -> list[Row]:
    """Rows of ``manifest.csv``, none if there is no file yet."""
    path = folder / "manifest.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_manifest(folder: Path, style: str, rows: Sequence[Row]) -> None:
    """Put the rows of one style in place of its old ones; remove files that are no longer listed."""
    kept = [row for row in read_manifest(folder) if row["file"].split("/")[1] != style]
    everything = sorted([*kept, *rows], key=lambda row: (row["file"].split("/")[1], int(row["seed"])))
    listed = {row["file"] for row in everything}
    for path in (folder / "audio" / style).glob("*.mp3"):
        if path.relative_to(folder).as_posix() not in listed:
            path.unlink()
    partial = folder / "manifest.part"
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(everything)
    partial.replace(folder / "manifest.csv")
