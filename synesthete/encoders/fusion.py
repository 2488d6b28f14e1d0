"""The default encoder: several encoders side by side, so that a cosine is a weighted mean of theirs.

Each member encoder gives features of the same segments; each named feature array is a component. A component's vectors
are centred on a reference collection (which cures most hubs), projected so that what changes within a recording counts
less (within-class covariance normalisation, :mod:`synesthete.encoders.whitening`), scaled to unit length and multiplied
by the square root of the component's weight. Concatenated, their inner product is the weighted sum of the components'
cosines, and a search costs what it costs for one encoder.

There are two projections and two weights for each component: for whole tracks, where likeness counts, and for segments,
which also have to be found again through a phone in a room. So tracks and segments lie in two spaces, and a track's
vector is not the mean of its segments'.

A member that is not ready is left out: the others go on, under another fingerprint, and ``notes`` says so. Projections
and weights are made by ``python -m synesthete.training.fusion_fit``, anew whenever a member is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from synesthete import settings
from synesthete.encoders import registry
from synesthete.encoders.base import Embedding, Encoder, Features, unit
from synesthete.encoders.segments import Segments, frame_grid
from synesthete.encoders.weights import Weights, read
from synesthete.encoders.whitening import project
from synesthete.errors import EncoderError
from synesthete.spectrogram import Spectrogram, compute_spectrograms

if TYPE_CHECKING:
    from synesthete.audio import Clip

STEM = "synesthete"
REMEDY = "Make it anew from your music with: python -m synesthete.training.fusion_fit FILES..."
HOP = settings.SPECTROGRAM.hop_length
SEGMENT_FRAMES = 127  # 3.02 s, the least that gives every member its full segment
HOP_FRAMES = 65  # a whole number, so that frames and samples begin together
SEGMENT_SAMPLES = (SEGMENT_FRAMES - 1) * HOP + settings.SPECTROGRAM.n_fft
LEVEL = 0.1  # root mean square to which segments are brought for a member whose features depend on the level
TENSORS = ("segment_mean", "segment_axes", "track_mean", "track_axes")


class Fusion(Encoder):
    """Several encoders as one.

    Parameters
    ----------
    weights : Weights, optional
        For each component ``NAME.segment_mean``, ``.segment_axes``, ``.track_mean``, ``.track_axes``; by default
        those in ``data/models``. A component is named as the features are: ``musicnn``, ``resnet/likeness``.
    encoders : dict of str to Encoder, optional
        The members, all named in the settings; by default those of the settings that are ready.

    Attributes
    ----------
    members : dict of str to Encoder
        Those that take part, in the order of the vector.
    notes : tuple of str
        A sentence on each member that is missing, or has changed since its projections were made.

    Raises
    ------
    EncoderError
        If no member is ready, or the projections do not fit.
    """

    name = "synesthete"
    consumes = "waveform"
    sample_rate = settings.AUDIO.sample_rate_hz
    segment_seconds = SEGMENT_SAMPLES / settings.AUDIO.sample_rate_hz
    hop_seconds = HOP_FRAMES * HOP / settings.AUDIO.sample_rate_hz
    has_one_space = False

    def __init__(self, weights: Weights | None = None, encoders: dict[str, Encoder] | None = None) -> None:
        weights = weights or read(settings.Paths().models, STEM, REMEDY)
        self.version = str(weights.setting("version", str))
        entries: dict[str, dict[str, Any]] = weights.setting("components", dict)
        wanted = dict.fromkeys(member_of(name) for name in entries)
        ready, notes = ready_members(tuple(wanted)) if encoders is None else (dict(encoders), [])
        made_with = {name: {entries[c].get("made_with") for c in entries if member_of(c) == name} for name in ready}
        for name in [name for name in ready if made_with[name] != {ready[name].weights_id}]:
            notes.append(
                f"'synesthete' leaves out {name!r}, which has changed since its projections were made. {REMEDY}"
            )
            del ready[name]
        self.notes = tuple(notes)
        if not ready:
            raise EncoderError(f"None of the encoders of 'synesthete' is ready. {' '.join(self.notes)}")
        self._components = [Component(name, entries[name], weights) for name in entries if member_of(name) in ready]
        self.members = ready
        self.tag_names = tuple(dict.fromkeys(name for member in ready.values() for name in member.tag_names))
        self.embedding_size = sum(component.size for component in self._components)
        self._card_id = settings.fingerprint(weights.card)

    @property
    def weights_id(self) -> str:
        """Hash of the settings, the projections and every member."""
        return settings.fingerprint(self._card_id, [member.fingerprint for member in self.members.values()])

    @property
    def components(self) -> dict[str, slice]:
        """Where in the vector each component lies; the squared lengths of these slices are as their weights."""
        ends = np.cumsum([component.size for component in self._components]).tolist()
        return {
            component.name: slice(end - component.size, end)
            for component, end in zip(self._components, ends, strict=True)
        }

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples] in [-1, 1] at 22,050 Hz; see :meth:`Encoder.encode`."""
        if batch.ndim != 2 or batch.shape[1] == 0:
            raise EncoderError(f"'synesthete' needs waveforms [n, n_samples > 0], got the shape {batch.shape}.")
        rate, seconds = self.sample_rate, batch.shape[1] / self.sample_rate
        cut = [Segments(samples.astype(np.float32, copy=False), rate, [0.0], seconds) for samples in batch]
        return np.concatenate([self.segment_vectors(self.features(segments)) for segments in cut])

    def segment_grid(self, n_samples: int, sample_rate_hz: int) -> tuple[list[float], float]:
        """Segments begin with a frame of the spectrogram, for all members alike; see :meth:`Encoder.segment_grid`."""
        return frame_grid(n_samples, SEGMENT_FRAMES, HOP_FRAMES)

    def features(self, segments: Segments) -> Features:
        """The features of all members; see :meth:`Encoder.features`."""
        return member_features(self.members.values(), segments)

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Unit vectors [n_segments, embedding_size] in segment space."""
        parts = [component.segment_vectors(features[component.name]) for component in self._components]
        return unit(np.concatenate(parts, axis=1))

    def track_vector(self, features: Features) -> np.ndarray:
        """One unit vector [embedding_size] in track space."""
        parts = [component.track_vector(features[component.name]) for component in self._components]
        return unit(np.concatenate(parts))

    def tags(self, features: Features) -> dict[str, float]:
        """The tags of those members that know some; see :meth:`Encoder.tags`."""
        found: dict[str, float] = {}
        for member in self.members.values():
            found |= member.tags(features)
        return found

    def embed(self, clip: Clip, spectrograms: tuple[Spectrogram, ...] | None = None) -> Embedding:
        """Embed a clip; see :meth:`Encoder.embed`. One spectrogram of each excerpt serves all members."""
        return super().embed(clip, compute_spectrograms(clip) if spectrograms is None else spectrograms)


class Component:
    """One named feature array of a member: how it becomes its share of the vectors, in either space."""

    def __init__(self, name: str, entry: dict[str, Any], weights: Weights) -> None:
        self.name = name
        try:
            segment_mean, segment_axes, track_mean, track_axes = (
                weights.tensors[f"{name}.{tensor}"] for tensor in TENSORS
            )
            shares = [float(entry[key]) for key in ("segment_weight", "track_weight")]
        except (KeyError, TypeError, ValueError) as error:
            raise EncoderError(f"{weights.label} lacks what it needs for {name!r} ({error}). {REMEDY}") from error
        if min(shares) <= 0:
            raise EncoderError(f"{weights.label} weighs {name!r} by {shares}; both must be above zero. {REMEDY}")
        self._to_segment = _Projection(segment_mean, segment_axes)
        self._to_track = _Projection(track_mean, track_axes)
        self._segment_factor, self._track_factor = (np.float32(np.sqrt(share)) for share in shares)
        self.size = segment_axes.shape[1]

    def segment_vectors(self, features: np.ndarray) -> np.ndarray:
        """From features [n, n_features] to [n, size]; the length is the square root of the weight."""
        return self._segment_factor * self._to_segment(features)

    def track_vector(self, features: np.ndarray) -> np.ndarray:
        """From the features of a clip's segments [n, n_features] to [size]."""
        return self._track_factor * unit(self._to_track(features).mean(axis=0))


class _Projection:
    """Centre, project, scale to unit length."""

    def __init__(self, mean: np.ndarray, axes: np.ndarray) -> None:
        self._mean, self._axes = mean, axes

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """From [n, n_features] to unit vectors [n, size]."""
        return unit(project(features - self._mean, self._axes))


def member_of(component: str) -> str:
    """The encoder that a component belongs to: ``musicnn`` for ``musicnn/layers``."""
    return component.partition("/")[0]


def member_features(members: Iterable[Encoder], segments: Segments) -> Features:
    """Features of several encoders for the same segments; waveforms are given to each at one level."""
    found: Features = {}
    levelled = segments.at_level(LEVEL)
    for member in members:
        found |= member.features(levelled)
    return found


def ready_members(names: tuple[str, ...]) -> tuple[dict[str, Encoder], list[str]]:
    """Load those encoders that are ready, and say in a sentence each which are not, and the remedy."""
    ready: dict[str, Encoder] = {}
    notes: list[str] = []
    for name in names:
        try:
            ready[name] = registry.load(name)
        except EncoderError as error:
            notes.append(f"'synesthete' goes on without one of its encoders, {name!r}. {error}")
    return ready, notes
