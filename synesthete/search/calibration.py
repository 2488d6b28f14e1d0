"""How evidence that a sound is a recording becomes a probability, measured on real recordings for each encoder.

The measure lies in ``data/models/recognition.json`` and ``recognition.safetensors``;
``python -m synesthete.evaluation.fit_recognition`` makes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.encoders.base import Encoder
from synesthete.encoders.weights import Weights, read
from synesthete.errors import EncoderError
from synesthete.search.passages import SegmentVectors

STEM = "recognition"
REMEDY = "Make it anew from your music with: python -m synesthete.evaluation.fit_recognition FILES..."
SOFTNESS = 4.0  # by which log-odds are divided where a recording is likely and not certain
WHOLE = {"": slice(None)}  # of an encoder whose segments have no components


@dataclass(frozen=True)
class Calibration:
    """What evidence says for the segments of one encoder.

    Attributes
    ----------
    coefficients : np.ndarray [shape=(1 + 2 * n_components,)]
        Of the numbers of :attr:`~synesthete.search.recognition.Evidence.numbers`, in a logistic regression.
    intercept : float
    certain : float
        The least log-odds at which a recording is named.
    cohort : SegmentVectors
        Other recordings, which a recording must lead as it must lead those of the catalogue: who is first among few has
        not been told from many.
    components : dict of str to slice
        Where in a segment's vector each component lies.
    """

    coefficients: np.ndarray
    intercept: float
    certain: float
    cohort: SegmentVectors
    components: Mapping[str, slice]

    def certainty(self, numbers: np.ndarray) -> float:
        """How certain it is that the recording is the right one, from 0 to 1: at 1 it is named.

        Below, it rises as the probability at softened odds does: a question is drawn by it towards the likeliest
        recording, which sounds much like it even where it is another.
        """
        log_odds = float(self.coefficients @ numbers + self.intercept)
        if log_odds >= self.certain:
            return 1.0
        return _probability(log_odds / SOFTNESS) / _probability(self.certain / SOFTNESS)


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(log_odds, -700.0)))


def calibration_of(encoder: Encoder) -> Calibration | None:
    """How certain this encoder's segments make; None for one that was not calibrated.

    Raises
    ------
    EncoderError
        The files are damaged.
    """
    folder = settings.Paths().models
    if not (folder / f"{STEM}.json").is_file():
        return None
    weights = _read(folder)
    try:
        entries = {str(entry["segment_space_id"]): entry for entry in weights.card["calibrations"]}
        entry = entries.get(encoder.segment_space_id)
        return None if entry is None else _calibration(entry, weights, encoder)
    except (KeyError, TypeError, ValueError) as error:
        raise EncoderError(f"{weights.label} is damaged ({error!r}). {REMEDY}") from error


@lru_cache(maxsize=1)
def _read(folder: Path) -> Weights:
    return read(folder, STEM, REMEDY)


def _calibration(entry: dict[str, Any], weights: Weights, encoder: Encoder) -> Calibration:
    components = dict(encoder.components) or WHOLE
    if entry["components"] != list(components):
        raise ValueError(f"components {entry['components']!r}, those of {encoder.name} are {list(components)!r}")
    coefficients = np.array(entry["coefficients"], dtype=np.float64)
    if coefficients.shape != (1 + 2 * len(components),):
        raise ValueError(f"{coefficients.size} coefficients for {len(components)} components")
    numbers = np.array([*coefficients, entry["intercept"], entry["certain"]], dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"numbers {numbers.tolist()!r}")
    name = encoder.name
    vectors, starts, recordings = (weights.tensors[f"{name}.{part}"] for part in ("vectors", "starts", "recordings"))
    if vectors.shape[1:] != (encoder.embedding_size,) or not len(vectors) == len(starts) == len(recordings):
        raise ValueError(f"a cohort of shape {vectors.shape}")
    cohort = SegmentVectors.lay(vectors.astype(np.float32), starts, recordings.astype(np.int64), encoder.hop_seconds)
    return Calibration(coefficients, float(numbers[-2]), float(numbers[-1]), cohort, components)


def cohort_tensors(name: str, cohort: SegmentVectors) -> dict[str, np.ndarray]:
    """A cohort as it is kept in the file of weights."""
    recordings = np.repeat(np.arange(cohort.n_recordings, dtype=np.int32), np.diff(cohort.bounds))
    return {
        f"{name}.vectors": cohort.vectors.astype(np.float16),
        f"{name}.starts": cohort.start_seconds.astype(np.float32),
        f"{name}.recordings": recordings,
    }
