"""Ids of a million tracks as one array: nothing is made of each of them before it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np


class TrackIds(Sequence[str]):
    """Sorted ids by row number; like a tuple of str in a fifth of the memory.

    Parameters
    ----------
    array : np.ndarray [shape=(n_tracks,)], bytes (UTF-8)
        Sorted, each once.
    """

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    @classmethod
    def of_text(cls, text: bytes) -> TrackIds:
        """Ids that stand one a line."""
        return cls(as_lines(text))

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...

    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return tuple(str(each, "utf-8") for each in self.array[row].tolist())
        return str(bytes(self.array[row]), "utf-8")

    def __iter__(self) -> Iterator[str]:
        return (str(each, "utf-8") for each in self.array.tolist())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TrackIds):
            return np.array_equal(self.array, other.array)
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


class RowOfTrack(Mapping[str, int]):
    """Row numbers by id, by bisection."""

    def __init__(self, ids: TrackIds) -> None:
        self._ids = ids

    def __getitem__(self, track_id: str) -> int:
        wanted = np.bytes_(track_id.encode())
        row = int(np.searchsorted(self._ids.array, wanted))
        if row == len(self._ids) or self._ids.array[row] != wanted:
            raise KeyError(track_id)
        return row

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)


def as_lines(text: bytes) -> np.ndarray:
    """The lines of a text [n_lines], bytes; of equal length, as hashes are, they are taken as they lie."""
    first = text.find(b"\n")
    length = (len(text) if first < 0 else first) + 1
    if length > 1 and (len(text) + 1) % length == 0:
        table = np.frombuffer(text + b"\n", dtype=np.uint8).reshape(-1, length)
        if (table[:, -1] == ord("\n")).all() and np.count_nonzero(table == ord("\n")) == len(table):
            return np.ascontiguousarray(table[:, :-1]).view(f"S{length - 1}")[:, 0]
    return np.array(text.split(b"\n"))
