"""From a ranking to the matches: options, versions of one recording, and where the similarity lies.

The first ``k`` places of the ranking are looked at without any filter: that is where the query's own recording is
found, and what the filters hide is counted. Further down, length and artist are tested before tracks are compared at
all (:class:`~synesthete.search.ranking.Ranking`), so that a strict filter costs about what none does. Only what passes
is compared segment by segment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.errors import OptionError
from synesthete.search.blend import Blend
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import Passages, SegmentVectors, best_passages
from synesthete.search.ranking import Place, Query, Ranking
from synesthete.search.track_columns import EVERY_TRACK, TrackFilter
from synesthete.tracks import Match, Track

HIDING_REASONS = ("duplicates", "artist", "too long", "below minimum")
_LEAST_PORTION = 8  # candidates whose segments are read together


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
        Whole-track vectors; or the best-matching passage (:mod:`synesthete.search.passages`); or whole tracks, and
        passages only for a query shorter than 15 s (``engine.SNIPPET_SECONDS``) by an encoder that cannot tell a
        recording (:mod:`synesthete.search.recognition`).
    only : TrackFilter
        Which tracks are looked among; the others are as if they were not there.
    blend : Blend, optional
        What counts how much where whole tracks are compared; the cosines of the matches are then those of the blend.
        Passages are compared as without it.
    """

    k: int = 10
    min_similarity: float = -1.0
    max_per_artist: int | None = None
    hide_duplicates: bool = True
    max_seconds: float | None = None
    compare: Literal["auto", "track", "passage"] = "auto"
    only: TrackFilter = EVERY_TRACK
    blend: Blend | None = None

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


@dataclass
class Selection:
    """What was chosen from a ranking.

    Attributes
    ----------
    matches, same_recording : list of Match
        The most alike first.
    n_hidden : Counter of str
        Of the first ``k`` places of the ranking, the query's own recording not counted: how many were passed over,
        and why.
    """

    matches: list[Match] = field(default_factory=list)
    same_recording: list[Match] = field(default_factory=list)
    n_hidden: Counter[str] = field(default_factory=Counter)


def select(query: Query, index: EncoderIndex, catalogue: Catalogue, options: SearchOptions) -> Selection:
    """The best ``options.k`` tracks that the options let through.

    A recording of the query is found where it stands among the first ``k`` places of the ranking, whatever its length
    and artist, or among the tracks that pass the filters.
    """
    ranking = Ranking(query, index, options.k, index.passing(options.only))
    chooser = _Chooser(query, index, options)
    while chooser.n_places < options.k and (portion := ranking.take(options.k - chooser.n_places)):
        chooser.consider(portion, is_top=True)
    while not chooser.is_done:
        portion = ranking.take(max(chooser.n_wanted, _LEAST_PORTION), chooser.may_pass())
        if not portion:
            break
        chooser.consider(portion, is_top=False)
    return chooser.selection(catalogue)


@dataclass(frozen=True)
class _Found:
    """A place of the ranking that is a match, or the query's own recording."""

    place: Place
    segments: SegmentVectors
    is_own: bool


class _Chooser:
    """Looks at one candidate after another, the most alike first."""

    def __init__(self, query: Query, index: EncoderIndex, options: SearchOptions) -> None:
        self._query, self._index, self._options = query, index, options
        self._columns = index.columns  # one state of them for the whole search
        self._own_row = index.row_of.get(query.own_id, -1)
        self._own = [query.segments, *(segments for _, segments in query.others)]
        if query.own_id in index.row_of:  # the recording as it is in the catalogue
            self._own.append(index.segment_vectors([self._own_row]))
        self._matches: list[_Found] = []
        self._same_recording: list[_Found] = []
        self._n_hidden: Counter[str] = Counter()
        self._n_by_artist = np.zeros(self._columns.n_artists + 1, dtype=np.int64)  # the last is for no artist, -1
        self._highest = np.inf  # that the cosine of a candidate further down can be

    @property
    def n_places(self) -> int:
        """How many places of the ranking are filled or counted as hidden."""
        return len(self._matches) + self._n_hidden.total()

    @property
    def n_wanted(self) -> int:
        """How many matches are still wanted."""
        return self._options.k - len(self._matches)

    @property
    def is_done(self) -> bool:
        """Whether nothing further down can be a match."""
        return self.n_wanted == 0 or self._highest < self._options.min_similarity

    def may_pass(self) -> np.ndarray:
        """The tracks [n_tracks] that are short enough, by artists of whom there may be more."""
        options, columns = self._options, self._columns
        is_open = self._index.passing(options.only).copy()
        if options.max_seconds is not None:
            is_open &= ~(columns.seconds > options.max_seconds)
        if options.max_per_artist is not None:
            is_open &= (self._n_by_artist < options.max_per_artist)[columns.artists.numbers]
        return is_open

    def consider(self, portion: Sequence[Place], *, is_top: bool) -> None:
        """Put each candidate where it belongs: among the matches, apart, or hidden for a reason.

        Among the first ``k`` places (``is_top``) what is hidden is counted, and may be the query's own recording.
        """
        is_any_own = is_top and self._options.hide_duplicates
        rows = [place.row for place in portion if is_any_own or not self._reason_by_metadata(place)]
        parts = self._index.segment_vectors(rows) if rows else None
        segments = {row: parts.recording(number) for number, row in enumerate(rows)} if parts else {}
        for place in portion:
            if self.n_wanted == 0:
                return
            self._highest = place.highest
            reason = self._reason_by_metadata(place)
            if is_any_own or not reason:
                reason = self._put(place, segments[place.row], reason)
            if reason and is_top:
                self._n_hidden[reason] += 1

    def _put(self, place: Place, segments: SegmentVectors, reason: str) -> str:
        """Keep a candidate, or give the reason why it is hidden."""
        is_own = self._is_own(place.row, segments)
        if is_own and self._options.hide_duplicates:
            self._same_recording.append(_Found(place, segments, is_own))
            return ""
        if reason:
            return reason
        if self._options.hide_duplicates and self._is_duplicate(segments):
            return "duplicates"
        self._matches.append(_Found(place, segments, is_own))
        artist = self._columns.artists.numbers[place.row]
        if artist >= 0:
            self._n_by_artist[artist] += 1
        return ""

    def _reason_by_metadata(self, place: Place) -> str:
        options, columns = self._options, self._columns
        if options.max_seconds is not None and columns.seconds[place.row] > options.max_seconds:
            return "too long"
        n_by_artist = self._n_by_artist[columns.artists.numbers[place.row]]
        if options.max_per_artist is not None and n_by_artist >= options.max_per_artist:
            return "artist"
        return "below minimum" if place.cosine < options.min_similarity else ""

    def _is_own(self, row: int, segments: SegmentVectors) -> bool:
        hop_seconds = self._index.hop_seconds
        is_one = (is_part(own, segments) or is_version(own, segments, hop_seconds) for own in self._own)
        return row == self._own_row or any(is_one)

    def _is_duplicate(self, segments: SegmentVectors) -> bool:
        return any(is_version(kept.segments, segments, self._index.hop_seconds) for kept in self._matches)

    def selection(self, catalogue: Catalogue) -> Selection:
        """What has been found, with what the catalogue knows of it."""
        # A large index is looked into in part, and more of it each time: what comes later may be more alike.
        kinds = [sorted(kind, key=lambda found: -found.place.score) for kind in (self._matches, self._same_recording)]
        found = [found for kind in kinds for found in kind]
        tracks = catalogue.tracks(self._index.ids[one.place.row] for one in found)
        if not found:
            return Selection(n_hidden=self._n_hidden)
        passages = best_passages(self._query.segments, SegmentVectors.join([one.segments for one in found]))
        made = [self._match(one, track, passages, n) for n, (one, track) in enumerate(zip(found, tracks, strict=True))]
        return Selection(made[: len(kinds[0])], made[len(kinds[0]) :], self._n_hidden)

    def _match(self, found: _Found, track: Track, passages: Passages, number: int) -> Match:
        return Match(
            track,
            cosine=float(np.clip(found.place.cosine, -1, 1)),
            offset_seconds=float(passages.offset_seconds[number]),
            query_offset_seconds=float(passages.query_offset_seconds[number]),
            is_same_recording=found.is_own,
        )
