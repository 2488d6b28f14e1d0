"""Which recording is heard now, and which were."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from synesthete.text import no_formula, printable
from synesthete.tracks import Match, Track

N_AGREEING = 3  # searches in a row that must name a recording: hundreds an hour are made, of sound that overlaps
N_HELD = 3  # searches without a name for which the last one stays
MOST_HEARD = 1000
SAME_WITHIN = timedelta(minutes=2)  # a recording heard again sooner is still the same hearing


@dataclass(frozen=True)
class Heard:
    """A recording that was recognised.

    Attributes
    ----------
    track : Track
    at, until : datetime
        When it was recognised first and last, with a time zone.
    offset_seconds : float >= 0 [s]
        Where in the recording it was then.
    """

    track: Track
    at: datetime
    until: datetime
    offset_seconds: float


class Naming:
    """Says a name when successive searches agree on it, and holds on to it for a while."""

    def __init__(self, n_agreeing: int = N_AGREEING, n_held: int = N_HELD) -> None:
        self._n_agreeing = n_agreeing
        self._n_held = n_held
        self._candidate = ""
        self._n_seen = self._n_without = 0
        self.named: Match | None = None

    def update(self, recognised: Match | None) -> Match | None:
        """Take what the newest search recognised and return what may be named now."""
        track_id = recognised.track.track_id if recognised else ""
        if recognised is None:
            self._n_without += 1
            if self._n_without > self._n_held:
                self.reset()
            return self.named
        self._n_seen = self._n_seen + 1 if track_id == self._candidate else 1
        self._candidate, self._n_without = track_id, 0
        is_named = self.named is not None and self.named.track.track_id == track_id
        if is_named or self._n_seen >= self._n_agreeing:
            self.named = recognised
        return self.named

    def reset(self) -> None:
        """Name nothing."""
        self._candidate, self._n_seen, self._n_without, self.named = "", 0, 0, None


class HeardList:
    """The recordings recognised so far, the latest last; the oldest of very many are forgotten."""

    def __init__(self, most: int = MOST_HEARD) -> None:
        self._heard: deque[Heard] = deque(maxlen=most)

    def note(self, named: Match, now: datetime) -> None:
        """Note that a recording is heard now."""
        last = self._heard[-1] if self._heard else None
        if last and last.track.track_id == named.track.track_id and now - last.until <= SAME_WITHIN:
            self._heard[-1] = replace(last, until=now)
        else:
            self._heard.append(Heard(named.track, now, now, named.offset_seconds))

    def entries(self) -> tuple[Heard, ...]:
        """In the order in which they were heard."""
        return tuple(self._heard)

    def clear(self) -> None:
        """Forget them."""
        self._heard.clear()


def heard_csv(heard: Sequence[Heard], zone: tzinfo) -> str:
    """What was heard as a table for spreadsheets, with the times of a zone; no cell is taken for a formula."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\r\n")
    table.writerow(["heard at", "until", "title", "artist", "album", "style", "at second"])
    for entry in heard:
        times = [moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") for moment in (entry.at, entry.until)]
        words = [entry.track.title, entry.track.artist, entry.track.album, entry.track.genre]
        table.writerow([*times, *(no_formula(printable(word, " ")) for word in words), f"{entry.offset_seconds:.0f}"])
    return lines.getvalue()
