"""Within-class covariance normalisation, and principal axes: what the fitted encoders and the last layer are made of.

A direction in which the segments of one recording differ as much as those of different recordings says little about
what it sounds like. Whitened by the covariance within recordings, vectors of like-sounding passages come nearer to
each other, and no title, artist or genre is needed to learn this: a recording is alike to itself.

A. O. Hatch, S. Kajarekar and A. Stolcke, "Within-class covariance normalization for SVM-based speaker recognition",
Interspeech, 2006.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synesthete.errors import OptionError

SMALLEST_STD = 1e-3  # a number that never varies is divided by this instead of zero


def within_covariance(groups: Sequence[np.ndarray]) -> np.ndarray:
    """Mean covariance of the rows of each group.

    Parameters
    ----------
    groups : sequence of np.ndarray [shape=(n_i, d)]
        The segments of each recording; those with a single one are left out.

    Returns
    -------
    np.ndarray [shape=(d, d)], float64

    Raises
    ------
    OptionError
        If no recording has two segments.
    """
    several = [np.asarray(group, dtype=np.float64) for group in groups if len(group) > 1]
    if not several:
        raise OptionError(f"None of the {len(groups)} recordings has two segments to compare: name longer music.")
    centred = np.concatenate([group - group.mean(axis=0) for group in several])
    return centred.T @ centred / (len(centred) - len(several))


def change_covariance(changes: np.ndarray) -> np.ndarray:
    """Mean outer product [d, d] of differences [n, d] between segments recorded by a phone and the same as they are."""
    changes = np.asarray(changes, dtype=np.float64)
    return changes.T @ changes / max(len(changes), 1)


def whitening(covariance: np.ndarray, shrinkage: float) -> np.ndarray:
    """Inverse square root of a covariance that is first shrunk towards a multiple of the identity.

    Parameters
    ----------
    covariance : np.ndarray [shape=(d, d)]
    shrinkage : float > 0
        How much of the mean variance is added to every direction.

    Returns
    -------
    np.ndarray [shape=(d, d)], float64, symmetric

    Raises
    ------
    OptionError
        If the shrinkage is not above zero, or nothing varies.
    """
    size = len(covariance)
    mean_variance = float(np.trace(covariance)) / size
    if shrinkage <= 0 or not mean_variance > 0:
        raise OptionError(
            f"shrinkage is {shrinkage} and the mean variance {mean_variance:g}; both must be above zero. "
            "Name more music, of more than one kind."
        )
    variances, axes = np.linalg.eigh(covariance + shrinkage * mean_variance * np.eye(size))
    return (axes / np.sqrt(variances)) @ axes.T


def eigenvectors(covariance: np.ndarray, n_axes: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest ``n_axes`` eigenvalues [n_axes] of a covariance [d, d], and their eigenvectors [d, n_axes]."""
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1][:n_axes], vectors[:, ::-1][:, :n_axes]
    # An eigenvector may point either way; fixing the sign makes the same music give the same file.
    return values, vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])


def principal_axes(rows: np.ndarray, n_axes: int) -> np.ndarray:
    """The ``n_axes`` directions [d, n_axes] in which centred rows [n, d] have the most energy."""
    rows = np.asarray(rows, dtype=np.float64)
    return eigenvectors(rows.T @ rows, n_axes)[1]
