"""From a ranking to the matches: options, versions of one recording, and where the likeness lies.

Candidates are taken from the top of a ranking, in larger and larger portions, until enough of them pass.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.errors import OptionError
from synesthete.search.duplicates import has_similar_length, is_part, is_version
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import SegmentVectors, best_passages
from synesthete.tracks import Match, Track

HIDING_REASONS = ("duplicates", "artist", "too long", "below minimum")
_FIRST_PORTION = 4  # candidates looked at for each match wanted, before looking at more


@dataclass(frozen=True)
class SearchOptions:
    """What may be among the matches.

    Attributes
    ----------
    k : int > 0
        How many matches are wanted.
    min_similarity : float in [-1, 1]
        Least cosine of a match.
    max_per_artist : int > 0, optional
        Most matches by one artist; tracks without an artist are not counted as one.
    hide_duplicates : bool
        One match per recording, whatever the encoding, and the query's own recording apart from the matches.
    max_seconds : float > 0, optional [s]
        Leaves out longer tracks, such as mixes.
    compare : {"auto", "track", "passage"}
        Whole-track vectors; or the best-matching passage (:mod:`synesthete.search.passages`); or passages for a
        query shorter than 15 s (``search.SNIPPET_SECONDS``) and whole tracks for others.
    """

    k: int = 10
    min_similarity: float = -1.0
    max_per_artist: int | None = None
    hide_duplicates: bool = True
    max_seconds: float | None = None
    compare: Literal["auto", "track", "passage"] = "auto"

    def __post_init__(self) -> None:
        def check(is_fine: bool, name: str, value: object, needed: str) -> None:
            if not is_fine:
                raise OptionError(f"{name} is {value!r}; it must be {needed}.")

        check(_is_count(self.k), "k", self.k, "a whole number of at least 1")
        is_cosine = -1 <= self.min_similarity <= 1
        check(is_cosine, "min_similarity", self.min_similarity, "between -1 and 1")
        is_count = self.max_per_artist is None or _is_count(self.max_per_artist)
        check(is_count, "max_per_artist", self.max_per_artist, "None or a whole number of at least 1")
        is_length = self.max_seconds is None or self.max_seconds > 0
        check(is_length, "max_seconds", self.max_seconds, "None or a length above 0 seconds")
        ways = ("auto", "track", "passage")
        check(self.compare in ways, "compare", self.compare, f"one of {', '.join(ways)}")


def _is_count(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= 1)


DEFAULT_OPTIONS = SearchOptions()


@dataclass(frozen=True)
class Query:
    """What is looked for.

    Attributes
    ----------
    vector : np.ndarray [shape=(embedding_size,)]
    segments : SegmentVectors
        Of one recording.
    is_passage : bool
        Compared by passage rather than as a whole.
    own_id : str
        The track whose sound is the query's, if the catalogue happens to hold it.
    excluded_id : str
        A track that is never to be found.
    """

    vector: np.ndarray
    segments: SegmentVectors
    is_passage: bool
    own_id: str = ""
    excluded_id: str = ""


@dataclass
class Selection:
    """What was chosen from a ranking, and how many candidates were passed over for which reason."""

    matches: list[Match] = field(default_factory=list)
    same_recording: list[Match] = field(default_factory=list)
    n_hidden: Counter[str] = field(default_factory=Counter)


def select(query: Query, index: EncoderIndex, catalogue: Catalogue, options: SearchOptions) -> Selection:
    """The best ``options.k`` tracks that the options let through.

    A track less alike than ``min_similarity`` takes the place it would have had: the list grows shorter, and
    ``n_hidden`` counts the places.
    """
    n = _FIRST_PORTION * options.k
    while True:
        if query.is_passage:
            cosines, rows = index.nearest_passages(query.segments, n)
        else:
            cosines, rows = index.nearest_tracks(query.vector, n)
        chooser = _Chooser(query, index, options)
        tracks = catalogue.tracks(index.ids[row] for row in rows)
        for cosine, row, track in zip(cosines.tolist(), rows.tolist(), tracks, strict=True):
            chooser.consider(cosine, row, track)
            if chooser.is_full:
                break
        if chooser.is_full or len(rows) >= index.n_tracks:
            return chooser.selection
        n *= 4


class _Chooser:
    """Looks at one candidate after another, the most alike first."""

    def __init__(self, query: Query, index: EncoderIndex, options: SearchOptions) -> None:
        self.query, self.index, self.options = query, index, options
        self._hop = index.hop_seconds
        self.selection = Selection()
        self._kept: list[int] = []  # row of each match
        self._n_by_artist: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        n_places = len(self.selection.matches) + self.selection.n_hidden["below minimum"]
        return n_places >= self.options.k

    def consider(self, cosine: float, row: int, track: Track) -> None:
        """Put a candidate where it belongs: among the matches, apart, or hidden for a reason."""
        if track.track_id == self.query.excluded_id:
            return
        is_own = self._is_own(row, track)
        if is_own and self.options.hide_duplicates:
            self.selection.same_recording.append(self._located(cosine, row, track, is_own))
            return
        reason = self._reason_to_hide(cosine, row, track)
        if reason:
            self.selection.n_hidden[reason] += 1
            return
        self.selection.matches.append(self._located(cosine, row, track, is_own))
        self._kept.append(row)
        self._n_by_artist[_artist(track)] += 1

    def _reason_to_hide(self, cosine: float, row: int, track: Track) -> str:
        options = self.options
        if options.max_seconds is not None and track.seconds > options.max_seconds:
            return "too long"
        if options.hide_duplicates and self._is_duplicate(row):
            return "duplicates"
        artist = _artist(track)
        if options.max_per_artist is not None and artist and self._n_by_artist[artist] >= options.max_per_artist:
            return "artist"
        return "below minimum" if cosine < options.min_similarity else ""

    def _segments(self, row: int) -> SegmentVectors:
        return self.index.segments([row])

    def _is_own(self, row: int, track: Track) -> bool:
        if track.track_id == self.query.own_id:
            return True
        segments = self._segments(row)
        return is_part(self.query.segments, segments) or is_version(self.query.segments, segments, self._hop)

    def _is_duplicate(self, row: int) -> bool:
        last_starts = self.index.last_starts
        alike_long = [kept for kept in self._kept if has_similar_length(last_starts[kept], last_starts[row], self._hop)]
        return any(is_version(self._segments(kept), self._segments(row), self._hop) for kept in alike_long)

    def _located(self, cosine: float, row: int, track: Track, is_own: bool) -> Match:
        passage = best_passages(self.query.segments, self._segments(row))
        return Match(
            track,
            cosine=float(np.clip(cosine, -1, 1)),
            offset_seconds=float(passage.offset_seconds[0]),
            query_offset_seconds=float(passage.query_offset_seconds[0]),
            is_same_recording=is_own,
        )


def _artist(track: Track) -> str:
    return track.artist.strip().casefold()
