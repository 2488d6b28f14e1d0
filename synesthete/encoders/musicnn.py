"""A borrowed tagger: the penultimate layer of musicnn, which was trained on a million songs.

Its weights are not part of this project; :mod:`synesthete.encoders.musicnn_checkpoint` says where they come
from. The 200 numbers below the tags differ in scale, so each is standardised by its mean and spread over a
reference collection, kept in ``data/models/musicnn.json`` and made by
``python -m synesthete.training.fit_musicnn FILES...``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synesthete import settings
from synesthete.encoders.base import Encoder, Features, unit
from synesthete.encoders.borrowed import read_reference
from synesthete.encoders.later import Later
from synesthete.encoders.musicnn_checkpoint import N_FRAMES, N_SAMPLES, SPECTROGRAM, read_arrays, read_table
from synesthete.encoders.parts import Part
from synesthete.encoders.segments import AnySegments

if TYPE_CHECKING:
    from synesthete.encoders.musicnn_network import Network, Outputs

FILE_NAME = "musicnn.json"
REMEDY = "Make it anew from your music with: python -m synesthete.training.fit_musicnn FILES..."
N_PENULTIMATE = 200
LEVEL = 0.1  # root mean square to which segments are brought
N_LAYERS = 2 * 753
LAYERS, TAGS = "musicnn/layers", "musicnn/tags"
HOP_FRAMES = N_FRAMES // 2 + 1


class Musicnn(Encoder):
    """Embeds by the layer before the tags, each dimension standardised; can also give tags.

    Parameters
    ----------
    reference : tuple of two np.ndarray [shape=(200,)], optional
        Mean and spread (> 0) of the layer; by default those in ``data/models/musicnn.json``.

    Raises
    ------
    EncoderError
        If the package with the weights is not installed, or a file is missing or damaged.
    """

    name = "musicnn"
    consumes = "waveform"
    version = "2"
    embedding_size = N_PENULTIMATE
    sample_rate = SPECTROGRAM.sample_rate_hz
    segment_seconds = N_SAMPLES / SPECTROGRAM.sample_rate_hz
    hop_seconds = HOP_FRAMES * SPECTROGRAM.hop_length / SPECTROGRAM.sample_rate_hz

    def __init__(self, reference: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        table = read_table()
        self._network = _network(read_arrays(table))
        self.tag_names = tuple(table["tags"])
        self.weights_sha256: str = table["sha256"]
        self.mean, self.std = reference or read_reference(
            settings.Paths().models / FILE_NAME, self.name, N_PENULTIMATE, self.weights_sha256, REMEDY
        )

    @property
    def weights_id(self) -> str:
        """Hash of the borrowed weights and of the reference."""
        return settings.fingerprint(self.weights_sha256, self.mean.tolist(), self.std.tolist())

    @property
    def network(self) -> Network:
        """Made when it is first asked for."""
        return self._network()

    def outputs(self, batch: np.ndarray) -> Outputs:
        """Run the network over waveforms [n, n_samples] in [-1, 1] at 16 kHz; short ones are repeated."""
        from synesthete.encoders.musicnn_network import log_mel

        return self.network.outputs(log_mel(batch))

    def inputs(self, segments: AnySegments) -> np.ndarray:
        """Waveforms at one level, because the network hears the level itself; see :meth:`Encoder.inputs`."""
        return super().inputs(segments.at_level(LEVEL))

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples]; see :meth:`Encoder.encode`."""
        return unit(self._standardised(self.outputs(batch)))

    def features(self, segments: AnySegments) -> Features:
        """The standardised layer before the tags, the pooled layers below it, and the tags' probabilities."""
        outputs = self.outputs(self.inputs(segments))
        return {
            "musicnn": self._standardised(outputs),
            LAYERS: np.concatenate([outputs.mean_pool, outputs.max_pool], axis=1),
            TAGS: outputs.tags,
        }

    @property
    def feature_sizes(self) -> dict[str, int]:
        """See :class:`Encoder`."""
        return {self.name: N_PENULTIMATE, LAYERS: N_LAYERS, TAGS: len(self.tag_names)}

    @property
    def track_parts(self) -> dict[str, Part]:
        """The layer before the tags, and the pooled layers below it."""
        return {
            self.name: Part(slice(0, N_PENULTIMATE)),
            LAYERS: Part(slice(N_PENULTIMATE, N_PENULTIMATE + N_LAYERS), 0.5),
        }

    def track_features(self, features: Features) -> np.ndarray:
        """The mean of both layers over the segments [1706]."""
        return np.concatenate([features[self.name].mean(axis=0), features[LAYERS].mean(axis=0)])

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Unit vectors [n_segments, 200]: the length of the layer says how sure the tags are, and is left out."""
        return unit(features["musicnn"])

    def tags(self, features: Features) -> dict[str, float]:
        """Probabilities of the 50 tags, averaged over the segments, likeliest first."""
        probabilities = features[TAGS].mean(axis=0)
        return {self.tag_names[tag]: float(probabilities[tag]) for tag in np.argsort(-probabilities, kind="stable")}

    def _standardised(self, outputs: Outputs) -> np.ndarray:
        return ((outputs.penultimate - self.mean) / self.std).astype(np.float32)


def _network(arrays: dict[str, np.ndarray]) -> Later[Network]:
    def make() -> Network:
        from synesthete.encoders.musicnn_network import Network

        return Network(arrays)

    return Later(make)
