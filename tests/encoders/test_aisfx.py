"""The borrowed ear answers as its authors' network does, and says so clearly when it cannot answer."""

import hashlib
import importlib.metadata
import io
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from synesthete import encoders, settings  # noqa: E402
from synesthete.audio import clip_from_samples  # noqa: E402
from synesthete.encoders import aisfx, aisfx_checkpoint, aisfx_network, registry  # noqa: E402
from synesthete.encoders.aisfx import Aisfx  # noqa: E402
from synesthete.encoders.base import unit  # noqa: E402
from synesthete.encoders.segments import Segments  # noqa: E402
from synesthete.errors import EncoderError  # noqa: E402
from tests import wheels  # noqa: E402

RATE = 22_050
N_SAMPLES = aisfx_checkpoint.N_SAMPLES
needs_wheel = wheels.needs_wheel("aisfx", "0.1.2")


@pytest.fixture(scope="module")
def encoder() -> Aisfx:
    return Aisfx()


def sounds(n_samples: int, rate: int) -> np.ndarray:
    """A chord, noise and clicks, nothing of them above 10 kHz; peak 1."""
    rng = np.random.default_rng(7)
    seconds = np.arange(n_samples) / rate
    chord = sum(np.sin(2 * np.pi * hz * seconds) for hz in (110, 277.2, 659.3, 4186)) * np.exp(-seconds)
    clicks = (np.arange(n_samples) % (rate // 5) == 0).astype(float)
    made = np.stack([chord, rng.standard_normal(n_samples), clicks + 1e-3 * rng.standard_normal(n_samples)])
    spectrum = np.fft.rfft(made)
    spectrum[:, np.fft.rfftfreq(n_samples, 1 / rate) > 10_000] = 0
    made = np.fft.irfft(spectrum, n_samples)
    return made / np.abs(made).max(axis=1, keepdims=True)


def published_network():
    """The authors' class with the authors' way to read the weights, which unpickles NumPy's numbers too."""
    cnn2d = pytest.importorskip("aisfx.models.cnn2d")
    scalar = (np._core.multiarray.scalar, "numpy.core.multiarray.scalar")
    with torch.serialization.safe_globals([scalar, np.dtype, type(np.dtype(np.int64))]):
        state, _ = torch.load(io.BytesIO(aisfx_checkpoint.CHECKPOINT.read()), map_location="cpu", weights_only=True)
    prefix = "embedding_net."
    network = cnn2d.EmbeddingNet("max", 3, 1, 64)
    network.load_state_dict({name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)})
    return network.eval()


def test_the_picture_is_that_of_the_doubled_rate():
    """librosa at 44,100 Hz as the wheel calls it, but that Essentia's triangles stand on the mel scale."""
    librosa = pytest.importorskip("librosa")
    n_fft, hop = 2048, 1024
    loud = sounds(2 * N_SAMPLES, 44_100)
    pictures = aisfx_network.log_mel(0.01 * loud[:, ::2]).numpy()
    assert pictures.shape == (3, 100, 96)
    peaks = np.abs(loud[:, ::2]).max(axis=1, keepdims=True)
    power = np.abs(librosa.stft(loud / peaks, n_fft=n_fft, hop_length=hop, center=False)) ** 2
    for bank, tolerance in (
        (aisfx_network.mel_bank(), 1e-4),
        (librosa.filters.mel(sr=44_100, n_fft=n_fft, n_mels=96, fmin=0, fmax=22_050, htk=True, norm=1), 5e-3),
    ):
        expected = np.log10(10_000 * np.einsum("mf,nft->ntm", bank, power) + 1) / 9.457798957824707
        np.testing.assert_allclose(pictures, expected[:, :100], atol=tolerance)
    assert pictures.max() > 0.5 and not pictures[:, :, 79:].any()  # nothing above 11,025 Hz


def test_the_mel_filters_are_triangles_on_htks_scale():
    """Computed from their corners, as Essentia does it."""
    librosa = pytest.importorskip("librosa")
    corners = librosa.hz_to_mel(librosa.mel_frequencies(n_mels=98, fmin=0, fmax=22_050, htk=True), htk=True)
    bins = librosa.hz_to_mel(np.arange(1025) * 44_100 / 2048, htk=True)
    expected = np.stack([np.interp(bins, corners[band : band + 3], [0, 1, 0]) for band in range(96)])
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(aisfx_network.mel_bank(), expected, atol=1e-9)


@needs_wheel
def test_the_network_equals_the_published_one(encoder):
    pictures = torch.cat([aisfx_network.log_mel(sounds(N_SAMPLES, RATE)), torch.rand(3, 100, 96)])
    with torch.inference_mode():
        expected = published_network()(pictures).numpy()
    assert expected.max() > 1
    np.testing.assert_allclose(encoder.network.embeddings(pictures), expected, atol=1e-4)


@needs_wheel
def test_features_are_the_layer_and_vectors_its_standardised_direction(encoder):
    waveforms = sounds(N_SAMPLES, RATE).astype(np.float32)
    segments = Segments(waveforms.ravel(), RATE, [n * N_SAMPLES / RATE for n in range(3)], N_SAMPLES / RATE)
    layer = encoder.features(segments)["aisfx"]
    assert layer.shape == (3, 512) and layer.dtype == np.float32 and layer.min() >= 0
    expected = unit((layer - encoder.mean) / encoder.std)
    np.testing.assert_array_equal(encoder.segment_vectors({"aisfx": layer}), expected)
    np.testing.assert_allclose(encoder.encode(waveforms), expected, atol=1e-5)


@needs_wheel
@pytest.mark.parametrize("gain", [1e-3, 0.3, 4.0])
def test_gain_does_not_matter(encoder, gain):
    waveforms = sounds(N_SAMPLES, RATE)
    np.testing.assert_allclose(encoder.encode(gain * waveforms), encoder.encode(waveforms), atol=1e-5)


@needs_wheel
@pytest.mark.parametrize("n_samples", [100, 1024, RATE, N_SAMPLES - 1])
def test_a_short_segment_is_followed_by_zeros(encoder, n_samples):
    waveforms = sounds(N_SAMPLES, RATE)[:, :n_samples]
    picture = aisfx_network.log_mel(waveforms)
    n_own = max(1 + (n_samples - 1024) // 512, 1)
    assert picture.shape == (3, 100, 96) and picture[:, n_own - 1].any() and not picture[:, n_own:].any()
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(waveforms), axis=1), 1, atol=1e-6)


@needs_wheel
def test_segments_follow_each_other_without_a_gap(encoder):
    """The frames of neighbours are those of the whole sound, each once."""
    made = encoder.embed(clip_from_samples(np.tile(sounds(N_SAMPLES, RATE)[1], 4), RATE))
    starts = np.array([segment.start_seconds for segment in made.segments])
    np.testing.assert_allclose(np.diff(starts[:-1]), 100 * 512 / RATE)
    assert made.segments[0].seconds == pytest.approx(N_SAMPLES / RATE)


@needs_wheel
def test_the_fingerprint_knows_the_reference(encoder):
    assert Aisfx((encoder.mean + 1, encoder.std)).fingerprint != encoder.fingerprint


def test_a_missing_wheel_names_the_command_and_the_others_go_on(monkeypatch):
    wheels.no_wheels(monkeypatch)
    with pytest.raises(EncoderError, match=r"'aisfx' lacks .*pip install --no-deps aisfx==0\.1\.2 .*other encoders"):
        Aisfx()
    monkeypatch.setattr(registry, "_missing_packages", lambda entry: [n for n in entry.packages if n == "aisfx"])
    assert "the package aisfx. Install its weights with: python -m pip" in encoders.why_not_ready("aisfx")
    assert encoders.is_ready("statistics")


def test_a_changed_checkpoint_is_refused_before_anything_of_it_is_read(monkeypatch, tmp_path):
    path = tmp_path / aisfx_checkpoint.CHECKPOINT.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cos\nsystem\n(S'false'\ntR.")  # a pickle that would run a command
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: wheels.OtherWheel(tmp_path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    with pytest.raises(EncoderError, match=f"damaged or of another .* begins with {digest}.*--force-reinstall"):
        Aisfx()


@needs_wheel
def test_a_missing_reference_names_the_command(monkeypatch, tmp_path):
    paths = settings.Paths(models=tmp_path)
    monkeypatch.setattr(settings, "Paths", lambda: paths)
    with pytest.raises(EncoderError, match=r"'aisfx' lacks the file .*aisfx\.json.* python -m synesthete"):
        Aisfx()
    assert aisfx.REMEDY in str(pytest.raises(EncoderError, Aisfx).value)


@needs_wheel
def test_the_package_itself_is_never_imported():
    code = (
        "import sys; from synesthete.encoders.aisfx import Aisfx; Aisfx();"
        "print([name for name in ('aisfx', 'essentia', 'librosa') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
