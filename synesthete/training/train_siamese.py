"""The training of the twin network: near pairs of one recording, far pairs of different artists."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar

import numpy as np
import scipy.fft
import torch
from torch import Tensor, nn

from synesthete.encoders.segments import segment_frames
from synesthete.encoders.siamese import N_MFCC, STEM, Siamese, Twin
from synesthete.errors import SynestheteError
from synesthete.settings import SPECTROGRAM
from synesthete.training.genres import family
from synesthete.training.losses import supervised_contrastive
from synesthete.training.small_training import SmallTraining
from synesthete.training.spectra import Spectra
from synesthete.training.train_genre_cnn import altered

N_PER_ARTIST = 4  # segments of an artist in a batch: two recordings, where there are two, of two segments each
N_CROPS = 8
N_RECORDINGS = 400  # at most, in a figure
N_PAIRS = 4_000  # near, and as many far, of each kind of pair that is measured


class SiameseTraining(SmallTraining):
    """Pairs of segments, split by artist, so by track too."""

    encoder: ClassVar[type[Siamese]] = Siamese
    stem = STEM
    n_frames = segment_frames(Siamese.segment_seconds)
    columns = ("step", "seconds", "total", "held_out", "learning_rate")
    network: Twin

    def build(self) -> nn.Module:
        """See :class:`SmallTraining`."""
        by_artist: dict[str, list[int]] = defaultdict(list)
        for number, recording in enumerate(self.learned.recordings):
            by_artist[recording.group].append(number)
        self._artists = list(by_artist.values())
        if len(self._artists) < 2:
            raise SynestheteError("All music to learn from is of one artist; pairs need two: name more with --data.")
        network = Twin()
        if not self.is_resumed:
            rows = np.concatenate([mfcc_of(self.learned.crops(number, 2)) for number in range(len(self.learned))])
            network.mean = torch.from_numpy(rows.mean(axis=(0, 2)).astype(np.float32))
            network.std = torch.from_numpy(rows.std(axis=(0, 2)).astype(np.float32) + 1e-3)
        return network

    def losses(self, step: int) -> dict[str, Tensor]:
        """The contrastive loss over all pairs of a batch of artists."""
        rng = np.random.default_rng([self.config.seed, 1, step])
        # Square root: an artist with many recordings comes more often than one with a single one, but not as often.
        weights = np.sqrt([len(numbers) for numbers in self._artists])
        n_artists = min(self.config.batch_size // N_PER_ARTIST, len(self._artists))
        chosen, artists = [], []
        for artist in rng.choice(len(self._artists), n_artists, replace=False, p=weights / weights.sum()):
            numbers = self._artists[artist]
            two = rng.permutation(numbers)[:2].tolist()
            chosen += [two[0], two[0], two[-1], two[-1]]
            artists += [int(artist)] * N_PER_ARTIST
        images = altered(rng, self.draw(rng, self.learned, chosen))
        vectors = self.network(mfcc(images))
        of_recording, of_artist = (torch.tensor(numbers, device=self.device) for numbers in (chosen, artists))
        return {"total": supervised_contrastive(vectors, of_recording, of_artist)}

    @torch.no_grad()
    def check(self) -> dict[str, float]:
        """Pair accuracy of held-out recordings, near being the same recording."""
        if len(self.held_out) < 2:
            return {}
        self.network.eval()
        vectors, recordings = self._vectors(self.held_out, 3)
        found = pair_accuracy(vectors, recordings, self._far_groups(self.held_out, recordings), self.config.seed)
        return {"held_out": round(found[0], 4)} if found else {}

    def numbers(self, images: Tensor) -> Tensor:
        """Unit vectors."""
        return self.network(mfcc(images))

    def _vectors(self, spectra: Spectra, n_crops: int) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of crops, and which recording each is of; of a large set, of some recordings spread over it."""
        chosen = np.unique(np.linspace(0, len(spectra) - 1, N_RECORDINGS).astype(int))
        made = self.numbers_of(spectra, n_crops, chosen.tolist())
        return np.concatenate(made), np.repeat(chosen, [len(rows) for rows in made])

    def _far_groups(self, spectra: Spectra, recordings: np.ndarray) -> np.ndarray:
        groups = [recording.group for recording in spectra.recordings]
        names = sorted(set(groups))
        return np.array([names.index(group) for group in groups])[recordings]

    def measure(self, spectra: Spectra) -> dict[str, Any]:
        """Pair accuracy, half of the pairs near: segments of one recording, of one artist, or of one genre.

        The threshold is that of the recordings that were learned from, so none of these is chosen on.
        """
        if len(spectra) < 2:
            return {"n_recordings": len(spectra)}
        vectors, recordings = self._vectors(spectra, N_CROPS)
        artists = self._far_groups(spectra, recordings)
        families = [family(recording.genre) for recording in spectra.recordings]
        names = sorted(set(families))
        genres = np.array([names.index(one) for one in families])[recordings]
        threshold = self.threshold()
        seed = self.config.seed
        figures = {
            "n_recordings": len(spectra),
            "n_artists": len(set(artists.tolist())),
            "near: same recording; far: other artist": pair_accuracy(vectors, recordings, artists, seed, threshold),
            "near: same artist, other recording; far: other artist": pair_accuracy(
                vectors, artists, artists, seed, threshold, not_in=recordings
            ),
        }
        known = np.array([bool(name) for name in np.array(families)[recordings]])
        if len(set(genres[known].tolist())) > 1:
            figures["near: same genre, other artist; far: other genre"] = pair_accuracy(
                vectors[known], genres[known], genres[known], seed, threshold, not_in=artists[known]
            )
        return {name: round(v[0], 3) if isinstance(v, tuple) else v for name, v in figures.items() if v is not None}

    def threshold(self) -> float:
        """The cosine that parts near (one artist) from far pairs of the recordings that were learned from best."""
        vectors, recordings = self._vectors(self.learned, 4)
        artists = self._far_groups(self.learned, recordings)
        found = pair_accuracy(vectors, recordings, artists, self.config.seed)
        return found[1] if found else 0.5

    def about(self) -> dict[str, Any]:
        """The cosine above which a pair counts as near."""
        return {"near_cosine": round(self.threshold(), 4)}


def mfcc(images: Tensor) -> Tensor:
    """The 13 MFCC [n, 13, n_frames] of mel pictures, as :meth:`~synesthete.spectrogram.Spectrogram.mfcc` has them."""
    basis = scipy.fft.dct(np.eye(images.shape[1]), axis=0, norm="ortho")[:N_MFCC]
    mel_db = (images - 1) * SPECTROGRAM.top_db
    return torch.from_numpy(basis.astype(np.float32)).to(images.device) @ mel_db


def mfcc_of(images: np.ndarray) -> np.ndarray:
    """As :func:`mfcc`, of arrays."""
    return mfcc(torch.from_numpy(images)).numpy()


def pair_accuracy(
    vectors: np.ndarray,
    near: np.ndarray,
    far: np.ndarray,
    seed: int,
    threshold: float | None = None,
    not_in: np.ndarray | None = None,
) -> tuple[float, float] | None:
    """How many of as many near as far pairs a threshold on the cosine tells apart.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)], unit length
    near, far : np.ndarray [shape=(n,)], int
        A pair is near where ``near`` is equal, and far where ``far`` differs.
    seed : int
    threshold : float, optional
        By default the best for these pairs.
    not_in : np.ndarray [shape=(n,)], int, optional
        A near pair must differ in it.

    Returns
    -------
    accuracy : float in [0, 1]
        0.5 is chance.
    threshold : float
        None where there is no pair of one kind.
    """
    first, second = np.triu_indices(len(vectors), 1)
    is_near = near[first] == near[second]
    if not_in is not None:
        is_near &= not_in[first] != not_in[second]
    is_far = far[first] != far[second]
    rng = np.random.default_rng([seed, 3])
    cosines = []
    for chosen in (is_near, is_far):
        pairs = rng.permutation(np.flatnonzero(chosen))[:N_PAIRS]
        cosines.append(np.einsum("ij,ij->i", vectors[first[pairs]], vectors[second[pairs]]))
    if not all(map(len, cosines)):
        return None
    if threshold is None:
        candidates = np.quantile(np.concatenate(cosines), np.linspace(0, 1, 201))
        scores = [_balanced(cosines, candidate) for candidate in candidates]
        threshold = float(candidates[int(np.argmax(scores))])
    return _balanced(cosines, threshold), threshold


def _balanced(cosines: list[np.ndarray], threshold: float) -> float:
    near, far = cosines
    return float(((near >= threshold).mean() + (far < threshold).mean()) / 2)
