"""MIDI pieces as sound: as they are written, or in other instruments, keys and tempi."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mido
import numpy as np

from synesthete import settings
from synesthete.errors import SynestheteError
from synesthete.training import augmentation
from synesthete.training.fluidsynth import sound_fonts, synthesise

RATE_HZ = settings.AUDIO.sample_rate_hz
DRUM_CHANNEL = 9
TICKS_PER_SECOND = 960  # 480 ticks a beat at 120 beats a minute
SHORTEST_SECONDS = 15.0
MIN_RMS = 1e-3


def render_midi(rng: np.random.Generator, path: Path, is_original: bool, seconds: float = 60.0) -> np.ndarray | None:
    """Play part of a MIDI file through FluidSynth.

    Parameters
    ----------
    rng : np.random.Generator
    path : Path
    is_original : bool
        Else channels get other instruments, all keys move together, and the tempo changes.
    seconds : float > 0 [s]

    Returns
    -------
    np.ndarray [shape=(n_samples,)] or None, float32 in [-0.9, 0.9], at 22,050 Hz
        None where that part is silent or shorter than 15 s.

    Raises
    ------
    SynestheteError
        If the file is no MIDI, or FluidSynth or the sound font is missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "piece.mid"
        _excerpt(rng, path, is_original, seconds).save(source)
        fonts = sound_fonts()
        font = fonts[0] if rng.random() < 0.4 else fonts[int(rng.integers(len(fonts)))]
        room = [] if rng.random() < 0.5 else ["-R", "0", "-C", "0"]
        stereo = synthesise(source, font, RATE_HZ, ["-g", "0.6", *room])
    samples = stereo.mean(axis=1)[: round(seconds * RATE_HZ)].astype(np.float32)
    if len(samples) < SHORTEST_SECONDS * RATE_HZ or augmentation.rms(samples) < MIN_RMS:
        return None
    if rng.random() < 0.25:  # as if through an overdriven amplifier
        samples = np.tanh(samples / augmentation.rms(samples) * rng.uniform(0.5, 3)) * 0.5
    return (samples / max(float(np.abs(samples).max()), 1e-6) * 0.9).astype(np.float32)


def _excerpt(rng: np.random.Generator, path: Path, is_original: bool, seconds: float) -> mido.MidiFile:
    """One track of what is played from a random point on, all instruments chosen before the first note."""
    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, LookupError) as error:
        raise SynestheteError(f"{path} cannot be read as MIDI ({error}): take it out of the folder.") from error
    if file.type == 2:
        raise SynestheteError(f"{path} is a MIDI file of type 2, several pieces in one: take it out of the folder.")
    shift, speed = (0, 1.0) if is_original else (int(rng.integers(-5, 6)), float(np.exp(rng.uniform(-0.3, 0.3))))
    programs = [int(rng.integers(0, 104)) for _ in range(16)]
    begin = rng.uniform(0, 0.4) * min(file.length, 180)
    track, clock, written = mido.MidiTrack(), 0.0, 0.0
    for message in file:
        clock += message.time / speed
        if message.is_meta or message.type == "sysex" or clock > begin + seconds:
            continue
        if message.type in ("note_on", "note_off"):
            if clock < begin:
                continue
            if message.channel != DRUM_CHANNEL:
                message = message.copy(note=min(max(message.note + shift, 0), 127))
        if message.type == "program_change" and message.channel != DRUM_CHANNEL and not is_original:
            message = message.copy(program=programs[message.channel])
        at = max(clock - begin, 0.0)
        track.append(message.copy(time=max(round((at - written) * TICKS_PER_SECOND), 0)))
        written = max(at, written)
    for channel in range(16):  # FluidSynth plays on until the last held note is silent
        track.append(mido.Message("control_change", channel=channel, control=64, value=0, time=0))
        track.append(mido.Message("control_change", channel=channel, control=120, value=0, time=0))
    if not is_original:  # also for channels that never choose an instrument
        for channel in set(range(16)) - {DRUM_CHANNEL}:
            track.insert(0, mido.Message("program_change", channel=channel, program=programs[channel], time=0))
    excerpt = mido.MidiFile(ticks_per_beat=TICKS_PER_SECOND // 2)
    excerpt.tracks.append(track)
    return excerpt
