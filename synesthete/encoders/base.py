"""The one contract all encoders keep, and how a clip becomes an embedding through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from synesthete import settings
from synesthete.audio.silence import is_mostly_silent, is_sounding
from synesthete.encoders.parts import Part
from synesthete.encoders.segments import (
    AnySegments,
    Form,
    Segments,
    SegmentsOfExcerpts,
    frame_grid,
    sample_grid,
    segment_frames,
)
from synesthete.spectrogram import Spectrogram, compute_spectrograms
from synesthete.tracks import Segment

if TYPE_CHECKING:
    from synesthete.audio import Clip

Features = dict[str, np.ndarray]  # by name: [n_segments, size]


@dataclass(frozen=True)
class Embedding:
    """What an encoder makes of one clip.

    Attributes
    ----------
    track_features : np.ndarray [shape=(n_track_features,)], float32
        The whole clip as the encoder hears it, before it is fitted to a library;
        :class:`~synesthete.encoders.track_space.TrackSpace` makes a vector of it.
    segment_vectors : np.ndarray [shape=(n_segments, embedding_size)], float32, unit length
        In segment space; zero for a silent segment, which has no say in ``track_features`` either.
    segments : tuple of Segment, n_segments long
        Where in the recording each segment lies.
    fingerprint : str
        Of the encoder that made it.
    tags : dict of str to float in [0, 1]
        What the encoder would call the clip, likeliest first; empty for an encoder that knows no tags.
    """

    track_features: np.ndarray
    segment_vectors: np.ndarray
    segments: tuple[Segment, ...]
    fingerprint: str
    tags: dict[str, float] = field(default_factory=dict)


class Encoder(ABC):
    """Turns sound into numbers whose cosines say how alike it sounds.

    There are two spaces. Segments have unit vectors that compare with those of other segments, in any library. Whole
    tracks have features, of which a vector is made in the library that they are in
    (:class:`~synesthete.encoders.track_space.TrackSpace`). Both come from the same features of segments:
    :meth:`features`, then :meth:`segment_vectors` and :meth:`track_features`.

    A passage gives the same vector alone and cut out of a longer recording: segments are made of the frames that lie
    wholly inside the sound, and nothing in them is measured against the rest of the recording. An encoder's class,
    called without arguments, loads what it needs or raises :class:`EncoderError`.

    Attributes
    ----------
    name, version : str
    embedding_size : int > 0
        Of the vectors of segments.
    sample_rate : int > 0 [Hz]
        Of the waveform it expects (``consumes == "waveform"``), or that its spectrogram was made from.
    segment_seconds, hop_seconds : float > 0 [s]
        Length of a segment, and the step from one to the next.
    consumes : {"features", "image", "waveform"}
        What :meth:`encode` takes: feature matrices [n, n_rows, n_frames]
        (:meth:`~synesthete.spectrogram.Spectrogram.feature_matrix`), stacked images [n, 3, n_bins, n_frames]
        in [0, 1], or waveforms [n, n_samples] in [-1, 1].
    track_parts : dict of str to Part
        Which shares of the track features are compared by themselves, each standardised on the library: all of them
        together where ``is_standardised``, unless a subclass says otherwise. Empty for an encoder whose track features
        are taken as they are: unit vectors in segment space.
    is_standardised : bool
        Whether each number of the track features is standardised on the library.
    notes : tuple of str
        What a listener should know, such as a component that is missing.
    tag_names : tuple of str
        The names that :meth:`tags` gives; empty for an encoder that knows no tags.
    own_reference : mapping of str to np.ndarray
        ``reference.mean``, ``reference.variance`` and ``reference.nuisance`` of an encoder that brings its reference
        with its weights (:class:`~synesthete.encoders.track_space.Reference`); empty for the others.
    """

    name: ClassVar[str]
    version: str
    embedding_size: int
    sample_rate: int = settings.AUDIO.sample_rate_hz
    notes: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    own_reference: Mapping[str, np.ndarray] = MappingProxyType({})
    segment_seconds: float = 5.0
    hop_seconds: float = 2.5
    consumes: ClassVar[Form]
    is_standardised: ClassVar[bool] = False

    @abstractmethod
    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode a batch of equally long segments, in the form that ``consumes`` names.

        Returns
        -------
        np.ndarray [shape=(n, embedding_size)], float32
            Unit vectors in segment space; the same segment gives the same vector alone and in a batch.
        """

    @property
    def fingerprint(self) -> str:
        """Identity of the vectors: encoder, weights and every setting that shapes them."""
        segment = [self.segment_seconds, self.hop_seconds]
        return settings.fingerprint(
            self.name, self.version, self.weights_id, segment, settings.AUDIO, settings.SPECTROGRAM
        )

    @property
    def weights_id(self) -> str:
        """Hash of the learned numbers; empty where there are none."""
        return ""

    @property
    def segment_space_id(self) -> str:
        """Identity of the space of segments, whatever else the encoder hears of whole tracks."""
        return settings.fingerprint(self.name, self.weights_id)

    @property
    def components(self) -> dict[str, slice]:
        """Where in a segment's vector each of its components lies, which together are all of it; empty: it has none."""
        return {}

    def segment_grid(self, n_samples: int, sample_rate_hz: int) -> tuple[list[float], float]:
        """Where the segments of a sound of ``n_samples`` at ``sample_rate_hz`` lie: starts and common length [s]."""
        if self.consumes == "waveform":
            rate = self.sample_rate
            length, hop = round(self.segment_seconds * rate), round(self.hop_seconds * rate)
            return sample_grid(round(n_samples * rate / sample_rate_hz), length, hop, rate)
        made_with = settings.SPECTROGRAM
        hop = round(self.hop_seconds * made_with.sample_rate_hz / made_with.hop_length)
        return frame_grid(n_samples, segment_frames(self.segment_seconds, made_with), hop, made_with)

    def inputs(self, segments: AnySegments) -> np.ndarray:
        """Cut segments into the batch that :meth:`encode` takes."""
        return segments.cut(self.consumes, self.segment_seconds, self.sample_rate)

    def features(self, segments: AnySegments) -> Features:
        """What the network or the statistics give for segments, from which both kinds of vectors are made.

        Returns
        -------
        dict of str to np.ndarray [shape=(n_segments, size)], float32
            Under the encoder's name, and for an encoder with several outputs under ``name/output``.
        """
        return {self.name: self.encode(self.inputs(segments))}

    def segment_features(self, segments: AnySegments) -> Features:
        """Those of the features that :meth:`segment_vectors` needs, where that is less to compute."""
        return self.features(segments)

    @property
    def feature_sizes(self) -> dict[str, int]:
        """How many numbers of each kind :meth:`features` gives for a segment."""
        return {self.name: self.embedding_size}

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Unit vectors [n_segments, embedding_size] in segment space."""
        return features[self.name]

    @property
    def track_parts(self) -> dict[str, Part]:
        """See the class."""
        return {self.name: Part(slice(0, self.embedding_size))} if self.is_standardised else {}

    @property
    def n_track_features(self) -> int:
        """How many numbers are kept of a whole track."""
        return max((part.at.stop for part in self.track_parts.values()), default=self.embedding_size)

    @property
    def part_ids(self) -> dict[str, str]:
        """Of each part of a track, the hash of the weights it comes from; what a shipped reference is bound to."""
        return dict.fromkeys(self.track_parts, self.weights_id)

    def track_features(self, features: Features) -> np.ndarray:
        """What is kept of a whole clip [n_track_features], from the features of its segments."""
        return unit(self.segment_vectors(features).mean(axis=0))

    def tags(self, features: Features) -> dict[str, float]:
        """What the encoder would call a clip: probabilities in [0, 1], likeliest first; empty without tags."""
        return {}

    def pictures(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """What can be looked at of how the encoder hears, for those who ask what it sees.

        Parameters
        ----------
        batch : np.ndarray
            Segments as :meth:`encode` takes them.

        Returns
        -------
        dict of str to np.ndarray [shape=(n, n_rows, n_columns)], float in [0, 1]
            By a listener's name for it, low frequencies in row 0; empty for an encoder that shows nothing of its own.
        """
        return {}

    def embed(self, clip: Clip, spectrograms: tuple[Spectrogram, ...] | None = None) -> Embedding:
        """Embed a clip: cut its excerpts into segments, compute their features, and vectors from these.

        Parameters
        ----------
        clip : Clip
        spectrograms : tuple of Spectrogram, optional
            One per excerpt, if the caller has them (:func:`synesthete.spectrogram.compute_spectrograms`).
        """
        if self.consumes != "waveform" and spectrograms is None:
            spectrograms = compute_spectrograms(clip)
        features, segments, has_sound = clip_features(clip, spectrograms, self.segment_grid, self.features)
        vectors = self._all_segments(features, has_sound)
        return Embedding(self.track_features(features), vectors, segments, self.fingerprint, self.tags(features))

    def embed_segments(self, clip: Clip) -> tuple[tuple[Segment, ...], np.ndarray]:
        """The segments of a clip alone, and their vectors [n_segments, embedding_size], as :meth:`embed` gives them."""
        spectrograms = compute_spectrograms(clip)
        features, segments, has_sound = clip_features(clip, spectrograms, self.segment_grid, self.segment_features)
        return segments, self._all_segments(features, has_sound)

    def _all_segments(self, features: Features, has_sound: np.ndarray) -> np.ndarray:
        vectors = np.zeros((len(has_sound), self.embedding_size), dtype=np.float32)
        vectors[has_sound] = self.segment_vectors(features)
        return vectors


def clip_features(
    clip: Clip,
    spectrograms: tuple[Spectrogram, ...] | None,
    segment_grid: Callable[[int, int], tuple[list[float], float]],
    features: Callable[[AnySegments], Features],
) -> tuple[Features, tuple[Segment, ...], np.ndarray]:
    """Features of the segments of a clip that hold sound.

    Parameters
    ----------
    clip : Clip
    spectrograms : tuple of Spectrogram, optional
        One per excerpt.
    segment_grid, features : callable
        See :class:`Encoder`.

    Returns
    -------
    features : dict of str to np.ndarray [shape=(n_sounding, size)]
    segments : tuple of Segment, n_segments long
    has_sound : np.ndarray [shape=(n_segments,)], bool
        ``n_sounding`` times true, at least once.
    """
    grids = [segment_grid(len(excerpt.samples), clip.sample_rate_hz) for excerpt in clip.excerpts]
    has_sound = _has_sound(clip, grids)
    parts: list[Segments] = []
    segments: list[Segment] = []
    for number, (excerpt, (starts, seconds)) in enumerate(zip(clip.excerpts, grids, strict=True)):
        chosen = [start for start, is_chosen in zip(starts, has_sound[number], strict=True) if is_chosen]
        if chosen:
            spectrogram = spectrograms[number].inner() if spectrograms is not None else None
            parts.append(Segments(excerpt.samples, clip.sample_rate_hz, chosen, seconds, spectrogram))
        segments += [Segment(excerpt.start_seconds + start, seconds) for start in starts]
    batches = (SegmentsOfExcerpts(tuple(alike)) for _, alike in groupby(parts, lambda part: len(part.samples)))
    made = [features(batch) for batch in batches]
    joined = {name: np.concatenate([part[name] for part in made]) for name in made[0]}
    return joined, tuple(segments), np.concatenate(has_sound)


def _has_sound(clip: Clip, grids: list[tuple[list[float], float]]) -> list[np.ndarray]:
    """Which segments of each excerpt count: those not mostly silent; else those with any sound; else all."""
    rate = clip.sample_rate_hz
    cut = [
        [excerpt.samples[round(start * rate) : round((start + seconds) * rate)] for start in starts]
        for excerpt, (starts, seconds) in zip(clip.excerpts, grids, strict=True)
    ]
    tests: tuple[Callable[[np.ndarray], bool], ...] = (
        lambda part: not is_mostly_silent(part, rate),
        lambda part: bool(is_sounding(part, rate).any()),
    )
    for test in tests:
        found = [np.array([test(part) for part in parts]) for parts in cut]
        if any(part.any() for part in found):
            return found
    return [np.ones(len(parts), dtype=bool) for parts in cut]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors (last axis) to unit length, as float32; a zero vector stays zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(norms, np.finfo(np.float32).tiny)
