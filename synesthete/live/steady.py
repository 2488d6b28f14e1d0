"""Matches that hold still: of lists that come every two seconds, one that changes only where something has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synesthete.tracks import Match

# Chosen on music that the catalogue does not hold, by a phone; see docs/decisions/listening-along.md.
SHARE = 0.3  # of the newest list in a smoothed cosine
MARGIN = 0.06  # by which a track must be more alike than a row to take its place
NOTABLE = 0.04  # a cosine that has moved less is shown as before


class SteadyRanking:
    """Smooths each track's cosine over the lists, and gives a row to another track only when that is clearly better.

    Parameters
    ----------
    n_shown : int > 0
        How many rows are shown.
    share : float in (0, 1]
    margin : float >= 0
    """

    def __init__(self, n_shown: int, share: float = SHARE, margin: float = MARGIN) -> None:
        self.n_shown = n_shown
        self._share = share
        self._margin = margin
        self._smoothed: dict[str, float] = {}
        self.shown: tuple[Match, ...] = ()

    def update(self, found: Sequence[Match], n_shown: int | None = None) -> tuple[Match, ...]:
        """Take the newest list and return the rows to show, which are all in it.

        Parameters
        ----------
        found : sequence of Match
            The most alike first; several times as many as are shown, so that what falls a few ranks stays known. All
            that the search's options ask of a list holds for any part of it, hence for the rows.
        n_shown : int > 0, optional
            How many rows are shown from now on.
        """
        self.n_shown = n_shown or self.n_shown
        newest = {match.track.track_id: match for match in found}
        before = self._smoothed or {track_id: match.cosine for track_id, match in newest.items()}
        floor = min(before.values(), default=0.0)  # a track that was not in the list was at most as alike as its last
        self._smoothed = {
            track_id: (1 - self._share) * before.get(track_id, min(floor, match.cosine)) + self._share * match.cosine
            for track_id, match in newest.items()
        }
        self.shown = self._held([newest[track_id] for track_id in self._rows(newest)])
        return self.shown

    def reset(self) -> None:
        """Begin anew: what comes next has nothing to do with what was."""
        self._smoothed = {}
        self.shown = ()

    def _rows(self, newest: dict[str, Match]) -> list[str]:
        """The rows as they stand; who has gone or is clearly beaten gives its row away, neighbours change places."""
        cosine = self._smoothed.__getitem__
        stand = [match.track.track_id for match in self.shown[: self.n_shown]]
        others = sorted(newest.keys() - set(stand), key=lambda track_id: (-cosine(track_id), track_id))
        seats = [track_id if track_id in newest else None for track_id in stand]
        seats += [None] * (self.n_shown - len(seats))
        rows = [row for seat in seats if (row := seat or (others.pop(0) if others else None))]
        while others and rows:
            weakest = min(range(len(rows)), key=lambda number: cosine(rows[number]))
            if cosine(others[0]) <= cosine(rows[weakest]) + self._margin:
                break
            rows[weakest] = others.pop(0)
        for end in range(len(rows), 1, -1):  # neighbours, as often as it takes
            for number in range(1, end):
                if cosine(rows[number]) > cosine(rows[number - 1]) + self._margin:
                    rows[number - 1], rows[number] = rows[number], rows[number - 1]
        return rows

    def _held(self, rows: Sequence[Match]) -> tuple[Match, ...]:
        """The rows with their smoothed cosines; one that has hardly moved is the very one that was shown."""
        shown = {match.track.track_id: match for match in self.shown}
        held = []
        for match in rows:
            smoothed = replace(match, cosine=self._smoothed[match.track.track_id])
            was = shown.get(match.track.track_id)
            held.append(was if was and abs(was.cosine - smoothed.cosine) < NOTABLE else smoothed)
        return tuple(held)
