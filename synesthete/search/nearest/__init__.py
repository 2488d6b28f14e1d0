"""Nearest neighbours of unit vectors by inner product; the only folder that imports faiss.

Few vectors lie in a :class:`VectorIndex`, as they are. Of many, a :class:`CodeIndex` keeps short codes, which say what
is likely near; :func:`inner_products` of the vectors themselves says what is.
"""

from synesthete.search.nearest.code_index import CodeIndex
from synesthete.search.nearest.common import IndexMismatchError
from synesthete.search.nearest.products import best_inner_products, inner_products
from synesthete.search.nearest.vector_index import VectorIndex

__all__ = ["CodeIndex", "IndexMismatchError", "VectorIndex", "best_inner_products", "inner_products"]
