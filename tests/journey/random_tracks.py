"""Random tracks with vectors, for the tests of journeys."""

from synesthete.encoders.base import Embedding, unit
from synesthete.journey import Journey, TrackVectors
from synesthete.tracks import Segment, Track


def random_track_vectors(rng, n=80, size=6, n_artists=30, **tags) -> TrackVectors:
    vectors = unit(rng.normal(size=(n, size)))
    tracks = tuple(Track(f"t{i}", f"Title {i}", artist=f"Artist {i % n_artists}", **tags) for i in range(n))
    return TrackVectors(tracks, vectors)


def ids(journey: Journey) -> list[str]:
    return [track.track_id for track in journey.tracks]


def sound(vector, fingerprint="") -> Embedding:
    return Embedding(vector, vector[None], (Segment(0.0, 5.0),), fingerprint)
