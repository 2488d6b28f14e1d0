"""Several encoders as one: the inner product, missing and changed members, segments shared by all."""

import numpy as np
import pytest

from synesthete import settings
from synesthete.audio import Clip, Excerpt
from synesthete.encoders import fusion, registry
from synesthete.encoders.base import Encoder, Features, unit
from synesthete.encoders.fusion import HOP, HOP_FRAMES, SEGMENT_FRAMES, SEGMENT_SAMPLES, Fusion, member_features
from synesthete.encoders.segments import Segments
from synesthete.encoders.track_space import own_space
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError
from synesthete.spectrogram import compute_spectrogram, compute_spectrograms

RATE = settings.AUDIO.sample_rate_hz


class LinearEncoder(Encoder):
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


def member_encoders() -> dict[str, Encoder]:
    return {
        "waves": LinearEncoder("waves", "waveform", 1, 16_000),
        "pictures": LinearEncoder("pictures", "image", 2),
        "numbers": LinearEncoder("numbers", "features", 3),
    }


def projections(members: dict[str, Encoder], **weights: float) -> Weights:
    """Random projections for members; each keeps eight axes."""
    shares = {name: weights.get(name, 1.0) for name in members}
    track_weights = {name: 2 * share or 1.0 for name, share in shares.items()}
    card = {"version": "1", "components": {}, "track_weights": track_weights, "weights_sha256": "none"}
    tensors = {}
    for number, (name, encoder) in enumerate(members.items()):
        rng = np.random.default_rng(number)
        for tensor in ("mean", "axes"):
            shape = (encoder.embedding_size,) if tensor == "mean" else (encoder.embedding_size, 8)
            tensors[f"{name}.{tensor}"] = (0.3 * rng.standard_normal(shape)).astype(np.float32)
        card["components"][name] = {"made_with": encoder.weights_id, "weight": shares[name]}
    return Weights("the projections", tensors, card)


def sound(n_seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    seconds = np.arange(round(n_seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hz * seconds**1.1) for hz in rng.uniform(100, 2000, 4))
    return (0.1 * tone + 0.02 * rng.standard_normal(seconds.size)).astype(np.float32)


def clip_of(samples: np.ndarray) -> Clip:
    return Clip((Excerpt(0.0, samples),), RATE, len(samples) / RATE)


@pytest.fixture
def encoder() -> Fusion:
    members = member_encoders()
    return Fusion(projections(members, waves=0.5, numbers=3.0), members)


def test_a_cosine_is_the_weighted_mean_of_the_members(encoder):
    one, other = (encoder.embed(clip_of(sound(8, seed))) for seed in (1, 2))
    space = own_space(encoder)
    for vectors, size, factor in (
        ([space(made.track_features) for made in (one, other)], 12, 2.0),
        ([made.segment_vectors[0] for made in (one, other)], 8, 1.0),
    ):
        first, second = (vector.reshape(3, size) for vector in vectors)
        shares = factor * np.array([0.5, 1.0, 3.0])
        np.testing.assert_allclose(np.sum(first**2, axis=1), shares / shares.sum(), atol=1e-5)
        cosines = np.sum(unit(first) * unit(second), axis=1)
        assert np.sum(first * second) == pytest.approx(float(cosines @ shares) / shares.sum(), abs=1e-5)


def test_a_track_is_the_mean_of_its_segments_before_fitting(encoder):
    samples = sound(9)
    starts, seconds = encoder.segment_grid(len(samples), RATE)
    features = encoder.features(Segments(samples, RATE, starts, seconds))
    expected = np.concatenate([features[name].mean(axis=0) for name in ("waves", "pictures", "numbers")])
    np.testing.assert_allclose(encoder.embed(clip_of(samples)).track_features, expected, atol=1e-5)
    assert {name: part.at for name, part in encoder.track_parts.items()} == {
        "waves": slice(0, 12), "pictures": slice(12, 24), "numbers": slice(24, 36),
    }  # fmt: skip


def test_a_member_that_hears_few_segments_hears_the_middle(monkeypatch):
    monkeypatch.setattr(fusion, "STRIDES", {"waves": 3})
    members, samples = member_encoders(), sound(14)
    encoder = Fusion(projections({"numbers": members["numbers"]}), members)
    starts, seconds = encoder.segment_grid(len(samples), RATE)
    heard = []
    monkeypatch.setattr(members["waves"], "encode", lambda batch: heard.append(len(batch)) or np.ones((len(batch), 12)))
    whole = encoder.features(Segments(samples, RATE, starts, seconds))
    assert len(starts) == 8 and heard == [3] and len(whole["numbers"]) == 8  # the second, fifth and eighth
    encoder.features(Segments(samples, RATE, starts[:1], seconds))
    assert heard == [3, 1]


def test_a_segment_alone_is_the_segment_within(encoder):
    samples = sound(9)
    made = encoder.embed(clip_of(samples))
    assert len(made.segments) == 5
    for number, segment in enumerate(made.segments):
        start = round(segment.start_seconds * RATE)
        assert start % HOP == 0
        alone = encoder.encode(samples[None, start : start + SEGMENT_SAMPLES])[0]
        assert alone @ made.segment_vectors[number] > 0.9999
    assert made.segments[1].start_seconds == pytest.approx(encoder.hop_seconds) == HOP_FRAMES * HOP / RATE


def test_every_member_gets_the_same_segments():
    samples = sound(6)
    inner = compute_spectrograms(clip_of(samples))[0].inner()
    starts = [0.0, HOP_FRAMES * HOP / RATE]
    segments = Segments(samples, RATE, starts, SEGMENT_SAMPLES / RATE, inner)
    pictures = LinearEncoder("pictures", "image", 2)
    found = member_features({"pictures": pictures, "waves": LinearEncoder("waves", "waveform", 1, 16_000)}, segments)
    assert found["pictures"].shape == found["waves"].shape == (2, 12)
    expected = inner.slice(HOP_FRAMES, HOP_FRAMES + 126).stacked_image()[None]  # its own segment: 3.0 s
    np.testing.assert_array_equal(found["pictures"][1], pictures.encode(expected)[0])
    assert compute_spectrogram(samples[:SEGMENT_SAMPLES]).inner().n_frames == SEGMENT_FRAMES


@pytest.mark.parametrize("gain", [0.01, 1.0, 5.0])
def test_a_member_that_takes_waveforms_gets_them_at_one_level(gain):
    member = LinearEncoder("waves", "waveform", 1, 16_000)
    member_features({"waves": member}, Segments(gain * sound(6), RATE, [0.0, 1.5], SEGMENT_SAMPLES / RATE))
    np.testing.assert_allclose(member.loudness, fusion.LEVEL, rtol=1e-4)


def test_a_missing_member_is_left_out_and_named(monkeypatch):
    members = member_encoders()
    weights = projections(members)

    def load(name):
        if name == "waves":
            raise EncoderError("The encoder 'waves' lacks its wheel. Install it.")
        return members[name]

    monkeypatch.setattr(registry, "load", load)
    encoder = Fusion(weights)
    assert tuple(encoder.members) == ("pictures", "numbers")
    assert encoder.embedding_size == 16
    assert len(encoder.notes) == 1 and "goes on without" in encoder.notes[0] and "Install it." in encoder.notes[0]
    assert encoder.embed(clip_of(sound(4))).track_features.shape == (24,)
    assert encoder.fingerprint != Fusion(weights, members).fingerprint


def test_a_member_that_has_changed_is_left_out_and_named():
    members = member_encoders()
    weights = projections(members)
    changed = Fusion(weights, members | {"pictures": LinearEncoder("pictures", "image", 9)})
    assert tuple(changed.members) == ("waves", "numbers")
    assert "leaves out 'pictures', which has changed" in changed.notes[0]
    assert "fusion_fit" in changed.notes[0]


def test_without_any_member_there_is_no_fusion():
    with pytest.raises(EncoderError, match="None of the encoders of 'synesthete' that hear"):
        Fusion(projections(member_encoders()), {})


def test_the_fingerprint_knows_the_members_and_the_weights():
    members = member_encoders()
    before = Fusion(projections(members), members)
    assert before.fingerprint == Fusion(projections(members), members).fingerprint
    assert before.fingerprint != Fusion(projections(members, waves=2.0), members).fingerprint
    members["waves"].version = "2"
    assert before.fingerprint != Fusion(projections(members), members).fingerprint


def test_settings_that_do_not_fit_are_refused():
    members = member_encoders()
    weights = projections(members)
    del weights.tensors["waves.axes"]
    with pytest.raises(EncoderError, match="lacks what it needs for 'waves'"):
        Fusion(weights, members)
    with pytest.raises(EncoderError, match="weighs 'numbers' by .* above zero"):
        Fusion(projections(members, numbers=0.0), members)


def test_other_shapes_are_refused(encoder):
    with pytest.raises(EncoderError, match=r"needs waveforms \[n, n_samples > 0\], got the shape \(3,\)"):
        encoder.encode(np.zeros(3))


def test_short_sounds_are_embedded(encoder):
    for n_seconds in (0.05, 0.5, 1.0, 2.9):
        made = encoder.embed(clip_of(sound(n_seconds)))
        assert made.segment_vectors.shape == (1, 24)
        assert np.isfinite(made.track_features).all()


class TwoSided(LinearEncoder):
    """An encoder with two outputs that are weighed apart, as the ResNet's likeness and identity are."""

    halves = {"likeness": slice(0, 8), "identity": slice(8, 12)}

    @property
    def feature_sizes(self) -> dict[str, int]:
        return {f"{self.name}/{half}": at.stop - at.start for half, at in self.halves.items()}

    def features(self, segments: Segments) -> Features:
        vectors = self.encode(self.inputs(segments))
        return {f"{self.name}/{half}": vectors[:, at] for half, at in self.halves.items()}


def test_a_member_may_take_part_with_several_outputs():
    member = TwoSided("pictures", "image", 2)
    tensors, components = {}, {}
    for number, (half, at) in enumerate(member.halves.items()):
        size = at.stop - at.start
        for tensor in ("mean", "axes"):
            tensors[f"pictures/{half}.{tensor}"] = (
                np.zeros(size, np.float32) if tensor == "mean" else np.eye(size, dtype=np.float32)
            )
        components[f"pictures/{half}"] = {
            "made_with": member.weights_id, "weight": 1 + 2 * number,
        }  # fmt: skip
    track_weights = dict.fromkeys(components, 1.0)
    card = {"version": "1", "components": components, "track_weights": track_weights, "weights_sha256": "none"}
    encoder = Fusion(Weights("the projections", tensors, card), {"pictures": member})
    assert tuple(encoder.members) == ("pictures",) and encoder.embedding_size == 12 and encoder.notes == ()
    samples = sound(5)
    segment = encoder.encode(samples[None, :SEGMENT_SAMPLES])[0]
    own = member.encode(compute_spectrogram(samples[:SEGMENT_SAMPLES]).inner().slice(0, 126).stacked_image()[None])[0]
    for half, weight in (("likeness", 1 / 4), ("identity", 3 / 4)):
        found = segment[encoder.components[f"pictures/{half}"]]
        np.testing.assert_allclose(found, np.sqrt(weight) * unit(own[member.halves[half]][None])[0], atol=1e-5)
