"""The training of the genre CNN: name the genre of three seconds, each genre and artist as often as any other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete.encoders.genre_cnn import N_FRAMES, STEM, GenreCnn, Network
from synesthete.encoders.trained import PREFIX
from synesthete.errors import SynestheteError
from synesthete.training.genres import confusion, draw_confusion, family
from synesthete.training.recordings import Recording
from synesthete.training.small_training import SmallTraining
from synesthete.training.spectra import Spectra

N_CROPS = 12  # of each recording that is named
LABEL_WEIGHT = 0.5  # of the finer labels among the losses
SMOOTHING = 0.1
MAX_EQUALISER_DB = 6.0
N_MASKED = 16  # bands and frames, at most


class GenreTraining(SmallTraining):
    """Name families of genres, and the finer labels of the music beside them."""

    encoder: ClassVar[type[GenreCnn]] = GenreCnn
    stem = STEM
    n_frames = N_FRAMES
    is_by_genre = True
    columns = ("step", "seconds", "total", "genres", "labels", "held_out", "learning_rate")
    network: Network

    @staticmethod
    def usable(recordings: Sequence[Recording]) -> list[Recording]:
        """Those with a genre."""
        return [recording for recording in recordings if recording.genre]

    def build(self) -> nn.Module:
        """See :class:`SmallTraining`."""
        families = [family(one.genre) for one in self.learned.recordings]
        labels = [one.genre.casefold() for one in self.learned.recordings]
        self.genres, self.labels = sorted(set(families)), sorted(set(labels))
        if len(self.genres) < 2:
            raise SynestheteError(
                f"The music to learn from is of {len(self.genres)} genres, and two are needed: name folders with "
                "genres, or say --genre-from-folder."
            )
        self._family_of = np.array([self.genres.index(name) for name in families])
        self._label_of = np.array([self.labels.index(name) for name in labels])
        artists: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, (recording, label) in enumerate(zip(self.learned.recordings, labels, strict=True)):
            artists[label][recording.group].append(number)
        self._by_label = [list(artists[label].values()) for label in self.labels]
        # A family of many labels is heard more often than one of a single label, but not as often as all of theirs.
        n_of_family = defaultdict(set)
        for its_family, label in zip(families, labels, strict=True):
            n_of_family[its_family].add(label)
        shares = np.array([len(n_of_family[family(label)]) ** -0.5 for label in self.labels])
        self._shares = shares / shares.sum()
        return Network(len(self.genres), len(self.labels))

    def losses(self, step: int) -> dict[str, Tensor]:
        """Cross-entropy of families and labels; each label, and of it each artist, is as likely as any other."""
        rng = np.random.default_rng([self.config.seed, 1, step])
        chosen = []
        for label in rng.choice(len(self.labels), size=self.config.batch_size, p=self._shares):
            artists = self._by_label[label]
            of_artist = artists[int(rng.integers(len(artists)))]
            chosen.append(of_artist[int(rng.integers(len(of_artist)))])
        images = altered(rng, self.draw(rng, self.learned, chosen))
        with self.precision():
            genres, labels = self.network(images)
        values = {
            "genres": functional.cross_entropy(
                genres.float(), torch.from_numpy(self._family_of[chosen]), label_smoothing=SMOOTHING
            ),
            "labels": functional.cross_entropy(
                labels.float(), torch.from_numpy(self._label_of[chosen]), label_smoothing=SMOOTHING
            ),
        }
        return {"total": values["genres"] + LABEL_WEIGHT * values["labels"]} | values

    def check(self) -> dict[str, float]:
        """Share of held-out recordings whose family is named."""
        true, named = self._named(self.held_out, 3)
        return {"held_out": round(float(np.mean(np.array(true) == np.array(named))), 4)} if true else {}

    def numbers(self, images: Tensor) -> Tensor:
        """The 64."""
        return self.network.numbers(images)

    @torch.no_grad()
    def _named(self, spectra: Spectra, n_crops: int) -> tuple[list[str], list[str]]:
        """The families of recordings, of those that were learned, and what they are called."""
        self.network.eval()
        true, named = [], []
        for number, recording in enumerate(spectra.recordings):
            its_family = family(recording.genre)
            if its_family in self.genres:
                logits = self.network(torch.from_numpy(spectra.crops(number, n_crops)).to(self.device))[0]
                true.append(its_family)
                named.append(self.genres[int(torch.softmax(logits, dim=1).mean(dim=0).argmax())])
        return true, named

    def measure(self, spectra: Spectra) -> dict[str, Any]:
        """Accuracy over recordings, and with each genre counted once; the confusion matrix."""
        true, named = self._named(spectra, N_CROPS)
        if not true:
            return {"n_recordings": 0}
        counts = confusion(true, named, self.genres)
        is_there = counts.sum(axis=1) > 0
        recalls = counts.diagonal()[is_there] / counts.sum(axis=1)[is_there]
        most = max(true.count(name) for name in set(true))
        return {
            "n_recordings": len(true),
            "accuracy": round(float(counts.trace() / counts.sum()), 3),
            "accuracy, each genre counted once": round(float(recalls.mean()), 3),
            "always the commonest genre": round(most / len(true), 3),
            "confusion": counts.tolist(),
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """Without the layer for the finer labels."""
        return {name: value for name, value in super().tensors().items() if not name.startswith(f"{PREFIX}labels.")}

    def about(self) -> dict[str, Any]:
        """The genres that the last layer names."""
        return {"genres": self.genres}

    def keep_beside(self, models: Path, figures: dict[str, dict[str, Any]]) -> list[str]:
        """The confusion matrices as pictures and tables; returns their names."""
        made = []
        for name, measured in figures.items():
            if measured.get("confusion"):
                counts = np.array(measured["confusion"])
                rows = [",".join(["", *self.genres])]
                rows += [",".join([genre, *map(str, row)]) for genre, row in zip(self.genres, counts, strict=True)]
                stem = f"{STEM}-confusion-{name.replace(' ', '-')}"
                (models / f"{stem}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
                draw_confusion(counts, self.genres).save(models / f"{stem}.png")
                made += [f"{stem}.png", f"{stem}.csv"]
        return made


def altered(rng: np.random.Generator, images: Tensor) -> Tensor:
    """Pictures [n, n_bins, n_frames] through a random smooth equaliser, with a band and a stretch of time taken out."""
    n, n_bins, n_frames = images.shape
    points = rng.standard_normal((n, 7)) * rng.uniform(0, MAX_EQUALISER_DB, (n, 1)) / 80
    at = np.linspace(0, 6, n_bins)
    low = np.minimum(at.astype(int), 5)
    curves = points[:, low] * (1 - (at - low)) + points[:, low + 1] * (at - low)
    changed = images + torch.from_numpy(curves.astype(np.float32))[:, :, None].to(images.device)
    changed = (changed - changed.amax(dim=(1, 2), keepdim=True) + 1).clamp(min=0)
    for image in changed:
        height, width = rng.integers(0, N_MASKED, 2)
        top, left = int(rng.integers(n_bins - height)), int(rng.integers(n_frames - width))
        image[top : top + height] = 0
        image[:, left : left + width] = 0
    return changed
