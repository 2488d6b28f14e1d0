"""What tells recordings apart, weighed against what changes within one: within-class covariance normalisation.

A direction in which the segments of one recording differ as much as those of different recordings says little
about what it sounds like. Turned and scaled so that the segments of a recording spread evenly in all
directions, vectors of like-sounding passages come nearer to each other, and no title, artist or genre is
needed to learn this: a recording is alike to itself.

A. O. Hatch, S. Kajarekar and A. Stolcke, "Within-class covariance normalization for SVM-based speaker
recognition", Interspeech, 2006.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synesthete.errors import OptionError


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
    """Mean outer product [d, d] of differences [n, d] between a passage and itself as a phone hears it."""
    changes = np.asarray(changes, dtype=np.float64)
    return changes.T @ changes / max(len(changes), 1)


def whitening(covariance: np.ndarray, shrinkage: float) -> np.ndarray:
    """Inverse square root of a covariance that is first drawn towards evenness.

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


def main_axes(rows: np.ndarray, n_axes: int) -> np.ndarray:
    """The ``n_axes`` directions [d, n_axes] in which centred rows [n, d] have the most energy, signs fixed."""
    rows = np.asarray(rows, dtype=np.float64)
    axes = np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :n_axes]
    # An eigenvector may point either way; fixing the sign makes the same music give the same file.
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])


def project(rows: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Rows [n, d] times axes [d, size], float32, for a few rows.

    Without OpenBLAS, which would split so small a product over all cores and wait where one of them is busy:
    50 ms instead of 1.
    """
    return np.einsum("ij,jk->ik", rows.astype(np.float32, copy=False), axes)
