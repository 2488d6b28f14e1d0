"""A borrowed ear: what the tagger musicnn, taught by a million songs, makes of a sound before it names it.

Its weights are not part of this project; :mod:`synesthete.encoders.musicnn_network` says where they come
from. The 200 numbers below the tags differ in scale, so each is standardised by its mean and spread over a
reference collection, kept in ``data/models/musicnn.json`` and made by
``python -m synesthete.encoders.musicnn FILES...``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.audio import Clip, read_clip
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.musicnn_network import (
    N_FRAMES,
    N_SAMPLES,
    SPECTROGRAM,
    Heard,
    Network,
    log_mel,
    read_table,
    read_tensors,
)
from synesthete.errors import EncoderError, OptionError

FILE_NAME = "musicnn.json"
REMEDY = "Make it anew from your music with: python -m synesthete.encoders.musicnn FILES..."
N_PENULTIMATE = 200
HOP_FRAMES = N_FRAMES // 2 + 1
SMALLEST_STD = 1e-3  # a number that never moves is divided by this instead of zero


class Musicnn(Encoder):
    """Embeds by the layer before the tags, each dimension standardised; can also say which tags it hears.

    Parameters
    ----------
    reference : tuple of two np.ndarray [shape=(200,)], optional
        Mean and spread (> 0) of the layer; by default those in ``data/models/musicnn.json``.

    Raises
    ------
    EncoderError
        If the package with the weights is not installed, or a file is missing or damaged.
    """

    name = "musicnn"
    consumes = "waveform"
    version = "1"
    embedding_size = N_PENULTIMATE
    sample_rate = SPECTROGRAM.sample_rate_hz
    segment_seconds = N_SAMPLES / SPECTROGRAM.sample_rate_hz
    hop_seconds = HOP_FRAMES * SPECTROGRAM.hop_length / SPECTROGRAM.sample_rate_hz

    def __init__(self, reference: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        table = read_table()
        self.network = Network(read_tensors(table))
        self.tag_names: tuple[str, ...] = tuple(table["tags"])
        self.weights_sha256: str = table["sha256"]
        self.mean, self.std = reference or _read_reference(settings.Paths().models / FILE_NAME, self.weights_sha256)

    @property
    def weights_id(self) -> str:
        """Hash of the borrowed weights and of the reference."""
        return settings.fingerprint(self.weights_sha256, self.mean.tolist(), self.std.tolist())

    def hear(self, batch: np.ndarray) -> Heard:
        """Run the network over waveforms [n, n_samples] in [-1, 1] at 16 kHz; short ones are repeated."""
        return self.network.hear(log_mel(batch))

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples]; see :meth:`Encoder.encode`."""
        return unit((self.hear(batch).penultimate - self.mean) / self.std)

    def tags(self, sound: Clip | np.ndarray, n_tags: int = 5) -> list[tuple[str, float]]:
        """What this ear thinks it hears.

        Parameters
        ----------
        sound : Clip, or np.ndarray [shape=(n, n_samples)] in [-1, 1] at 16 kHz
        n_tags : int in [1, 50]

        Returns
        -------
        list of (str, float in [0, 1])
            The likeliest tags and their probabilities, averaged over the segments, likeliest first.

        Raises
        ------
        OptionError
            If ``n_tags`` is out of range.
        """
        if not 1 <= n_tags <= len(self.tag_names):
            raise OptionError(f"n_tags is {n_tags}; this ear knows 1 to {len(self.tag_names)} tags.")
        heard = np.concatenate([self.hear(segments).tags for segments in self.segments(sound)])
        probabilities = heard.mean(axis=0)
        likeliest = np.argsort(-probabilities, kind="stable")[:n_tags]
        return [(self.tag_names[number], float(probabilities[number])) for number in likeliest]

    def segments(self, sound: Clip | np.ndarray) -> Iterable[np.ndarray]:
        """Waveforms [n, n_samples] at 16 kHz, one batch an excerpt; an array is taken as cut already."""
        if isinstance(sound, np.ndarray):
            return [sound]
        return [self._cut_waveform(excerpt.samples, sound.sample_rate_hz)[0] for excerpt in sound.excerpts]


def _read_reference(path: Path, weights_sha256: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        mean, std = (np.array(plain[key], dtype=np.float32) for key in ("mean", "std"))
        made_with = plain["weights_sha256"]
    except FileNotFoundError as error:
        raise EncoderError(f"The encoder 'musicnn' lacks the file {path}. {REMEDY}") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EncoderError(f"{path} is damaged ({error}). {REMEDY}") from error
    if mean.shape != (N_PENULTIMATE,) or std.shape != mean.shape or not (std > 0).all():
        raise EncoderError(
            f"{path} holds {mean.shape} means and {std.shape} spreads, not {N_PENULTIMATE} of each with "
            f"spreads above zero. {REMEDY}"
        )
    if made_with != weights_sha256:
        raise EncoderError(f"{path} was made with other weights ({str(made_with)[:12]}). {REMEDY}")
    return mean, std


def write_reference(layers: Iterable[np.ndarray], made_from: str, path: Path) -> None:
    """Write mean and spread of the layer over all segments of a collection, as JSON.

    Parameters
    ----------
    layers : iterable of np.ndarray [shape=(n, 200)]
        What :meth:`Musicnn.hear` gave for ``penultimate``.
    made_from : str
        Which music, in words.
    path : Path
    """
    heard = np.concatenate(list(layers)).astype(np.float64)
    plain = {
        "format": 1,
        "made_from": made_from,
        "n_windows": len(heard),
        "weights_sha256": read_table()["sha256"],
        "mean": [float(f"{value:.6g}") for value in heard.mean(axis=0)],
        "std": [float(f"{value:.6g}") for value in np.maximum(heard.std(axis=0), SMALLEST_STD)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Make ``data/models/musicnn.json`` from sound files."""
    parser = argparse.ArgumentParser(prog="python -m synesthete.encoders.musicnn", description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="sound files of the reference collection")
    parser.add_argument("--made-from", required=True, help="which music this is, in words")
    options = parser.parse_args()
    ear = Musicnn((np.zeros(N_PENULTIMATE, np.float32), np.ones(N_PENULTIMATE, np.float32)))
    layers = (ear.hear(part).penultimate for file in options.files for part in ear.segments(read_clip(file)))
    write_reference(layers, options.made_from, settings.Paths().models / FILE_NAME)


if __name__ == "__main__":
    main()
