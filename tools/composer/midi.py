"""General MIDI parts through the FluidSynth command and the FluidR3 sound font."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np

from synesthete.training.fluidsynth import sound_font, synthesise
from tools.composer.score import Part, Program, Samples
from tools.composer.synthesis import SAMPLE_RATE_HZ

_TICKS_PER_SECOND = 1920
_OPTIONS = (
    *("-O", "float", "-T", "wav", "-g", "0.4"),
    *("-o", "synth.reverb.room-size=0.6", "-o", "synth.dynamic-sample-loading=1"),
)

Timed = tuple[float, float, int, float]
"""(start in seconds, length in seconds, pitch, velocity)"""


def midi_file(parts: Sequence[tuple[Part, Sequence[Timed]]], seconds: float) -> mido.MidiFile:
    """One track a part at a constant 120 beats a minute; swing and rubato are already in the times."""
    file = mido.MidiFile(ticks_per_beat=_TICKS_PER_SECOND // 2)
    channels = [c for c in range(16) if c != 9]
    for part, notes in parts:
        program = part.instrument
        assert isinstance(program, Program)
        channel = 9 if program.is_drums else channels.pop(0)
        events: list[tuple[int, int, mido.Message]] = []
        setup = [
            mido.Message("program_change", channel=channel, program=program.number),
            *(
                mido.Message("control_change", channel=channel, control=c, value=v)
                for c, v in (
                    (10, int(np.clip(64 + 63 * part.pan, 0, 127))),
                    (91, program.reverb),
                    (93, program.chorus),
                    (7, 100),
                )
            ),
        ]
        events += [(0, i, message) for i, message in enumerate(setup)]
        scale = 10 ** (part.gain_db / 40)  # the font's loudness grows with about the square of velocity
        for start, length, pitch, velocity in notes:
            loud = int(np.clip(velocity * scale * 127, 1, 127))
            on, off = int(start * _TICKS_PER_SECOND), int((start + max(length, 0.03)) * _TICKS_PER_SECOND)
            events.append((on, 101, mido.Message("note_on", channel=channel, note=pitch, velocity=loud)))
            events.append((max(off, on + 1), 100, mido.Message("note_off", channel=channel, note=pitch, velocity=0)))
        file.tracks.append(_track(events, seconds))
    return file


def _track(events: list[tuple[int, int, mido.Message]], seconds: float) -> mido.MidiTrack:
    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda e: (e[0], e[1])):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, int(seconds * _TICKS_PER_SECOND) - now)))
    return track


def render(parts: Sequence[tuple[Part, Sequence[Timed]]], seconds: float) -> Samples:
    """Play parts on General MIDI instruments.

    Parameters
    ----------
    parts : sequence of (Part, notes in seconds)
    seconds : float [s]

    Returns
    -------
    np.ndarray [2, n], float64, n = `seconds` at 44.1 kHz

    Raises
    ------
    SynestheteError
        If FluidSynth or the sound font is missing, or FluidSynth fails.
    """
    font = sound_font()
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.mid"
        midi_file(parts, seconds).save(song)
        samples = synthesise(song, font, SAMPLE_RATE_HZ, _OPTIONS).T
    n = int(seconds * SAMPLE_RATE_HZ)
    return np.pad(samples[:, :n], ((0, 0), (0, max(0, n - samples.shape[1]))))
