"""What the student is distilled towards: musicnn's penultimate layer, its pooled layers, and aisfx, weighted."""

from __future__ import annotations

import numpy as np

from synesthete.training.covariance import principal_axes
from synesthete.training.datasets import TrainingSet

N_LAYER_AXES, N_EFFECT_AXES = 200, 128
N_CHUNKS_FOR_AXES = 1_500  # from which principal axes are found
TARGET_NORM = 20.0  # root mean square length of the targets


class DistillationTargets:
    """Target vectors from the teachers' outputs.

    musicnn's pooled layers hold what its tags have no word for, and aisfx what is no music. Each number is standardised
    over the set; the pooled layers and aisfx are reduced to their principal axes. The parts share the squared length of
    the vectors.

    Parameters
    ----------
    data : TrainingSet
    chunks : np.ndarray [shape=(m,)], int
        Numbers of the chunks to measure.
    layer_share, effect_share : float >= 0, together below 1
        Of musicnn's pooled layers and of aisfx in the squared length of the vectors.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(200,)], float32
        Of the penultimate layer.
    size : int
        Of the targets; their first 200 numbers are the penultimate layer, standardised, times ``penultimate_factor``.
    """

    def __init__(self, data: TrainingSet, chunks: np.ndarray, layer_share: float, effect_share: float) -> None:
        penultimate = np.concatenate([data.penultimate[number] for number in chunks])
        self.mean, self.std = penultimate.mean(axis=0), penultimate.std(axis=0) + 1e-6
        self.penultimate_factor = TARGET_NORM * float(np.sqrt((1 - layer_share - effect_share) / len(self.mean)))
        some = chunks[:N_CHUNKS_FOR_AXES]
        self._layers = _Reduction(np.concatenate([data.layers[number] for number in some]), N_LAYER_AXES, layer_share)
        effects = np.concatenate([data.effects[number] for number in some])
        self._effects = _Reduction(effects, N_EFFECT_AXES, effect_share)
        self.size = len(self.mean) + self._layers.size + self._effects.size

    def of(self, data: TrainingSet, chunks: np.ndarray, segments: np.ndarray) -> np.ndarray:
        """Targets of some segments.

        Parameters
        ----------
        data : TrainingSet
        chunks, segments : np.ndarray [shape=(n,)], int
            Numbers of chunks, and which of their segments.

        Returns
        -------
        np.ndarray [shape=(n, size)], float32
            Of mean square length 400.
        """
        penultimate = (data.penultimate[chunks, segments] - self.mean) / self.std * self.penultimate_factor
        layers, effects = self._layers(data.layers[chunks, segments]), self._effects(data.effects[chunks, segments])
        return np.concatenate([penultimate, layers, effects], axis=1).astype(np.float32)

    def effects(self, targets: np.ndarray) -> np.ndarray:
        """Of targets [n, size], the principal axes of aisfx, those that vary most first."""
        return targets[:, -self._effects.size :]


class _Reduction:
    """Standardises rows [n, n_numbers] and projects them to their principal axes, with a share of the targets."""

    def __init__(self, rows: np.ndarray, n_axes: int, share: float) -> None:
        rows = rows.astype(np.float32)
        self._mean, std = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        axes = principal_axes((rows - self._mean) / std, n_axes) / std[:, None]
        spread = np.square((rows - self._mean) @ axes).sum(axis=1).mean()
        self._axes = (axes * (TARGET_NORM * np.sqrt(share / spread))).astype(np.float32)
        self.size = axes.shape[1]

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray((rows.astype(np.float32) - self._mean) @ self._axes)
