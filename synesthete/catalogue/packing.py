"""The bytes in which a catalogue keeps what an encoder made of a track, and what may be in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synesthete.errors import CatalogueError

if TYPE_CHECKING:
    from synesthete.encoders.base import Embedding, Encoder


def packed(track_id: str, encoder: Encoder, embedding: Embedding) -> tuple[bytes, bytes, bytes, bytes]:
    """The bytes of an embedding, once it is known to fit its encoder.

    Returns
    -------
    features, starts, lengths, matrix : bytes
        Little-endian float32 [n_track_features], float32 [n_segments] in seconds twice, float16
        [n_segments, embedding_size].

    Raises
    ------
    CatalogueError
        Another encoder's fingerprint, another size, no segments, or vectors that are not finite unit vectors.
    """

    def refuse(what: str) -> CatalogueError:
        return CatalogueError(
            f"The embedding of track {track_id!r} by encoder {encoder.name!r} {what}. Embed it again with this encoder."
        )

    if embedding.fingerprint != encoder.fingerprint:
        raise refuse(f"carries fingerprint {embedding.fingerprint!r} instead of {encoder.fingerprint!r}")
    features, matrix = np.asarray(embedding.track_features), np.asarray(embedding.segment_vectors)
    sizes = encoder.embedding_size, encoder.n_track_features
    if problem := misfit(features, matrix, len(embedding.segments), sizes, bool(encoder.track_parts)):
        raise refuse(problem)
    starts = [segment.start_seconds for segment in embedding.segments]
    lengths = [segment.seconds for segment in embedding.segments]
    arrays = ((features, "<f4"), (starts, "<f4"), (lengths, "<f4"), (matrix, "<f2"))
    first, second, third, fourth = (np.asarray(array).astype(kind).tobytes() for array, kind in arrays)
    return first, second, third, fourth


def misfit(
    features: np.ndarray, matrix: np.ndarray, n_segments: int, sizes: tuple[int, int], is_fitted: bool = True
) -> str:
    """What is wrong with the features of a track and the vectors of its segments; empty if they fit an encoder.

    ``sizes`` are its embedding_size and n_track_features; if it is not fitted to a library, features are unit vectors.
    """
    size, n_features = sizes
    if features.shape != (n_features,) or matrix.shape != (n_segments, size) or n_segments == 0:
        return (
            f"has the shapes {features.shape} and {matrix.shape} for {n_segments} segments;"
            f" ({n_features},) and (n_segments, {size}) are needed"
        )
    if is_fitted and not np.isfinite(features).all():
        return "holds features that are not finite"
    vectors = matrix if is_fitted else np.vstack([features, matrix])
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
    is_unit = np.abs(norms - 1) < 1e-2
    if not np.all(is_unit | (norms == 0)):  # not-a-number fails both; a zero vector is what silence gives
        return f"holds a vector of length {norms[~(is_unit | (norms == 0))][0]:g} instead of 1"
    return ""


def unpacked(blob: bytes, n_rows: int, size: int) -> np.ndarray:
    """Float16 bytes back to unit vectors, float32 [n_rows, size]; the length lost in rounding is restored."""
    matrix = np.frombuffer(blob, dtype="<f2").reshape(n_rows, size).astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))[:, None]
    return np.divide(matrix, norms, out=matrix, where=norms > 0)
