"""Encoders that embed nothing, and embeddings as they would make them, for tests of what a catalogue keeps."""

from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.tracks import Segment


class Fake(Encoder):
    name = "fake"
    version = "1"
    embedding_size = 8
    consumes = "waveform"

    def encode(self, batch):
        return unit(batch[:, :8])


class Other(Fake):
    name = "other"
    embedding_size = 5


ENCODER = Fake()


def embedding_of(rng, n_segments=4, encoder=ENCODER):
    vectors = unit(rng.normal(size=(n_segments, encoder.embedding_size)))
    segments = tuple(Segment(2.5 * number, 5.0) for number in range(n_segments))
    return Embedding(unit(vectors.mean(axis=0)), vectors, segments, encoder.fingerprint)
