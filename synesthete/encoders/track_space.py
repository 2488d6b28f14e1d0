"""Track space: how what was heard in whole recordings becomes vectors whose cosines mean likeness *in one library*.

An encoder's numbers differ in scale, and what they tell depends on the music they are compared within: in a library of
piano music that there is a piano tells nothing. So each number is standardised by its mean and spread over the tracks
of the library. While these are few, a reference of real music that comes with the encoder counts beside them.

The reference also says in which few directions a phone in a room moves the features of any music, whatever it is. They
are left out of every vector: what is lost tells hardly anything of the music.

A. Solomonoff, W. M. Campbell and I. Boardman, "Advances in channel compensation for SVM speaker recognition", ICASSP,
2005 (nuisance attribute projection).
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
N_NUISANCE = 4  # directions left out of each part
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


def _orthonormal(directions: np.ndarray) -> np.ndarray:
    """Orthonormal axes [size, r], float32, of what directions [size, m] span."""
    axes, lengths, _ = np.linalg.svd(directions, full_matrices=False)
    return np.asarray(axes[:, lengths > 1e-6 * lengths.max(initial=0.0)], dtype=np.float32)


def reference_of(encoder: Encoder) -> Reference | None:
    """The reference that comes with the project; None where there is none of these very weights.

    Raises
    ------
    EncoderError
        The file is damaged.
    """
    own = encoder.own_reference
    if encoder.track_parts and "reference.mean" in own:
        moments = Moments(REFERENCE_TRACKS, own["reference.mean"], own["reference.variance"])
        return Reference(moments, own["reference.nuisance"])
    folder = settings.Paths().models
    if not encoder.track_parts or not (folder / f"{STEM}.json").is_file():
        return None
    weights = _read(folder)
    made_with = weights.setting("made_with", dict)
    names = {part: f"{encoder.name}:{part}" for part in encoder.track_parts}
    if any(made_with.get(names[part]) != made for part, made in encoder.part_ids.items()):
        return None
    size = encoder.n_track_features
    mean, variance, nuisance = np.zeros(size), np.ones(size), np.zeros((size, N_NUISANCE))
    for part, name in names.items():
        at = encoder.track_parts[part].at
        try:
            mean[at], variance[at] = weights.tensors[f"{name}.mean"], weights.tensors[f"{name}.variance"]
            nuisance[at] = weights.tensors[f"{name}.nuisance"]
        except (KeyError, ValueError) as error:
            raise EncoderError(f"{weights.label} does not fit {encoder.name!r} ({error}). {REMEDY}") from error
    return Reference(Moments(REFERENCE_TRACKS, mean, variance), nuisance)


@lru_cache(maxsize=1)
def _read(folder: Path) -> Weights:
    return read(folder, STEM, REMEDY)


def write_reference(folder: Path, made: Mapping[Encoder, Reference], made_from: str) -> None:
    """Write the references of several encoders as :func:`reference_of` reads them."""
    tensors, made_with = {}, {}
    for encoder, reference in made.items():
        for part, entry in encoder.track_parts.items():
            name = f"{encoder.name}:{part}"
            tensors[f"{name}.mean"] = reference.moments.mean[entry.at].astype(np.float32)
            tensors[f"{name}.variance"] = reference.moments.variance[entry.at].astype(np.float32)
            tensors[f"{name}.nuisance"] = reference.nuisance[entry.at].astype(np.float32)
            made_with[name] = encoder.part_ids[part]
    n_tracks = max((reference.moments.n_tracks for reference in made.values()), default=0)
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
        moments = moments.joined(reference.moments)
    elif moments.n_tracks < 2:  # nothing is known of what varies
        moments = Moments(1, np.zeros(size), np.ones(size))
    return TrackSpace(encoder.track_parts, moments, reference.nuisance if reference else None)


def nuisance_of(changes: np.ndarray, moments: Moments, parts: Mapping[str, Part]) -> np.ndarray:
    """The directions that changes by a phone have most of, for each part by itself.

    Parameters
    ----------
    changes : np.ndarray [shape=(m, n_track_features)]
        Track features through a phone in a room minus those of the same sound as it is; m >= ``N_NUISANCE``.
    moments : Moments
        By whose spread the changes are measured.
    parts : mapping of str to Part

    Returns
    -------
    np.ndarray [shape=(n_track_features, N_NUISANCE)], float64
    """
    std = np.maximum(np.sqrt(moments.variance), SMALLEST_STD)
    found = np.zeros((len(std), N_NUISANCE))
    for part in parts.values():
        axes = np.linalg.svd(changes[:, part.at] / std[part.at], full_matrices=False)[2][:N_NUISANCE]
        found[part.at] = axes.T * std[part.at, None]
    return found


@dataclass(frozen=True)
class Reference:
    """What real music says of an encoder, and comes with it.

    Attributes
    ----------
    moments : Moments
    nuisance : np.ndarray [shape=(n_track_features, N_NUISANCE)], float64
        Directions in which a phone in a room moves the features, for each part by itself.
    """

    moments: Moments
    nuisance: np.ndarray


class TrackSpace:
    """Track features to unit vectors: standardise, leave out what a phone changes, scale each part to its weight, join.

    Parameters
    ----------
    parts : mapping of str to Part
        None of them leaves the features as they are, but for their length.
    moments : Moments, optional
        Of the library; needed where there are parts.
    nuisance : np.ndarray [shape=(n_track_features, m)], optional
        Directions to leave out.

    Attributes
    ----------
    parts : dict of str to slice
        Where in the vectors each part lies; the squared lengths of these slices are as the weights.
    is_fitted : bool
        Whether the vectors depend on the library.
    fingerprint : str
        Other vectors have another one.
    """

    def __init__(
        self, parts: Mapping[str, Part], moments: Moments | None = None, nuisance: np.ndarray | None = None
    ) -> None:
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
            rows = [] if nuisance is None else [(nuisance / self._std[:, None])[at] for at in self._ats]
            self._nuisance = [_orthonormal(part) for part in rows]
            weights = [part.weight for part in parts.values()]
            numbers = [array.tolist() for array in (self._mean, self._std, *rows)]
            self.fingerprint = settings.fingerprint(numbers, weights)

    def __call__(self, track_features: np.ndarray) -> np.ndarray:
        """Unit vectors [n, size] of track features [n, n_track_features], or one [size] of one; float32.

        Silence, which is all zeros, stays so.
        """
        features = np.asarray(track_features, dtype=np.float32)
        if not self.is_fitted:
            return unit(features)
        scores = (features - self._mean) / self._std
        parts = [scores[..., at] for at in self._ats]
        if self._nuisance:
            parts = [part - (part @ axes) @ axes.T for part, axes in zip(parts, self._nuisance, strict=True)]
        pairs = zip(self._factors, parts, strict=True)
        vectors = unit(np.concatenate([factor * unit(part) for factor, part in pairs], axis=-1))
        return np.asarray(vectors * features.any(axis=-1, keepdims=True), dtype=np.float32)
