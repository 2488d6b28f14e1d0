"""Onset strength, autocorrelation and tempo, against librosa and against clicks whose tempo is known."""

import librosa
import numpy as np
import pytest

from synesthete.settings import AUDIO
from synesthete.spectrogram import compute_spectrogram
from synesthete.tempo import autocorrelation, estimate_tempo, likeliest_tempo, onset_strength
from tests.sounds import melody

RATE_HZ = AUDIO.sample_rate_hz


def clicks(bpm, seconds=20.0, seed=0):
    """A short noise on each beat, a weaker one between."""
    rng = np.random.default_rng(seed)
    samples = 1e-4 * rng.standard_normal(round(seconds * RATE_HZ))
    for number, start in enumerate(np.arange(0, seconds - 0.1, 30 / bpm)):
        burst = rng.standard_normal(1000) * np.exp(-np.arange(1000) / 200)
        begin = round(start * RATE_HZ)
        samples[begin : begin + 1000] += (0.02 if number % 2 else 0.5) * burst
    return samples.astype(np.float32)


def test_onset_strength_is_librosas():
    mel_db = compute_spectrogram(melody(4.0, RATE_HZ)[:, 0]).mel_db()
    expected = librosa.onset.onset_strength(S=mel_db, center=False)
    np.testing.assert_allclose(onset_strength(mel_db)[0], expected, atol=1e-4)
    np.testing.assert_allclose(onset_strength(mel_db, 8).mean(axis=0), expected, atol=1e-4)


def test_autocorrelation_is_librosas_made_fair_to_long_lags(rng):
    onsets = rng.random((3, 200)).astype(np.float32)
    found = autocorrelation(onsets)
    for row, ours in zip(onsets.astype(float), found, strict=True):
        theirs = librosa.autocorrelate(row - row.mean())[:150] / (1 - np.arange(150) / 200)
        np.testing.assert_allclose(ours[:150] / ours[0], theirs / theirs[0], atol=1e-6)
    np.testing.assert_allclose(autocorrelation(onsets, 4)[:, :600:4], found[:, :150], atol=1e-6)


def test_silence_around_onsets_has_no_say(rng):
    onsets = rng.random((3, 200)).astype(np.float32)
    padded = np.pad(onsets, ((0, 0), (50, 150)))
    np.testing.assert_allclose(autocorrelation(padded)[:, :150], autocorrelation(onsets)[:, :150], atol=1e-6)
    assert not autocorrelation(np.zeros((3, 200))).any()


@pytest.mark.parametrize("bpm", [72, 97, 120, 133, 168])
def test_the_tempo_of_clicks_is_told(bpm):
    tempo = likeliest_tempo([compute_spectrogram(clicks(bpm))])
    assert tempo is not None and max(tempo.fit, tempo.confidence) <= 1
    assert min(abs(told / bpm - 1) for told in (tempo.bpm, tempo.other_bpm)) < 0.02
    assert tempo.other_bpm / tempo.bpm in (0.5, 2)


def test_a_beat_is_sure():
    assert estimate_tempo([compute_spectrogram(clicks(97))]) is not None


def test_several_excerpts_are_one_answer():
    excerpts = [compute_spectrogram(clicks(110, 10.0, seed)) for seed in range(3)]
    tempo = estimate_tempo(excerpts)
    assert tempo is not None and abs(tempo.bpm / 110 - 1) < 0.02


def test_nothing_is_said_of_what_has_no_beat(rng):
    noise = 0.1 * rng.standard_normal(20 * RATE_HZ).astype(np.float32)
    scattered = 1e-4 * noise
    for begin in rng.integers(0, len(noise) - 1000, 40):
        scattered[begin : begin + 1000] += 5 * noise[:1000] * np.exp(-np.arange(1000) / 200)
    for samples in (noise, scattered, np.zeros(20 * RATE_HZ)):
        assert estimate_tempo([compute_spectrogram(samples)]) is None


def test_too_short_a_sound_has_no_tempo():
    assert likeliest_tempo([compute_spectrogram(clicks(120, 4.0))]) is None
