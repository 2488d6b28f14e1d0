"""MIDI files to samples through the FluidSynth command, with the General MIDI sound fonts installed on the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from synesthete.errors import SynestheteError

SOUND_FONT_VARIABLE = "SYNESTHETE_SOUND_FONT"
FONT = Path("sounds") / "sf2" / "FluidR3_GM.sf2"
TIME_LIMIT_SECONDS = 600


def sound_font() -> Path:
    """Where FluidR3_GM.sf2 lies: the environment variable, else the system's shared data folders.

    Raises
    ------
    SynestheteError
        If FluidSynth or the sound font is missing.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise SynestheteError(
            "FluidSynth, which plays MIDI, is not installed: 'apt install fluidsynth' or 'brew install fluid-synth'."
        )
    named = os.environ.get(SOUND_FONT_VARIABLE)
    shares = os.environ.get("XDG_DATA_DIRS", "").split(":") + [str(Path(program).parents[1] / "share")]
    shares += ["/usr/share", "/usr/local/share"]
    for path in [Path(named)] if named else [Path(share) / FONT for share in shares if share]:
        if path.is_file():
            return path
    raise SynestheteError(
        "The sound font FluidR3_GM.sf2 was not found: install Debian's 'fluid-soundfont-gm', or beside "
        f"Homebrew's 'fluid-synth' download it and name its path in {SOUND_FONT_VARIABLE}."
    )


def sound_fonts() -> list[Path]:
    """FluidR3 GM first, then the other General MIDI sound fonts beside it (sf2) or of the compressed kind (sf3)."""
    first = sound_font()
    folders = {first.parent, first.parent.parent / "sf3"}
    others = {path.resolve() for folder in folders for path in folder.glob("*.sf[23]")}
    return [first, *sorted(others - {first.resolve()})]


def synthesise(midi: Path, font: Path, sample_rate_hz: int, options: Sequence[str] = ()) -> np.ndarray:
    """Play a MIDI file.

    Parameters
    ----------
    midi, font : Path
    sample_rate_hz : int > 0 [Hz]
    options : sequence of str
        Further options of the command, such as ``-g`` (gain) and ``-R`` (reverb).

    Returns
    -------
    np.ndarray [shape=(n_samples, 2)], float64 in [-1, 1]

    Raises
    ------
    SynestheteError
        If FluidSynth fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "played.wav"
        command = ["fluidsynth", "-ni", "-q", "-F", str(wave), "-r", str(sample_rate_hz), *options]
        try:
            done = subprocess.run(
                [*command, str(font), str(midi)], capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SynestheteError(f"FluidSynth could not play {midi}: {error}") from error
        if done.returncode or not wave.is_file():
            raise SynestheteError(f"FluidSynth failed ({done.returncode}) on {midi}: {done.stderr.strip()[-300:]}")
        return soundfile.read(wave, dtype="float64", always_2d=True)[0]
