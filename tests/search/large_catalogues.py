"""A large catalogue and its index, as the tests of both have them."""

import time

import numpy as np

from synesthete.encoders.base import Embedding, unit
from synesthete.encoders.parts import Part
from synesthete.tracks import Segment, Track
from tests.catalogues import Fake

N_TRACKS, N_FEATURES, K = 1_200, 64, 10
CENTRES = np.random.default_rng(7).normal(size=(60, N_FEATURES))


class Fitted(Fake):
    """One whose tracks have two parts that are fitted to the library."""

    name = "fitted fake"
    track_parts = {"a": Part(slice(0, 40), 1.0), "b": Part(slice(40, N_FEATURES), 0.5)}


ENCODER = Fitted()


def put(catalogue, rng, numbers):
    """Tracks about the centres of clusters, by few artists, in few folders."""
    with catalogue.transaction():
        for number in numbers:
            features = CENTRES[rng.integers(len(CENTRES))] + 0.7 * rng.normal(size=N_FEATURES)
            own = rng.normal(size=ENCODER.embedding_size)
            vectors = unit(own + 0.5 * rng.normal(size=(6, ENCODER.embedding_size)))
            segments = tuple(Segment(2.5 * place, 5.0) for place in range(6))
            track_id = f"{number:05d}"
            path = f"/music/{number % 7}/{number % 70}/{number}.ogg"
            catalogue.add_track(
                Track(
                    track_id,
                    f"t{number}",
                    f"Artist {number % 11}",
                    genre=f"G{number % 5}",
                    seconds=number / 10 + 1,
                    path=path,
                )
            )
            made = Embedding(features.astype(np.float32), vectors, segments, ENCODER.fingerprint)
            catalogue.put_embedding(track_id, ENCODER, made)


def nearest(vectors, query, k, is_allowed=None):
    rows = np.arange(len(vectors)) if is_allowed is None else np.flatnonzero(is_allowed)
    return rows[np.argsort(-(vectors[rows] @ query), kind="stable")[:k]]


def recall(store, vectors, queries, is_allowed=None):
    found = [store.search(query, K, is_allowed)[1][0] for query in queries]
    return np.mean([np.isin(nearest(vectors, q, K, is_allowed), f).mean() for q, f in zip(queries, found, strict=True)])


def follows(engine, n_tracks):
    deadline = time.monotonic() + 60
    while (found := engine.search_track("00001")).n_tracks != n_tracks:
        assert time.monotonic() < deadline
        assert len(found.matches) == K  # an answer, always
        time.sleep(0.05)
    return engine
