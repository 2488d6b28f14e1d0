"""Figures from plain arrays."""

import io

import numpy as np
import pytest
from PIL import Image

from synesthete import figures
from synesthete.tracks import clock


def test_stacked_png_puts_low_frequencies_at_the_bottom_and_keeps_the_colours():
    image = np.zeros((3, 4, 5), np.float32)
    image[0, 0] = 1.0  # red in the lowest band
    image[2, 3] = 0.5  # blue in the highest
    pixels = np.asarray(Image.open(io.BytesIO(figures.stacked_png(image))))
    assert pixels.shape == (4, 5, 3)
    assert (pixels[-1] == [255, 0, 0]).all()
    assert (pixels[0] == [0, 0, 128]).all()


def test_long_sounds_are_averaged_not_sampled():
    values = np.zeros((2, 7000), np.float32)
    values[:, ::10] = 1.0
    figure = figures.chroma_figure(np.tile(values, (6, 1)), 60.0)
    shown = np.asarray(figure.data[0].z)
    assert shown.shape == (12, 700)
    assert np.allclose(shown, 0.1, atol=1e-3)
    assert figure.data[0].dx == pytest.approx(60 / 700)


def test_waveform_keeps_every_peak(rng):
    samples = rng.normal(0, 0.01, 100_000).astype(np.float32)
    samples[12_345] = 0.9
    samples[77_777] = -0.8
    figure = figures.waveform_figure(samples, 5.0)
    assert max(figure.data[0].y) == pytest.approx(0.9)
    assert min(figure.data[1].y) == pytest.approx(-0.8)


def test_excerpts_are_labelled_with_their_place_in_the_recording():
    figure = figures.waveform_figure(np.ones(1000, np.float32), 20.0, [(0.0, 0.0), (10.0, 3725.0)])
    assert list(figure.layout.xaxis.ticktext) == ["0:00", "1:02:05"]


def test_the_hz_axis_points_at_the_right_band():
    mel_hz = np.linspace(0, 11_025, 128)
    figure = figures.mel_figure(np.zeros((128, 10)), 1.0, mel_hz)
    rows = list(figure.data[0].y)
    for row, label in zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True):
        number, unit = label.split()
        hz = float(number) * {"Hz": 1, "kHz": 1000}[unit]
        assert abs(mel_hz[rows.index(row)] - hz) <= 11_025 / 127 / 2 + 1e-6


def test_clock():
    assert [clock(7.9), clock(205), clock(3729)] == ["0:07", "3:25", "1:02:09"]
