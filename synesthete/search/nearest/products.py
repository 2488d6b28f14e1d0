"""Inner products with vectors that are kept as float16, computed as they lie."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np


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
