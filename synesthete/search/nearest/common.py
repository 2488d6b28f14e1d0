"""What both kinds of index need: what may be in them, which rows may be found, how whole a file is."""

from __future__ import annotations

import zlib
from typing import Any

import faiss
import numpy as np

from synesthete.errors import CatalogueError

# For building. A search gets one: several are hardly faster, and many times slower where other work keeps the
# cores busy, because threads wait for each other at the end of each search.
N_THREADS = min(4, faiss.omp_get_max_threads())  # honours OMP_NUM_THREADS


class IndexMismatchError(CatalogueError):
    """An index file that is missing, damaged, or made from something else; build it again."""


class Checksum:
    """CRC-32 of what is added in pieces."""

    value = 0

    def add(self, piece: bytes) -> int:
        """Take a piece in, and say that all of it was taken."""
        self.value = zlib.crc32(piece, self.value)
        return len(piece)


def finite(vectors: np.ndarray, purpose: str) -> np.ndarray:
    """Vectors [n, size], float32; CatalogueError where some are not finite, or it is no matrix."""
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2:
        raise CatalogueError(f"The vectors {purpose} have the shape {vectors.shape}; [n, size] is needed.")
    is_bad = ~np.isfinite(vectors).all(axis=1)
    if is_bad.any():
        raise CatalogueError(
            f"{is_bad.sum()} of the {len(vectors)} vectors {purpose} hold not-a-number or infinity, first row"
            f" {is_bad.argmax()}. Index these tracks again."
        )
    return vectors


def selector(is_allowed: np.ndarray) -> Any:
    """What faiss is told to look among: rows or numbers [n], bool."""
    module: Any = faiss
    return module.IDSelectorBitmap(np.packbits(is_allowed, bitorder="little"))
