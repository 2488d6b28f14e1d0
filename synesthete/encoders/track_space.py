"""Track space: how what was heard in whole recordings becomes vectors whose cosines mean likeness *in one library*.

An encoder's numbers differ in scale, and what they tell depends on the music they are compared within: in a library of
piano music that there is a piano tells nothing. So each number is standardised by its mean and spread over the tracks
of the library. While these are few, a reference of real music that comes with the encoder counts beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.parts import Part
from synesthete.encoders.weights import Weights, read, write
from synesthete.errors import EncoderError

STEM = "reference"
REMEDY = "Make it anew from your music with: python -m synesthete.training.fit_reference FILES..."
REFERENCE_TRACKS = 20  # how many tracks of the library the reference counts for
SMALLEST_STD = 1e-3  # a number that never varies is divided by this instead of zero


@dataclass(frozen=True)
class Moments:
    """Mean and variance of track features over some tracks.

    Attributes
    ----------
    n_tracks : int >= 0
    mean, variance : np.ndarray [shape=(n_track_features,)], float64
    """

    n_tracks: int
    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, portions: Iterable[np.ndarray], size: int) -> Moments:
        """Those of rows [n_i, size] that come in portions; a row of zeros is silence, and is left out."""
        n_tracks, total, squares = 0, np.zeros(size), np.zeros(size)
        for portion in portions:
            rows = portion[portion.any(axis=1)].astype(np.float64)
            n_tracks += len(rows)
            total += rows.sum(axis=0)
            squares += np.square(rows).sum(axis=0)
        mean = total / max(n_tracks, 1)
        return cls(n_tracks, mean, np.maximum(squares / max(n_tracks, 1) - np.square(mean), 0.0))

    def joined(self, other: Moments) -> Moments:
        """Those of both together."""
        n_tracks = self.n_tracks + other.n_tracks
        if n_tracks == 0:
            return self
        share = other.n_tracks / n_tracks
        mean = (1 - share) * self.mean + share * other.mean
        apart = share * (1 - share) * np.square(self.mean - other.mean)
        return Moments(n_tracks, mean, (1 - share) * self.variance + share * other.variance + apart)


def reference_of(encoder: Encoder) -> Moments | None:
    """Moments over the real music that comes with the project; None where there are none of these very weights.

    Raises
    ------
    EncoderError
        The file is damaged.
    """
    folder = settings.Paths().models
    if not encoder.track_parts or not (folder / f"{STEM}.json").is_file():
        return None
    weights = _read(folder)
    made_with = weights.setting("made_with", dict)
    names = {part: f"{encoder.name}:{part}" for part in encoder.track_parts}
    if any(made_with.get(names[part]) != made for part, made in encoder.part_ids.items()):
        return None
    mean, variance = np.zeros(encoder.n_track_features), np.ones(encoder.n_track_features)
    for part, name in names.items():
        at = encoder.track_parts[part].at
        try:
            mean[at], variance[at] = weights.tensors[f"{name}.mean"], weights.tensors[f"{name}.variance"]
        except (KeyError, ValueError) as error:
            raise EncoderError(f"{weights.label} does not fit {encoder.name!r} ({error}). {REMEDY}") from error
    return Moments(REFERENCE_TRACKS, mean, variance)


@lru_cache(maxsize=1)
def _read(folder: Path) -> Weights:
    return read(folder, STEM, REMEDY)


def write_reference(folder: Path, made: Mapping[Encoder, Moments], made_from: str) -> None:
    """Write the moments of several encoders as :func:`reference_of` reads them."""
    tensors, made_with = {}, {}
    for encoder, moments in made.items():
        for part, entry in encoder.track_parts.items():
            name = f"{encoder.name}:{part}"
            tensors[f"{name}.mean"] = moments.mean[entry.at].astype(np.float32)
            tensors[f"{name}.variance"] = moments.variance[entry.at].astype(np.float32)
            made_with[name] = encoder.part_ids[part]
    n_tracks = max((moments.n_tracks for moments in made.values()), default=0)
    write(folder, STEM, tensors, {"made_from": made_from, "n_tracks": n_tracks, "made_with": made_with})
    _read.cache_clear()


def own_space(encoder: Encoder) -> TrackSpace:
    """Where a sound lies that is in no library: by the reference alone."""
    return space_in(encoder, None)


def space_in(encoder: Encoder, library: Moments | None) -> TrackSpace:
    """The track space of an encoder in a library, whose moments are drawn towards the reference while they are few."""
    reference = reference_of(encoder)
    if not encoder.track_parts:
        return TrackSpace({})
    size = encoder.n_track_features
    moments = library or Moments(0, np.zeros(size), np.ones(size))
    if reference is not None:
        moments = moments.joined(reference)
    elif moments.n_tracks < 2:  # nothing is known of what varies
        moments = Moments(1, np.zeros(size), np.ones(size))
    return TrackSpace(encoder.track_parts, moments)


class TrackSpace:
    """Track features to unit vectors: standardise, scale each part to its weight, join.

    Parameters
    ----------
    parts : mapping of str to Part
        None of them leaves the features as they are, but for their length.
    moments : Moments, optional
        Of the library; needed where there are parts.

    Attributes
    ----------
    parts : dict of str to slice
        Where in the vectors each part lies; the squared lengths of these slices are as the weights.
    is_fitted : bool
        Whether the vectors depend on the library.
    fingerprint : str
        Other vectors have another one.
    """

    def __init__(self, parts: Mapping[str, Part], moments: Moments | None = None) -> None:
        self.is_fitted = bool(parts)
        self._ats = [part.at for part in parts.values()]
        self._factors = [np.float32(np.sqrt(part.weight)) for part in parts.values()]
        ends = np.cumsum([part.at.stop - part.at.start for part in parts.values()]).tolist()
        self.parts = {
            name: slice(end - (part.at.stop - part.at.start), end)
            for (name, part), end in zip(parts.items(), ends, strict=True)
        }
        self.fingerprint = ""
        if moments is not None and self.is_fitted:
            self._mean = moments.mean.astype(np.float32)
            self._std = np.maximum(np.sqrt(moments.variance), SMALLEST_STD).astype(np.float32)
            weights = [part.weight for part in parts.values()]
            self.fingerprint = settings.fingerprint(self._mean.tolist(), self._std.tolist(), weights)

    def __call__(self, track_features: np.ndarray) -> np.ndarray:
        """Unit vectors [n, size] of track features [n, n_track_features], or one [size] of one; float32.

        Silence, which is all zeros, stays so.
        """
        features = np.asarray(track_features, dtype=np.float32)
        if not self.is_fitted:
            return unit(features)
        scores = (features - self._mean) / self._std
        pairs = zip(self._ats, self._factors, strict=True)
        vectors = unit(np.concatenate([factor * unit(scores[..., at]) for at, factor in pairs], axis=-1))
        return np.asarray(vectors * features.any(axis=-1, keepdims=True), dtype=np.float32)
