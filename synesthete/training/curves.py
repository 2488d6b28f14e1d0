"""Training curves as an image, drawn with Pillow alone: one panel a loss."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

from synesthete.errors import SynestheteError

NO_PANELS = ("step", "seconds", "learning_rate")  # the other columns have one each
PANEL_WIDTH, PANEL_HEIGHT, MARGIN = 420, 260, 44  # pixels
INK, LINE, GRID = "#22303c", "#0b6e99", "#d5dbe1"


def draw_curves(rows: Path, target: Path) -> None:
    """Draw the losses over the steps.

    Parameters
    ----------
    rows : Path
        ``curves.csv`` of a training.
    target : Path
        PNG to write, three panels in a row.

    Raises
    ------
    SynestheteError
        If there are no rows.
    """
    with rows.open(newline="", encoding="utf-8") as file:
        plain = list(csv.DictReader(file))
    if not plain:
        raise SynestheteError(f"{rows} holds no steps yet.")
    steps = [float(row["step"]) for row in plain]
    panels = [name for name in plain[0] if name not in NO_PANELS and plain[-1][name]]
    image = Image.new("RGB", (3 * PANEL_WIDTH, -(-len(panels) // 3) * PANEL_HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    for number, name in enumerate(panels):
        corner = (number % 3 * PANEL_WIDTH, number // 3 * PANEL_HEIGHT)
        _panel(draw, corner, name, steps, [float(row[name]) for row in plain])
    image.save(target)


def _panel(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], name: str, steps: list[float], values: list[float]
) -> None:
    left, top = corner[0] + MARGIN, corner[1] + MARGIN
    right, bottom = corner[0] + PANEL_WIDTH - MARGIN // 2, corner[1] + PANEL_HEIGHT - MARGIN
    highest, lowest = max(values), min(0.0, *values, 0.0)
    span, last = max(highest - lowest, 1e-9), max(steps[-1], 1.0)
    draw.rectangle((left, top, right, bottom), outline=GRID)
    draw.text((left, top - 22), name.replace("_", " "), fill=INK)
    draw.text((left - 40, top - 5), f"{highest:.3g}", fill=INK)
    draw.text((left - 40, bottom - 7), f"{lowest:.3g}", fill=INK)
    draw.text((right - 70, bottom + 6), f"step {last:.0f}", fill=INK)
    draw.text((right - 60, top + 4), f"{values[-1]:.4g}", fill=INK)
    points = [
        (left + (right - left) * step / last, bottom - (bottom - top) * (value - lowest) / span)
        for step, value in zip(steps, values, strict=True)
    ]
    if len(points) > 1:
        draw.line(points, fill=LINE, width=2)
