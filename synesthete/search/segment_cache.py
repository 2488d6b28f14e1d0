"""The segments of a large catalogue that were read last, kept in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from synesthete.search.passages import SegmentVectors


class SegmentCache:
    """The segments of the tracks that were asked for last, up to a number of bytes; may be shared by threads."""

    def __init__(self, read: Callable[[Sequence[int]], SegmentVectors], max_bytes: int) -> None:
        self._read, self._max_bytes = read, max_bytes
        self._kept: OrderedDict[int, SegmentVectors] = OrderedDict()
        self._n_bytes = 0
        self._lock = threading.Lock()

    def get(self, rows: Sequence[int] | np.ndarray) -> list[SegmentVectors]:
        """The segments of each track; those that are not kept are read together."""
        wanted = [int(row) for row in rows]
        with self._lock:
            found = {row: self._kept[row] for row in wanted if row in self._kept}
            for row in found:
                self._kept.move_to_end(row)
        missing = [row for row in dict.fromkeys(wanted) if row not in found]
        if missing:
            read = self._read(missing)
            for number, row in enumerate(missing):
                found[row] = read.recording(number).copy()  # a view would keep all that was read with it
            self._keep({row: found[row] for row in missing})
        return [found[row] for row in wanted]

    def _keep(self, segments: dict[int, SegmentVectors]) -> None:
        with self._lock:
            for row, recording in segments.items():
                if row not in self._kept:
                    self._n_bytes += recording.vectors.nbytes
                self._kept[row] = recording
            while self._n_bytes > self._max_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._n_bytes -= oldest.vectors.nbytes
