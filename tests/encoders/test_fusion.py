"""Several ears as one: the inner product, missing and changed parts, segments shared by all."""

import numpy as np
import pytest

from synesthete import settings
from synesthete.audio import Clip, Excerpt
from synesthete.encoders import fusion, registry
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.fusion import HOP, HOP_FRAMES, SEGMENT_FRAMES, SEGMENT_SAMPLES, Fusion, Part
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError
from synesthete.spectrogram import compute_spectrogram, compute_spectrograms

RATE = settings.AUDIO.sample_rate_hz


class Listener(Encoder):
    """Turns whatever it is given by a fixed random matrix; stands for a trained encoder."""

    name = "listener"
    version = "1"
    embedding_size = 12
    segment_seconds, hop_seconds = 3.0, 1.5

    def __init__(self, name: str, consumes: str, seed: int = 0, sample_rate: int = RATE) -> None:
        self.name, self.consumes, self.sample_rate = name, consumes, sample_rate
        self.seed = seed

    @property
    def weights_id(self) -> str:
        return f"{self.name} {self.seed}"

    def encode(self, batch: np.ndarray) -> np.ndarray:
        if self.consumes == "waveform":
            self.loudness = np.sqrt(np.mean(batch**2, axis=1))
            batch = np.abs(np.fft.rfft(batch, 48_000, axis=1))[:, :4000].reshape(len(batch), 40, 100)
        rows = batch.reshape(len(batch), -1, batch.shape[-1]).mean(axis=2)
        return unit(rows @ np.random.default_rng(self.seed).standard_normal((rows.shape[1], self.embedding_size)))


def ears() -> dict[str, Encoder]:
    return {
        "waves": Listener("waves", "waveform", 1, 16_000),
        "pictures": Listener("pictures", "image", 2),
        "numbers": Listener("numbers", "features", 3),
    }


def turns(parts: dict[str, Encoder], **weights: float) -> Weights:
    """Random turns for parts; each keeps eight axes."""
    tensors, card = {}, {"version": "1", "voices": {}, "weights_sha256": "none"}
    for number, (name, ear) in enumerate(parts.items()):
        rng = np.random.default_rng(number)
        for tensor in fusion.TENSORS:
            shape = (ear.embedding_size,) if tensor.endswith("mean") else (ear.embedding_size, 8)
            tensors[f"{name}.{tensor}"] = (0.3 * rng.standard_normal(shape)).astype(np.float32)
        share = weights.get(name, 1.0)
        card["voices"][name] = {"made_with": ear.weights_id, "window_weight": share, "track_weight": 2 * share}
    return Weights("the turns", tensors, card)


def sound(n_seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    seconds = np.arange(round(n_seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hz * seconds**1.1) for hz in rng.uniform(100, 2000, 4))
    return (0.1 * tone + 0.02 * rng.standard_normal(seconds.size)).astype(np.float32)


def clip_of(samples: np.ndarray) -> Clip:
    return Clip((Excerpt(0.0, samples),), RATE, len(samples) / RATE)


@pytest.fixture
def ear() -> Fusion:
    parts = ears()
    return Fusion(turns(parts, waves=0.5, numbers=3.0), parts)


def test_a_cosine_is_the_weighted_mean_of_the_parts(ear):
    one, other = (ear.embed(clip_of(sound(8, seed))) for seed in (1, 2))
    for kind, factor in (("vector", 2.0), ("segment_vectors", 1.0)):
        first, second = (np.atleast_2d(getattr(made, kind))[0].reshape(3, 8) for made in (one, other))
        shares = factor * np.array([0.5, 1.0, 3.0])
        np.testing.assert_allclose(np.sum(first**2, axis=1), shares / shares.sum(), atol=1e-5)
        cosines = np.sum(unit(first) * unit(second), axis=1)
        assert np.sum(first * second) == pytest.approx(float(cosines @ shares) / shares.sum(), abs=1e-5)


def test_a_segment_alone_is_the_segment_within(ear):
    samples = sound(9)
    made = ear.embed(clip_of(samples))
    assert len(made.segments) == 5
    for number, segment in enumerate(made.segments):
        start = round(segment.start_seconds * RATE)
        assert start % HOP == 0
        alone = ear.encode(samples[None, start : start + SEGMENT_SAMPLES])[0]
        assert alone @ made.segment_vectors[number] > 0.9999
    assert made.segments[1].start_seconds == pytest.approx(ear.hop_seconds) == HOP_FRAMES * HOP / RATE


def test_every_part_hears_the_same_segments():
    samples = sound(6)
    inner = compute_spectrograms(clip_of(samples))[0].inner()
    pictures = Part(Listener("pictures", "image", 2))
    assert pictures.hear(samples, inner, [0, HOP_FRAMES])["pictures"].shape == (2, 12)
    expected = inner.slice(HOP_FRAMES, HOP_FRAMES + 126).stacked_image()[None]  # its own segment: 3.0 s
    np.testing.assert_array_equal(
        pictures.hear(samples, inner, [0, HOP_FRAMES])["pictures"][1], pictures.encoder.encode(expected)[0]
    )
    assert compute_spectrogram(samples[:SEGMENT_SAMPLES]).inner().n_frames == SEGMENT_FRAMES


@pytest.mark.parametrize("gain", [0.01, 1.0, 5.0])
def test_a_part_that_hears_waveforms_gets_them_at_one_level(gain):
    samples = gain * sound(6)
    part = Part(Listener("waves", "waveform", 1, 16_000))
    part.hear(samples, compute_spectrograms(clip_of(samples))[0].inner(), [0, HOP_FRAMES])
    np.testing.assert_allclose(part.encoder.loudness, fusion.LEVEL, rtol=1e-4)


def test_a_missing_part_is_left_out_and_named(monkeypatch):
    parts = ears()
    weights = turns(parts)

    def load(name):
        if name == "waves":
            raise EncoderError("The encoder 'waves' lacks its wheel. Install it.")
        return parts[name]

    monkeypatch.setattr(registry, "load", load)
    ear = Fusion(weights)
    assert ear.part_names == ("pictures", "numbers")
    assert ear.embedding_size == 16
    assert len(ear.notes) == 1 and "goes on without" in ear.notes[0] and "Install it." in ear.notes[0]
    assert ear.embed(clip_of(sound(4))).vector.shape == (16,)
    assert ear.fingerprint != Fusion(weights, parts).fingerprint


def test_a_part_that_has_changed_is_left_out_and_named():
    parts = ears()
    weights = turns(parts)
    changed = Fusion(weights, parts | {"pictures": Listener("pictures", "image", 9)})
    assert changed.part_names == ("waves", "numbers")
    assert "leaves out 'pictures', which has changed" in changed.notes[0]
    assert "fusion_fit" in changed.notes[0]


def test_without_any_part_there_is_no_fusion():
    with pytest.raises(EncoderError, match="None of the ears of 'synesthete' is ready"):
        Fusion(turns(ears()), {})


def test_the_fingerprint_knows_the_parts_and_the_weights():
    parts = ears()
    before = Fusion(turns(parts), parts)
    assert before.fingerprint == Fusion(turns(parts), parts).fingerprint
    assert before.fingerprint != Fusion(turns(parts, waves=2.0), parts).fingerprint
    parts["waves"].version = "2"
    assert before.fingerprint != Fusion(turns(ears()), ears()).fingerprint


def test_settings_that_do_not_fit_are_refused():
    parts = ears()
    weights = turns(parts)
    del weights.tensors["waves.track_axes"]
    with pytest.raises(EncoderError, match="lacks what it needs for 'waves'"):
        Fusion(weights, parts)
    with pytest.raises(EncoderError, match="weighs 'numbers' by .* above zero"):
        Fusion(turns(parts, numbers=0.0), parts)


def test_other_shapes_are_refused(ear):
    with pytest.raises(EncoderError, match=r"needs waveforms \[n, n_samples > 0\], got the shape \(3,\)"):
        ear.encode(np.zeros(3))


def test_short_sounds_are_heard(ear):
    for n_seconds in (0.05, 0.5, 1.0, 2.9):
        made = ear.embed(clip_of(sound(n_seconds)))
        assert made.segment_vectors.shape == (1, 24)
        assert np.isfinite(made.vector).all()


class TwoSided(Listener):
    """A part whose vector has two halves that are weighed apart, as the ResNet's likeness and identity are."""

    parts = {"likeness": slice(0, 8), "identity": slice(8, 12)}


def test_a_part_may_speak_with_its_halves_alone():
    part = TwoSided("pictures", "image", 2)
    tensors, voices = {}, {}
    for number, (half, at) in enumerate(part.parts.items()):
        size = at.stop - at.start
        for tensor in fusion.TENSORS:
            tensors[f"pictures/{half}.{tensor}"] = (
                np.zeros(size, np.float32) if tensor.endswith("mean") else np.eye(size, dtype=np.float32)
            )
        voices[f"pictures/{half}"] = {"made_with": part.weights_id, "window_weight": 1 + 2 * number, "track_weight": 1}
    card = {"version": "1", "voices": voices, "weights_sha256": "none"}
    ear = Fusion(Weights("the turns", tensors, card), {"pictures": part})
    assert ear.part_names == ("pictures",) and ear.embedding_size == 12 and ear.notes == ()
    samples = sound(5)
    segment = ear.encode(samples[None, :SEGMENT_SAMPLES])[0]
    own = part.encode(compute_spectrogram(samples[:SEGMENT_SAMPLES]).inner().slice(0, 126).stacked_image()[None])[0]
    for voice, weight in (("likeness", 1 / 4), ("identity", 3 / 4)):
        heard = segment[ear.voices[f"pictures/{voice}"]]
        np.testing.assert_allclose(heard, np.sqrt(weight) * unit(own[part.parts[voice]][None])[0], atol=1e-5)
