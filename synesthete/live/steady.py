"""Matches that hold still: of lists that come every two seconds, one that changes only where something has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synesthete.tracks import Match

SHARE = 0.5  # of the newest list in a smoothed cosine
MARGIN = 0.02  # by which a track must be more alike than the one above it to take its place
NOTABLE = 0.04  # a cosine that has moved less is shown as before


class SteadyRanking:
    """Smooths each track's cosine over the lists, and moves a row only when it is clearly better.

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
        self.shown = self._held([newest[track_id] for track_id in self._order(newest)])
        return self.shown

    def reset(self) -> None:
        """Begin anew: what comes next has nothing to do with what was."""
        self._smoothed = {}
        self.shown = ()

    def _order(self, newest: dict[str, Match]) -> list[str]:
        """The rows as they stand, then the others; each is moved up past those that it clearly beats."""
        standing = [match.track.track_id for match in self.shown if match.track.track_id in newest]
        others = sorted(newest.keys() - set(standing), key=lambda track_id: (-self._smoothed[track_id], track_id))
        order: list[str] = []
        for track_id in [*standing, *others]:
            place = len(order)
            while place > 0 and self._smoothed[track_id] > self._smoothed[order[place - 1]] + self._margin:
                place -= 1
            order.insert(place, track_id)
        return order[: self.n_shown]

    def _held(self, rows: Sequence[Match]) -> tuple[Match, ...]:
        """The rows with their smoothed cosines; one that has hardly moved is the very one that was shown."""
        shown = {match.track.track_id: match for match in self.shown}
        held = []
        for match in rows:
            smoothed = replace(match, cosine=self._smoothed[match.track.track_id])
            was = shown.get(match.track.track_id)
            held.append(was if was and abs(was.cosine - smoothed.cosine) < NOTABLE else smoothed)
        return tuple(held)
