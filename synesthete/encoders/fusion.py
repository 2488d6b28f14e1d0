"""The default ear: several ears side by side, so that a cosine is a weighted mean of what each of them says.

Unit vectors of the parts, each times the square root of its weight, are laid end to end; the inner product of
two such vectors is the weighted sum of the parts' cosines, and search costs what it costs for one ear. All
parts hear the same segments. What a part says is first centred on a reference collection, which cures most
hubs, and turned so that what changes within a recording counts less (:mod:`synesthete.encoders.whitening`).
There are two such turns and two sets of weights: for whole tracks, where likeness counts, and for segments,
which also have to be found again through a phone in a room.

A part that is not ready is left out: the others go on, under another fingerprint, and ``notes`` says so. The
turns and weights are made by ``python -m synesthete.training.fusion_fit``, anew whenever a part is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import soxr

from synesthete import settings
from synesthete.encoders import registry
from synesthete.encoders.base import Embedding, Encoder, segment_frames, segment_starts, unit
from synesthete.encoders.weights import Weights, read
from synesthete.encoders.whitening import project
from synesthete.errors import EncoderError
from synesthete.spectrogram import Spectrogram, compute_spectrogram, compute_spectrograms
from synesthete.tracks import Segment

if TYPE_CHECKING:
    from synesthete.audio import Clip

STEM = "synesthete"
REMEDY = "Make it anew from your music with: python -m synesthete.training.fusion_fit FILES..."
HOP = settings.SPECTROGRAM.hop_length
SEGMENT_FRAMES = 127  # 3.02 s, the least that gives every part its full segment
HOP_FRAMES = 65  # a whole number, so that frames and samples begin together
SEGMENT_SAMPLES = (SEGMENT_FRAMES - 1) * HOP + settings.SPECTROGRAM.n_fft
LEVEL = 0.1  # root mean square to which segments are brought for a part that hears the level
QUIETEST = 1e-6
TENSORS = ("window_mean", "window_axes", "track_mean", "track_axes")


class Part:
    """One ear of the fusion, and how it is asked.

    Attributes
    ----------
    name : str
    encoder : Encoder
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.encoder = encoder
        self._n_frames = min(segment_frames(encoder.segment_seconds), SEGMENT_FRAMES)

    def hear(self, sound: np.ndarray, spectrogram: Spectrogram, starts: list[int]) -> dict[str, np.ndarray]:
        """What the part says of segments, before any turn, under the name of each of its voices.

        Parameters
        ----------
        sound : np.ndarray [shape=(n_samples,)] in [-1, 1]
        spectrogram : Spectrogram
            Its inner frames.
        starts : list of int [frames]

        Returns
        -------
        dict of str to np.ndarray [shape=(n_segments, size)], float32
        """
        if self.encoder.consumes == "waveform":
            return self._raw(self._waveforms(sound, starts))
        length = min(self._n_frames, spectrogram.n_frames)
        cut = [spectrogram.slice(start, start + length) for start in starts]
        is_image = self.encoder.consumes == "image"
        return self._raw(np.stack([p.stacked_image() if is_image else p.feature_matrix() for p in cut]))

    def _raw(self, segments: np.ndarray) -> dict[str, np.ndarray]:
        ear: Any = self.encoder
        if self.name != "musicnn":
            vectors = self.encoder.encode(segments)
            # What a sound is like and which recording it is are two questions: each is turned and weighed by itself.
            halves = {f"{self.name}/{half}": vectors[:, at] for half, at in getattr(ear, "parts", {}).items()}
            return {self.name: vectors} | halves
        heard = ear.hear(segments)
        # How far it leans is worth keeping, not only where. The layers below know what the tags have no word for.
        tags = ((heard.penultimate - ear.mean) / ear.std).astype(np.float32)
        return {"musicnn": tags, "musicnn/layers": np.concatenate([heard.mean_pool, heard.max_pool], axis=1)}

    def _waveforms(self, sound: np.ndarray, starts: list[int]) -> np.ndarray:
        rate, own_rate = settings.AUDIO.sample_rate_hz, self.encoder.sample_rate
        if own_rate != rate:
            sound = soxr.resample(sound, rate, own_rate).astype(np.float32)
        length = min(round(self.encoder.segment_seconds * own_rate), len(sound))
        begins = [min(round(start * HOP * own_rate / rate), len(sound) - length) for start in starts]
        segments = np.stack([sound[begin : begin + length] for begin in begins])
        level = np.sqrt(np.mean(np.square(segments), axis=1, keepdims=True))
        return segments * (LEVEL / np.maximum(level, QUIETEST)).astype(np.float32)


class Fusion(Encoder):
    """Several encoders as one.

    Parameters
    ----------
    weights : Weights, optional
        For each voice ``NAME.segment_mean``, ``.segment_axes``, ``.track_mean``, ``.track_axes``; by default
        those in ``data/models``. A part has a voice of its name, or several: ``resnet/likeness``.
    encoders : dict of str to Encoder, optional
        The parts, all named in the settings; by default those of the settings that are ready.

    Attributes
    ----------
    notes : tuple of str
        A sentence on each part that is missing, or has changed since its turns were made.

    Raises
    ------
    EncoderError
        If no part is ready, or the turns do not fit.
    """

    name = "synesthete"
    consumes = "waveform"
    sample_rate = settings.AUDIO.sample_rate_hz
    segment_seconds = SEGMENT_SAMPLES / settings.AUDIO.sample_rate_hz
    hop_seconds = HOP_FRAMES * HOP / settings.AUDIO.sample_rate_hz

    def __init__(self, weights: Weights | None = None, encoders: dict[str, Encoder] | None = None) -> None:
        weights = weights or read(settings.Paths().models, STEM, REMEDY)
        self.version = str(weights.setting("version", str))
        voices: dict[str, dict[str, Any]] = weights.setting("voices", dict)
        wanted = dict.fromkeys(part_of(voice) for voice in voices)
        ready, notes = ready_parts(tuple(wanted)) if encoders is None else (dict(encoders), [])
        made_with = {name: {voices[v].get("made_with") for v in voices if part_of(v) == name} for name in ready}
        for name in [name for name in ready if made_with[name] != {ready[name].weights_id}]:
            notes.append(f"'synesthete' leaves out {name!r}, which has changed since its turns were made. {REMEDY}")
            del ready[name]
        self.notes = tuple(notes)
        if not ready:
            raise EncoderError(f"None of the ears of 'synesthete' is ready. {' '.join(self.notes)}")
        self._turns = {voice: _Turn(voice, voices[voice], weights) for voice in voices if part_of(voice) in ready}
        self.parts = {name: Part(encoder) for name, encoder in ready.items()}
        self.embedding_size = sum(turn.size for turn in self._turns.values())
        self._card_id = settings.fingerprint(weights.card)

    @property
    def weights_id(self) -> str:
        """Hash of the settings, the turns and every part that takes part."""
        return settings.fingerprint(self._card_id, [part.encoder.fingerprint for part in self.parts.values()])

    @property
    def part_names(self) -> tuple[str, ...]:
        """The ears that take part, in the order of the vector."""
        return tuple(self.parts)

    @property
    def voices(self) -> dict[str, slice]:
        """Where in the vector each voice lies; the squared lengths of these stretches are as their weights."""
        ends = np.cumsum([turn.size for turn in self._turns.values()]).tolist()
        return {name: slice(end - turn.size, end) for (name, turn), end in zip(self._turns.items(), ends, strict=True)}

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples] in [-1, 1] at 22,050 Hz; see :meth:`Encoder.encode`."""
        if batch.ndim != 2 or batch.shape[1] == 0:
            raise EncoderError(f"'synesthete' needs waveforms [n, n_samples > 0], got the shape {batch.shape}.")
        vectors = []
        for sound in batch.astype(np.float32, copy=False):
            inner = compute_spectrogram(sound).inner()
            said: dict[str, np.ndarray] = {}
            for part in self.parts.values():
                said |= part.hear(sound, inner, [0])
            vectors.append(self._segments(said))
        return np.concatenate(vectors)

    def embed(self, clip: Clip, spectrograms: tuple[Spectrogram, ...] | None = None) -> Embedding:
        """Embed a clip; see :meth:`Encoder.embed`. Every part hears each excerpt once."""
        spectrograms = compute_spectrograms(clip) if spectrograms is None else spectrograms
        said, segments = listen(self.parts, clip, spectrograms)
        track = [turn.track(said[name]) for name, turn in self._turns.items()]
        return Embedding(unit(np.concatenate(track)), self._segments(said), segments, self.fingerprint)

    def _segments(self, said: dict[str, np.ndarray]) -> np.ndarray:
        """Unit vectors [n, embedding_size] of segments."""
        return unit(np.concatenate([turn.segments(said[name]) for name, turn in self._turns.items()], axis=1))


class _Turn:
    """How one part's vectors are centred, turned and weighed."""

    def __init__(self, name: str, entry: dict[str, Any], weights: Weights) -> None:
        try:
            self._segment_mean, self._segment_axes, self._track_mean, self._track_axes = (
                weights.tensors[f"{name}.{tensor}"] for tensor in TENSORS
            )
            shares = [float(entry[key]) for key in ("window_weight", "track_weight")]
        except (KeyError, TypeError, ValueError) as error:
            raise EncoderError(f"{weights.label} lacks what it needs for {name!r} ({error}). {REMEDY}") from error
        if min(shares) <= 0:
            raise EncoderError(f"{weights.label} weighs {name!r} by {shares}; both must be above zero. {REMEDY}")
        self._segment_factor, self._track_factor = (np.float32(np.sqrt(share)) for share in shares)
        self.size = self._segment_axes.shape[1]

    def segments(self, said: np.ndarray) -> np.ndarray:
        """From [n, part's size] to [n, size]; the length is the square root of the weight."""
        return self._segment_factor * unit(project(said - self._segment_mean, self._segment_axes))

    def track(self, said: np.ndarray) -> np.ndarray:
        """From the segments of a clip [n, part's size] to [size]."""
        mean = unit(project(said - self._track_mean, self._track_axes)).mean(axis=0)
        return self._track_factor * unit(mean)


def part_of(voice: str) -> str:
    """The encoder that a voice belongs to: ``musicnn`` for ``musicnn/layers``."""
    return voice.partition("/")[0]


def ready_parts(names: tuple[str, ...]) -> tuple[dict[str, Encoder], list[str]]:
    """Load those encoders that are ready, and say in a sentence each which are not, and the way out."""
    ready: dict[str, Encoder] = {}
    notes: list[str] = []
    for name in names:
        try:
            ready[name] = registry.load(name)
        except EncoderError as error:
            notes.append(f"'synesthete' goes on without one of its ears, {name!r}. {error}")
    return ready, notes


def listen(
    parts: dict[str, Part], clip: Clip, spectrograms: tuple[Spectrogram, ...]
) -> tuple[dict[str, np.ndarray], tuple[Segment, ...]]:
    """What each voice says of the segments of a clip.

    Returns
    -------
    said : dict of str to np.ndarray [shape=(n_segments, size)], float32
        Before any turn.
    segments : tuple of Segment
    """
    said: dict[str, list[np.ndarray]] = {}
    segments: list[Segment] = []
    for excerpt, spectrogram in zip(clip.excerpts, spectrograms, strict=True):
        inner = spectrogram.inner()
        length = min(SEGMENT_FRAMES, inner.n_frames)
        starts = segment_starts(inner.n_frames, length, HOP_FRAMES)
        for part in parts.values():
            for voice, rows in part.hear(excerpt.samples, inner, starts).items():
                said.setdefault(voice, []).append(rows)
        rate = clip.sample_rate_hz
        n_samples = min((length - 1) * HOP + settings.SPECTROGRAM.n_fft, len(excerpt.samples))
        segments += [Segment(excerpt.start_seconds + start * HOP / rate, n_samples / rate) for start in starts]
    return {voice: np.concatenate(rows) for voice, rows in said.items()}, tuple(segments)
