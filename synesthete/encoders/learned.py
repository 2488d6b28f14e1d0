"""What encoders share whose numbers were learned and lie in a file of their own: where it is, version, identity."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from synesthete import settings
from synesthete.encoders.base import Encoder
from synesthete.encoders.weights import Weights, read


class LearnedEncoder(Encoder):
    """An encoder with weights of its own: ``stem.safetensors`` and ``stem.json`` in ``data/models``.

    Parameters
    ----------
    weights : Weights, optional
        By default those in ``data/models``.

    Attributes
    ----------
    stem, remedy : str
        Of the files, and what to do when something is wrong with them.

    Raises
    ------
    EncoderError
        If the files are missing or damaged, or do not fit each other or the spectrogram settings.
    """

    is_standardised = True
    stem: ClassVar[str]
    remedy: ClassVar[str]

    def __init__(self, weights: Weights | None = None) -> None:
        weights = weights or read(settings.Paths().models, self.stem, self.remedy)
        self.version = str(weights.setting("version", str))
        self._weights_id = settings.fingerprint(weights.card)
        self.take(weights)

    @abstractmethod
    def take(self, weights: Weights) -> None:
        """Take what the encoder needs from the tensors and the settings; they are not kept."""

    @property
    def weights_id(self) -> str:
        """Hash of the settings with the checksum of the weights."""
        return self._weights_id
