"""Bands in the styles of MMA (Musical MIDI Accompaniment), over random chords, tempi and melodies.

The music at hand has hardly any blues, country, disco, reggae or swing. MMA's library of grooves, which Debian carries
as ``mma``, has patterns for them; FluidSynth plays the MIDI files it writes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synesthete.errors import SynestheteError

LIBRARY = Path("/usr/share/mma/lib")
N_BARS = 32
NOT_A_GROOVE = re.compile(r"intro|end|fill|metronome|none", re.IGNORECASE)
PROGRESSIONS = (  # in C or its parallel minor; a bar each
    "C C C C F F C C G F C G",
    "C7 F7 C7 C7 F7 F7 C7 A7 Dm7 G7 C7 G7",
    "Dm7 G7 CM7 CM7 Dm7 G7 CM7 A7",
    "CM7 Am7 Dm7 G7 Em7 A7 Dm7 G7",
    "C Am F G",
    "C G Am F",
    "Am F C G",
    "Am G F E7",
    "Cm Cm Fm Cm Ab G7 Cm G7",
    "Cm Ab Eb Bb",
    "Cm7 F7 Cm7 F7",
    "C Bb F C",
    "F C G C F C G7 C",
    "C F G F",
    "Cm Cm Cm Cm",
    "Am Dm G C F Bm7b5 E7 Am",
)
MELODIES = ("AltoSax", "Trumpet", "Violin", "Flute", "CleanGuitar", "DistortionGuitar", "Harmonica", "Piano1")
RHYTHMS = ("4 4 2", "8 8 4 4 4", "4 8 8 2", "2 4 8 8", "8 8 8 8 4 4")
MAJOR, MINOR = "cdega", "cdfga"  # five notes that fit most of the chords


def check_installed() -> None:
    """Raise SynestheteError where MMA or its library of grooves is missing."""
    if shutil.which("mma") is None or not LIBRARY.is_dir():
        raise SynestheteError(
            "MMA, which arranges the bands, is not installed, or not with its library in "
            f"{LIBRARY}: 'apt install mma' on Debian."
        )


def grooves(library: Path = LIBRARY) -> dict[str, list[str]]:
    """The grooves of each file of the library that go on for a while: no introductions, endings and fills.

    Returns
    -------
    dict of str to list of str
        By file, relative and without suffix: ``{"stdlib/swing": ["Swing", "SwingWalk", ...], ...}``.
    """
    found = {}
    for path in sorted(library.rglob("*.mma")):
        defined = re.findall(r"^DefGroove\s+(\S+)", path.read_text(encoding="utf-8", errors="replace"), re.M | re.I)
        names = [name for name in defined if not NOT_A_GROOVE.search(name)]
        if names and not NOT_A_GROOVE.search(path.stem):
            found[str(path.relative_to(library).with_suffix(""))] = names
    return found


def write_score(rng: np.random.Generator, file: str, groove: str, has_melody: bool) -> str:
    """A score in MMA's language: key, tempo, groove, and a chord for each of the bars; perhaps a melody."""
    chords = str(rng.choice(PROGRESSIONS)).split()
    lines = [
        f"RndSeed {rng.integers(1 << 30)}",
        f"Tempo {rng.integers(75, 165)}",
        f"Transpose {rng.integers(-5, 7)}",
        f"Groove {file}:{groove}",
    ]
    if has_melody:
        lines += [f"Solo Voice {rng.choice(MELODIES)}", f"Solo Octave {rng.integers(4, 6)}"]
    notes = MINOR if chords[0].startswith(("Cm", "Am")) else MAJOR
    motifs = [_motif(rng, notes) for _ in range(4)]
    for bar in range(N_BARS):
        melody = f" {{{motifs[bar % 4] if bar % 8 < 6 else _motif(rng, notes)}}}" if has_melody else ""
        lines.append(f"{bar + 1} {chords[bar % len(chords)]}{melody}")
    return "\n".join(lines) + "\n"


def arrange(rng: np.random.Generator, file: str, grooves_of_it: Sequence[str], folder: Path) -> Path | None:
    """Let MMA write a MIDI file into a folder, in one of the grooves of a file of its library.

    Returns
    -------
    Path or None
        None where MMA refuses, as it does where a melody does not fit a bar of three beats: then without one, and
        where that fails too, nothing.
    """
    groove = str(rng.choice(grooves_of_it))
    source, target = folder / "band.mma", folder / "band.mid"
    for has_melody in (True, False) if rng.random() < 0.6 else (False,):
        source.write_text(write_score(rng, file, groove, has_melody), encoding="utf-8")
        done = subprocess.run(
            ["mma", "-f", str(target), str(source)], check=False, capture_output=True, timeout=600, cwd=folder
        )
        if done.returncode == 0 and target.is_file():
            return target
    return None


def _motif(rng: np.random.Generator, notes: str) -> str:
    """A bar of four beats in MMA's notation: ``4c;8d;8e;2g;``."""
    return "".join(f"{length}{rng.choice(list(notes))};" for length in str(rng.choice(RHYTHMS)).split())
