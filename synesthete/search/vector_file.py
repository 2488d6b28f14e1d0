"""Vectors kept once: a file of float16 rows, mapped into memory and shared by all that need them."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from synesthete.encoders.base import unit
from synesthete.search.nearest import IndexMismatchError, best_inner_products, inner_products

_MULTIPLE = 16  # numbers of a row, filled up with zeros: what lies behind the last 16 would be computed one by one
_ROWS_AT_ONCE = 4_096
_MOST_KEPT = 8_192  # rows whose pages stay mapped: with what lies beside them, half a gigabyte at most


class VectorFile:
    """The first ``n_rows`` rows of a file; what is appended behind them is another one's.

    Parameters
    ----------
    path : Path
    n_rows : int > 0
    size : int > 0
        Length of each vector.
    is_kept : bool
        Leave what has been read mapped, for a while of reading much.

    Raises
    ------
    IndexMismatchError
        The file is missing, or too short.
    """

    def __init__(self, path: Path, n_rows: int, size: int, *, is_kept: bool = False) -> None:
        self.path, self.n_rows, self.size = path, n_rows, size
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), n_rows * row_bytes(size), access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise IndexMismatchError(f"The index {path} cannot be read: {error}. Build it again.") from error
        self._most_kept = None if is_kept or not hasattr(mmap, "MADV_DONTNEED") else _MOST_KEPT
        self._n_kept = 0
        self._halves = np.frombuffer(self._map, dtype="<f2").reshape(n_rows, -1)
        if hasattr(mmap, "MADV_RANDOM"):
            self._map.madvise(mmap.MADV_RANDOM)

    def some(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some rows [n, size], float32, unit length; zero for silence."""
        made = [self._unit(rows[first : first + _ROWS_AT_ONCE]) for first in range(0, len(rows), _ROWS_AT_ONCE)]
        return np.concatenate([np.empty((0, self.size), np.float32), *made])

    def _unit(self, rows: np.ndarray) -> np.ndarray:
        return unit(self._taken(rows)[:, : self.size].astype(np.float32))

    def cosines(self, rows: np.ndarray, query: np.ndarray) -> np.ndarray:
        """Inner products [n] of some rows with a query [size]."""
        return inner_products(self._taken(rows), padded(query[None])[0]) if len(rows) else np.empty(0, np.float32)

    def best(self, queries: np.ndarray, k: int, is_allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The ``k`` largest inner products [m, k] with queries, and their rows, by looking at all that are allowed."""
        rows = np.arange(self.n_rows) if is_allowed is None else np.flatnonzero(is_allowed)
        wanted = padded(queries)
        cosines, found = np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[first : first + _ROWS_AT_ONCE]
            more, where = best_inner_products(self._taken(part), wanted, min(k, len(part)))
            cosines, found = np.hstack([cosines, more]), np.hstack([found, part[where]])
            order = np.lexsort((found, -cosines), axis=1)[:, :k]
            cosines, found = np.take_along_axis(cosines, order, 1), np.take_along_axis(found, order, 1)
        return cosines, found

    def _taken(self, rows: np.ndarray) -> np.ndarray:
        """A copy of some rows; their pages stay in the system's cache, and do not pile up in this process for long."""
        taken = self._halves[rows]
        self._n_kept += len(rows)
        if self._most_kept is not None and self._n_kept > self._most_kept:
            self._n_kept = 0
            self._map.madvise(mmap.MADV_DONTNEED)
        return taken

    def portions(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All rows and their vectors, some thousands at a time."""
        for first in range(0, self.n_rows, _ROWS_AT_ONCE):
            rows = np.arange(first, min(first + _ROWS_AT_ONCE, self.n_rows))
            yield rows, self.some(rows)


def append(path: Path, n_rows: int, size: int, portions: Iterable[np.ndarray]) -> int:
    """Write vectors [n_i, size] behind the first ``n_rows`` rows, and return how many rows there are then.

    What an interrupted writer has left behind them is cut off. Who has mapped the rows before is not disturbed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(n_rows * row_bytes(size))
        file.seek(0, os.SEEK_END)
        for portion in portions:
            file.write(padded(portion).astype("<f2").tobytes())
            n_rows += len(portion)
    return n_rows


def padded(vectors: np.ndarray) -> np.ndarray:
    """Vectors [n, size] filled up with zeros, float32, as they lie in the file."""
    made = np.zeros((len(vectors), row_bytes(vectors.shape[1]) // 2), np.float32)
    made[:, : vectors.shape[1]] = vectors
    return made


def row_bytes(size: int) -> int:
    """What a vector takes up in the file."""
    return 2 * -(-size // _MULTIPLE) * _MULTIPLE
