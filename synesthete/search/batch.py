"""The nearest tracks of many queries at once, each in the order in which one search lists them with its options off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from synesthete import encoders
from synesthete.audio import Clip, read_clip
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding
from synesthete.engines import LocalEngine
from synesthete.errors import CatalogueError, OptionError
from synesthete.files import write_atomically
from synesthete.search.engine import SearchEngine
from synesthete.search.filters import SearchOptions
from synesthete.search.result import SearchResult

MAX_K = 100_000
NO_ROW = -1

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Neighbours:
    """What each query is nearest to.

    Attributes
    ----------
    track_ids, paths : tuple of str, n long
        The tracks of the catalogue that the encoder has embedded, by id, and their paths as the catalogue keeps them.
    queries : tuple of str, m long
        The paths of the sounds that asked.
    neighbours : np.ndarray [shape=(m, k)], int64
        Rows of ``track_ids``, the most alike first; -1 where there are fewer.
    cosines : np.ndarray [shape=(m, k)], float32
        Their cosine similarities; not-a-number where there are fewer.
    recognised : np.ndarray [shape=(m,)], int64
        The row of the recording that the query was recognised as; -1 for none.
    failures : dict of str to str
        Queries that could not be read, and why, in the order of ``queries``; their rows hold -1 and not-a-number.
    """

    track_ids: tuple[str, ...]
    paths: tuple[str, ...]
    queries: tuple[str, ...]
    neighbours: np.ndarray
    cosines: np.ndarray
    recognised: np.ndarray
    failures: dict[str, str] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Write all but the failures to a NumPy archive (.npz), under these names; nothing in it is pickled.

        Raises
        ------
        OSError
            The folder cannot be written to, or the disk is full.
        """
        texts = ("track_ids", "paths", "queries")
        arrays: dict[str, Any] = {name: np.array(getattr(self, name), dtype=np.str_) for name in texts}
        arrays |= {name: getattr(self, name) for name in ("neighbours", "cosines", "recognised")}
        with write_atomically(Path(path)) as file:
            np.savez_compressed(file, **arrays)


def neighbours_of_tracks(engine: SearchEngine, k: int = 10, on_progress: Progress | None = None) -> Neighbours:
    """Let every track of the catalogue ask; it is never its own neighbour.

    Parameters
    ----------
    engine : SearchEngine
    k : int > 0
        How many neighbours of each.
    on_progress : callable(path, fraction), optional

    Raises
    ------
    OptionError
        ``k`` is out of range.
    CatalogueError
        The catalogue was changed meanwhile.
    """
    gathered = _Gathered(engine, k)
    queries = gathered.paths
    gathered.expect(queries)
    for number, track_id in enumerate(gathered.track_ids):
        if on_progress:
            on_progress(queries[number], number / len(queries))
        gathered.put(number, engine.search_track(track_id, gathered.options))
    return gathered.done(on_progress)


def neighbours_of_files(
    engine: SearchEngine,
    files: Sequence[str],
    k: int = 10,
    *,
    n_workers: int | None = None,
    on_progress: Progress | None = None,
) -> Neighbours:
    """Let sound files ask; they are read and embedded in processes of their own.

    Parameters
    ----------
    engine : SearchEngine
        Its encoder must be one of the registry, which each process loads by its name.
    files : sequence of str
    k : int > 0
        How many neighbours of each.
    n_workers : int > 0, optional
        Processes; by default as many as there are processors.
    on_progress : callable(path, fraction), optional

    Raises
    ------
    OptionError
        ``k`` is out of range.
    EncoderError
        There is no such encoder, or it has other settings than the engine's.
    CatalogueError
        The catalogue was changed meanwhile.
    """
    gathered = _Gathered(engine, k)
    gathered.expect(tuple(files))
    workers: LocalEngine[tuple[int, str], tuple[Clip, Embedding]] = LocalEngine(
        _prepare, (engine.encoder.name,), n_workers
    )
    results = workers.run(enumerate(files))
    try:
        for n_done, ((number, file), result) in enumerate(results, start=1):
            if isinstance(result, Exception):
                gathered.failures[file] = str(result)
            else:
                clip, embedding = result
                gathered.put(number, engine.search_embedding(embedding, gathered.options, clip=clip))
            if on_progress and n_done < len(files):
                on_progress(file, n_done / len(files))
    finally:
        results.close()
    return gathered.done(on_progress)


def _prepare(encoder_name: str) -> Callable[[tuple[int, str]], tuple[Clip, Embedding]]:
    """What a worker does with a file; run once in each worker process."""
    encoder = encoders.load(encoder_name)

    def embed(job: tuple[int, str]) -> tuple[Clip, Embedding]:
        clip = read_clip(job[1])
        return clip, encoder.embed(clip)

    return embed


class _Gathered:
    """Results as they come, in any order, and the rows of the catalogue."""

    def __init__(self, engine: SearchEngine, k: int) -> None:
        self.options = SearchOptions(k=k, hide_duplicates=False)
        if k > MAX_K:
            raise OptionError(f"k is {k}; at most {MAX_K} neighbours of each query can be listed.")
        self._catalogue: Catalogue = engine.catalogue
        self.track_ids = tuple(engine.track_ids)
        self._row_of = {track_id: row for row, track_id in enumerate(self.track_ids)}
        self.paths = tuple(track.path for track in engine.catalogue.tracks(self.track_ids))
        self.failures: dict[str, str] = {}

    def expect(self, queries: tuple[str, ...]) -> None:
        shape = (len(queries), self.options.k)
        self._queries = queries
        self._neighbours = np.full(shape, NO_ROW, dtype=np.int64)
        self._cosines = np.full(shape, np.nan, dtype=np.float32)
        self._recognised = np.full(len(queries), NO_ROW, dtype=np.int64)

    def put(self, number: int, result: SearchResult) -> None:
        n = len(result.matches)
        self._neighbours[number, :n] = [self._row(match.track.track_id) for match in result.matches]
        self._cosines[number, :n] = [match.cosine for match in result.matches]
        if result.recognised:
            self._recognised[number] = self._row(result.recognised.track.track_id)

    def _row(self, track_id: str) -> int:
        if track_id not in self._row_of:
            raise CatalogueError(f"The catalogue {self._catalogue.path} has changed since this began. Begin again.")
        return self._row_of[track_id]

    def done(self, on_progress: Progress | None) -> Neighbours:
        if on_progress:
            on_progress("", 1.0)
        arrays = self._neighbours, self._cosines, self._recognised
        failures = {query: self.failures[query] for query in self._queries if query in self.failures}
        return Neighbours(self.track_ids, self.paths, self._queries, *arrays, failures)
