"""The main path: decode a sound, compute its spectrograms, embed it, search the catalogue for what sounds most alike.

:mod:`~synesthete.search.engine` is that sentence in code; start reading there.
"""

from synesthete.search.blend import Blend
from synesthete.search.encoder_index import index_folder
from synesthete.search.engine import SearchEngine, make_searchable, search
from synesthete.search.filters import SearchOptions
from synesthete.search.index_check import index_problem
from synesthete.search.result import SearchResult
from synesthete.search.track_columns import TrackFilter

__all__ = [
    "Blend",
    "SearchEngine",
    "SearchOptions",
    "SearchResult",
    "TrackFilter",
    "index_folder",
    "index_problem",
    "make_searchable",
    "search",
]
