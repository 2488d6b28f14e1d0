"""The spectrogram against librosa, and what must not change it."""

import subprocess
import sys
from dataclasses import replace

import librosa
import numpy as np
import pytest

from synesthete.errors import AudioError
from synesthete.settings import PROJECT_ROOT, SPECTROGRAM, SpectrogramSettings
from synesthete.spectrogram import (
    chroma_filters,
    compute_spectrogram,
    compute_spectrograms,
    mel_filters,
    mel_frequencies,
)

RATE = SPECTROGRAM.sample_rate_hz
OTHER = SpectrogramSettings(sample_rate_hz=16_000, n_fft=1024, hop_length=160, n_mels=64, n_mfcc=13, n_chroma=24)


@pytest.fixture
def music(rng):
    """Three seconds: a falling chord with overtones, and noise."""
    seconds = np.arange(3 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * n * seconds) / n for f in (220.0, 277.2, 329.6) for n in (1, 2, 3, 4))
    return (0.1 * chord * np.exp(-seconds) + 0.003 * rng.standard_normal(seconds.size)).astype(np.float32)


class FakeClip:
    def __init__(self, sample_rate_hz, *excerpts):
        self.name, self.sample_rate_hz = "snippet.wav", sample_rate_hz
        self.excerpts = [type("Excerpt", (), {"samples": samples}) for samples in excerpts]


def slaney_mel_bank(settings):
    """The bank from its definition (Slaney, 1998): linear to 1000 Hz at 15 mel, then 27 mel to a factor of 6.4."""
    highest_hz = settings.sample_rate_hz / 2
    step = np.log(6.4) / 27
    highest = 15 + np.log(highest_hz / 1000) / step if highest_hz > 1000 else highest_hz * 3 / 200
    mels = np.linspace(0, highest, settings.n_mels + 2)
    edges_hz = [mel * 200 / 3 if mel < 15 else 1000 * np.exp(step * (mel - 15)) for mel in mels]
    bins_hz = np.arange(1 + settings.n_fft // 2) * settings.sample_rate_hz / settings.n_fft
    bank = [
        np.interp(bins_hz, (low, centre, high), (0, 2 / (high - low), 0), left=0, right=0)
        for low, centre, high in zip(edges_hz, edges_hz[1:], edges_hz[2:], strict=False)
    ]
    return np.array(bank), np.array(edges_hz[1:-1])


BELOW_1000_HZ = SpectrogramSettings(sample_rate_hz=1600, n_mels=8)


@pytest.mark.parametrize("chosen", [SPECTROGRAM, OTHER, BELOW_1000_HZ], ids=["default", "other", "below 1000 Hz"])
def test_mel_filters_are_slaneys(chosen):
    bank, centres_hz = slaney_mel_bank(chosen)
    np.testing.assert_allclose(mel_filters(chosen), bank, atol=1e-12)
    np.testing.assert_allclose(mel_frequencies(chosen), centres_hz, rtol=1e-12)


@pytest.mark.parametrize("chosen", [SPECTROGRAM, OTHER, BELOW_1000_HZ], ids=["default", "other", "below 1000 Hz"])
def test_mel_filters_equal_librosas(chosen):
    """As used, in float32: a bank that differs would change every vector without changing a fingerprint."""
    shape = {"sr": chosen.sample_rate_hz, "n_fft": chosen.n_fft, "n_mels": chosen.n_mels, "dtype": np.float64}
    expected = librosa.filters.mel(**shape)
    np.testing.assert_array_equal(mel_filters(chosen).astype(np.float32), expected.astype(np.float32))
    edges_hz = librosa.mel_frequencies(chosen.n_mels + 2, fmin=0, fmax=chosen.sample_rate_hz / 2)
    np.testing.assert_allclose(mel_frequencies(chosen), edges_hz[1:-1], rtol=1e-12)


@pytest.mark.parametrize("chosen", [SPECTROGRAM, OTHER, BELOW_1000_HZ], ids=["default", "other", "below 1000 Hz"])
def test_chroma_filters_equal_librosas(chosen):
    shape = {"sr": chosen.sample_rate_hz, "n_fft": chosen.n_fft, "dtype": np.float64}
    chroma = librosa.filters.chroma(**shape, n_chroma=chosen.n_chroma, tuning=0)
    np.testing.assert_allclose(chroma_filters(chosen), chroma, atol=1e-12)


@pytest.mark.parametrize("chosen", [SPECTROGRAM, OTHER], ids=["default", "other"])
@pytest.mark.parametrize("n_samples", [3 * RATE, 3 * RATE - 511, 4096, 1000])
def test_everything_equals_librosa(music, chosen, n_samples):
    samples = music[:n_samples]
    shape = {"sr": chosen.sample_rate_hz, "n_fft": chosen.n_fft, "hop_length": chosen.hop_length}
    mel = librosa.feature.melspectrogram(y=samples, **shape, n_mels=chosen.n_mels)
    chroma = librosa.feature.chroma_stft(y=samples, **shape, n_chroma=chosen.n_chroma, tuning=0)
    mel_db = librosa.power_to_db(mel, ref=np.max, top_db=chosen.top_db)

    seen = compute_spectrogram(samples, chosen)

    np.testing.assert_allclose(seen.mel, mel, rtol=2e-5, atol=1e-7 * mel.max())
    np.testing.assert_allclose(seen.chroma, chroma, atol=1e-5)
    np.testing.assert_allclose(seen.tonnetz, librosa.feature.tonnetz(chroma=chroma), atol=1e-5)
    np.testing.assert_allclose(seen.mel_db(), mel_db, atol=1e-3)
    np.testing.assert_allclose(seen.mfcc(), librosa.feature.mfcc(S=mel_db, n_mfcc=chosen.n_mfcc), atol=2e-3)


def test_shapes_types_and_ranges(music):
    seen = compute_spectrogram(music)
    n_frames = 1 + music.size // SPECTROGRAM.hop_length
    assert seen.n_frames == n_frames
    for rows, n_rows in ((seen.mel, 128), (seen.chroma, 12), (seen.tonnetz, 6), (seen.feature_matrix(), 166)):
        assert rows.shape == (n_rows, n_frames) and rows.dtype == np.float32
    image = seen.stacked_image()
    assert image.shape == (3, 128, n_frames) and image.dtype == np.float32
    assert image.min() >= 0 and image.max() <= 1


def test_feature_rows_are_in_the_order_promised(music):
    seen = compute_spectrogram(music)
    expected = np.concatenate([seen.mel_db(), seen.mfcc(), seen.chroma, seen.tonnetz])
    np.testing.assert_array_equal(seen.feature_matrix(), expected)


def test_a_low_tone_is_bright_at_the_top_of_the_picture():
    low = compute_spectrogram(np.sin(2 * np.pi * 110 * np.arange(RATE) / RATE))
    assert low.stacked_image()[0].mean(axis=1).argmax() < 10
    assert low.chroma.mean(axis=1).argmax() == 9  # an A, nine semitones above C


@pytest.mark.parametrize("n_bins", [128, 224, 64])
def test_the_picture_stretches_to_any_height(music, n_bins):
    seen = compute_spectrogram(music)
    image = seen.stacked_image(n_bins)
    assert image.shape == (3, n_bins, seen.n_frames)
    np.testing.assert_array_equal(image[1, 0], seen.chroma[0])
    np.testing.assert_array_equal(image[1, -1], seen.chroma[-1])
    np.testing.assert_allclose(image[2, -1], (seen.tonnetz[-1] + 1) / 2)


@pytest.mark.parametrize("gain", [0.001, 0.3, 1.9])
def test_gain_changes_nothing(music, gain):
    np.testing.assert_allclose(
        compute_spectrogram(music * np.float32(gain)).feature_matrix(),
        compute_spectrogram(music).feature_matrix(),
        atol=5e-3,
    )


def test_a_passage_looks_the_same_alone(music):
    hop = SPECTROGRAM.hop_length
    alone = compute_spectrogram(music[40 * hop : 40 * hop + RATE]).inner()
    within = compute_spectrogram(music).slice(42, 42 + alone.n_frames)
    np.testing.assert_allclose(alone.feature_matrix(), within.feature_matrix(), atol=1e-3)


def test_inner_frames_see_no_padding(music):
    hop, half = SPECTROGRAM.hop_length, SPECTROGRAM.n_fft // 2
    for n_samples in (2048, 2049, 5000, 5120):
        centres = np.arange(1 + n_samples // hop) * hop
        is_inside = (centres >= half) & (centres + half <= n_samples)
        assert compute_spectrogram(music[:n_samples]).inner().n_frames == is_inside.sum()


def test_inner_of_a_sound_shorter_than_a_frame_is_all_of_it(music):
    assert compute_spectrogram(music[:300]).inner().n_frames == 1


def test_slices_know_their_edges(music):
    seen = compute_spectrogram(music)
    assert seen.n_edge_frames == (2, 2)
    assert seen.slice(1, seen.n_frames).n_edge_frames == (1, 2)
    assert seen.slice(10, 20).n_edge_frames == (0, 0)
    assert seen.slice(10, 20).n_frames == 10
    assert seen.inner().inner().n_frames == seen.n_frames - 4


def test_silence_is_finite_and_dark():
    seen = compute_spectrogram(np.zeros(RATE, dtype=np.float32))
    assert (seen.mel_db() == -SPECTROGRAM.top_db).all()
    assert np.isfinite(seen.feature_matrix()).all()
    assert (seen.stacked_image()[0] == 0).all()


def test_see_looks_at_every_excerpt(music):
    seen = compute_spectrograms(FakeClip(RATE, music, music[:RATE]))
    assert [part.n_frames for part in seen] == [1 + 3 * RATE // 512, 1 + RATE // 512]


def test_see_refuses_another_rate(music):
    with pytest.raises(AudioError, match="snippet.wav has a sample rate of 44100 Hz.*22050 Hz"):
        compute_spectrograms(FakeClip(44_100, music))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 1000)), r"one row of samples, got shape \(2, 1000\)"),
        (np.zeros(0), "one row of samples"),
        (np.array([0.1, np.nan]), "not numbers"),
    ],
)
def test_analyse_refuses_what_is_no_sound(samples, message):
    with pytest.raises(AudioError, match=message):
        compute_spectrogram(samples)


def test_settings_travel_with_the_spectrogram(music):
    assert compute_spectrogram(music, replace(SPECTROGRAM, n_mels=40)).slice(0, 5).settings.n_mels == 40


def test_it_needs_neither_librosa_nor_numba():
    code = (
        "import sys; from synesthete import spectrogram; spectrogram.warm_up();"
        "print({'librosa', 'numba', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT_ROOT, check=True)
    assert done.stdout.strip() == "set()"
