"""Sounds that are no music, out of Debian's packages: engines, animals, weather, weapons, crowds, signals of programs.

``python -m synesthete.training.packaged_effects FOLDER`` downloads packages of games and programs, strings their short
sounds together to pieces of half a minute and writes FOLDER with a ``tracks.csv`` as ``synesthete train resnet
--music`` reads it. All packages belong to Debian's main section, whose sounds may be used, changed and passed on by
everybody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from synesthete import settings
from synesthete.audio import read_clip
from synesthete.errors import SynestheteError
from synesthete.training.packaged_music import SUFFIXES, gathered

PACKAGES = (
    *("bzflag-data", "hydrogen-data", "lincity-ng-data", "oxygen-sounds", "searchandrescue-data", "simutrans-pak64"),
    *("sonic-pi-samples", "sound-theme-freedesktop"),
)
ENDINGS = (*SUFFIXES, ".wav", ".oga")
MIN_SECONDS, MAX_SECONDS = 1.1, 15.0  # of a sound
PIECE_SECONDS, GAP_SECONDS = 30.0, 0.3
MAX_SOUNDS = 150  # of a package
RATE_HZ = settings.AUDIO.sample_rate_hz


def short_sounds(place: Path) -> list[Path]:
    """The sound files below ``place`` of 1.1 to 15 s, in order; at most 150, spread evenly."""
    found = []
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() not in ENDINGS or path.is_symlink() or not path.is_file():
            continue
        try:
            if MIN_SECONDS <= soundfile.info(path).duration <= MAX_SECONDS:
                found.append(path)
        except soundfile.LibsndfileError:
            continue
    step = max(len(found) / MAX_SOUNDS, 1)
    return [found[int(number * step)] for number in range(min(len(found), MAX_SOUNDS))]


def strung(files: Sequence[Path]) -> Iterator[np.ndarray]:
    """Pieces of about 30 s [n_samples], float32 at 22,050 Hz, each of neighbouring sounds at one level with gaps."""
    gap = np.zeros(round(GAP_SECONDS * RATE_HZ), np.float32)
    parts: list[np.ndarray] = []
    for path in files:
        try:
            samples = read_clip(path).samples
        except SynestheteError as error:
            sys.stderr.write(f"{path.name} left out: {error}\n")
            continue
        parts += [0.7 * samples / max(float(np.abs(samples).max()), 1e-3), gap]
        if sum(map(len, parts)) >= PIECE_SECONDS * RATE_HZ:
            yield np.concatenate(parts)
            parts = []
    if sum(map(len, parts)) >= PIECE_SECONDS * RATE_HZ / 2:
        yield np.concatenate(parts)


def convert(package: str, place: Path, target: Path) -> Iterator[dict[str, Any]]:
    """Write the pieces of a package, mono FLAC, into ``target``; one row of ``tracks.csv`` for each."""
    for number, samples in enumerate(strung(short_sounds(place))):
        name = f"{package}-{number}"
        soundfile.write(target / f"{name}.flac", samples, RATE_HZ)
        yield {
            "track_id": name,
            "file": f"{name}.flac",
            "title": name,
            "artist": "",
            "album": f"effects of {package}",
            "seconds": round(len(samples) / RATE_HZ, 1),
            "licence": "free, see the package's copyright file",
            "source": f"debian:{package}",
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Download Debian's packages with sound effects and write a folder to learn from."""
    return gathered(arguments, "python -m synesthete.training.packaged_effects", main.__doc__, PACKAGES, convert)


if __name__ == "__main__":
    raise SystemExit(main())
