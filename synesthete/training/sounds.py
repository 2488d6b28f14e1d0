"""Music to learn from, each kind a stream of named sounds: tracks, MIDI performances, bands, voices."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import scipy.ndimage
import scipy.signal
import soundfile

from synesthete import settings
from synesthete.audio import clip_from_samples, read_clip
from synesthete.training import accompaniment, augmentation
from synesthete.training.fluidsynth import sound_fonts, synthesise
from synesthete.training.track_list import read_track_list

RATE_HZ = settings.AUDIO.sample_rate_hz
LONGEST_SECONDS = 120.0
SENTENCES = (
    "I was walking down the river when the morning took my name away",
    "hold me closer, burn it brighter, we will never sleep again tonight",
    "oh la la la, love, come back to me, na na na na, hey, hey, hey",
    "money on the table, rhythm in the corner, everybody listen when the bass comes down",
    "in the silence of the valley all the lonely stars are falling slow",
)
VOICES = ("en-us+f2", "en-gb+m3", "de+f4", "fr+m1", "it+f3", "es+m7", "en-us+m5", "sv+f1")


@dataclass(frozen=True)
class Sound:
    """One recording to learn from: name, collection, artist (may be empty) and samples at the one rate."""

    name: str
    collection: str
    artist: str
    samples: np.ndarray


def music(folder: Path) -> Iterator[Sound]:
    """The tracks listed in ``folder/tracks.csv``; see :func:`read_track_list`."""
    for row in read_track_list(folder):
        samples = read_clip(folder / row["file"]).samples[: round(LONGEST_SECONDS * RATE_HZ)]
        yield Sound(row["track_id"], row["album"], row["artist"], samples)


def midi_performances(folder: Path, n: int, seed: int) -> Iterator[Sound]:
    """``n`` performances of the MIDI pieces of a folder, in other instruments, tempi and keys."""
    pieces = sorted(folder.glob("*.mid"))
    for number in range(n if pieces else 0):
        rng = np.random.default_rng([seed, 1, number])
        piece = pieces[number % len(pieces)]
        samples = perform(rng, piece, is_original=number < len(pieces))
        if samples is not None:
            yield Sound(f"{piece.stem}-{number}", "midi", piece.stem, samples)


def bands(n: int, seed: int) -> Iterator[Sound]:
    """``n`` bands in the styles of MMA, each style in turn; none where MMA is not installed."""
    if not accompaniment.is_installed():
        return
    library = accompaniment.grooves()
    files = [str(file) for file in np.random.default_rng([seed, 7]).permutation(sorted(library))]
    for number in range(n):
        rng, file = np.random.default_rng([seed, 8, number]), files[number % len(files)]
        with tempfile.TemporaryDirectory() as place:
            path = accompaniment.arrange(rng, file, library[file], Path(place))
            samples = None if path is None else perform(rng, path, is_original=True)
        if samples is not None:
            yield Sound(str(number), "bands", file, samples)


def perform(rng: np.random.Generator, path: Path, is_original: bool, seconds: float = 60.0) -> np.ndarray | None:
    """Play part of a MIDI file through FluidSynth; None where that part is silent.

    Unless ``is_original``, channels get other instruments, all keys move together, and the tempo changes.
    """
    file = mido.MidiFile(path, clip=True)
    shift, pace = (0, 1.0) if is_original else (int(rng.integers(-5, 6)), float(np.exp(rng.uniform(-0.3, 0.3))))
    programs = [int(rng.integers(0, 104)) for _ in range(16)]
    begin = rng.uniform(0, 0.4) * min(file.length, 180)
    track, clock, written = mido.MidiTrack(), 0.0, 0.0
    for message in file:
        clock += message.time / pace
        if message.is_meta or message.type == "sysex" or clock > begin + seconds:
            continue
        if message.type in ("note_on", "note_off"):
            if clock < begin:
                continue
            if message.channel != 9:
                message = message.copy(note=min(max(message.note + shift, 0), 127))
        if message.type == "program_change" and message.channel != 9 and not is_original:
            message = message.copy(program=programs[message.channel])
        at = max(clock - begin, 0.0)
        track.append(message.copy(time=max(round((at - written) * 960), 0)))
        written = max(at, written)
    for channel in range(16):  # FluidSynth plays on until the last held note is silent
        track.append(mido.Message("control_change", channel=channel, control=64, value=0, time=0))
        track.append(mido.Message("control_change", channel=channel, control=120, value=0, time=0))
    if not is_original:  # also for channels that never choose an instrument
        for channel in set(range(16)) - {9}:
            track.insert(0, mido.Message("program_change", channel=channel, program=programs[channel], time=0))
    plain = mido.MidiFile(ticks_per_beat=480)  # 480 ticks a beat at 120 beats a minute: 960 a second
    plain.tracks.append(track)
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "piece.mid"
        plain.save(source)
        fonts = sound_fonts()
        font = fonts[0] if rng.random() < 0.4 else fonts[int(rng.integers(len(fonts)))]
        room = [] if rng.random() < 0.5 else ["-R", "0", "-C", "0"]
        stereo = synthesise(source, font, RATE_HZ, ["-g", "0.6", *room])
    samples = stereo.mean(axis=1)[: round(seconds * RATE_HZ)].astype(np.float32)
    if len(samples) < 15 * RATE_HZ or augmentation.level(samples) < 1e-3:
        return None
    if rng.random() < 0.25:  # as if through an overdriven amplifier
        samples = np.tanh(samples / augmentation.level(samples) * rng.uniform(0.5, 3)) * 0.5
    return (samples / max(float(np.abs(samples).max()), 1e-6) * 0.9).astype(np.float32)


def voices(n: int, seed: int) -> Iterator[np.ndarray]:
    """``n`` voices of about 12 s, spoken or sung on a random melody; none where espeak-ng is not installed."""
    if shutil.which("espeak-ng") is None:
        return
    for number in range(n):
        rng = np.random.default_rng([seed, 2, number])
        command = ["espeak-ng", "-v", str(rng.choice(VOICES)), "-s", str(rng.integers(90, 200))]
        command += ["-p", str(rng.integers(20, 90)), "--stdout", " ".join(rng.permutation(SENTENCES)[:3])]
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(subprocess.run(command, check=True, capture_output=True, timeout=600).stdout)
            file.flush()
            spoken, rate_hz = soundfile.read(file.name, dtype="float32")
        spoken = clip_from_samples(spoken, rate_hz).samples
        yield sung(rng, spoken) if rng.random() < 0.7 else spoken


def sung(rng: np.random.Generator, spoken: np.ndarray) -> np.ndarray:
    """Let a melody of a bright tone speak with the resonances of a spoken voice (a channel vocoder)."""
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
