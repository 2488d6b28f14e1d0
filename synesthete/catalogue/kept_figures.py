"""The figures of a large catalogue, counted once and kept beside its index: to read all takes a second or two."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synesthete.catalogue.overview import Overview
from synesthete.catalogue.store import Catalogue
from synesthete.files import write_atomically

SMALL_UP_TO = 5_000  # tracks; counted in no time, and not kept
_FORMAT = "synesthete-figures-1"


@dataclass(frozen=True)
class Figures:
    """What a catalogue held in one state.

    Attributes
    ----------
    state : str
        Another state has another.
    overview : Overview
    word_counts : dict of str to int
        :meth:`Catalogue.word_counts`.
    """

    state: str
    overview: Overview
    word_counts: dict[str, int]


def state_of(catalogue: Catalogue) -> str:
    """What the figures depend on: the file, and all that has been written into it."""
    return " ".join(map(str, (catalogue.path.stat().st_ino, *catalogue.listing_state())))


def figures_now(catalogue: Catalogue, folder: Path) -> Figures:
    """The figures of a catalogue as it is now: as kept in ``folder``, or counted; of a large one kept there then.

    A folder that cannot be written to costs only the next start's time.
    """
    path = folder / f"{catalogue.path.stem}.figures.json"
    with catalogue.snapshot():
        state = state_of(catalogue)
        if len(catalogue) <= SMALL_UP_TO:
            return Figures(state, catalogue.overview(), catalogue.word_counts())
        if found := _load(path, state):
            kept, thresholds = found
            catalogue.take_thresholds(thresholds)
            return kept
        made = Figures(state, catalogue.overview(), catalogue.word_counts())
        thresholds = catalogue.thresholds()
    with contextlib.suppress(OSError):
        _save(path, made, thresholds)
    return made


def _save(path: Path, figures: Figures, thresholds: dict[str, float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as file:
        file.write(json.dumps({"format": _FORMAT, **asdict(figures), "thresholds": thresholds}).encode())


def _load(path: Path, state: str) -> tuple[Figures, dict[str, float]] | None:
    """What was kept of this state; None where that is not there, damaged or of another state."""
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        if (found["format"], found["state"]) != (_FORMAT, state):
            return None
        overview = {name: _as_kept(value) for name, value in found["overview"].items()}
        return Figures(state, Overview(**overview), dict(found["word_counts"])), dict(found["thresholds"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _as_kept(value: Any) -> Any:
    """Pairs are tuples again."""
    return tuple(map(tuple, value)) if isinstance(value, list) else value
