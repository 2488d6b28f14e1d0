"""Nearest neighbours of unit vectors by inner product; the only file that imports faiss.

Few vectors lie in a :class:`VectorIndex`, as they are. Of many, a :class:`CodeIndex` keeps short codes, which say what
is likely near; :func:`inner_products` of the vectors themselves says what is.

An index is derived from a catalogue. On disk it carries the revision of what it was made from, and a
checksum: one that does not fit, or is damaged, is never searched but built anew
(:meth:`VectorIndex.load_or_build`).
"""

from __future__ import annotations

import json
import logging
import math
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from synesthete.build_lock import one_builder
from synesthete.errors import CatalogueError, OptionError
from synesthete.files import write_atomically

MOST_LISTS = 4_096  # of a code index
LEAST_TO_QUANTISE = 20_000  # vectors; fewer are too few to learn a product quantiser from
_MOST_FOR_AXES = 10_000
_SEED = 20231
_FORMAT = "synesthete-index-1"
_HEADER_BYTES = 4096  # at most
# For building. A search gets one: several are hardly faster, and many times slower where other work keeps the
# cores busy, because threads wait for each other at the end of each search.
_N_THREADS = min(4, faiss.omp_get_max_threads())  # honours OMP_NUM_THREADS

_log = logging.getLogger(__name__)


class IndexMismatchError(CatalogueError):
    """An index file that is missing, damaged, or made from something else; build it again."""


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
        vectors = _finite(vectors, "to be indexed")
        n_vectors, size = vectors.shape
        if n_vectors == 0:
            return cls(None, size)
        faiss.omp_set_num_threads(_N_THREADS)
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
        queries = _finite(np.atleast_2d(queries), "to be searched for")
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
        params = None if is_allowed is None else module.SearchParameters(sel=_selector(is_allowed))
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
        checksum = _Checksum()
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
                begin, checksum = file.tell(), _Checksum()
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


class _Checksum:
    """CRC-32 of what is added in pieces."""

    value = 0

    def add(self, piece: bytes) -> int:
        """Take a piece in, and say that all of it was taken."""
        self.value = zlib.crc32(piece, self.value)
        return len(piece)


def _finite(vectors: np.ndarray, purpose: str) -> np.ndarray:
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


class CodeIndex:
    """Short codes of many vectors in lists around cluster centres, under numbers of the caller's.

    Vectors are projected onto the axes along which they vary most, and what is left of them beside the centre of their
    list is kept in 8 bits a number, or product-quantised (H. Jegou, M. Douze and C. Schmid, "Product quantization for
    nearest neighbor search", PAMI, 2011).

    Attributes
    ----------
    n_codes : int >= 0
    n_lists : int > 0
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._lists: Any = faiss.extract_index_ivf(index)

    @property
    def n_codes(self) -> int:
        """How many vectors are kept."""
        return int(self._index.ntotal)

    @property
    def n_lists(self) -> int:
        """How many lists there are."""
        return int(self._lists.nlist)

    @classmethod
    def train(cls, sample: Iterable[np.ndarray], n_expected: int, n_dims: int, n_bytes: int | None = None) -> CodeIndex:
        """An empty index for vectors like those of a sample.

        Parameters
        ----------
        sample : iterable of np.ndarray [shape=(n_i, size)]
            In portions; not empty. The axes are those of the first thousands.
        n_expected : int > 0
            How many vectors there will be.
        n_dims : int > 0
            Most numbers that are kept of a vector.
        n_bytes : int > 0, optional
            Product-quantised to so many bytes; by default a byte for each number.
        """
        module: Any = faiss
        faiss.omp_set_num_threads(_N_THREADS)
        portions = (_finite(portion, "to learn an index from") for portion in sample)
        first = next(portions)
        while len(first) < _MOST_FOR_AXES and (more := next(portions, None)) is not None:
            first = np.concatenate([first, more])
        size = first.shape[1]
        axes = None
        if n_dims < size:
            axes = module.LinearTransform(size, n_dims, False)
            faiss.copy_array_to_vector(np.ascontiguousarray(_main_axes(first, n_dims).T).ravel(), axes.A)
            axes.is_trained = True
        n_dims = min(n_dims, size)
        learned = np.concatenate([axes.apply(part) if axes else part for part in (first, *portions)])
        n_lists = max(1, min(round(4 * math.sqrt(n_expected)), len(learned) // 40, MOST_LISTS))
        centres = faiss.IndexFlatIP(n_dims)
        inner = faiss.METRIC_INNER_PRODUCT
        if n_bytes and len(learned) >= LEAST_TO_QUANTISE:
            lists: Any = module.IndexIVFPQ(centres, n_dims, n_lists, n_bytes, 8, inner)
            lists.pq.cp.niter, lists.pq.cp.max_points_per_centroid = 10, 64
        else:
            lists = module.IndexIVFScalarQuantizer(centres, n_dims, n_lists, module.ScalarQuantizer.QT_8bit, inner)
        lists.cp.spherical = True
        lists.cp.seed = _SEED
        lists.cp.max_points_per_centroid = 64  # enough for centres, and minutes faster than all
        lists.train(learned)
        return cls(module.IndexPreTransform(axes, lists) if axes else lists)

    def add(self, vectors: np.ndarray, numbers: np.ndarray) -> None:
        """Keep vectors [n, size] under numbers [n], at least 0, which need not differ."""
        faiss.omp_set_num_threads(_N_THREADS)
        self._index.add_with_ids(_finite(vectors, "to be indexed"), np.asarray(numbers, dtype=np.int64))

    def clear(self) -> None:
        """Forget all codes, and keep the lists."""
        self._index.reset()

    def search(
        self,
        queries: np.ndarray,
        k: int,
        n_probes: int,
        is_allowed: np.ndarray | None = None,
        *,
        is_one_thread: bool = True,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ``k`` codes that are likely the most alike to each query.

        Parameters
        ----------
        queries : np.ndarray [shape=(m, size)]
        k : int > 0
        n_probes : int > 0
            How many lists to look into.
        is_allowed : np.ndarray [shape=(n_numbers,)], bool, optional
            By number; the others are passed over without being compared.

        Returns
        -------
        cosines : np.ndarray [shape=(m, k)], float32
            Approximate, the largest first.
        numbers : np.ndarray [shape=(m, k)], int64
            -1 where the lists hold fewer.
        """
        module: Any = faiss
        faiss.omp_set_num_threads(1 if is_one_thread else _N_THREADS)
        options: dict[str, Any] = {"nprobe": min(n_probes, self.n_lists)}
        if is_allowed is not None:
            options["sel"] = _selector(is_allowed)
        params = module.SearchParametersIVF(**options)
        if isinstance(self._index, faiss.IndexPreTransform):
            params = module.SearchParametersPreTransform(index_params=params)
        cosines, numbers = self._index.search(_finite(queries, "to be searched for"), k, params=params)
        return cosines, numbers

    def save(self, path: Path) -> int:
        """Write the index, whole or not at all, and return the CRC-32 of the file; OSError as usual."""
        module: Any = faiss
        checksum = _Checksum()

        with write_atomically(path) as file:

            def write(piece: bytes) -> int:
                checksum.add(piece)
                return file.write(piece)

            module.write_index(self._index, module.PyCallbackIOWriter(write))
        return checksum.value

    @classmethod
    def load(cls, path: Path, crc32: int, *, is_mapped: bool = True) -> CodeIndex:
        """Read what :meth:`save` wrote; mapped into memory, it cannot be added to.

        Raises
        ------
        IndexMismatchError
            The file is missing or damaged.
        """
        module: Any = faiss
        try:
            checksum = _Checksum()
            with path.open("rb") as file:
                while piece := file.read(1 << 20):  # before faiss takes any number in it for true
                    checksum.add(piece)
            if checksum.value != crc32:
                raise IndexMismatchError(f"The index {path} is damaged: its checksum differs. Build it again.")
            return cls(module.read_index(str(path), module.IO_FLAG_MMAP if is_mapped else 0))
        except (OSError, RuntimeError) as error:
            raise IndexMismatchError(f"The index {path} cannot be read: {error}. Build it again.") from error


def _selector(is_allowed: np.ndarray) -> Any:
    module: Any = faiss
    return module.IDSelectorBitmap(np.packbits(is_allowed, bitorder="little"))


def inner_products(halves: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Inner products [n], float32, of vectors kept as float16 [n, size] with a query [size]."""
    cosines, rows = best_inner_products(halves, query[None], len(halves))
    made = np.empty(len(halves), np.float32)
    made[rows[0]] = cosines[0]
    return made


def best_inner_products(halves: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` <= n largest inner products [m, k] of vectors kept as float16 [n, size] with queries, and whose."""
    module: Any = faiss
    faiss.omp_set_num_threads(1)
    index = module.IndexScalarQuantizer(halves.shape[1], module.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(np.ascontiguousarray(halves).view(np.uint8))
    return index.search(np.ascontiguousarray(queries, dtype=np.float32), k)


def _main_axes(sample: np.ndarray, n_axes: int) -> np.ndarray:
    """Orthonormal axes [size, n_axes] along which vectors have most of their squared length.

    N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with randomness", SIAM Review, 2011.
    """
    rows = sample[: 2 * _MOST_FOR_AXES]
    rng = np.random.default_rng(_SEED)
    axes = rng.standard_normal((rows.shape[1], min(n_axes + 16, rows.shape[1])), dtype=np.float32)
    for _ in range(4):
        axes = np.linalg.qr(rows.T @ (rows @ axes))[0]
    seen = rows @ axes
    lengths, turned = np.linalg.eigh(seen.T @ seen)
    return np.asarray(axes @ turned[:, np.argsort(-lengths)[:n_axes]], dtype=np.float32)
