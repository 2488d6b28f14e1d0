"""The music that an encoder is fitted to: sound files, named one by one or by their folders."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.audio import Clip, Excerpt, read_clip
from synesthete.encoders.base import Encoder, Features, clip_features
from synesthete.encoders.segments import AnySegments, frame_grid, segment_frames
from synesthete.errors import OptionError

ENDINGS = (".opus", ".ogg", ".mp3", ".flac", ".wav", ".m4a", ".aac", ".aif", ".aiff", ".webm")
SECONDS = 60.0  # of each file


def parse_arguments(
    module: str, description: str | None, arguments: Sequence[str] | None
) -> tuple[list[Path], str, Path]:
    """The command line of the modules that fit an encoder.

    Returns
    -------
    files : list of Path
        See :func:`audio_files`.
    made_from : str
        Which music it is, in words.
    folder : Path
        Where to write.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}.{module}", description=description)
    parser.add_argument("files", nargs="+", type=Path, help="sound files, or folders of them")
    parser.add_argument("--made-from", help="which music this is, in words (default: how many files)")
    parser.add_argument("--folder", type=Path, default=settings.Paths().models, help="where to write")
    chosen = parser.parse_args(arguments)
    files = audio_files(chosen.files)
    return files, chosen.made_from or f"{len(files)} sound files", chosen.folder


def audio_files(paths: Iterable[Path]) -> list[Path]:
    """Files as they are named, folders as all the sound files below them, by their endings and in order.

    Raises
    ------
    OptionError
        If there are none.
    """
    found: list[Path] = []
    for path in paths:
        below = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        found += below
    if not found:
        raise OptionError("There is no audio among the files named: name some music.")
    return found


def segment_features(file: Path, encoder: type[Encoder]) -> np.ndarray:
    """Feature matrices of the segments that an encoder would cut from the first minute of a file.

    Parameters
    ----------
    file : Path
    encoder : subclass of Encoder
        Its class says how long the segments are and how far apart.

    Returns
    -------
    np.ndarray [shape=(n_segments, 166, n_frames)], float32
        Without silent segments; see :meth:`~synesthete.spectrogram.Spectrogram.feature_matrix`.
    """
    clip = read_clip(file)
    rate, first = clip.sample_rate_hz, clip.excerpts[0]
    samples = first.samples[: round(SECONDS * rate)]
    beginning = Clip((Excerpt(first.start_seconds, samples),), rate, len(samples) / rate)
    hop = round(encoder.hop_seconds * rate / settings.SPECTROGRAM.hop_length)

    def grid(n_samples: int, sample_rate_hz: int) -> tuple[list[float], float]:
        return frame_grid(n_samples, segment_frames(encoder.segment_seconds), hop)

    def features(segments: AnySegments) -> Features:
        return {"matrices": segments.cut("features", encoder.segment_seconds, rate)}

    return clip_features(beginning, None, grid, features)[0]["matrices"]
