"""The index of a catalogue that changes while it is searched.

A small catalogue is followed at once. In a large one a change is read in the background, and until then the answer
comes from what was there before: it may lack what is new, and never holds what is gone.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import SynestheteError
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.track_store import completed_ns

LEAST_PAUSE_SECONDS = 2.0  # between two looks at a large catalogue that is being changed

_log = logging.getLogger(__name__)


class FollowedIndex:
    """One encoder's index of one catalogue; may be shared by threads. Parameters as of ``SearchEngine``."""

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        index_folder: str | Path | None,
        *,
        is_indexing: bool,
        small_up_to: int,
    ) -> None:
        self._catalogue, self._encoder = catalogue, encoder
        self._folder = Path(index_folder) if index_folder is not None else None
        self._is_indexing = is_indexing or index_folder is None
        self._small_up_to = small_up_to
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._next_look = 0.0
        self._kept: tuple[int, EncoderIndex] | None = self._read(catalogue, is_current=False)
        index = self._kept[1]
        if self._is_indexing and index.is_large and index.revision != catalogue.revision(self._encoder.fingerprint):
            self._kept = (-1, index)

    def now(self) -> EncoderIndex:
        """The index of the catalogue as it is now, or of a large one as it was last."""
        with self._lock:
            n_changes = self._catalogue.n_changes()
            if self._kept and self._kept[1].is_large:
                if self._kept[0] != n_changes or self._has_newer(self._kept[1]):
                    self._read_in_background()
            elif self._kept and self._kept[0] != n_changes:
                self._kept = (n_changes, self._kept[1]) if self._kept[1].follow_tags() else None
            if self._kept is None:
                self._kept = self._read(self._catalogue, is_current=False)
            return self._kept[1]

    def _has_newer(self, index: EncoderIndex) -> bool:
        """Whether another process has completed a newer index of the large catalogue."""
        return self._folder is not None and index.completed_ns != completed_ns(self._folder, self._encoder.fingerprint)

    def _read(self, catalogue: Catalogue, is_current: bool) -> tuple[int, EncoderIndex]:
        n_changes = catalogue.n_changes()
        return n_changes, EncoderIndex(
            catalogue, self._encoder, self._folder, is_current=is_current, small_up_to=self._small_up_to
        )

    def _read_in_background(self) -> None:
        """Begin to read the large catalogue anew, unless that is being done, or was done just now."""
        if (self._reader is None or not self._reader.is_alive()) and time.monotonic() >= self._next_look:
            self._reader = threading.Thread(target=self._read_anew, name="synesthete-index", daemon=True)
            self._reader.start()

    def _read_anew(self) -> None:
        begin = time.monotonic()
        try:
            # A connection of its own: whoever searches meanwhile does not wait.
            with Catalogue.open(self._catalogue.path, is_read_only=True) as catalogue:
                n_changes, index = self._read(catalogue, self._is_indexing)
            index.read_from(self._catalogue)
            with self._lock:
                self._kept = (n_changes, index)
        except (SynestheteError, OSError) as error:
            _log.warning("The index of %s could not be brought up to date: %s", self._catalogue.path, error)
        self._next_look = time.monotonic() + max(LEAST_PAUSE_SECONDS, 10 * (time.monotonic() - begin))
