"""Spoken and sung voices, by the speech synthesiser espeak-ng, to be laid over music that has no singers."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator

import numpy as np
import scipy.ndimage
import scipy.signal
import soundfile

from synesthete import settings
from synesthete.audio import clip_from_samples
from synesthete.errors import SynestheteError

RATE_HZ = settings.AUDIO.sample_rate_hz
TIME_LIMIT_SECONDS = 600
SENTENCES = (
    "I was walking down the river when the morning took my name away",
    "hold me closer, burn it brighter, we will never sleep again tonight",
    "oh la la la, love, come back to me, na na na na, hey, hey, hey",
    "money on the table, rhythm in the corner, everybody listen when the bass comes down",
    "in the silence of the valley all the lonely stars are falling slow",
)
VOICES = ("en-us+f2", "en-gb+m3", "de+f4", "fr+m1", "it+f3", "es+m7", "en-us+m5", "sv+f1")


def check_installed() -> None:
    """Raise SynestheteError where espeak-ng is not installed."""
    if shutil.which("espeak-ng") is None:
        raise SynestheteError(
            "espeak-ng, which speaks and sings over the music, is not installed: 'apt install espeak-ng' or "
            "'brew install espeak-ng'."
        )


def voices(n: int, seed: int) -> Iterator[np.ndarray]:
    """``n`` voices of about 12 s at 22,050 Hz, spoken or sung to a random melody.

    Raises
    ------
    SynestheteError
        If espeak-ng is not installed, or fails.
    """
    for number in range(n):
        rng = np.random.default_rng([seed, 2, number])
        spoken = _speak(rng)
        yield vocode(rng, spoken) if rng.random() < 0.7 else spoken


def _speak(rng: np.random.Generator) -> np.ndarray:
    check_installed()
    command = ["espeak-ng", "-v", str(rng.choice(VOICES)), "-s", str(rng.integers(90, 200))]
    command += ["-p", str(rng.integers(20, 90)), "--stdout", " ".join(rng.permutation(SENTENCES)[:3])]
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        done = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT_SECONDS)
        file.write(done.stdout)
        file.flush()
        try:
            samples, rate_hz = soundfile.read(file.name, dtype="float32")
        except soundfile.LibsndfileError as error:
            reason = done.stderr.decode(errors="replace").strip()[-300:]
            raise SynestheteError(f"espeak-ng failed ({done.returncode}): {reason or error}") from error
    return clip_from_samples(samples, rate_hz).samples


def vocode(rng: np.random.Generator, spoken: np.ndarray) -> np.ndarray:
    """Let a melody of a bright tone sing with the resonances of a spoken voice (a channel vocoder).

    Parameters
    ----------
    rng : np.random.Generator
    spoken : np.ndarray [shape=(n_samples,)], float in [-1, 1], at 22,050 Hz

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32 in [-0.8, 0.8]
    """
    n = len(spoken)
    note_seconds = rng.uniform(0.25, 0.8)
    n_notes = int(n / RATE_HZ / note_seconds) + 2
    scale = np.array([0, 2, 4, 7, 9, 12] if rng.random() < 0.5 else [0, 3, 5, 7, 10, 12])
    pitches = rng.integers(45, 66) + rng.choice(scale, n_notes)
    seconds = np.arange(n) / RATE_HZ
    pitch = np.repeat(pitches, round(note_seconds * RATE_HZ))[:n]
    pitch = scipy.signal.lfilter([0.002], [1, -0.998], pitch - pitches[0]) + pitches[0]
    vibrato = 0.3 * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * seconds)
    phase = np.cumsum(440 * 2 ** ((pitch + vibrato - 69) / 12) / RATE_HZ)
    tone = 2 * (phase % 1) - 1 + 0.05 * rng.standard_normal(n)
    _, _, voice = scipy.signal.stft(spoken, nperseg=512)
    _, _, carrier = scipy.signal.stft(tone, nperseg=512)
    envelope = scipy.ndimage.uniform_filter1d(np.abs(voice), 7, axis=0)
    flat = carrier / (scipy.ndimage.uniform_filter1d(np.abs(carrier), 15, axis=0) + 1e-6)
    _, song = scipy.signal.istft(flat * envelope, nperseg=512)
    song = song[:n] if len(song) >= n else np.pad(song, (0, n - len(song)))
    return (song / max(float(np.abs(song).max()), 1e-6) * 0.8).astype(np.float32)
