"""HEAR's interface, held to the rules of its public validator (hearvalidator 2021.0.6), one by one."""

import numpy as np
import pytest
import torch

from synesthete import encoders
from synesthete.audio import Clip, Excerpt
from synesthete.encoders.resnet import Resnet
from synesthete.encoders.track_space import own_space
from synesthete.errors import EncoderError, OptionError
from synesthete.evaluation import hear

RATES_HZ = [16_000, 22_050, 44_100, 48_000]  # those HEAR knows


@pytest.fixture(params=["statistics", "timbre", "resnet", "musicnn", "synesthete"])
def model(request):
    if request.param == "resnet":
        return hear.Model(Resnet.untrained(architecture={"depth": 10, "width": 8}))
    if not encoders.is_ready(request.param):
        pytest.skip(encoders.why_not_ready(request.param))
    return hear.load_model(request.param)


def noise(model, n_sounds, seconds):
    generator = torch.Generator().manual_seed(1)
    return torch.rand((n_sounds, int(seconds * model.sample_rate)), generator=generator) * 2 - 1


def test_the_model_says_what_it_takes_and_gives(model):
    assert isinstance(model, torch.nn.Module)
    assert model.sample_rate in RATES_HZ
    assert type(model.scene_embedding_size) is int and type(model.timestamp_embedding_size) is int


@pytest.mark.parametrize("seconds", [1.07, 1.98, 4.0])
def test_timestamp_embeddings(model, seconds):
    if seconds == 4.0 and model.encoder.name == "synesthete":
        pytest.skip("slow, and longer by nothing new")
    audio = noise(model, 2, seconds)
    embeddings, timestamps = hear.get_timestamp_embeddings(audio, model)
    assert embeddings.dtype == torch.float32
    assert embeddings.ndim == 3 and timestamps.ndim == 2
    assert embeddings.shape[0] == len(audio)
    assert embeddings.shape[:2] == timestamps.shape
    assert embeddings.shape[2] == model.timestamp_embedding_size
    steps = np.diff(timestamps.numpy())
    assert steps.max() <= 50.0 + 1e-3
    assert np.abs(steps - steps.mean()).max() <= 1
    assert timestamps.min() <= steps.mean()
    assert 1000 * seconds - min(steps.mean(), 50) - 1e-3 <= timestamps.max() <= 1000 * seconds


def test_scene_embeddings(model):
    audio = noise(model, 4, 2.74)
    embeddings = hear.get_scene_embeddings(audio, model)
    assert embeddings.dtype == torch.float32
    assert embeddings.shape == (len(audio), model.scene_embedding_size)
    torch.testing.assert_close(model(audio[:1]), embeddings[:1], atol=1e-5, rtol=0)


def test_a_scene_is_the_encoders_own_embedding():
    model = hear.Model(Resnet.untrained(architecture={"depth": 10, "width": 8}))
    audio = noise(model, 1, 4.0)
    clip = Clip((Excerpt(0.0, audio[0].numpy()),), model.sample_rate, 4.0)
    np.testing.assert_array_equal(
        hear.get_scene_embeddings(audio, model)[0], own_space(model.encoder)(model.encoder.embed(clip).track_features)
    )


def test_a_timestamp_hears_its_own_time():
    model = hear.Model(Resnet.untrained(architecture={"depth": 10, "width": 8}))
    seconds = np.arange(4 * model.sample_rate) / model.sample_rate
    tone = np.where(seconds < 2, np.sin(2 * np.pi * 220 * seconds), np.sin(2 * np.pi * 3000 * seconds))
    rows = hear.get_timestamp_embeddings(torch.from_numpy(tone[None]), model)[0][0].numpy()
    assert rows[20] @ rows[26] > rows[20] @ rows[54]  # 1.0 s is like 1.3 s, not like 2.7 s
    assert rows[60] @ rows[54] > rows[60] @ rows[20]


def test_an_unknown_encoder_is_refused():
    with pytest.raises(EncoderError, match="no encoder 'naive_baseline.pt'. Known are"):
        hear.load_model("naive_baseline.pt")


def test_audio_of_another_shape_is_refused():
    model = hear.Model(Resnet.untrained(architecture={"depth": 10, "width": 8}))
    with pytest.raises(OptionError, match=r"\[n_sounds, n_samples\], got \(7,\)"):
        hear.get_scene_embeddings(torch.zeros(7), model)
