"""Crops of spectra on disk are the pictures that an encoder gets."""

import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import read_clip
from synesthete.spectrogram import compute_spectrogram
from synesthete.training.recordings import Recording
from synesthete.training.spectra import Spectra, image_of, mel_rows

RATE = settings.AUDIO.sample_rate_hz


def write_sound(path, rng, n_seconds, silent_after=None):
    samples = 0.3 * rng.standard_normal(round(n_seconds * RATE))
    samples[round((silent_after or n_seconds) * RATE) :] *= 1e-6
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return Recording(path)


def test_a_crop_is_the_mel_layer_of_the_stacked_image(tmp_path, rng):
    clip = read_clip(write_sound(tmp_path / "a.wav", rng, 6).path)
    whole = compute_spectrogram(clip.excerpts[0].samples).inner()
    ours = image_of(mel_rows(clip)[40:168])
    np.testing.assert_allclose(ours, whole.slice(40, 168).stacked_image()[0], atol=1e-3)  # 16 bits on disk


def test_recordings_too_short_for_a_crop_are_left_out(tmp_path, rng):
    recordings = [write_sound(tmp_path / f"{seconds}.wav", rng, seconds) for seconds in (2, 5)]
    spectra = Spectra(recordings, tmp_path / "spectra", n_frames=128)
    assert spectra.recordings == (recordings[1],) and len(spectra) == 1
    assert spectra.crops(0, 4).shape == (4, 128, 128)


def test_what_is_there_is_not_read_again(tmp_path, rng, monkeypatch):
    recording = write_sound(tmp_path / "a.wav", rng, 4)
    first = Spectra([recording], tmp_path / "spectra", 64).crops(0, 3)
    monkeypatch.setattr("synesthete.training.spectra.read_clip", lambda path: pytest.fail("read again"))
    np.testing.assert_array_equal(Spectra([recording], tmp_path / "spectra", 64).crops(0, 3), first)


def test_silence_is_not_learned_from(tmp_path, rng):
    spectra = Spectra([write_sound(tmp_path / "a.wav", rng, 20, silent_after=4)], tmp_path / "spectra", 64)
    assert 1 <= len(spectra.crops(0, 10)) < 5
    loud = spectra.crops(0, 10).mean()
    drawn = [spectra.draw(np.random.default_rng(seed), 0).mean() for seed in range(20)]
    assert np.median(drawn) == pytest.approx(loud, abs=0.2)


def test_a_draw_depends_on_the_seed_alone(tmp_path, rng):
    spectra = Spectra([write_sound(tmp_path / "a.wav", rng, 10)], tmp_path / "spectra", 64)
    one, same, other = (spectra.draw(np.random.default_rng(seed), 0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
