"""The default encoder: several encoders side by side.

Two questions are asked of a sound, and each has its own space. *What sounds like it?* is answered by whole tracks: the
features of all members, each a part that is standardised on the library (:mod:`synesthete.encoders.track_space`), so
that a cosine is a weighted mean of the parts' cosines. *Which recording is this, and where in it?* is answered by
segments: what of the ResNet and of timbre survives a phone in a room. A component of segments is centred, projected so
that what changes within a recording and through a phone counts less (within-class covariance normalisation,
:mod:`synesthete.encoders.whitening`), scaled to unit length and multiplied by the square root of its weight.

Likeness needs few windows of a recording and recognition needs all, so the borrowed networks, which are the dearest,
hear only some of the segments. A member that is not ready is left out: the others go on, under another fingerprint, and
``notes`` says so. Projections are made by ``python -m synesthete.training.fusion_fit``, anew whenever a member is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from synesthete import settings, side_by_side
from synesthete.encoders import registry
from synesthete.encoders.base import Embedding, Encoder, Features, unit
from synesthete.encoders.parts import Part
from synesthete.encoders.segments import AnySegments, Segments, frame_grid
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
# One in how many segments a member hears that answers for whole tracks alone: windows that overlap tell nothing more.
STRIDES = {"musicnn": 4, "aisfx": 12}
COUNTED = "over all excerpts"  # how: a part of the fingerprint, which changing this text would make another


class Fusion(Encoder):
    """Several encoders as one.

    Parameters
    ----------
    weights : Weights, optional
        ``track_weights`` of each part of a track (``musicnn``, ``resnet/likeness``: named as the features are), and
        ``components`` of segments with the tensors ``NAME.mean`` and ``NAME.axes``; by default those in
        ``data/models``.
    encoders : dict of str to Encoder, optional
        The members, all named in the settings; by default those of the settings that are ready.

    Attributes
    ----------
    members : dict of str to Encoder
        Those that take part.
    notes : tuple of str
        A sentence on each member that is missing, or has changed since its projections were made.

    Raises
    ------
    EncoderError
        If no member with a projection is ready, or the projections do not fit.
    """

    name = "synesthete"
    strides = STRIDES
    consumes = "waveform"
    sample_rate = settings.AUDIO.sample_rate_hz
    segment_seconds = SEGMENT_SAMPLES / settings.AUDIO.sample_rate_hz
    hop_seconds = HOP_FRAMES * HOP / settings.AUDIO.sample_rate_hz

    def __init__(self, weights: Weights | None = None, encoders: dict[str, Encoder] | None = None) -> None:
        weights = weights or read(settings.Paths().models, STEM, REMEDY)
        self.version = str(weights.setting("version", str))
        entries: dict[str, dict[str, Any]] = weights.setting("components", dict)
        track_weights = _track_weights(weights)
        wanted = dict.fromkeys(member_of(name) for name in (*track_weights, *entries))
        ready, notes = ready_members(tuple(wanted)) if encoders is None else (dict(encoders), [])
        for name in [name for name in ready if _has_changed(name, ready[name], entries)]:
            notes.append(
                f"'synesthete' leaves out {name!r}, which has changed since its projections were made. {REMEDY}"
            )
            del ready[name]
        self.notes = tuple(notes)
        self._components = [Component(name, entries[name], weights) for name in entries if member_of(name) in ready]
        if not self._components:
            raise EncoderError(
                f"None of the encoders of 'synesthete' that hear every segment is ready. {' '.join(self.notes)}"
            )
        self.members = ready
        self.tag_names = tuple(dict.fromkeys(name for member in ready.values() for name in member.tag_names))
        self.embedding_size = sum(component.size for component in self._components)
        self._card_id = settings.fingerprint(weights.card)
        self._fingerprints: dict[tuple[object, ...], str] = {}
        self._tensors_id = weights.card.get("weights_sha256", "")
        sizes = {name: size for member in ready.values() for name, size in member.feature_sizes.items()}
        self._track_parts = _parts({name: w for name, w in track_weights.items() if member_of(name) in ready}, sizes)

    @property
    def fingerprint(self) -> str:
        """See :class:`Encoder`; made of all weights, and asked for many times by a page: it is kept by the settings."""
        made_with = (settings.AUDIO, settings.SPECTROGRAM, self.hop_seconds)
        if made_with not in self._fingerprints:
            self._fingerprints = {made_with: super().fingerprint}
        return self._fingerprints[made_with]

    @property
    def weights_id(self) -> str:
        """Hash of the settings, the projections and every member."""
        return settings.fingerprint(
            self._card_id, STRIDES, COUNTED, [member.fingerprint for member in self.members.values()]
        )

    @property
    def segment_space_id(self) -> str:
        """See :class:`Encoder`."""
        made_with = {component.name: component.made_with for component in self._components}
        return settings.fingerprint(self.name, self._tensors_id, made_with)

    @property
    def components(self) -> dict[str, slice]:
        """See :class:`Encoder`; the squared lengths of these slices are as their weights."""
        ends = np.cumsum([component.size for component in self._components]).tolist()
        return {
            component.name: slice(end - component.size, end)
            for component, end in zip(self._components, ends, strict=True)
        }

    @property
    def projections(self) -> dict[str, Component]:
        """How each component becomes its share of the vectors of segments."""
        return {component.name: component for component in self._components}

    @property
    def track_parts(self) -> dict[str, Part]:
        """See :class:`Encoder`; the parts are named as the features are."""
        return self._track_parts

    @property
    def part_ids(self) -> dict[str, str]:
        """See :class:`Encoder`."""
        return {name: self.members[member_of(name)].weights_id for name in self._track_parts}

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples] in [-1, 1] at 22,050 Hz; see :meth:`Encoder.encode`."""
        if batch.ndim != 2 or batch.shape[1] == 0:
            raise EncoderError(f"'synesthete' needs waveforms [n, n_samples > 0], got the shape {batch.shape}.")
        rate, seconds = self.sample_rate, batch.shape[1] / self.sample_rate
        cut = [Segments(samples.astype(np.float32, copy=False), rate, [0.0], seconds) for samples in batch]
        return np.concatenate([self.segment_vectors(self.segment_features(segments)) for segments in cut])

    def segment_grid(self, n_samples: int, sample_rate_hz: int) -> tuple[list[float], float]:
        """Segments begin with a frame of the spectrogram, for all members alike; see :meth:`Encoder.segment_grid`."""
        return frame_grid(n_samples, SEGMENT_FRAMES, HOP_FRAMES)

    def features(self, segments: AnySegments) -> Features:
        """The features of all members, of some segments only for those in ``STRIDES``; see :meth:`Encoder.features`."""
        return member_features(self.members, segments)

    def segment_features(self, segments: AnySegments) -> Features:
        """The features of the members that hear every segment; see :meth:`Encoder.segment_features`."""
        wanted = dict.fromkeys(member_of(component.name) for component in self._components)
        return member_features({name: self.members[name] for name in wanted}, segments)

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Unit vectors [n_segments, embedding_size] in segment space."""
        parts = [component.segment_vectors(features[component.name]) for component in self._components]
        return unit(np.concatenate(parts, axis=1))

    def track_features(self, features: Features) -> np.ndarray:
        """The mean of every part over the segments it was heard in [n_track_features]."""
        return np.concatenate([features[name].mean(axis=0) for name in self._track_parts]).astype(np.float32)

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
    """One named feature array of a member: how it becomes its share of the vectors of segments.

    Attributes
    ----------
    name : str
    mean : np.ndarray [shape=(n_features,)], float32
    axes : np.ndarray [shape=(n_features, size)], float32
    factor : float > 0
        The length of its share, the square root of its weight.
    """

    def __init__(self, name: str, entry: dict[str, Any], weights: Weights) -> None:
        self.name = name
        try:
            self.mean, self.axes = (weights.tensors[f"{name}.{tensor}"] for tensor in ("mean", "axes"))
            weight = float(entry["weight"])
            self.made_with = str(entry["made_with"])
        except (KeyError, TypeError, ValueError) as error:
            raise EncoderError(f"{weights.label} lacks what it needs for {name!r} ({error}). {REMEDY}") from error
        if weight <= 0:
            raise EncoderError(f"{weights.label} weighs {name!r} by {weight}; it must be above zero. {REMEDY}")
        self.factor = np.float32(np.sqrt(weight))
        self.size = self.axes.shape[1]

    def segment_vectors(self, features: np.ndarray) -> np.ndarray:
        """From features [n, n_features] to [n, size]; the length is the square root of the weight."""
        return self.factor * unit(project(features - self.mean, self.axes))


def member_of(component: str) -> str:
    """The encoder that a component or part belongs to: ``musicnn`` for ``musicnn/layers``."""
    return component.partition("/")[0]


def member_features(members: Mapping[str, Encoder], segments: AnySegments) -> Features:
    """Features of several encoders for the same segments; waveforms are given to each at one level.

    Each has its segments in as many shares as there are threads, which then have equally much to do.
    """
    levelled = segments.at_level(LEVEL)
    works = [
        partial(member.features, share)
        for name, member in members.items()
        for share in levelled.thinned(STRIDES.get(name, 1)).shares(side_by_side.n_threads())
    ]
    found: dict[str, list[np.ndarray]] = {}
    for features in side_by_side.run(works):
        for name, values in features.items():
            found.setdefault(name, []).append(values)
    return {name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in found.items()}


def _has_changed(name: str, member: Encoder, entries: dict[str, dict[str, Any]]) -> bool:
    """Whether a member gives other features than its projections were made for."""
    made_with = [entry.get("made_with") for component, entry in entries.items() if member_of(component) == name]
    return any(made != member.weights_id for made in made_with)


def _track_weights(weights: Weights) -> dict[str, float]:
    plain = weights.setting("track_weights", dict)
    try:
        found = {str(name): float(weight) for name, weight in plain.items()}
    except (TypeError, ValueError) as error:
        raise EncoderError(f"The track_weights of {weights.label} are no numbers: {plain!r}. {REMEDY}") from error
    if not found or min(found.values()) <= 0:
        raise EncoderError(f"The track_weights of {weights.label} must be above zero, got {plain!r}. {REMEDY}")
    return found


def _parts(track_weights: dict[str, float], sizes: Mapping[str, int]) -> dict[str, Part]:
    unknown = [name for name in track_weights if name not in sizes]
    if unknown:
        raise EncoderError(f"The encoder {member_of(unknown[0])!r} has no features {unknown[0]!r}. {REMEDY}")
    parts, begin = {}, 0
    for name, weight in track_weights.items():
        parts[name] = Part(slice(begin, begin + sizes[name]), weight)
        begin += sizes[name]
    return parts


def ready_members(names: Iterable[str]) -> tuple[dict[str, Encoder], list[str]]:
    """Load those encoders that are ready, and say in a sentence each which are not, and the remedy."""
    ready: dict[str, Encoder] = {}
    notes: list[str] = []
    for name in names:
        try:
            ready[name] = registry.load(name)
        except EncoderError as error:
            notes.append(f"'synesthete' goes on without one of its encoders, {name!r}. {error}")
    return ready, notes
