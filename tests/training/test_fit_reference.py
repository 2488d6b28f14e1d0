"""The reference of real music: moments by hand, and directions in which a phone moves the features."""

import numpy as np
import soundfile

from synesthete import encoders
from synesthete.audio import read_clip
from synesthete.encoders.track_space import N_NUISANCE
from synesthete.training.fit_reference import middle_of, references

RATE = 22_050


def test_a_reference_is_of_the_middle_of_each_recording(tmp_path, rng):
    files = []
    for number in range(5):
        seconds = np.arange(6 * RATE) / RATE
        samples = 0.1 * np.sin(2 * np.pi * rng.uniform(100, 2000) * seconds) + 0.02 * rng.normal(size=len(seconds))
        files.append(tmp_path / f"{number}.wav")
        soundfile.write(files[-1], samples, RATE)
    encoder = encoders.load("timbre")
    made = references([encoder], files)[encoder]
    features = np.stack([encoder.embed(middle_of(read_clip(file))).track_features for file in files]).astype(np.float64)
    assert made.moments.n_tracks == 5
    np.testing.assert_allclose(made.moments.mean, features.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(made.moments.variance, features.var(axis=0), atol=1e-4)
    assert made.nuisance.shape == (encoder.n_track_features, N_NUISANCE)
    assert np.linalg.matrix_rank(made.nuisance) == N_NUISANCE


def test_a_long_recording_gives_its_middle(tmp_path, rng):
    samples = 0.1 * rng.normal(size=50 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "long.wav", samples, RATE, subtype="FLOAT")
    clip = read_clip(tmp_path / "long.wav")
    middle = middle_of(clip)
    assert middle.seconds == 30
    expected = clip.excerpts[0].samples[10 * RATE : 40 * RATE]
    np.testing.assert_allclose(middle.excerpts[0].samples, expected, atol=2e-3)  # less its own offset
