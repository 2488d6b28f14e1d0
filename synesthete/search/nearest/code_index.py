"""Short codes of many vectors, in lists: what is likely near, in a fraction of the time and memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from synesthete.files import write_atomically
from synesthete.search.nearest.common import N_THREADS, Checksum, IndexMismatchError, finite, selector

MOST_LISTS = 4_096
LEAST_TO_QUANTISE = 20_000  # vectors; fewer are too few to learn a product quantiser from
_MOST_FOR_AXES = 10_000
_SEED = 20231


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
        faiss.omp_set_num_threads(N_THREADS)
        portions = (finite(portion, "to learn an index from") for portion in sample)
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
        faiss.omp_set_num_threads(N_THREADS)
        self._index.add_with_ids(finite(vectors, "to be indexed"), np.asarray(numbers, dtype=np.int64))

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
        faiss.omp_set_num_threads(1 if is_one_thread else N_THREADS)
        options: dict[str, Any] = {"nprobe": min(n_probes, self.n_lists)}
        if is_allowed is not None:
            options["sel"] = selector(is_allowed)
        params = module.SearchParametersIVF(**options)
        if isinstance(self._index, faiss.IndexPreTransform):
            params = module.SearchParametersPreTransform(index_params=params)
        cosines, numbers = self._index.search(finite(queries, "to be searched for"), k, params=params)
        return cosines, numbers

    def save(self, path: Path) -> int:
        """Write the index, whole or not at all, and return the CRC-32 of the file; OSError as usual."""
        module: Any = faiss
        checksum = Checksum()

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
            checksum = Checksum()
            with path.open("rb") as file:
                while piece := file.read(1 << 20):  # before faiss takes any number in it for true
                    checksum.add(piece)
            if checksum.value != crc32:
                raise IndexMismatchError(f"The index {path} is damaged: its checksum differs. Build it again.")
            codes = cls(module.read_index(str(path), module.IO_FLAG_MMAP if is_mapped else 0))
        except (OSError, RuntimeError) as error:
            raise IndexMismatchError(f"The index {path} cannot be read: {error}. Build it again.") from error
        if is_mapped:
            # Faiss would start 32 threads for each query to read its lists ahead, which takes longer than the search;
            # the checksum has just read all of them into the system's cache.
            module.downcast_InvertedLists(codes._lists.invlists).prefetch_nthread = 0
        return codes


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
