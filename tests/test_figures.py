"""Figures from plain arrays."""

import io

import numpy as np
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


def pixels_of(png):
    return np.asarray(Image.open(io.BytesIO(png))).astype(int)


def test_long_sounds_are_averaged_not_sampled():
    values = np.zeros((12, 12_000), np.float32)
    values[:, ::10] = 1.0
    shown = pixels_of(figures.layer_png(values, "#FFFFFF", (0.0, 1.0)))
    assert shown.shape == (12, 1200, 3)
    assert np.abs(shown[..., 0] - (6 + 0.1 * (255 - 6))).max() <= 1  # a tenth of the way from the dark to the light
    assert pixels_of(figures.sound_png(np.zeros((3, 8, 5000), np.float32))).shape == (8, 1200, 3)


def test_a_layer_goes_from_dark_to_its_colour_with_the_first_row_at_the_bottom():
    values = np.array([[-80.0, -80.0], [-200.0, 0.0]])
    shown = pixels_of(figures.layer_png(values, "#FF6B57", (-80.0, 0.0)))
    assert (shown[1] == [6, 7, 12]).all() and (shown[0, 0] == [6, 7, 12]).all()
    assert (shown[0, 1] == [255, 107, 87]).all()


def test_waveform_keeps_every_peak(rng):
    samples = rng.normal(0, 0.01, 100_000).astype(np.float32)
    samples[12_345] = 0.9
    samples[77_777] = -0.8
    heights = figures.waveform_heights(samples)
    assert len(heights) == 300 and heights[37] == 100 and heights[233] == round(100 * 0.8 / 0.9)
    assert sorted(heights)[-3] < 10
    assert figures.waveform_heights(np.zeros(50, np.float32)) == [0] * 50


def test_the_hz_ticks_point_at_the_right_band():
    mel_hz = np.linspace(0, 11_025, 128)
    for label, place in figures.hz_ticks(mel_hz):
        number, unit = label.split()
        hz = float(number) * {"Hz": 1, "kHz": 1000}[unit]
        assert abs(mel_hz[int(place * 128)] - hz) <= 11_025 / 127 / 2 + 1e-6


def test_clock():
    assert [clock(7.9), clock(205), clock(3729)] == ["0:07", "3:25", "1:02:09"]
