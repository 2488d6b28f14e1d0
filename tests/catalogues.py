"""Catalogues of random vectors, for tests of what is done with them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from synesthete.audio import content_id, read_clip
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.encoders.track_space import reference_of
from synesthete.tracks import Segment, Track

SIZE, HOP, RATE = 12, 2.5, 22_050
MATRIX = np.random.default_rng(5).normal(size=(400, SIZE))


class Fake(Encoder):
    """Projects the spectrum of a segment by random numbers."""

    name = "fake"
    version = "1"
    embedding_size = SIZE
    consumes = "waveform"

    def encode(self, batch):
        spectra = np.abs(np.fft.rfft(batch, axis=1))[:, :40_000]
        bands = np.log(1e-6 + spectra.reshape(len(batch), 400, -1).mean(axis=2))
        return unit((bands - bands.mean(axis=1, keepdims=True)) @ MATRIX)


ENCODER = Fake()


def fitted_by_hand(encoder, catalogue):
    """The tracks' vectors by id, fitted and smoothed as the documents say, and where another sound lies among them."""
    features = catalogue.track_features(encoder.fingerprint).astype(np.float64)
    reference = reference_of(encoder)
    n, n_reference, real = len(features), reference.moments.n_tracks, reference.moments
    mean = (n * features.mean(axis=0) + n_reference * real.mean) / (n + n_reference)
    squares = n * np.square(features).mean(axis=0) + n_reference * (real.variance + np.square(real.mean))
    std = np.maximum(np.sqrt(squares / (n + n_reference) - np.square(mean)), 1e-3)

    def fitted(rows):
        parts = []
        for part in encoder.track_parts.values():
            scores = ((rows - mean) / std)[..., part.at]
            axes = reference.nuisance[part.at] / std[part.at, None]
            scores = scores - (scores @ np.linalg.pinv(axes).T) @ axes.T  # what is left is orthogonal to all of them
            parts.append(np.sqrt(part.weight) * unit(scores))
        return unit(np.concatenate(parts, axis=-1))

    def drawn(vector, others):
        nearest = np.argsort(-(others @ vector), kind="stable")[:2]
        return unit(vector + 0.5 * others[nearest].mean(axis=0))

    plain = fitted(features)
    smooth = np.stack([drawn(vector, np.delete(plain, row, axis=0)) for row, vector in enumerate(plain)])
    vectors = dict(zip(catalogue.ids(encoder.fingerprint), smooth, strict=True))
    return vectors, lambda track_features: drawn(fitted(track_features), smooth)


def embedding_of(vectors, gap_after=None):
    starts = HOP * np.arange(len(vectors))
    if gap_after is not None:
        starts[gap_after:] += 20.0
    segments = tuple(Segment(float(start), 5.0) for start in starts)
    return Embedding(unit(vectors.mean(axis=0)), vectors, segments, ENCODER.fingerprint)


def walk(rng, n_segments):
    """Segments of a made-up recording: each near the one before, as in music."""
    steps = rng.normal(size=(n_segments, SIZE)) * np.where(np.arange(n_segments) == 0, 1.0, 0.35)[:, None]
    return unit(np.cumsum(steps, axis=0))


def fill(catalogue, rng, n_tracks, n_segments=(1, 12), change=lambda vectors: vectors):
    """Add tracks of random length by few artists; ``change`` is done to the segments of each."""
    for number in range(n_tracks):
        n = int(rng.integers(*n_segments))
        artist = ["", "Ann", "Ben", " ann"][int(rng.integers(4))]
        track = Track(f"{number:03}", f"Track {number}", artist, seconds=HOP * n + 2.5, path=f"{number}.ogg")
        catalogue.add_track(track)
        embedding = embedding_of(change(walk(rng, n)), gap_after=3 if n > 6 else None)
        catalogue.put_embedding(track.track_id, ENCODER, embedding)


def take_in(
    catalogue: Catalogue, encoder: Encoder, files: Iterable[Path], known: Callable[[Path], dict] = lambda file: {}
):
    """Add sound files as ``synesthete index`` would, in this process; ``known`` gives what the track's tags do not."""
    for file in files:
        clip = read_clip(file)
        track = {"title": file.stem, "seconds": round(clip.seconds, 2), "path": str(file)} | known(file)
        catalogue.add_track(Track(content_id(clip), **track))
        catalogue.put_embedding(content_id(clip), encoder, encoder.embed(clip))
