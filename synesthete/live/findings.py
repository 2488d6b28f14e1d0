"""What is known of the sound that is heard: steady matches, a name, what was recognised so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from synesthete.live.heard import Heard, HeardList, Naming
from synesthete.live.steady import SteadyRanking
from synesthete.search import SearchResult
from synesthete.tracks import Match

N_SHOWN = 10
YOUNG_SECONDS = 4.0  # matches of a shorter sound are not held on to: the next will know better


@dataclass(frozen=True)
class Now:
    """What is known at a moment; it is replaced as a whole.

    Attributes
    ----------
    revision : int >= 0
        Another one whenever matches, name, list or problem are others.
    result : SearchResult, optional
        The newest search that changed something, with the steady matches.
    named : Match, optional
        The recording that is heard.
    heard : tuple of Heard
        The recordings recognised so far.
    problem : str
        A sentence on why the last search failed; empty otherwise.
    """

    revision: int = 0
    result: SearchResult | None = None
    named: Match | None = None
    heard: tuple[Heard, ...] = ()
    problem: str = ""


class Findings:
    """Makes of successive searches what is worth showing; :attr:`now` may be read from any thread."""

    def __init__(self) -> None:
        self.now = Now()
        self._steady = SteadyRanking(N_SHOWN)
        self._naming = Naming()
        self._heard = HeardList()
        self._is_young = False

    def take(
        self,
        found: SearchResult,
        n_shown: int,
        at: datetime,
        *,
        seconds: float,
        is_other: bool = False,
        is_in_turn: bool = True,
    ) -> None:
        """Take the newest search.

        Parameters
        ----------
        found : SearchResult
            With more matches than are shown.
        n_shown : int > 0
        at : datetime
            When it was heard, with a time zone.
        seconds : float > 0 [s]
            How long the sound was that asked.
        is_other : bool
            Another sound has begun. A piece that goes on otherwise keeps its name.
        is_in_turn : bool
            Sooner than in its turn a search hears much the same as the one before, and agrees with it on a name all too
            easily: it counts only as the first of another sound.
        """
        before = self.now
        if is_other and (found.recognised is None or _id_of(found.recognised) != _id_of(before.named)):
            self.break_off()
        shown = self._steady.shown
        if self._is_young:
            self._steady.reset()
        self._is_young = seconds < YOUNG_SECONDS
        matches = self._steady.update(found.matches, n_shown)
        named = self._naming.update(found.recognised) if is_in_turn or is_other else self._naming.named
        if named is not None and named is found.recognised:
            self._heard.note(named, at)
        heard = self._heard.entries()
        is_same_name = _id_of(named) == _id_of(before.named)
        is_same = matches == shown and is_same_name and len(heard) == len(before.heard) and not before.problem
        if is_same and before.result is not None:
            self.now = replace(before, heard=heard)  # until when: not worth drawing anew
        else:  # of the search only what is shown is kept
            result = replace(found, matches=matches, n_hidden={}, clip=None, spectrograms=None)
            self._say(result=result, named=named, heard=heard, problem="")

    def fail(self, problem: str) -> None:
        """Take a sentence on why the newest search failed."""
        if problem != self.now.problem:
            self._say(problem=problem)

    def quieten(self) -> None:
        """It has become silent: nothing is named any more; the matches stand."""
        self._naming.reset()
        if self.now.named is not None:
            self._say(named=None)

    def break_off(self) -> None:
        """What comes next does not go on from what was; what is shown stands until then."""
        self._steady.reset()
        self._naming.reset()

    def clear(self, *, with_heard: bool) -> None:
        """Show nothing; what was recognised is forgotten only if asked for."""
        self.break_off()
        if with_heard:
            self._heard.clear()
        self._say(result=None, named=None, heard=self._heard.entries(), problem="")

    def _say(self, **changed: object) -> None:
        self.now = replace(self.now, revision=self.now.revision + 1, **changed)  # type: ignore[arg-type]


def _id_of(match: Match | None) -> str:
    return match.track.track_id if match else ""
