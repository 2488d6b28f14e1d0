"""Make the reference of the encoder ``statistics``: how its 498 numbers spread over a collection of music.

Run ``python -m synesthete.encoders.standardise FILES...``; folders count with all the audio in them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.encoders.segments import segment_frames, segment_starts
from synesthete.encoders.statistics import FLOOR_DB, N_STATISTICS, STEM, Statistics, statistics
from synesthete.encoders.weights import Weights, write
from synesthete.errors import OptionError
from synesthete.spectrogram import Spectrogram, compute_spectrogram

N_AXES = 128
LIMIT = 4.0  # [standard deviations]
SECONDS = 60.0
SMALLEST_STD = 1e-3  # a row that never moves is divided by this instead of zero


def rows_of(spectrogram: Spectrogram) -> np.ndarray:
    """Statistics [n_segments, 498] of the segments the encoder would cut."""
    inner = spectrogram.inner()
    length = min(segment_frames(Statistics.segment_seconds, inner.settings), inner.n_frames)
    starts = segment_starts(inner.n_frames, length, length // 2)
    return np.concatenate([statistics(inner.slice(a, a + length).feature_matrix()[None]) for a in starts])


def fit(rows: np.ndarray, made_from: str, n_axes: int = N_AXES) -> Weights:
    """Mean, spread and whitened main axes of a reference collection.

    Parameters
    ----------
    rows : np.ndarray [shape=(n_segments, 498)]
    made_from : str
        Which music, in words.
    n_axes : int > 0
        How many main axes count; at most one less than ``n_segments``.

    Raises
    ------
    OptionError
        If there are too few segments for that many axes.
    """
    if not 0 < n_axes < min(len(rows), N_STATISTICS + 1):
        raise OptionError(f"{n_axes} axes need more than {n_axes} segments of music, got {len(rows)}: name more files.")
    rows = rows.astype(np.float64)
    mean, std = rows.mean(axis=0), np.maximum(rows.std(axis=0), SMALLEST_STD)
    variances, axes = np.linalg.eigh(np.cov(((rows - mean) / std).T))
    variances, axes = variances[::-1][:n_axes], axes[:, ::-1][:, :n_axes]
    # An eigenvector may point either way; fixing the sign makes the same music give the same file.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(n_axes)])
    # Fewer segments than axes with any spread would divide by zero.
    scaled = axes / np.sqrt(np.maximum(variances, 1e-6 * variances[0]))
    tensors = {"mean": mean, "std": std, "axes": scaled}
    card: dict[str, Any] = {
        "version": "1",
        "made_from": made_from,
        "n_segments": len(rows),
        "n_axes": n_axes,
        "floor_db": FLOOR_DB,
        "limit": LIMIT,
    }
    return Weights("the reference", {name: value.astype(np.float32) for name, value in tensors.items()}, card)


def collect(files: Iterable[Path], seconds: float = SECONDS) -> np.ndarray:
    """Statistics [n_segments, 498] of the first ``seconds`` of each file's first excerpt."""
    from synesthete.audio import read_clip

    found = []
    for file in files:
        clip = read_clip(file)
        samples = clip.excerpts[0].samples[: round(seconds * clip.sample_rate_hz)]
        found.append(rows_of(compute_spectrogram(samples)))
    if not found:
        raise OptionError("There is no audio among the files named: name some music.")
    return np.concatenate(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: files in, ``statistics.safetensors`` and ``statistics.json`` out."""
    parser = argparse.ArgumentParser(prog="python -m synesthete.encoders.standardise", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="audio files, or folders of them")
    parser.add_argument("--made-from", default="", help="which music this is, in words")
    parser.add_argument("--folder", type=Path, default=settings.Paths().models, help="where to write")
    chosen = parser.parse_args(arguments)
    files = [file for given in chosen.files for file in (_audio_in(given) if given.is_dir() else [given])]
    rows = collect(files)
    weights = fit(rows, chosen.made_from or f"{len(files)} audio files")
    write(chosen.folder, STEM, weights.tensors, weights.card)
    sys.stdout.write(f"{len(rows)} segments of {len(files)} files -> {chosen.folder / STEM}.safetensors, .json\n")
    return 0


def _audio_in(folder: Path) -> list[Path]:
    endings = {".opus", ".ogg", ".mp3", ".flac", ".wav", ".m4a", ".aac", ".aif", ".aiff", ".webm"}
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in endings)


if __name__ == "__main__":
    sys.exit(main())
