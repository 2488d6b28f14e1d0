"""The network without its last layer, and what the last layer would say."""

import numpy as np
import pytest
import torch

from synesthete import encoders, settings
from synesthete.audio import read_clip
from synesthete.encoders.genre_cnn import SIZE, GenreCnn, Network
from synesthete.encoders.segments import Segments
from synesthete.encoders.trained import network_tensors
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError
from synesthete.sampler import open_sampler
from synesthete.training.genres import family


@pytest.fixture(scope="module")
def encoder():
    return encoders.load("genre-cnn")


def batch_of(encoder, clip):
    samples, rate = clip.excerpts[0].samples[: 20 * settings.AUDIO.sample_rate_hz], clip.sample_rate_hz
    return encoder.inputs(Segments(samples, rate, *encoder.segment_grid(len(samples), rate)))


def test_the_last_layer_reads_the_64_numbers(encoder):
    batch = np.random.default_rng(0).random((3, 3, 128, 128)).astype(np.float32)
    numbers = encoder.numbers(batch)
    layer = encoder._network.genres
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    logits = np.maximum(numbers, 0) @ weight.T + bias
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
    given = encoder.likely_genres(batch)
    assert numbers.shape == (3, SIZE) and set(given) == set(encoder.genres)
    np.testing.assert_allclose([given[name] for name in encoder.genres], expected, atol=1e-5)
    assert list(given.values()) == sorted(given.values(), reverse=True)


def test_it_names_the_built_in_music(encoder):
    """Most of it was learned from; this says that the last layer and the names belong together."""
    with open_sampler() as catalogue:
        tracks = catalogue.tracks()[::12]
        named = [
            next(iter(encoder.likely_genres(batch_of(encoder, read_clip(catalogue.audio_path(t)))))) for t in tracks
        ]
    right = [name == family(track.genre) for name, track in zip(named, tracks, strict=True)]
    assert np.mean(right) > 0.6


def test_what_it_shows(encoder):
    pictures = encoder.pictures(np.random.default_rng(0).random((2, 3, 128, 128)).astype(np.float32))
    assert [picture.shape for picture in pictures.values()] == [(2, 128, 128)] * 2
    for picture in pictures.values():
        assert picture.min() >= 0 and picture.max() <= 1 + 1e-6


def test_weights_that_do_not_fit_are_refused():
    torch.manual_seed(0)
    tensors = network_tensors(Network(3)) | {"segments.mean": np.zeros(SIZE), "segments.std": np.ones(SIZE)}
    shapes = {"mean": (SIZE,), "variance": (SIZE,), "nuisance": (SIZE, 4)}
    tensors |= {f"reference.{name}": np.zeros(shape) for name, shape in shapes.items()}
    card = {"version": "1", "genres": ["a", "b", "c"]}
    assert GenreCnn(Weights("w", tensors, card)).genres == ("a", "b", "c")
    with pytest.raises(EncoderError, match="tensor 'genres.bias' has the shape"):
        GenreCnn(Weights("w", tensors, card | {"genres": ["a", "b"]}))
    with pytest.raises(EncoderError, match="name no genres"):
        GenreCnn(Weights("w", tensors, card | {"genres": []}))
