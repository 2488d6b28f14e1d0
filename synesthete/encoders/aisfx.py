"""A borrowed ear: the embedding of aiSFX, which was trained to tell the sound effects of libraries apart.

Its weights are not part of this project; :mod:`synesthete.encoders.aisfx_checkpoint` says where they come from. The 512
numbers differ in scale, so each is standardised by its mean and spread over a reference collection, kept in
``data/models/aisfx.json`` and made by ``python -m synesthete.training.fit_aisfx FILES...``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synesthete import settings
from synesthete.encoders.aisfx_checkpoint import (
    CHECKPOINT,
    EMBEDDING_SIZE,
    N_FRAMES,
    N_SAMPLES,
    SPECTROGRAM,
    read_arrays,
)
from synesthete.encoders.base import Encoder, Features, unit
from synesthete.encoders.borrowed import read_reference
from synesthete.encoders.later import Later
from synesthete.encoders.segments import AnySegments

if TYPE_CHECKING:
    from synesthete.encoders.aisfx_network import Network

FILE_NAME = "aisfx.json"
REMEDY = "Make it anew from your music with: python -m synesthete.training.fit_aisfx FILES..."


class Aisfx(Encoder):
    """Embeds by the layer before the classifiers, each dimension standardised.

    Parameters
    ----------
    reference : tuple of two np.ndarray [shape=(512,)], optional
        Mean and spread (> 0) of the layer; by default those in ``data/models/aisfx.json``.

    Raises
    ------
    EncoderError
        If the package with the weights is not installed, or a file is missing or damaged.
    """

    name = "aisfx"
    consumes = "waveform"
    version = "1"
    is_standardised = True
    embedding_size = EMBEDDING_SIZE
    sample_rate = SPECTROGRAM.sample_rate_hz
    segment_seconds = N_SAMPLES / SPECTROGRAM.sample_rate_hz
    hop_seconds = N_FRAMES * SPECTROGRAM.hop_length / SPECTROGRAM.sample_rate_hz

    def __init__(self, reference: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        self._network = _network(read_arrays())
        self.mean, self.std = reference or read_reference(
            settings.Paths().models / FILE_NAME, self.name, EMBEDDING_SIZE, CHECKPOINT.sha256, REMEDY
        )

    @property
    def weights_id(self) -> str:
        """Hash of the borrowed weights and of the reference."""
        return settings.fingerprint(CHECKPOINT.sha256, self.mean.tolist(), self.std.tolist())

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples] at 22,050 Hz; see :meth:`Encoder.encode`."""
        return self._standardised(self._layer(batch))

    def features(self, segments: AnySegments) -> Features:
        """The layer as it is, [n_segments, 512] >= 0."""
        return {self.name: self._layer(self.inputs(segments))}

    @property
    def network(self) -> Network:
        """Made when it is first asked for."""
        return self._network()

    def _layer(self, batch: np.ndarray) -> np.ndarray:
        from synesthete.encoders.aisfx_network import log_mel

        return self.network.embeddings(log_mel(batch))

    def track_features(self, features: Features) -> np.ndarray:
        """The mean of the layer over the segments [512]."""
        return features[self.name].mean(axis=0)

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Unit vectors [n_segments, 512] of the standardised layer."""
        return self._standardised(features[self.name])

    def _standardised(self, layer: np.ndarray) -> np.ndarray:
        return unit((layer - self.mean) / self.std)


def _network(arrays: list[np.ndarray]) -> Later[Network]:
    def make() -> Network:
        from synesthete.encoders.aisfx_network import Network

        return Network(arrays)

    return Later(make)
