"""Whether a connection that broke off is made anew without being asked."""

from __future__ import annotations

LASTING_SECONDS = 20.0
MOST_IN_A_ROW = 5  # that break off sooner


class Reconnection:
    """Counts the connections of one start: after one that has carried sound another is worth a try, a few times.

    One that never carried any has something in its way, which is to be said.
    """

    def __init__(self) -> None:
        self._has_carried = False
        self._n_short = 0

    def is_due(self, seconds: float) -> bool:
        """Whether to try again, now that a connection has ended.

        Parameters
        ----------
        seconds : float >= 0 [s]
            For how long it has carried sound.
        """
        self._has_carried |= seconds > 0
        self._n_short = 0 if seconds >= LASTING_SECONDS else self._n_short + 1
        return self._has_carried and self._n_short <= MOST_IN_A_ROW
