"""What the small networks find among real recordings that they did not learn from, in seconds instead of an hour.

    PYTHONPATH=. python benchmarks/small_networks.py FOLDER [--work FOLDER]

FOLDER has a ``tracks.csv`` with genre and artist, such as ``benchmarks/real_split.py --report`` makes. Mean average
precision of the genre with an artist filter, over the middle minute of each recording; they are the library too that
the vectors are fitted to. ``timbre`` stands beside them, because it needs the same mel bands and nothing else. Not
comparable with the table of ``benchmarks/quality.py``: fewer candidates, longer clips, nothing drawn to its neighbours.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import scipy.fft

from synesthete import encoders, settings
from synesthete.encoders.base import Encoder
from synesthete.encoders.segments import segment_frames
from synesthete.encoders.track_space import Moments, space_in
from synesthete.evaluation.ranking import label_retrieval
from synesthete.training.recordings import read_recordings
from synesthete.training.spectra import Spectra

NAMES = ("autoencoder", "autoencoder-small", "genre-cnn", "siamese", "timbre")
N_SEGMENTS = 20


def batch_of(encoder: Encoder, images: np.ndarray) -> np.ndarray:
    """Mel pictures [n, n_mels, n_frames] in the form that an encoder takes, with nothing where it does not look."""
    if encoder.consumes == "image":
        return np.repeat(images[:, None], 3, axis=1)
    made_with = settings.SPECTROGRAM
    mel_db = (images - 1) * np.float32(made_with.top_db)
    mfcc = scipy.fft.dct(mel_db, axis=1, norm="ortho")[:, : made_with.n_mfcc]
    rest = np.zeros((len(images), made_with.n_chroma + 6, images.shape[2]), dtype=np.float32)
    return np.concatenate([mel_db, mfcc, rest], axis=1)


def track_features(encoder: Encoder, spectra: Spectra) -> np.ndarray:
    """Of each recording [n, n_track_features]."""
    rows = []
    for number in range(len(spectra)):
        batch = batch_of(encoder, spectra.crops(number, N_SEGMENTS))
        given = encoder.numbers(batch) if hasattr(encoder, "numbers") else encoder.encode(batch)
        rows.append(encoder.track_features({encoder.name: given}))
    return np.stack(rows)


def main() -> int:
    """Print one line for each encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="real recordings with tracks.csv")
    parser.add_argument("--work", type=Path, default=settings.Paths().state / "training", help="gets the spectra")
    options = parser.parse_args()
    if options.folder is None:
        print("Without a folder of recordings with genres there is nothing to measure.")
        return 0
    recordings = read_recordings([options.folder])
    print("| encoder | genre mAP (artist filter) | ± | chance | queries |\n|---|---|---|---|---|")
    for name in filter(encoders.is_ready, NAMES):
        encoder = encoders.load(name)
        spectra = Spectra(recordings, options.work / "spectra", segment_frames(encoder.segment_seconds))
        rows = track_features(encoder, spectra)
        vectors = space_in(encoder, Moments.of([rows], encoder.n_track_features))(rows)
        genres, artists = ([getattr(one, what) for one in spectra.recordings] for what in ("genre", "artist"))
        found = label_retrieval(vectors, genres, [artists])
        low, high = found.confidence_interval
        figures = (found.mean_average_precision, (high - low) / 2, found.chance)
        print(f"| {name} | {' | '.join(f'{figure:.3f}' for figure in figures)} | {found.n_queries} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
