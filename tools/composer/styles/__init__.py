"""Styles: each is a function (rng, seed) -> Score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tools.composer.score import Score
from tools.composer.styles import (
    ambient,
    blues,
    celtic,
    chiptune,
    drum_and_bass,
    dub,
    ensembles,
    guitar,
    house,
    jazz,
    lo_fi,
    metal,
    percussion,
    piano,
    synthwave,
    techno,
)


@dataclass(frozen=True)
class Style:
    """A style of music.

    Parameters
    ----------
    name : str
        As shown to people; the genre tag.
    write : callable (rng, seed) -> Score
    is_sampled : bool
        Whether it plays General MIDI instruments, so needs FluidSynth and the sound font.
    """

    name: str
    write: Callable[[np.random.Generator, int], Score]
    is_sampled: bool = True


STYLES: dict[str, Style] = {
    "ambient": Style("Ambient", ambient.ambient, False),
    "blues": Style("Blues", blues.blues),
    "bossa-nova": Style("Bossa Nova", jazz.bossa_nova),
    "brass": Style("Brass Ensemble", ensembles.brass),
    "celtic": Style("Celtic Folk", celtic.celtic),
    "chiptune": Style("Chiptune", chiptune.chiptune, False),
    "choir": Style("Choir", ensembles.choir),
    "drum-and-bass": Style("Drum and Bass", drum_and_bass.drum_and_bass, False),
    "dub": Style("Reggae and Dub", dub.dub),
    "fingerpicked-guitar": Style("Fingerpicked Guitar", guitar.fingerpicked_guitar),
    "house": Style("House", house.house, False),
    "jazz-trio": Style("Jazz Trio", jazz.jazz_trio),
    "lo-fi": Style("Lo-fi", lo_fi.lo_fi),
    "metal": Style("Metal", metal.metal),
    "percussion": Style("Percussion Ensemble", percussion.percussion),
    "solo-piano": Style("Solo Piano", piano.solo_piano),
    "string-quartet": Style("String Quartet", ensembles.string_quartet),
    "synthwave": Style("Synthwave", synthwave.synthwave, False),
    "techno": Style("Techno", techno.techno, False),
}
