"""The training of the time/frequency autoencoder: squared error of the picture that it draws anew."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete.encoders.autoencoder import Autoencoder, Network, SmallAutoencoder
from synesthete.training.principal import begin_with_components
from synesthete.training.small_training import N_CHECKED, SmallTraining
from synesthete.training.spectra import Spectra

N_CROPS = 10  # of each recording that is measured
N_FOR_COMPONENTS = 5_000  # crops from which the principal components are computed
OUTSIDE = 0.1


class AutoencoderTraining(SmallTraining):
    """Draw crops through 256 numbers."""

    encoder: ClassVar[type[Autoencoder]] = Autoencoder
    stem = Autoencoder.stem
    n_frames = Autoencoder.n_frames
    columns = ("step", "seconds", "total", "held_out", "learning_rate")
    network: Network

    def build(self) -> nn.Module:
        """See :class:`SmallTraining`."""
        network = Network(self.n_frames)
        if not self.is_resumed:
            rng = np.random.default_rng([self.config.seed, 4])
            numbers = rng.integers(len(self.learned), size=N_FOR_COMPONENTS)
            images = np.stack([self.learned.draw(rng, number) for number in numbers.tolist()])
            begin_with_components(network, images, self.config.seed)
        return network

    def losses(self, step: int) -> dict[str, Tensor]:
        """Mean squared error over pictures in [0, 1]."""
        rng = np.random.default_rng([self.config.seed, 1, step])
        images = self.draw(rng, self.learned, rng.integers(len(self.learned), size=self.config.batch_size).tolist())
        with self.precision():
            drawn = self.network(images)
        drawn = drawn.float()
        within = drawn.clamp(0, 1)  # as the encoder draws it; what lies outside is still drawn back a little
        return {"total": functional.mse_loss(within + OUTSIDE * (drawn - within), images)}

    @torch.no_grad()
    def check(self) -> dict[str, float]:
        """The same of held-out recordings, always of the same crops."""
        if not len(self.held_out):
            return {}
        self.network.eval()
        rng = np.random.default_rng([self.config.seed, 2])
        errors = []
        for _ in range(N_CHECKED // 32):
            images = self.draw(rng, self.held_out, rng.integers(len(self.held_out), size=32).tolist())
            errors.append(self._error(images))
        return {"held_out": round(float(np.mean(errors)), 5)}

    def _error(self, images: Tensor) -> float:
        return float(functional.mse_loss(self.network(images).clamp(0, 1), images))

    def numbers(self, images: Tensor) -> Tensor:
        """Those between encoder and decoder."""
        return self.network.encode(images)

    @torch.no_grad()
    def measure(self, spectra: Spectra) -> dict[str, Any]:
        """Mean squared error, each recording counted once; and of the mean picture of what was learned from."""
        self.network.eval()
        errors = []
        for number in range(len(spectra)):
            images = torch.from_numpy(spectra.crops(number, N_CROPS)).to(self.device)
            errors.append(self._error(images))
        return {
            "n_recordings": len(errors),
            "mean squared error": round(float(np.mean(errors)), 5) if errors else None,
            "median over recordings": round(float(np.median(errors)), 5) if errors else None,
        }


class SmallAutoencoderTraining(AutoencoderTraining):
    """The same over 32 frames."""

    encoder = SmallAutoencoder
    stem = SmallAutoencoder.stem
    n_frames = SmallAutoencoder.n_frames
