"""Genres under few names: what different collections call theirs, as families that a network can learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

# The name in a collection, in lower case, and its family; a genre that is not here is a family of its own.
FAMILIES = {
    "house": "electronic",
    "techno": "electronic",
    "drum and bass": "electronic",
    "synthwave": "electronic",
    "bossa nova": "latin",
    "jazz trio": "jazz",
    "solo piano": "classical",
    "string quartet": "classical",
    "brass ensemble": "classical",
    "choir": "choral and opera",
    "opera-choral": "choral and opera",
    "celtic folk": "folk",
    "fingerpicked guitar": "folk",
    "reggae and dub": "reggae",
    "metal": "rock",
    "lo-fi": "hip-hop",
    "hiphop": "hip-hop",
    "funk-disco": "funk and disco",
    "disco": "funk and disco",
    "percussion ensemble": "percussion",
}
CELL, LEFT, TOP = 34, 150, 130  # pixels
INK, FULL, EMPTY = (34, 48, 60), (11, 110, 153), (244, 247, 249)


def family(genre: str) -> str:
    """The family of a genre; empty for an empty one."""
    name = " ".join(genre.casefold().split())
    return FAMILIES.get(name, name)


def confusion(true: Sequence[str], named: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """How many recordings of each genre (rows) were given which name (columns), [n, n], int."""
    counted = Counter(zip(true, named, strict=True))
    return np.array([[counted[row, column] for column in names] for row in names], dtype=int)


def draw_confusion(counts: np.ndarray, names: Sequence[str]) -> Image.Image:
    """A confusion matrix as a picture: the number in each field, its colour the share of its row."""
    n = len(names)
    image = Image.new("RGB", (LEFT + CELL * n + 20, TOP + CELL * n + 20), "white")
    draw = ImageDraw.Draw(image)
    draw.text((8, 8), "row: what it is\ncolumn: what it was called", fill=INK)
    for number, name in enumerate(names):
        draw.text((8, TOP + CELL * number + 10), name, fill=INK)
        label = Image.new("RGB", (TOP - 8, 14), "white")
        ImageDraw.Draw(label).text((0, 0), name, fill=INK)
        image.paste(label.rotate(90, expand=True), (LEFT + CELL * number + 10, 4))
    for row, values in enumerate(counts):
        for column, value in enumerate(values):
            share = value / max(int(values.sum()), 1)
            colour = tuple(round(low + share * (high - low)) for low, high in zip(EMPTY, FULL, strict=True))
            corner = (LEFT + CELL * column, TOP + CELL * row)
            draw.rectangle((*corner, corner[0] + CELL - 2, corner[1] + CELL - 2), fill=colour)
            if value:
                ink = "white" if share > 0.5 else INK
                draw.text((corner[0] + 10, corner[1] + 10), str(int(value)), fill=ink)
    return image
