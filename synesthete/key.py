"""Which key a sound is in, where that can be told: the profile of its pitch classes beside those of the 24 keys.

C. Krumhansl and E. Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial representation
of musical keys", Psychological Review, 1982 (the profiles). C. Krumhansl, "Cognitive Foundations of Musical Pitch",
1990 (the key whose profile correlates best).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.spectrogram import Spectrogram

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
TONICS = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
SURE = 0.08  # by how much the best correlation exceeds the second; see benchmarks/tempo_and_key.py
LEAST_CORRELATION = 0.5


@dataclass(frozen=True)
class Key:
    """What is told of a sound's key.

    Attributes
    ----------
    tonic : int in [0, 11]
        Pitch class, from C.
    is_minor : bool
    confidence : float in [0, 1]
        By how much its correlation exceeds that of the next key.
    correlation : float in [-1, 1]
        Of the sound's pitch classes with the profile of the key.
    """

    tonic: int
    is_minor: bool
    confidence: float
    correlation: float

    @property
    def name(self) -> str:
        """In words: "C minor"."""
        return f"{TONICS[self.tonic]} {'minor' if self.is_minor else 'major'}"


def key_profiles() -> np.ndarray:
    """The 24 profiles, centred and of unit length: C major upwards, then C minor upwards, [24, 12]."""
    rows = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def estimate_key(spectrograms: Sequence[Spectrogram]) -> Key | None:
    """The key of a clip, from the spectrograms of its excerpts; None where it is unsure, and without notes."""
    found = likeliest_key(pitch_classes(spectrograms))
    return found if found and found.confidence >= SURE and found.correlation >= LEAST_CORRELATION else None


def pitch_classes(spectrograms: Sequence[Spectrogram]) -> np.ndarray:
    """How much of each pitch class a clip has, [12], >= 0, from C upwards.

    The square of the chroma: of a frame the strongest classes count, not the noise and the overtones beneath.
    """
    totals = [np.square(spectrogram.inner().chroma.astype(np.float64)).sum(axis=1) for spectrogram in spectrograms]
    return np.asarray(np.sum(totals, axis=0))


def likeliest_key(classes: np.ndarray) -> Key | None:
    """The key whose profile fits pitch classes [12] best; None where all are equal."""
    centred = classes - classes.mean()
    length = float(np.linalg.norm(centred))
    if length <= 1e-9 * max(float(np.abs(classes).max()), 1e-9):
        return None
    correlations = key_profiles() @ (centred / length)
    second, best = np.argsort(correlations)[-2:]
    margin = float(correlations[best] - correlations[second])
    return Key(int(best) % 12, bool(best >= 12), min(margin, 1.0), float(correlations[best]))
