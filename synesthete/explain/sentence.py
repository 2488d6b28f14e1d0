"""What an explanation says in a sentence that a listener understands: plain facts, nothing that was not measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from synesthete.explain.picture import Attribution
from synesthete.explain.shares import Share
from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import mel_frequencies

LAYER_WORDS = {"mel": "timbre", "chroma": "harmony", "tonnetz": "tonality"}
# What the parts of encoders hear; a part that is not here is called by its own name.
HEARD = {
    "musicnn": "kind of music and instruments",
    "musicnn/layers": "texture and rhythm",
    "aisfx": "the sounds themselves",
    "resnet": "the picture of the sound",
    "resnet/likeness": "notes and tone, as pictures",
    "likeness": "notes and tone, as pictures",
    "resnet/identity": "fine detail of the picture",
    "identity": "fine detail of the picture",
    "timbre": "tone colour",
    "time": "movement in time",
    "frequency": "colour of the spectrum",
}
# Outer quarters of 200 passages of games' music and real recordings.
DARK_HZ, BRIGHT_HZ = 220.0, 510.0
HELD, STRUCK = 0.35, 0.58
QUIETEST_DB = -50.0  # below it lies the noise of the room
BANDS = {"bass": (0.0, 250.0), "middle register": (250.0, 2000.0), "treble": (2000.0, np.inf)}
# Of what is alike: the least share to be named alone, and beside another. Harmony has 8 % on average.
MOSTLY, ALSO = 0.5, 0.2
IN_ONE_BAND = 0.6  # of what the marks carry, the mean of both pictures; the treble is half of a picture
MOST_WORDS = 4


def heard(part: str) -> str:
    """What a part of an encoder hears, in a listener's words."""
    return HEARD.get(part, f"what {part} hears")


def sentence(
    parts: Sequence[Share],
    attribution: Attribution | None,
    images: Sequence[np.ndarray],
    words: Sequence[str],
) -> str:
    """In what two sounds are alike.

    Parameters
    ----------
    parts : sequence of Share
        Of the whole tracks; said where no picture is explained.
    attribution : Attribution, optional
        Of the pictures.
    images : sequence of two np.ndarray [shape=(3, n_bins, n_frames)], or none
        Stacked images of the passages.
    words : sequence of str
        That both have.
    """
    if attribution is not None:
        amounts = {LAYER_WORDS[name]: amount for name, amount in attribution.layers.items()}
    else:
        amounts = {heard(part.name): part.amount for part in parts if len(parts) > 1}
    what = _mostly(amounts)
    sounds = describe(images)
    if what:
        place = _band(attribution) if attribution is not None else ""
        said = f"Alike {what}{f': {sounds}' if sounds else ''}{f', most of all in the {place}' if place else ''}."
    else:
        said = f"Both have {sounds}." if sounds else "How alike they are is known, but not in what."
    return f"{said} Words for both: {', '.join(words[:MOST_WORDS])}." if words else said


def _mostly(amounts: Mapping[str, float]) -> str:
    """``mostly in timbre``, ``in timbre and harmony``; empty where nothing is alike."""
    total = sum(max(amount, 0.0) for amount in amounts.values())
    if total <= 0:
        return ""
    ranked = sorted(amounts, key=lambda name: -amounts[name])
    first, second = ranked[0], ranked[1] if len(ranked) > 1 else ""
    if second and amounts[second] >= ALSO * total:
        return f"in {first} and {second}"
    return f"mostly in {first}" if amounts[first] >= MOSTLY * total else f"most of all in {first}"


def describe(images: Sequence[np.ndarray]) -> str:
    """What is true of both passages: ``bright, percussive sounds``; empty where nothing stands out in both."""
    found = [_both(images, measure) for measure in (_brightness, _movement)]
    said = ", ".join(fact for fact in found if fact)
    return f"{said} sounds" if said else ""


def _both(images: Sequence[np.ndarray], measure: Callable[[np.ndarray], str]) -> str:
    said = {measure(image) for image in images}
    return said.pop() if len(said) == 1 else ""


@lru_cache(maxsize=1)
def _mel_hz() -> np.ndarray:
    return mel_frequencies()


def _decibels(image: np.ndarray) -> np.ndarray:
    return (image[0].astype(np.float64) - 1) * SPECTROGRAM.top_db


def _brightness(image: np.ndarray) -> str:
    """By where the energy lies on average."""
    if not image[0].any():
        return ""  # silence
    energy = (10 ** (_decibels(image) / 10)).mean(axis=1)
    centre = float((energy * _mel_hz()).sum() / energy.sum())
    return "dark" if centre < DARK_HZ else "bright" if centre > BRIGHT_HZ else ""


def _movement(image: np.ndarray) -> str:
    """By how much the level changes from frame to frame, against from band to band."""
    level = np.maximum(_decibels(image), QUIETEST_DB)
    across = float(np.abs(np.diff(level, axis=0)).mean())
    if across == 0 or level.shape[1] < 2:
        return ""
    ratio = float(np.abs(np.diff(level, axis=1)).mean()) / across
    return "steady" if ratio < HELD else "percussive" if ratio > STRUCK else ""


def _band(attribution: Attribution) -> str:
    """The band in which most of what the marks carry lies."""
    hz = _mel_hz()
    for name, (low, high) in BANDS.items():
        is_inside = (hz >= low) & (hz < high)
        shares = []
        for values, marks in zip(attribution.maps, attribution.marks, strict=True):
            carried = np.where(marks, np.maximum(values[0], 0), 0).sum(axis=1)
            shares.append(float(carried[is_inside].sum() / max(carried.sum(), 1e-12)))
        if np.mean(shares) >= IN_ONE_BAND:
            return name
    return ""
