"""What the student is distilled towards: the teacher's penultimate layer and its pooled layers, weighted."""

from __future__ import annotations

import numpy as np

from synesthete.training.covariance import principal_axes
from synesthete.training.datasets import TrainingSet

N_LAYER_AXES = 200
N_CHUNKS_FOR_AXES = 1_500  # from which the principal axes of the teacher's pooled layers are found
TARGET_NORM = 20.0  # root mean square length of the targets


class DistillationTargets:
    """Target vectors from the teacher's outputs.

    The pooled layers hold what the tags have no word for. Each number is standardised over the set, and the layers are
    reduced to their principal axes; both parts then have the same mean square, and share the vector by ``layer_share``.

    Parameters
    ----------
    data : TrainingSet
    chunks : np.ndarray [shape=(m,)], int
        Numbers of the chunks to measure.
    layer_share : float in [0, 1)
        Of the pooled layers in the squared length of the vectors.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(200,)], float32
        Of the penultimate layer.
    size : int
        Of the targets; their first 200 numbers are the penultimate layer, standardised, times ``penultimate_factor``.
    """

    def __init__(self, data: TrainingSet, chunks: np.ndarray, layer_share: float) -> None:
        penultimate = np.concatenate([data.penultimate[number] for number in chunks])
        self.mean, self.std = penultimate.mean(axis=0), penultimate.std(axis=0) + 1e-6
        layers = np.concatenate([data.layers[number] for number in chunks[:N_CHUNKS_FOR_AXES]]).astype(np.float32)
        self._layer_mean, std = layers.mean(axis=0), layers.std(axis=0) + 1e-6
        axes = principal_axes((layers - self._layer_mean) / std, N_LAYER_AXES) / std[:, None]
        spread = np.square((layers - self._layer_mean) @ axes).sum(axis=1).mean()
        self.penultimate_factor = float(np.sqrt(2 * (1 - layer_share)))
        self._layer_axes = (axes * np.sqrt(2 * layer_share * len(self.mean) / spread)).astype(np.float32)
        self.size = len(self.mean) + axes.shape[1]

    def targets(self, penultimate: np.ndarray, layers: np.ndarray) -> np.ndarray:
        """Targets of some segments.

        Parameters
        ----------
        penultimate : np.ndarray [shape=(n, 200)]
        layers : np.ndarray [shape=(n, 1506)]

        Returns
        -------
        np.ndarray [shape=(n, size)], float32
            Of mean square length 400.
        """
        standardised = (penultimate - self.mean) / self.std * self.penultimate_factor
        reduced = (layers.astype(np.float32) - self._layer_mean) @ self._layer_axes
        return np.concatenate([standardised, reduced], axis=1).astype(np.float32)
