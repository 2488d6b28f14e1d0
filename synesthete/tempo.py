"""How fast a sound goes: where notes begin, what repeats after how long, and beats a minute where these can be told.

The onset strength is librosa's (spectral flux of the mel bands in decibels), taken in several groups of bands. Its
autocorrelation says how well the sound fits itself some seconds later; a tempo is told by the mean of that at its beat
and the next seven multiples. Whether a beat is counted once or twice is a matter of the listener, so the answer holds
both numbers.

S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset detection", DAFx, 2013 (the flux of librosa).
P. Grosche, M. Müller and F. Kurth, "Cyclic tempogram - a mid-level tempo representation for music signals", ICASSP,
2010. D. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research, 2007 (the preferred tempo).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from synesthete.spectrogram import Spectrogram

LOWEST_BPM, HIGHEST_BPM = 40.0, 240.0
N_TEMPI = 520  # a third of a percent apart
PREFERRED_BPM, PREFERRED_OCTAVES = 120.0, 0.8  # where beats are usually felt, and how far around
N_MULTIPLES = 8  # of the beat
CONTRAST = 3  # power of the fit beside the preference
RELATED = (1, 2, 1 / 2, 3, 1 / 3, 4, 1 / 4)  # times a tempo: other ways to count the same beat
SAME = 0.06  # tempi closer than this are no rivals
N_BANDS = 8
WINDOW_SECONDS = 10.0
SHORTEST_SECONDS = 6.0
UPSAMPLED = 4  # a frame is 5 % of a beat at 130 beats a minute
LEAST_SHARE = 0.25  # of the frames, by how many a long lag is taken to have been measured
SILENT_BAND = 1e-3  # of the strongest band; what is weaker does not count in full
# Told from here on; chosen with benchmarks/tempo_and_key.py and choirs, which have no beat.
LEAST_FIT, LEAST_CONFIDENCE = 0.2, 0.4


@dataclass(frozen=True)
class Tempo:
    """What is told of a sound's tempo.

    Attributes
    ----------
    bpm : float > 0 [beats/min]
        As it is most likely counted.
    other_bpm : float > 0 [beats/min]
        Counted twice as fast or half as fast, whichever is likelier.
    fit : float in [0, 1]
        How well the sound fits itself after a beat and after its multiples: their mean autocorrelation.
    confidence : float in [0, 1]
        How far the likeliest tempo that is no other count of the same beat lies behind; 0 for as likely.
    """

    bpm: float
    other_bpm: float
    fit: float
    confidence: float


def onset_strength(mel_db: np.ndarray, n_bands: int = 1) -> np.ndarray:
    """How much louder each frame is than the one before: the mean rise over mel bands.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(..., n_mels, n_frames)] [dB]
    n_bands : int > 0
        Into how many groups of neighbouring mel bands these are cut; divides n_mels.

    Returns
    -------
    np.ndarray [shape=(..., n_bands, n_frames)], float32, >= 0 [dB]
        0 in the first frame. With one group ``librosa.onset.onset_strength``, but for that one's shift in time.
    """
    *leading, n_mels, n_frames = mel_db.shape
    rises = np.zeros(mel_db.shape, dtype=np.float32)
    np.maximum(np.diff(mel_db, axis=-1), 0, out=rises[..., 1:])
    return np.asarray(rises.reshape(*leading, n_bands, n_mels // n_bands, n_frames).mean(axis=-2))


def autocorrelation(onsets: np.ndarray, upsampled: int = 1) -> np.ndarray:
    """How well each row fits itself later: 1 at lag 0, 0 by chance.

    Parameters
    ----------
    onsets : np.ndarray [shape=(n_bands, n_frames)] or [shape=(n, n_bands, n_frames)]
        What comes before the first onset of any band and after the last is left out.
    upsampled : int > 0
        Steps of lag for each frame.

    Returns
    -------
    np.ndarray [shape=(..., n_bands, upsampled * n_frames)], float64
        Of each row about its mean, divided by what it has at lag 0; weak rows by more than that, empty ones are 0.
    """
    is_onset = onsets.any(axis=-2, keepdims=True)
    has_begun = np.logical_or.accumulate(is_onset, axis=-1)
    goes_on = np.flip(np.logical_or.accumulate(np.flip(is_onset, axis=-1), axis=-1), axis=-1)
    is_inside = (has_begun & goes_on).astype(np.float64)
    n_inside = np.maximum(is_inside.sum(axis=-1, keepdims=True), 1)
    rows = (onsets - onsets.sum(axis=-1, keepdims=True, dtype=np.float64) / n_inside) * is_inside
    n_measured = np.maximum(_self_products(is_inside, upsampled), LEAST_SHARE * n_inside)
    products = _self_products(rows, upsampled) * n_inside / n_measured
    whole = products[..., :1]
    return np.asarray(products / np.maximum(whole + SILENT_BAND * whole.max(axis=-2, keepdims=True), 1e-9))


def _self_products(rows: np.ndarray, upsampled: int) -> np.ndarray:
    """Sums of each row times itself, moved by each lag; ``upsampled`` lags a frame, those between interpolated."""
    n_frames = rows.shape[-1]
    power = np.square(np.abs(scipy.fft.rfft(rows, 2 * n_frames, axis=-1)))
    if upsampled > 1:
        power[..., -1] /= 2  # the highest frequency stands for two of the longer transform
    products = upsampled * scipy.fft.irfft(power, 2 * upsampled * n_frames, axis=-1)
    return np.asarray(products[..., : upsampled * n_frames])


def estimate_tempo(spectrograms: Sequence[Spectrogram]) -> Tempo | None:
    """The tempo of a clip, from the spectrograms of its excerpts; None where it is unsure.

    Returns
    -------
    Tempo or None
        None for a sound without a beat, one whose beat changes, and one shorter than ``SHORTEST_SECONDS``.
    """
    found = likeliest_tempo(spectrograms)
    is_sure = found is not None and found.fit >= LEAST_FIT and found.confidence >= LEAST_CONFIDENCE
    return found if is_sure else None


def likeliest_tempo(spectrograms: Sequence[Spectrogram]) -> Tempo | None:
    """As :func:`estimate_tempo`, however unsure; None where there is too little sound."""
    windows = [window for spectrogram in spectrograms for window in _windows(spectrogram.inner())]
    if not windows:
        return None
    tempi = np.geomspace(LOWEST_BPM, HIGHEST_BPM, N_TEMPI)
    fits = np.mean([_fit(window, tempi) for window in windows], axis=0)
    preference = np.exp(-0.5 * np.square(np.log2(tempi / PREFERRED_BPM) / PREFERRED_OCTAVES))
    likely = np.maximum(fits, 0) ** CONTRAST * preference
    best = int(np.argmax(likely))
    bpm = float(tempi[best])
    others = [other for other in (bpm / 2, bpm * 2) if LOWEST_BPM <= other <= HIGHEST_BPM]
    other = max(others, key=lambda other: float(np.interp(other, tempi, likely)))
    is_related = np.min([np.abs(tempi / (bpm * times) - 1) for times in RELATED], axis=0) < SAME
    rival = float(likely[~is_related].max() / max(likely[best], 1e-12))
    return Tempo(bpm, other, float(np.clip(fits[best], 0, 1)), float(np.clip(1 - rival, 0, 1)))


def _windows(spectrogram: Spectrogram) -> list[tuple[np.ndarray, float]]:
    """Autocorrelations [UPSAMPLED * n_frames] of windows of a spectrogram, each with its lags per second."""
    made_with = spectrogram.settings
    frames_per_second = made_with.sample_rate_hz / made_with.hop_length
    length = min(round(WINDOW_SECONDS * frames_per_second), spectrogram.n_frames)
    if length < round(SHORTEST_SECONDS * frames_per_second):
        return []
    onsets = onset_strength(spectrogram.mel_db(), N_BANDS)
    starts = range(0, onsets.shape[1] - length + 1, max(1, length // 2))
    cut = [onsets[:, start : start + length] for start in starts]
    sounding = [part for part in cut if part.any()]
    return [(autocorrelation(part, UPSAMPLED).mean(axis=0), UPSAMPLED * frames_per_second) for part in sounding]


def _fit(window: tuple[np.ndarray, float], tempi: np.ndarray) -> np.ndarray:
    """Mean autocorrelation at the beat of each tempo and at its multiples, as far as the window is long."""
    fit, lags_per_second = window
    total, n = np.zeros(len(tempi)), np.zeros(len(tempi))
    for multiple in range(1, N_MULTIPLES + 1):
        lags = multiple * 60 / tempi * lags_per_second
        is_measured = lags < 0.8 * len(fit)
        total += np.where(is_measured, np.interp(lags, np.arange(len(fit)), fit), 0)
        n += is_measured
    return total / np.maximum(n, 1)
