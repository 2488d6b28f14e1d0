"""Which tracks an encoder has embedded, and a hash of what it made of each: a million of them as two arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synesthete.search.track_ids import TrackIds, as_lines

_HASH_LENGTH = 16
_BLANK = ord(" ")


@dataclass(frozen=True)
class Digests:
    """Tracks with their hashes.

    Attributes
    ----------
    ids : np.ndarray [shape=(n_tracks,)], bytes (UTF-8)
        Sorted, each once.
    hashes : np.ndarray [shape=(n_tracks,)], bytes
        16 hexadecimal characters each.
    """

    ids: np.ndarray
    hashes: np.ndarray

    @classmethod
    def of_lines(cls, lines: bytes) -> Digests:
        """Of :meth:`synesthete.catalogue.Catalogue.digest_lines`, at least one."""
        whole = as_lines(lines)
        length = whole.dtype.itemsize
        table = whole.view(np.uint8).reshape(len(whole), length)
        at = length - _HASH_LENGTH - 1
        if at > 0 and (table[:, at] == _BLANK).all() and table[:, -1].all():  # all ids have one length
            ids = np.ascontiguousarray(table[:, :at]).view(f"S{at}")[:, 0]
            return cls(ids, np.ascontiguousarray(table[:, at + 1 :]).view(f"S{_HASH_LENGTH}")[:, 0])
        ids_and_hashes = [line.rsplit(b" ", 1) for line in whole.tolist()]
        return cls(np.array([each[0] for each in ids_and_hashes]), np.array([each[1] for each in ids_and_hashes]))

    @classmethod
    def of_mapping(cls, digests: Mapping[str, str]) -> Digests:
        """Of hashes by id, sorted, at least one."""
        return cls.of_lines("\n".join(f"{track_id} {digest}" for track_id, digest in digests.items()).encode())

    def lines(self) -> bytes:
        """What :meth:`of_lines` reads."""
        n = len(self.ids)
        between = [np.full((n, 1), ord(sign), dtype=np.uint8) for sign in " \n"]
        ids, hashes = (
            np.ascontiguousarray(array).view(np.uint8).reshape(n, array.dtype.itemsize)
            for array in (self.ids, self.hashes)
        )
        if ids.all() and hashes.all():  # no shorter ones among them, which would be filled with zeros
            return np.concatenate([ids, between[0], hashes, between[1]], axis=1).tobytes()[:-1]
        return b"\n".join(b" ".join(pair) for pair in zip(self.ids.tolist(), self.hashes.tolist(), strict=True))

    def track_ids(self) -> tuple[str, ...]:
        """The ids as text."""
        return tuple(TrackIds(self.ids))

    def rows_in(self, other: Digests) -> np.ndarray:
        """The row in ``other`` (not empty) of each track that is there, hash and all [n_tracks], int64; else -1."""
        rows = np.searchsorted(other.ids, self.ids)
        rows[rows == len(other.ids)] = 0
        is_same = (other.ids[rows] == self.ids) & (other.hashes[rows] == self.hashes)
        return np.where(is_same, rows, -1)
