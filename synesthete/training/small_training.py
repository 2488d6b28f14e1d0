"""What the trainings of our small networks share: crops of recordings, figures on held-out artists, the export."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from synesthete.encoders import weights
from synesthete.encoders.base import Encoder
from synesthete.encoders.trained import network_tensors
from synesthete.errors import OptionError
from synesthete.training.covariance import SMALLEST_STD
from synesthete.training.loop import Training
from synesthete.training.recordings import Recording
from synesthete.training.runtime import DEFAULT_RUNTIME, RuntimeConfig
from synesthete.training.spectra import Spectra

N_CHECKED = 192  # crops of held-out recordings behind a row of the curves


@dataclass(frozen=True)
class SmallConfig:
    """How a small network learns.

    Attributes
    ----------
    seed : int
        The same seed gives the same weights on the same machine.
    n_steps : int > 0
    batch_size : int > 1
    learning_rate : float > 0
        The highest of AdamW's.
    weight_decay : float >= 0
    warm_up : float in [0, 1)
        Share of the steps over which the learning rate rises; afterwards it falls along a cosine to zero.
    held_out_share : float in [0, 1)
        Of the artists of each genre, how many no step learns from.
    """

    seed: int = 0
    n_steps: int = 3_000
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warm_up: float = 0.05
    held_out_share: float = 0.15

    def __post_init__(self) -> None:
        for name, lowest in (("n_steps", 0), ("batch_size", 1), ("learning_rate", 0)):
            if getattr(self, name) <= lowest:
                raise OptionError(f"{name} is {getattr(self, name)}; a training needs it above {lowest}.")
        for name in ("warm_up", "held_out_share"):
            if not 0 <= getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}, outside 0 to 1.")


class SmallTraining(Training):
    """A training on crops of mel spectra.

    Parameters
    ----------
    config : SmallConfig
    learned, held_out : Spectra
        To learn from, and to measure on while learning.
    folder : Path
    runtime : RuntimeConfig

    Attributes
    ----------
    encoder : type of Encoder
        Reads what :meth:`export` writes.
    stem : str
        Of the files.
    n_frames : int > 0
        Of a crop.
    is_by_genre : bool
        Whether artists are held out of each genre by itself.
    """

    encoder: ClassVar[type[Encoder]]
    stem: ClassVar[str]
    n_frames: ClassVar[int]
    is_by_genre: ClassVar[bool] = False

    def __init__(
        self,
        config: SmallConfig,
        learned: Spectra,
        held_out: Spectra,
        folder: Path,
        runtime: RuntimeConfig = DEFAULT_RUNTIME,
    ) -> None:
        super().__init__(config, folder, runtime)
        self.config, self.learned, self.held_out = config, learned, held_out
        self.network = self.build().to(self.device)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        if self.is_resumed:
            self.resume()

    @staticmethod
    def usable(recordings: Sequence[Recording]) -> list[Recording]:
        """Those that it can learn from."""
        return list(recordings)

    @abstractmethod
    def build(self) -> nn.Module:
        """The network, at random."""

    @abstractmethod
    def numbers(self, images: Tensor) -> Tensor:
        """What the encoder gives for crops [n, n_mels, n_frames], before anything is standardised."""

    @abstractmethod
    def measure(self, spectra: Spectra) -> dict[str, Any]:
        """Figures on recordings that nothing was learned from, by names of plain values; for the model card."""

    def about(self) -> dict[str, Any]:
        """What else the encoder's settings hold."""
        return {}

    def tensors(self) -> dict[str, np.ndarray]:
        """Of the network, those that the encoder reads."""
        return network_tensors(self.network)

    def keep_beside(self, models: Path, figures: dict[str, dict[str, Any]]) -> list[str]:
        """Write what else belongs beside the weights; returns the names of the files."""
        return []

    def draw(self, rng: np.random.Generator, spectra: Spectra, numbers: Sequence[int]) -> Tensor:
        """A random crop of each of some recordings [n, n_mels, n_frames]."""
        return torch.from_numpy(np.stack([spectra.draw(rng, number) for number in numbers])).to(self.device)

    @torch.no_grad()
    def numbers_of(self, spectra: Spectra, n_crops: int, chosen: Sequence[int] | None = None) -> list[np.ndarray]:
        """:meth:`numbers` of crops spread evenly over each recording, or each of some, [m, size] each."""
        self.network.eval()
        numbers = range(len(spectra)) if chosen is None else chosen
        crops = (torch.from_numpy(spectra.crops(number, n_crops)) for number in numbers)
        return [self.numbers(images.to(self.device)).cpu().numpy() for images in crops]

    def export(self, models: Path, reference: dict[str, np.ndarray], about: dict[str, Any]) -> dict[str, Any]:
        """Write weights and settings as the encoder reads them; returns the settings.

        Parameters
        ----------
        models : Path
        reference : dict of str to np.ndarray
            Of track features (:attr:`Encoder.own_reference`).
        about : dict
            What the weights were made from and measured on.
        """
        rows = np.concatenate(self.numbers_of(self.learned, 12)).astype(np.float64)
        std = np.maximum(rows.std(axis=0), SMALLEST_STD)
        segments = {"segments.mean": rows.mean(axis=0).astype(np.float32), "segments.std": std.astype(np.float32)}
        card = {
            "version": f"1.{self.step}",
            "embedding_size": rows.shape[1],
            "training": {"config": asdict(self.config), "n_steps_done": self.step, "seconds": round(self.seconds)},
        }
        tensors = {**self.tensors(), **segments, **reference}
        weights.write(models, self.stem, tensors, card | self.about() | about)
        return weights.read(models, self.stem, "").card
