"""A piece: what `compose` gives beside the samples, and the call itself."""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass

import numpy as np

from synesthete.errors import SynestheteError
from tools.composer.mixer import mix
from tools.composer.score import Samples, Score
from tools.composer.styles import STYLES
from tools.composer.titles import CLOSINGS, NAMES, OPENINGS, SUBJECTS

LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Piece:
    """What is known about a composed track.

    Parameters
    ----------
    style : str
        Key of `STYLES`.
    seed : int
    title, artist, album, genre : str
    tempo_bpm : float [beats a minute]
    key : str
        Tonic and mode, for example ``D dorian``; empty without pitched instruments.
    seconds : float [s]
    """

    style: str
    seed: int
    title: str
    artist: str
    album: str
    genre: str
    tempo_bpm: float
    key: str
    seconds: float

    @property
    def slug(self) -> str:
        """Title in lower-case ASCII with hyphens."""
        plain = unicodedata.normalize("NFKD", self.title).encode("ascii", "ignore").decode().lower().replace("'", "")
        return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def write(style: str, seed: int) -> tuple[Score, np.random.Generator]:
    """Write a score; the generator goes on into the performance.

    Raises
    ------
    SynestheteError
        If the style is unknown or the seed negative.
    """
    if style not in STYLES:
        raise SynestheteError(f"style {style!r} is not known; choose one of {', '.join(STYLES)}")
    if seed < 0:
        raise SynestheteError(f"seed must not be negative, got {seed}")
    rng = np.random.default_rng([seed, zlib.crc32(style.encode())])
    return STYLES[style].write(rng, seed), rng


def compose(style: str, seed: int) -> tuple[Samples, Piece]:
    """Compose, play and master one piece.

    Parameters
    ----------
    style : str
        Key of `STYLES`.
    seed : int >= 0
        The same seed gives the same music.

    Returns
    -------
    samples : np.ndarray [2, n], float32, in [-1, 1], 44.1 kHz
    piece : Piece

    Raises
    ------
    SynestheteError
        If the style is unknown, or a sampled style finds no FluidSynth or sound font.
    """
    score, rng = write(style, seed)
    samples = mix(score, rng)
    title, artist, album = named(style, seed)
    key = score.key.name if score.is_tonal else ""
    seconds = samples.shape[1] / 44_100
    piece = Piece(
        style,
        seed,
        title,
        artist,
        album,
        STYLES[style].name,
        score.tempo_bpm,
        key,
        round(seconds, 3),
    )
    return samples, piece


def named(style: str, seed: int, first_seed: int = 0) -> tuple[str, str, str]:
    """Title, artist and album of a seed: the written ones for the sampler's seeds, made-up ones beyond."""
    albums, artists, titles = NAMES[style]
    number = seed - first_seed
    # Three, three and two tracks an artist.
    artist = artists[number % 8 // 3]
    if 0 <= number < len(titles):
        return titles[number], artist, albums[0]
    rng = np.random.default_rng([seed, 77, zlib.crc32(style.encode())])
    words = [str(rng.choice(pool)) for pool in (OPENINGS, SUBJECTS, CLOSINGS)]
    return f"{' '.join(words)}, No. {seed}", artist, f"{albums[0]}, Outtakes"
