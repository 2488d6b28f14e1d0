"""Sounds to learn from, each kind a stream: recordings of a folder, renders of MIDI pieces, bands by MMA."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.audio import read_clip
from synesthete.training import accompaniment
from synesthete.training.midi import render_midi
from synesthete.training.track_list import read_track_list

RATE_HZ = settings.AUDIO.sample_rate_hz
LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Sound:
    """One recording to learn from.

    Attributes
    ----------
    name, collection, artist : str
        The artist may be empty; collection and artist decide what is held out.
    samples : np.ndarray [shape=(n_samples,)], float32 in [-1, 1], at 22,050 Hz
    """

    name: str
    collection: str
    artist: str
    samples: np.ndarray


def music(folder: Path) -> Iterator[Sound]:
    """The first two minutes of each track listed in ``folder/tracks.csv`` without a doubt; see :func:`read_track_list`.

    ``doubt`` is a column that says what is not certain of a track, such as its licence.
    """
    for row in read_track_list(folder):
        if row.get("doubt"):
            continue
        samples = read_clip(folder / row["file"]).samples[: round(LONGEST_SECONDS * RATE_HZ)]
        yield Sound(row["track_id"], row["album"], row["artist"], samples)


def midi_renders(folder: Path, n: int, seed: int) -> Iterator[Sound]:
    """``n`` renders of the MIDI pieces of a folder, after the first round in other instruments, tempi and keys.

    Raises
    ------
    SynestheteError
        If a file is no MIDI, or FluidSynth or the sound font is missing.
    """
    pieces = sorted(folder.glob("*.mid"))
    for number in range(n if pieces else 0):
        rng = np.random.default_rng([seed, 1, number])
        piece = pieces[number % len(pieces)]
        samples = render_midi(rng, piece, is_original=number < len(pieces))
        if samples is not None:
            yield Sound(f"{piece.stem}-{number}", "midi", piece.stem, samples)


def bands(n: int, seed: int) -> Iterator[Sound]:
    """``n`` bands in the styles of MMA, each style in turn; those that MMA or FluidSynth plays nothing of are left out.

    Raises
    ------
    SynestheteError
        If MMA, FluidSynth or the sound font is missing.
    """
    if not n:
        return
    accompaniment.check_installed()
    library = accompaniment.grooves()
    files = [str(file) for file in np.random.default_rng([seed, 7]).permutation(sorted(library))]
    for number in range(n):
        rng, file = np.random.default_rng([seed, 8, number]), files[number % len(files)]
        with tempfile.TemporaryDirectory() as folder:
            path = accompaniment.arrange(rng, file, library[file], Path(folder))
            samples = None if path is None else render_midi(rng, path, is_original=True)
        if samples is not None:
            yield Sound(str(number), "bands", file, samples)
