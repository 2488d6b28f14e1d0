"""The main axes of a catalogue's statistics: along what its tracks differ most, named in words.

A principal component analysis of the summary figures of ``statistics`` over the tracks of a catalogue, as an earlier
project drew over genre. Neighbouring bands say nearly the same, so the 498 figures are first put together into a few
groups that a listener can name; what an axis is made of is then read from its loadings on these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synesthete import encoders
from synesthete.encoders.statistics import N_ROWS, N_STATISTICS, Statistics
from synesthete.errors import EncoderError
from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import mel_frequencies

if TYPE_CHECKING:
    from synesthete.catalogue import Catalogue

NAME = "statistics"
MOST_TRACKS = 5000
FEWEST_TRACKS = 3
N_AXES = 3
N_NAMED = 2  # loadings that give an axis its name
BANDS = {"low end": (0.0, 250.0), "middle register": (250.0, 2000.0), "brightness": (2000.0, np.inf)}  # [Hz]
KINDS = {"": 0, "lowest ": 1, "peak ": 2}  # mean, minimum, maximum: thirds of the statistics


@dataclass(frozen=True)
class Axes:
    """The main axes of some tracks.

    Attributes
    ----------
    ids : tuple of str, n_tracks long
    scores : np.ndarray [shape=(n_tracks, n_axes)], float64
        Where each track lies, the first axis first.
    explained : np.ndarray [shape=(n_axes,)], float64 in [0, 1]
        Share of the variance of all figures along each axis.
    loadings : np.ndarray [shape=(n_axes, n_figures)], float64 in [-1, 1]
        Correlation of each figure with the axis.
    figures : tuple of str
        Their names: "low end", "peak brightness".
    """

    ids: tuple[str, ...]
    scores: np.ndarray
    explained: np.ndarray
    loadings: np.ndarray
    figures: tuple[str, ...]

    def name(self, axis: int) -> str:
        """What an axis is made of: "more brightness, less low end"."""
        strongest = np.argsort(-np.abs(self.loadings[axis]), kind="stable")[:N_NAMED]
        return ", ".join(f"{'more' if self.loadings[axis, at] > 0 else 'less'} {self.figures[at]}" for at in strongest)


def groups() -> dict[str, np.ndarray]:
    """The figures by name, each with the places of the statistics that it is the mean of."""
    n_mels, n_mfcc, n_chroma = SPECTROGRAM.n_mels, SPECTROGRAM.n_mfcc, SPECTROGRAM.n_chroma
    hertz = mel_frequencies()
    rows = {name: np.flatnonzero((hertz >= low) & (hertz < high)) for name, (low, high) in BANDS.items()}
    # Of chroma whose strongest class is 1: a note alone has little, noise and drums have most.
    rows["spread over pitches"] = np.arange(n_mels + n_mfcc, n_mels + n_mfcc + n_chroma)
    found = {f"{kind}{name}": third * N_ROWS + at for kind, third in KINDS.items() for name, at in rows.items()}
    tonnetz = np.arange(N_ROWS - 6, N_ROWS)
    found["movement of harmony"] = np.concatenate([2 * N_ROWS + tonnetz, N_ROWS + tonnetz])
    return found


def figures_of(features: np.ndarray) -> np.ndarray:
    """The named figures [n, n_figures] of standardised statistics [n, 498]; the movement of harmony is a spread."""
    columns = []
    for name, at in groups().items():
        part = features[:, at]
        half = len(at) // 2
        columns.append((part[:, :half] - part[:, half:]).mean(axis=1) if "movement" in name else part.mean(axis=1))
    return np.stack(columns, axis=1)


def main_axes(ids: tuple[str, ...], features: np.ndarray, n_axes: int = N_AXES) -> Axes:
    """Principal component analysis of the named figures, each standardised.

    Parameters
    ----------
    ids : tuple of str
    features : np.ndarray [shape=(n_tracks, 498)]
        Standardised statistics (:meth:`Statistics.standardised`).
    n_axes : int > 0

    Raises
    ------
    EncoderError
        Fewer than 3 tracks, or other features.
    """
    if features.ndim != 2 or features.shape[1] != N_STATISTICS or len(features) < FEWEST_TRACKS:
        raise EncoderError(
            f"The main axes need {N_STATISTICS} statistics of at least {FEWEST_TRACKS} tracks, got {features.shape}."
        )
    figures = figures_of(features.astype(np.float64))
    spread = figures.std(axis=0)
    standardised = (figures - figures.mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0)
    left, lengths, axes = np.linalg.svd(standardised, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])  # the strongest loading is "more"
    scores = left * lengths * signs
    deviations = np.maximum(lengths / np.sqrt(len(figures)), 1e-12)
    loadings = axes * signs[:, None] * deviations[:, None]
    explained = np.square(lengths) / max(float(np.square(lengths).sum()), 1e-12)
    return Axes(ids, scores[:, :n_axes], explained[:n_axes], loadings[:n_axes], tuple(groups()))


def axes_of_catalogue(catalogue: Catalogue) -> Axes:
    """The main axes of a catalogue's tracks, or of a fair sample of a large one.

    Raises
    ------
    EncoderError
        If ``statistics`` is not ready, or has listened to too few of its tracks.
    """
    encoder = encoders.load(NAME)
    assert isinstance(encoder, Statistics)
    fingerprint = encoder.fingerprint
    ids = catalogue.ids(fingerprint)
    if len(ids) < FEWEST_TRACKS:
        raise EncoderError(
            f"{NAME!r} has listened to {len(ids)} tracks of this catalogue; the main axes need {FEWEST_TRACKS}. "
            f"Have it listen: synesthete index FOLDER --encoder {NAME}"
        )
    features = catalogue.track_features(fingerprint)
    if len(ids) > MOST_TRACKS:
        chosen = np.sort(np.random.default_rng(0).choice(len(ids), MOST_TRACKS, replace=False))
        ids, features = tuple(ids[at] for at in chosen), features[chosen]
    return main_axes(tuple(ids), encoder.standardised(features))
