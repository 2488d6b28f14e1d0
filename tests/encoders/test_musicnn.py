"""The borrowed encoder answers as TensorFlow does, and says so clearly when it cannot answer."""

import hashlib
import importlib.metadata
import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).with_name("reference")
GENERATOR = runpy.run_path(str(REFERENCE / "make_musicnn.py"))

torch = pytest.importorskip("torch")
from synesthete.audio import clip_from_samples  # noqa: E402
from synesthete.encoders import musicnn, musicnn_checkpoint, musicnn_network  # noqa: E402
from synesthete.encoders.borrowed import read_reference  # noqa: E402
from synesthete.encoders.musicnn import LEVEL, TAGS, Musicnn  # noqa: E402
from synesthete.encoders.segments import Segments  # noqa: E402
from synesthete.errors import EncoderError  # noqa: E402
from synesthete.training.standardisation import write_reference  # noqa: E402
from tests import wheels  # noqa: E402

needs_wheel = wheels.needs_wheel("musicnn", "0.1.0")


@pytest.fixture(scope="module")
def encoder() -> Musicnn:
    return Musicnn()


@pytest.fixture(scope="module")
def waveforms() -> np.ndarray:
    return GENERATOR["waveforms"]()


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    with np.load(REFERENCE / "musicnn.npz") as stored:
        return dict(stored)


def assert_equals_tensorflow(heard, expected):
    assert set(expected) == {"tags", "mean_pool", "max_pool", "penultimate"}
    for name, values in expected.items():
        # max_pool reaches 91, where float32 itself is no finer than 8e-6 a rounding.
        np.testing.assert_allclose(getattr(heard, name), values, atol=1e-4, rtol=1e-5, err_msg=name)


def test_log_mel_equals_librosa(waveforms):
    pytest.importorskip("librosa")
    pictures = musicnn_network.log_mel(waveforms).numpy()
    assert pictures.shape == (len(waveforms), 187, 96)
    expected = np.stack([GENERATOR["log_mel"](segment) for segment in waveforms])
    np.testing.assert_allclose(pictures, expected, atol=1e-4)


def test_the_mel_filters_equal_librosas():
    librosa = pytest.importorskip("librosa")
    _, bank = musicnn_network._analysis()
    np.testing.assert_allclose(bank.numpy().T, librosa.filters.mel(sr=16_000, n_fft=512, n_mels=96), atol=1e-7)


@needs_wheel
def test_the_network_equals_tensorflows(encoder, waveforms, expected):
    pytest.importorskip("librosa")
    pictures = np.stack([GENERATOR["log_mel"](segment) for segment in waveforms])
    assert_equals_tensorflow(encoder.network.outputs(torch.from_numpy(pictures)), expected)


@needs_wheel
def test_from_the_waveform_on_it_equals_tensorflow_too(encoder, waveforms, expected):
    assert_equals_tensorflow(encoder.outputs(waveforms), expected)


@needs_wheel
def test_loud_sound_does_not_overflow(encoder):
    square = np.sign(np.sin(2 * np.pi * 440 * np.arange(musicnn_checkpoint.N_SAMPLES) / 16_000))[None]
    pictures = musicnn_network.log_mel(square)
    assert 5 < pictures.max() < 10
    assert np.isfinite(encoder.encode(square)).all()


@needs_wheel
def test_encode_gives_unit_vectors_alone_as_in_a_batch(encoder, waveforms):
    batch = np.concatenate([waveforms] * 2)  # more than one pass of the network
    vectors = encoder.encode(batch)
    assert vectors.shape == (len(batch), encoder.embedding_size)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors, encoder.encode(batch))
    for number, segment in enumerate(waveforms):
        np.testing.assert_allclose(encoder.encode(segment[None])[0], vectors[number], atol=1e-5)


@needs_wheel
@pytest.mark.parametrize("n_samples", [100, 512, 16_000, musicnn_checkpoint.N_SAMPLES - 1])
def test_a_short_segment_is_repeated(encoder, waveforms, n_samples):
    vectors = encoder.encode(waveforms[:, :n_samples])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    picture = musicnn_network.log_mel(waveforms[:, :n_samples])
    n_own = max(1 + (n_samples - 512) // 256, 1)
    assert picture.shape[1] == 187
    np.testing.assert_array_equal(picture[:, n_own], picture[:, 0])


@needs_wheel
def test_a_passage_gives_its_vector_within_a_longer_sound(encoder, rng):
    samples = (0.1 * rng.standard_normal(16_000 * 8)).astype(np.float32)
    hop, length = round(encoder.hop_seconds * 16_000), musicnn_checkpoint.N_SAMPLES
    starts, seconds = encoder.segment_grid(len(samples), 16_000)
    cut = Segments(samples, 16_000, starts, seconds)
    segments = encoder.inputs(cut)
    assert starts[1] * 16_000 == hop
    assert round(encoder.segment_seconds * 16_000) == length
    passage = samples[None, hop : hop + length]
    np.testing.assert_allclose(segments[1], (LEVEL / np.sqrt(np.mean(np.square(passage))) * passage)[0], rtol=1e-4)
    whole = musicnn_network.log_mel(samples[None])
    np.testing.assert_allclose(whole[:, 94 : 94 + 187], musicnn_network.log_mel(passage), atol=1e-5)


@needs_wheel
def test_embed_gives_one_unit_vector_and_segments(encoder, rng):
    clip = clip_from_samples((0.1 * rng.standard_normal(22_050 * 7)).astype(np.float32), 22_050, name="noise")
    embedding = encoder.embed(clip)
    assert embedding.track_features.shape == (1706,)
    assert embedding.segment_vectors.shape == (len(embedding.segments), 200)
    np.testing.assert_allclose(np.linalg.norm(embedding.segment_vectors, axis=1), 1, atol=1e-5)
    assert embedding.fingerprint == encoder.fingerprint


@needs_wheel
def test_tags_are_the_likeliest_first(encoder, waveforms, expected):
    tags = encoder.tags({TAGS: encoder.outputs(waveforms).tags})
    mean = expected["tags"].mean(axis=0)
    assert list(tags) == [encoder.tag_names[number] for number in np.argsort(-mean, kind="stable")]
    assert list(tags.values()) == pytest.approx(sorted(mean)[::-1], abs=1e-4)
    assert len(encoder.tag_names) == len(tags) == 50


@needs_wheel
def test_one_pass_of_the_network_gives_vectors_and_tags(encoder, waveforms, monkeypatch):
    clip = clip_from_samples(np.tile(waveforms[0], 3), 16_000, name="chords")
    n_segments = []
    outputs = encoder.network.outputs
    monkeypatch.setattr(encoder.network, "outputs", lambda x: n_segments.append(len(x)) or outputs(x))
    made = encoder.embed(clip)
    assert n_segments == [len(made.segments)]
    assert made.tags["indie"] == pytest.approx(dict(zip(encoder.tag_names, encoder.outputs(waveforms[:1]).tags[0],
                                                        strict=True))["indie"], abs=0.15)  # fmt: skip


def test_a_missing_wheel_names_the_command(monkeypatch):
    wheels.no_wheels(monkeypatch)
    with pytest.raises(EncoderError, match="pip install --no-deps musicnn==0.1.0 .*other encoders work"):
        Musicnn()


def test_a_damaged_checkpoint_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "musicnn" / "MSD_musicnn" / ".data-00000-of-00001"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not what it was")
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: wheels.OtherWheel(tmp_path))
    digest = hashlib.sha256(b"not what it was").hexdigest()[:12]
    with pytest.raises(EncoderError, match=f"damaged or of another .* begins with {digest}"):
        Musicnn()


def test_a_wheel_without_the_checkpoint_is_as_good_as_none(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: wheels.OtherWheel(tmp_path))
    with pytest.raises(EncoderError, match="lacks its weights"):
        Musicnn()


def test_a_reference_that_does_not_fit_is_refused(tmp_path, rng):
    path = tmp_path / "musicnn.json"
    with pytest.raises(EncoderError, match=r"lacks the file .*musicnn\.json.* python -m synesthete"):
        read_reference(path, "musicnn", 200, "", musicnn.REMEDY)
    path.write_text("{")
    with pytest.raises(EncoderError, match=r"musicnn\.json is damaged"):
        read_reference(path, "musicnn", 200, "", musicnn.REMEDY)
    write_reference([rng.standard_normal((4, 200))], "noise", "1" * 64, path)
    with pytest.raises(EncoderError, match="made with other weights"):
        read_reference(path, "musicnn", 200, "0" * 64, musicnn.REMEDY)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"std": [0.0] * 200}))
    with pytest.raises(EncoderError, match="spreads above zero"):
        read_reference(path, "musicnn", 200, "", musicnn.REMEDY)


@needs_wheel
def test_the_fingerprint_knows_the_reference(encoder):
    other = Musicnn((encoder.mean + 1, encoder.std))
    assert other.fingerprint != encoder.fingerprint


@needs_wheel
def test_the_package_itself_is_never_imported():
    code = (
        "import sys; from synesthete.encoders.musicnn import Musicnn; Musicnn();"
        "print([name for name in ('musicnn', 'tensorflow', 'librosa') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
