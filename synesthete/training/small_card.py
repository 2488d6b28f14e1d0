"""The model card of a small network: what it is, how well it does on whom, and what it learned from."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synesthete.training.recordings import Recording

NOT_COVERED = (
    "Modern songs with a singer, country, hip-hop, Latin and world music, which the listed music has hardly any of.",
    "Music outside the Western twelve tones, and speech.",
    "Other recording chains than those of a few collections: where a collection shares a codec or a room, what was "
    "learned may be that.",
)


def write_small_card(
    folder: Path, stem: str, module: str, about: dict[str, Any], learned: Sequence[Recording], beside: Sequence[str]
) -> Path:
    """Write the card beside the weights.

    Parameters
    ----------
    folder : Path
        Of the weights.
    stem : str
        Of their files.
    module : str
        Of the encoder; its first paragraphs say what it is.
    about : dict
        What ``stem.json`` holds.
    learned : sequence of Recording
    beside : sequence of str
        Further files that belong to the card.

    Returns
    -------
    Path
    """
    training = about["training"]
    config = training["config"]
    steps = str(training["n_steps_done"])
    if training["n_steps_done"] < config["n_steps"]:
        steps += f" (of {config['n_steps']} planned)"
    text = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", (importlib.import_module(module).__doc__ or "").strip())
    path = folder / f"{stem}.md"
    kept = _kept_figures(path, about["weights_sha256"])
    lines = [
        f"# {stem}",
        "",
        text,
        "",
        f"Version {about['version']}, {about['embedding_size']} numbers, 16-bit weights, SHA-256 "
        f"`{about['weights_sha256']}`. Licence: MIT.",
        "",
        "## How well it does",
        "",
        *_figures(about["figures"]),
        *(f"![{name}]({name})\n" if name.endswith(".png") else f"As a table: [{name}]({name})\n" for name in beside),
        *kept,
        "## What it was trained on",
        "",
        f"{about['n_recordings']} recordings of {about['n_artists']} artists (a collection whose artists are unknown "
        f"counts as one), the middle minute of each; {steps} steps of {config['batch_size']} "
        f"segments, seed {config['seed']}. Held out by artist and collection: {about['held_out']['n_recordings']} "
        f"recordings of {about['held_out']['n_artists']} artists.",
        "",
        "| collection | licence | recordings |",
        "|---|---|---|",
        *(f"| {name} | {licence} | {n} |" for (name, licence), n in _sources(learned)),
        "",
        "Recordings whose licence is in doubt were left out.",
        "",
        "## What it was not trained on",
        "",
        *(f"- {sentence}" for sentence in NOT_COVERED),
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


FIGURES_BEGIN = "### As an encoder, beside the others"


def _kept_figures(path: Path, sha256: str) -> list[str]:
    """What somebody measured of the same weights and wrote into an earlier card under this head."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if FIGURES_BEGIN not in text or sha256 not in text:
        return []
    return [FIGURES_BEGIN + text.partition(FIGURES_BEGIN)[2].partition("\n## ")[0].rstrip(), ""]


def _figures(figures: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for name, values in figures.items():
        whom = "artists held out of the training" if name == "held-out artists" else "recordings kept for the report"
        lines += [f"On {whom}:", "", "| figure | value |", "|---|---|"]
        lines += [f"| {what.replace('_', ' ')} | {value} |" for what, value in values.items() if what != "confusion"]
        lines += [""]
    return lines


def _sources(learned: Sequence[Recording]) -> list[tuple[tuple[str, str], int]]:
    return sorted(Counter((one.collection or "unnamed", one.licence or "not stated") for one in learned).items())
