"""Test sounds: made here, never downloaded. Names say what a listener would hear."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

RATE_HZ = 44_100
HAS_FFMPEG = shutil.which("ffmpeg") is not None
needs_ffmpeg = pytest.mark.skipif(not HAS_FFMPEG, reason="ffmpeg, which makes this test's file, is not installed")


def tone(seconds: float, frequency_hz: float = 440.0, rate_hz: int = RATE_HZ, amplitude: float = 0.5) -> np.ndarray:
    """A sine: float32 [n_samples]."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)


def noise(rng: np.random.Generator, seconds: float, dbfs: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """White noise of a level (root mean square): float32 [n_samples]."""
    return (rng.standard_normal(round(seconds * rate_hz)) * 10 ** (dbfs / 20)).astype(np.float32)


def melody(seconds: float, rate_hz: int = RATE_HZ, seed: int = 7) -> np.ndarray:
    """Plucked notes, four a second, with a little noise: float32 stereo [n_samples, 2], no two bars alike."""
    rng = np.random.default_rng(seed)
    mono = np.zeros(round(seconds * rate_hz))
    length = rate_hz // 2
    time = np.arange(length) / rate_hz
    for start in range(0, len(mono), rate_hz // 4):
        pitch_hz = 220.0 * 2 ** (rng.integers(0, 24) / 12)
        note = np.exp(-6 * time) * sum(np.sin(2 * np.pi * pitch_hz * k * time) / k for k in (1, 2, 3))
        mono[start : start + length] += 0.2 * note[: len(mono) - start]
    mono += 0.003 * rng.standard_normal(len(mono))
    return np.stack([mono, 0.6 * mono], axis=1).astype(np.float32)


def wav_bytes(samples: np.ndarray, rate_hz: int = RATE_HZ, subtype: str = "PCM_16", kind: str = "WAV") -> bytes:
    """A sound file that libsndfile writes, by default a WAV."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    return buffer.getvalue()


def ffmpeg(source: Path, target: Path, *options: str) -> Path:
    """Encode ``source`` into ``target`` with the ffmpeg program."""
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


def encoded(samples: np.ndarray, folder: Path, name: str, *options: str, rate_hz: int = RATE_HZ) -> Path:
    """Write samples with the ffmpeg program in the format that ``name`` and ``options`` ask for."""
    source = folder / "source.wav"
    soundfile.write(source, samples, rate_hz, subtype="PCM_16")
    return ffmpeg(source, folder / name, *options)


def log_mel(samples: np.ndarray, rate_hz: int, fmax_hz: float = 7_000) -> np.ndarray:
    """Log-mel spectrogram in dB, by librosa: float32 [n_mels, n_frames]."""
    mel = librosa.feature.melspectrogram(y=samples, sr=rate_hz, fmax=fmax_hz)
    return librosa.power_to_db(mel, ref=np.max)


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two arrays as far as both go along their last axis."""
    n = min(first.shape[-1], second.shape[-1])
    a, b = (x[..., :n] - x[..., :n].mean() for x in (first, second))
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def dsd_bits(samples: np.ndarray) -> np.ndarray:
    """A sound as 1-bit samples (first-order sigma-delta modulation): uint8 [n_samples] of 0 and 1."""
    total = np.cumsum(samples.astype(np.float64) / 2 + 0.5)
    return np.diff(np.floor(total), prepend=0.0).astype(np.uint8)


def layer_1_tone(seconds: float) -> bytes:
    """MPEG-1 layer I, mono at 44.1 kHz and 192 kbit/s: one subband (the fifth) of alternating samples sounds."""
    n_frames = round(seconds * 44_100 / 384)
    bits = "1" * 12 + "1" + "11" + "1" + "0110" + "00" + "0" + "0" + "11" + "00" + "0" + "0" + "00"  # header
    bits += "".join("1110" if band == 4 else "0000" for band in range(32))  # 15 bits a sample there, none elsewhere
    bits += f"{6:06b}"  # scale factor: a half
    bits += "".join(f"{(1 << 14) + (8_000 if number % 2 else -8_000):015b}" for number in range(12))
    n_bytes = 12 * 192_000 // 44_100 * 4
    frame = int(bits.ljust(8 * n_bytes, "0"), 2).to_bytes(n_bytes, "big")
    return frame * n_frames
