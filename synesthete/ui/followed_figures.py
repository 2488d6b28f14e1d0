"""The figures of the catalogue that a page shows, while the catalogue changes.

Those of a small catalogue follow at once. Of a large one that is being added to, a page shows the last that were
counted, and they are counted anew in the background.
"""

from __future__ import annotations

import logging
import threading
import time

from synesthete.catalogue import Catalogue
from synesthete.catalogue.kept_figures import SMALL_UP_TO, Figures, figures_now, state_of
from synesthete.errors import SynestheteError
from synesthete.search import index_folder

LEAST_PAUSE_SECONDS = 20.0  # between two counts of a large catalogue that is being changed

_log = logging.getLogger(__name__)


class FollowedFigures:
    """Figures of one catalogue; may be shared by threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._kept: Figures | None = None
        self._reader: threading.Thread | None = None
        self._next_count = 0.0

    def now(self) -> Figures:
        """The figures as they are now, or of a large catalogue as they were counted last."""
        with self._lock:
            if self._kept is None or (self._kept.state != state_of(self._catalogue) and not self._is_large()):
                self._kept = figures_now(self._catalogue, index_folder(self._catalogue))
            elif self._kept.state != state_of(self._catalogue):
                self._count_in_background()
            return self._kept

    def wait(self) -> None:
        """Until nothing is being counted."""
        if self._reader is not None:
            self._reader.join()

    def _is_large(self) -> bool:
        return len(self._catalogue) > SMALL_UP_TO

    def _count_in_background(self) -> None:
        is_counting = self._reader is not None and self._reader.is_alive()
        if not is_counting and time.monotonic() >= self._next_count:
            self._reader = threading.Thread(target=self._count, name="synesthete-figures", daemon=True)
            self._reader.start()

    def _count(self) -> None:
        try:
            # A connection of its own: whoever browses meanwhile does not wait.
            with Catalogue.open(self._catalogue.path, is_read_only=True) as catalogue:
                figures = figures_now(catalogue, index_folder(catalogue))
            with self._lock:
                self._kept = figures
        except (SynestheteError, OSError) as error:
            _log.warning("The figures of %s could not be counted: %s", self._catalogue.path, error)
        self._next_count = time.monotonic() + LEAST_PAUSE_SECONDS
