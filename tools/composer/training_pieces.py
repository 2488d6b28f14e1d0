"""Pieces for ``synesthete train resnet`` to learn from, none of which is in the built-in catalogue.

``python -m tools.composer.training_pieces FOLDER`` composes pieces in all styles in turn and writes FOLDER with a
``tracks.csv`` as ``synesthete train resnet --music`` reads it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

from synesthete.errors import SynestheteError
from synesthete.training.track_list import write_track_list
from tools.composer.pieces import LICENCE, compose
from tools.composer.render import over_processes
from tools.composer.styles import STYLES
from tools.composer.synthesis import SAMPLE_RATE_HZ

N_PIECES = 38  # two of each style
FIRST_SEED = 900_000  # far from the seeds of the built-in catalogue
SEEDS_APART = 1_000


def render_piece(folder: Path, number: int, seed: int = 0) -> dict[str, str]:
    """Compose one piece into ``folder`` as 24-bit FLAC; returns its row of ``tracks.csv``.

    Parameters
    ----------
    folder : Path
    number : int >= 0
        Which piece; its style follows from it.
    seed : int >= 0
        Another seed gives other pieces.
    """
    style = list(STYLES)[number % len(STYLES)]
    piece_seed = FIRST_SEED + SEEDS_APART * seed + number
    samples, piece = compose(style, piece_seed)
    name = f"{style}-{number}"
    soundfile.write(folder / f"{name}.flac", samples.T, SAMPLE_RATE_HZ, subtype="PCM_24")
    return {
        "track_id": name,
        "file": f"{name}.flac",
        "title": piece.title,
        "artist": "",  # invented ones say nothing about what must be held out together
        "album": f"composer-{style}",
        "seconds": f"{piece.seconds:.3f}",
        "licence": LICENCE,
        "source": f"composer:{style}:{piece_seed}",
    }


def render(folder: Path, n_pieces: int = N_PIECES, seed: int = 0, jobs: int = 1) -> Iterator[dict[str, str]]:
    """Compose pieces in all styles in turn and write ``tracks.csv``; yields each row as its piece is done.

    Parameters
    ----------
    folder : Path
    n_pieces : int > 0
    seed : int >= 0
    jobs : int
        Processes.

    Raises
    ------
    SynestheteError
        If the number or the seed is out of range, or FluidSynth or the sound font is missing.
    """
    if not 0 < n_pieces <= SEEDS_APART or seed < 0:
        raise SynestheteError(
            f"{n_pieces} pieces with the seed {seed} cannot be made: 1 to {SEEDS_APART} pieces, and a seed from 0."
        )
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for row in over_processes(render_piece, [(folder, number, seed) for number in range(n_pieces)], jobs):
        rows.append(row)
        yield row
    write_track_list(folder, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compose pieces to learn from, as FLAC with a tracks.csv."""
    parser = argparse.ArgumentParser(prog="python -m tools.composer.training_pieces", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="gets the pieces and their tracks.csv")
    parser.add_argument("--n-pieces", type=int, default=N_PIECES, help="default: %(default)s, two of each style")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other pieces (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        for number, row in enumerate(render(chosen.folder, chosen.n_pieces, chosen.seed, chosen.jobs), 1):
            sys.stdout.write(f"{number:4d}/{chosen.n_pieces}  {row['file']}\n")
            sys.stdout.flush()
    except SynestheteError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
