"""The time/frequency autoencoder: what it draws anew, and what each half of its numbers says."""

import numpy as np
import pytest
import torch

from synesthete import encoders, settings
from synesthete.audio import read_clip
from synesthete.encoders.autoencoder import Autoencoder, Network, SmallAutoencoder
from synesthete.encoders.contract import clip_of
from synesthete.encoders.segments import Segments
from synesthete.encoders.track_space import own_space
from synesthete.encoders.trained import mel_images, network_tensors
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError
from synesthete.sampler import open_sampler

RATE = settings.AUDIO.sample_rate_hz
PARTS = {"time": slice(0, 128), "frequency": slice(128, 256)}


@pytest.fixture(scope="module", params=["autoencoder", "autoencoder-small"])
def encoder(request):
    return encoders.load(request.param)


@pytest.fixture(scope="module")
def song():
    with open_sampler() as catalogue:
        return read_clip(catalogue.audio_path(catalogue.tracks()[20]))


def batch_of(encoder, samples):
    return encoder.inputs(Segments(samples, RATE, *encoder.segment_grid(len(samples), RATE)))


def test_a_picture_of_the_published_size():
    big, small = encoders.load("autoencoder"), encoders.load("autoencoder-small")
    assert (big.embedding_size, big.n_frames, small.embedding_size, small.n_frames) == (256, 128, 256, 32)
    samples = np.zeros(10 * RATE, dtype=np.float32)
    assert batch_of(big, samples).shape[1:] == (3, 128, 128) and batch_of(small, samples).shape[1:] == (3, 128, 32)


def test_what_it_draws_is_near_what_it_saw(encoder, song):
    """Of real sound a hundred times nearer than noise is; the picture is the red layer."""
    batch = batch_of(encoder, song.excerpts[0].samples[: 30 * RATE])
    seen, drawn = encoder.reconstruct(batch)
    np.testing.assert_array_equal(seen, batch[:, 0])
    assert seen.shape == drawn.shape and drawn.min() >= 0 and drawn.max() <= 1
    assert np.square(drawn - seen).mean() < 0.008
    noise = np.random.default_rng(0).random((4, 3, 128, encoder.n_frames)).astype(np.float32)
    seen, drawn = encoder.reconstruct(noise)
    assert np.square(drawn - seen).mean() > 0.05
    assert list(encoder.pictures(batch).values())[1].shape == (len(batch), 128, encoder.n_frames)


def test_the_numbers_are_all_the_decoder_gets(encoder, song):
    batch = batch_of(encoder, song.excerpts[0].samples[: 20 * RATE])
    with torch.inference_mode():
        drawn = encoder._network.decoder(torch.from_numpy(encoder.numbers(batch))).clamp(0, 1).numpy()
    np.testing.assert_allclose(drawn, encoder.reconstruct(batch)[1], atol=1e-5)


def test_an_order_of_moments_is_heard_along_time(song):
    """Real music with its frames in another order: the frequency half keeps far more of it than the time half."""
    encoder = encoders.load("autoencoder")
    batch = batch_of(encoder, song.excerpts[0].samples[: 40 * RATE])
    order = 8 * np.random.default_rng(0).permutation(16)[:, None] + np.arange(8)
    vectors, reordered = encoder.encode(batch), encoder.encode(batch[..., order.ravel()])
    kept = {name: 2 * np.einsum("ij,ij->i", vectors[:, at], reordered[:, at]).mean() for name, at in PARTS.items()}
    assert kept["frequency"] > kept["time"] + 0.1


def test_a_match_says_how_alike_in_time_and_in_frequency(tmp_path, song):
    """The two shares are each half's own cosine, halved; together they are the similarity."""
    from synesthete.explain.shares import shares

    encoder = encoders.load("autoencoder")
    space = own_space(encoder)
    with open_sampler() as catalogue:
        other = read_clip(catalogue.audio_path(catalogue.tracks()[60]))
    first, second = (space(encoder.embed(clip).track_features)[None] for clip in (song, other))
    found = {share.name: share for share in shares(first, second, space.parts)}
    assert set(found) == {"time", "frequency"}
    assert sum(share.amount for share in found.values()) == pytest.approx(float(first[0] @ second[0]), abs=1e-5)
    for share in found.values():
        assert share.amount == pytest.approx(share.cosine / 2, abs=1e-5)


def test_a_passage_says_so_too(song):
    encoder = encoders.load("autoencoder")
    vectors = encoder.embed(song).segment_vectors
    lengths = [np.linalg.norm(vectors[:, at], axis=1) for at in encoder.components.values()]
    np.testing.assert_allclose(lengths, np.sqrt(0.5), atol=1e-4)


def test_a_shorter_sound_is_repeated():
    image = np.random.default_rng(0).random((1, 3, 128, 5)).astype(np.float32)
    repeated = mel_images(image, "autoencoder", 12)
    np.testing.assert_array_equal(repeated[0, :, 5:10], image[0, 0])
    np.testing.assert_array_equal(repeated[0, :, 10:], image[0, 0, :, :2])
    silent = np.concatenate([np.zeros((1, 3, 128, 4), np.float32), image, np.zeros((1, 3, 128, 3), np.float32)], axis=3)
    np.testing.assert_array_equal(mel_images(silent, "autoencoder", 12), repeated)
    assert not mel_images(0 * silent, "autoencoder", 12).any()
    with pytest.raises(EncoderError, match="'autoencoder' needs stacked images"):
        mel_images(image[0], "autoencoder", 12)


def weights(n_frames=32, **changes):
    torch.manual_seed(0)
    tensors = network_tensors(Network(n_frames))
    tensors |= {"segments.mean": np.zeros(256), "segments.std": np.ones(256)}
    tensors |= {
        "reference.mean": np.zeros(256),
        "reference.variance": np.ones(256),
        "reference.nuisance": np.zeros((256, 4)),
    }
    return Weights("weights.safetensors", tensors | changes, {"version": "1", "embedding_size": 256})


def test_weights_that_do_not_fit_are_refused():
    assert SmallAutoencoder(weights()).embedding_size == 256
    with pytest.raises(EncoderError, match="does not fit its settings: the tensor"):
        Autoencoder(weights())
    with pytest.raises(EncoderError, match="lacks mean and spread of 256 numbers"):
        SmallAutoencoder(weights(**{"segments.std": np.zeros(256)}))
    with pytest.raises(EncoderError, match="lacks the variance"):
        SmallAutoencoder(weights(**{"reference.variance": np.zeros(3)}))


@pytest.mark.parametrize("seconds", [27.3, 30.0, 33.9])
def test_silence_behind_a_song_moves_its_track_little(encoder, song, seconds):
    """However long it is, so wherever its last segment lies; hiss too soft to hear is silence."""
    samples = song.excerpts[0].samples[: round(seconds * RATE)]
    hiss = 10 ** (-75 / 20) * np.random.default_rng(3).standard_normal(20 * RATE)
    space, alone = own_space(encoder), encoder.embed(clip_of(samples))
    for pause in (0 * hiss, hiss):
        made = encoder.embed(clip_of(np.concatenate([samples, pause])))
        assert space(made.track_features) @ space(alone.track_features) > 0.99


def test_a_segment_with_a_pause_has_less_of_a_say(encoder):
    """A weighted mean; and of segments that are alike in this, or of which nothing is known, the plain one."""
    numbers = np.random.default_rng(4).standard_normal((3, encoder.embedding_size)).astype(np.float32)
    sounding = f"{encoder.name}/sounding"
    made = encoder.track_features({encoder.name: numbers, sounding: np.array([[1.0], [1.0], [0.5]])})
    expected = np.average(numbers, axis=0, weights=[256, 256, 1])
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)
    for shares in ({}, {sounding: np.full((3, 1), 0.4)}, {sounding: np.zeros((3, 1))}):
        made = encoder.track_features({encoder.name: numbers} | shares)
        np.testing.assert_allclose(made, numbers.mean(axis=0), rtol=1e-4, atol=1e-5)
