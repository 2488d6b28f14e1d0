"""Vectors as they are, all of which are compared; kept on disk for the next start.

An index is derived from a catalogue. On disk it carries the revision of what it was made from, and a
checksum: one that does not fit, or is damaged, is never searched but built anew
(:meth:`VectorIndex.load_or_build`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from synesthete.build_lock import one_builder
from synesthete.errors import CatalogueError, OptionError
from synesthete.files import write_atomically
from synesthete.search.nearest.common import N_THREADS, Checksum, IndexMismatchError, finite, selector

_FORMAT = "synesthete-index-1"
_HEADER_BYTES = 4096  # at most

_log = logging.getLogger(__name__)


class VectorIndex:
    """Finds the rows of a matrix of unit vectors with the largest inner products with a query, by looking at all.

    Attributes
    ----------
    n_vectors : int >= 0
    size : int >= 0
        Length of each vector.
    """

    def __init__(self, index: faiss.Index | None, size: int) -> None:
        self._index: Any = index
        self.size = size

    @property
    def n_vectors(self) -> int:
        """How many vectors the index holds."""
        return int(self._index.ntotal) if self._index is not None else 0

    @classmethod
    def build(cls, vectors: np.ndarray) -> VectorIndex:
        """Index the rows of a matrix.

        Parameters
        ----------
        vectors : np.ndarray [shape=(n, size)], unit length
            May have no rows.

        Raises
        ------
        CatalogueError
            A vector holds not-a-number or infinity.
        """
        vectors = finite(vectors, "to be indexed")
        n_vectors, size = vectors.shape
        if n_vectors == 0:
            return cls(None, size)
        faiss.omp_set_num_threads(N_THREADS)
        index: Any = faiss.IndexFlatIP(size)
        index.add(vectors)
        return cls(index, size)

    def vectors(self) -> np.ndarray:
        """All vectors [n_vectors, size], float32; a copy."""
        if self._index is None:
            return np.empty((0, self.size), np.float32)
        return np.asarray(self._index.reconstruct_n(0, self.n_vectors))

    def some_vectors(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some rows [n, size], float32."""
        return np.asarray(self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64)))

    def vector(self, row: int) -> np.ndarray:
        """One vector [size], float32."""
        return self.some_vectors(np.array([row]))[0]

    def search(
        self, queries: np.ndarray, k: int, is_allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ``k`` rows most alike to each query, the most alike first.

        Parameters
        ----------
        queries : np.ndarray [shape=(m, size)], or [shape=(size,)] for one
        k : int > 0
        is_allowed : np.ndarray [shape=(n_vectors,)], bool, optional
            The rows to look among; the others are passed over without being compared.

        Returns
        -------
        cosines : np.ndarray [shape=(m, min(k, n))], float32
            Where n is the number of vectors, or of those allowed.
        rows : np.ndarray [shape=(m, min(k, n))], int64

        Raises
        ------
        CatalogueError
            A query holds not-a-number or infinity, or vectors of another size; or ``is_allowed`` has another length.
        OptionError
            ``k`` is below 1.
        """
        if k < 1:
            raise OptionError(f"k is {k}; a search returns at least 1 neighbour.")
        queries = finite(np.atleast_2d(queries), "to be searched for")
        if self._index is None:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        if queries.shape[1] != self.size:
            raise CatalogueError(
                f"The query has vectors of size {queries.shape[1]}, the index of size {self.size}."
                " Embed the query with the encoder the index was made with."
            )
        if is_allowed is not None and is_allowed.shape != (self.n_vectors,):
            raise CatalogueError(
                f"is_allowed has the shape {is_allowed.shape}; the index needs one for each of {self.n_vectors} rows."
            )
        k = min(k, self.n_vectors if is_allowed is None else int(np.count_nonzero(is_allowed)))
        if k == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        faiss.omp_set_num_threads(1)
        module: Any = faiss
        params = None if is_allowed is None else module.SearchParameters(sel=selector(is_allowed))
        cosines, rows = self._index.search(queries, k, params=params)
        order = np.lexsort((rows, -cosines), axis=1)  # equal cosines in the order of rows, always
        return np.take_along_axis(cosines, order, axis=1), np.take_along_axis(rows, order, axis=1)

    def save(self, path: str | Path, revision: str) -> None:
        """Write the index with the revision it belongs to; a reader sees the old file or the new one, whole.

        Raises
        ------
        OSError
            The folder cannot be written to.
        """
        checksum = Checksum()
        self._write(checksum.add)
        header = {"format": _FORMAT, "revision": revision, "size": self.size, "crc32": checksum.value}
        with write_atomically(Path(path)) as file:
            file.write(json.dumps(header).encode() + b"\n")
            self._write(file.write)

    def _write(self, write: Callable[[bytes], int]) -> None:
        """Write in pieces: a large index fits into memory once, and not always twice."""
        module: Any = faiss
        if self._index is not None:
            module.write_index(self._index, module.PyCallbackIOWriter(write))

    @classmethod
    def load(cls, path: str | Path, revision: str) -> VectorIndex:
        """Read what :meth:`save` wrote.

        Raises
        ------
        IndexMismatchError
            The file is missing or damaged, or belongs to another revision.
        """
        module: Any = faiss
        try:
            with Path(path).open("rb") as file:
                header = json.loads(file.readline(_HEADER_BYTES))
                if not isinstance(header, dict) or header.get("format") != _FORMAT:
                    raise IndexMismatchError(f"{path} is not an index file. Build it again.")
                if header["revision"] != revision:
                    raise IndexMismatchError(
                        f"The index {path} is of revision {header['revision']}, not {revision}. Build it again."
                    )
                begin, checksum = file.tell(), Checksum()
                while piece := file.read(1 << 20):  # before faiss takes any number in it for true
                    checksum.add(piece)
                if header["crc32"] != checksum.value:
                    raise IndexMismatchError(f"The index {path} is damaged: its checksum differs. Build it again.")
                is_empty = file.tell() == begin
                file.seek(begin)
                index = None if is_empty else module.read_index(module.PyCallbackIOReader(file.read))
            return cls(index, int(header["size"]))
        except (OSError, ValueError, KeyError, RuntimeError) as error:  # faiss raises RuntimeError
            raise IndexMismatchError(f"The index {path} cannot be read: {error}. Build it again.") from error

    @classmethod
    def load_or_build(cls, path: Path | None, revision: str, read_vectors: Callable[[], np.ndarray]) -> VectorIndex:
        """The index of this revision: from ``path`` if it fits, else built from ``read_vectors()`` and saved.

        ``path`` None keeps it in memory only. A folder that cannot be written to costs only the next start's
        time. Of several threads and processes that ask for one file, one builds it and the others wait for it.
        """
        if path is None:
            return cls.build(read_vectors())
        try:
            return cls.load(path, revision)
        except IndexMismatchError as mismatch:
            _log.info("%s", mismatch)
        with one_builder(path) as has_waited:
            if has_waited:
                try:
                    return cls.load(path, revision)
                except IndexMismatchError as mismatch:  # what the other one built is of another revision
                    _log.info("%s", mismatch)
            index = cls.build(read_vectors())
            try:
                index.save(path, revision)
            except OSError as error:
                _log.warning("The index is not kept for the next start: %s", error)
            return index
