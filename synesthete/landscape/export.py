"""Take a map away: coordinates as CSV, vectors for projector.tensorflow.org as TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from synesthete.errors import LandscapeError
from synesthete.text import no_formula, printable
from synesthete.tracks import Track

_COLUMNS = ("title", "artist", "album", "genre", "track_id")


def coordinates_csv(tracks: Sequence[Track], coordinates: np.ndarray, clusters: np.ndarray | None = None) -> str:
    """One line a track: tags, x, y, z and, if given, its cluster [n]; for spreadsheets.

    A tag that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    _check(tracks, coordinates)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*_COLUMNS, "x", "y", "z", *(["cluster"] if clusters is not None else [])])
    for number, (track, point) in enumerate(zip(tracks, coordinates, strict=True)):
        tags = [no_formula(plain(getattr(track, column))) for column in _COLUMNS]
        cluster = [int(clusters[number])] if clusters is not None else []
        writer.writerow([*tags, *(f"{value:.5f}" for value in point), *cluster])
    return text.getvalue()


def projector_tsv(tracks: Sequence[Track], vectors: np.ndarray) -> tuple[str, str]:
    """The texts of ``vectors.tsv`` (no header) and ``metadata.tsv`` (with one), line for line the same
    tracks.

    ``vectors`` [n, size] may be embeddings or coordinates.
    """
    _check(tracks, vectors)
    numbers = "".join("\t".join(f"{value:.6g}" for value in row) + "\n" for row in vectors)
    lines = ["\t".join(_COLUMNS)]
    lines += ["\t".join(plain(getattr(track, column)) for column in _COLUMNS) for track in tracks]
    return numbers, "\n".join(lines) + "\n"


def plain(tag: str) -> str:
    """A tag on one line: tabs, line breaks and other control characters become blanks, runs of blanks one."""
    return " ".join(printable(tag, " ").split())


def _check(tracks: Sequence[Track], rows: np.ndarray) -> None:
    if len(tracks) != len(rows):
        raise LandscapeError(
            f"There are {len(tracks)} tracks but {len(rows)} points; the map belongs to another catalogue."
        )
