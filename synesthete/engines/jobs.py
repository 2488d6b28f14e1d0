"""What all engines share: the stream of jobs, those that a lost worker leaves, and functions that stay at home."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from synesthete.errors import SynestheteError

AHEAD = 2  # jobs a worker holds: the one at work, and the next, so that it never waits
MAX_LOSSES = 2  # workers a job may cost before it is given up
MAX_STILLBORN = 3  # workers in a row that end before they have prepared


class WorkerLostError(SynestheteError):
    """A job whose worker process ended unexpectedly, twice."""


@dataclass(frozen=True)
class AtHome:
    """An argument of ``prepare``: a picklable function that runs on the machine where the engine was started.

    Workers call it wherever they are; those of this machine each have a copy.
    """

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


class Jobs:
    """The stream of jobs, and those that lost workers have left: each with how many workers it has cost."""

    def __init__(self, jobs: Iterable[Any]) -> None:
        self._stream = iter(jobs)
        self._returned: deque[tuple[Any, int]] = deque()

    def next(self, *, is_fresh: bool = False) -> tuple[Any, int] | None:
        """The next job to give out; None when there are no more, or with ``is_fresh`` when it has cost a worker."""
        if not self.n_left(1) or (is_fresh and self._returned[0][1]):
            return None
        return self._returned.popleft()

    def n_left(self, at_most: int) -> int:
        """How many jobs are still to be given out, counted up to ``at_most``; no more are taken from the stream."""
        n_more = max(at_most - len(self._returned), 0)
        self._returned.extend((job, 0) for job in islice(self._stream, n_more))
        return min(at_most, len(self._returned))

    def take_back(self, held: list[tuple[Any, int]], n_suspects: int = 1) -> list[Any]:
        """Take back what a lost worker held; give back those jobs that have now cost too many.

        The first ``n_suspects`` may have been its end.
        """
        suspects = [(job, n_losses + 1) for job, n_losses in held[:n_suspects]]
        self._returned.extendleft(reversed(held[n_suspects:]))
        self._returned.extend((job, n_losses) for job, n_losses in suspects if n_losses < MAX_LOSSES)
        return [job for job, n_losses in suspects if n_losses >= MAX_LOSSES]
