"""The model card: what the ResNet was trained on, how well it does, and what it was not trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synesthete.training.track_list import read_track_list

CARD_NAME = "synesthete-resnet.md"
NOT_COVERED = (
    "Real bands, but for what the listed collections have: hip-hop, country and soul only as MMA plays them through "
    "General-MIDI instruments, rock and metal hardly with singers.",
    "Sung and spoken voices only as far as the listed collections have them; synthetic ones (espeak-ng, also made to "
    "sing through a vocoder) were laid over music.",
    "Music outside the Western twelve tones, and speech.",
    "Passages below 1 s, and pieces quieter than -50 dB full scale.",
    "It inherits its teacher's leaning to Western pop before 2011, as the Million Song Dataset has it.",
)


def write_card(folder: Path, about: dict[str, Any], music: Sequence[Path], figures: str = "") -> Path:
    """Write the card beside the weights.

    Parameters
    ----------
    folder : Path
        Of the weights.
    about : dict
        What ``synesthete-resnet.json`` holds.
    music : sequence of Path
        Folders with ``tracks.csv``, for sources and licences.
    figures : str
        Markdown on what was measured; without it the card says that nothing was.

    Returns
    -------
    Path
    """
    training = about["training"]
    architecture, config = about["architecture"], training["config"]
    held = ", ".join(about["held_out"]) or "nothing: figures on these collections mean nothing for these weights"
    lines = [
        "# synesthete-resnet",
        "",
        f"A ResNet-{architecture['depth']} of {architecture['width']} channels in the first stage on the stacked image "
        "(mel, chroma, tonnetz; 3 s). It makes a unit vector "
        f"of {about['embedding_size']} numbers: the first {config['likeness_size']} say what it sounds like (as aisfx "
        "hears it; the layers below them learned from MSD_musicnn too), the others which recording it "
        "is (contrast between a segment and the same segment "
        f"recorded by a phone in a room). Version {about['version']}, 16-bit weights, "
        f"SHA-256 `{about['weights_sha256']}`. Licence: MIT.",
        "",
        "## How well it does",
        "",
        figures or "Not measured.",
        "",
        "## What it was trained on",
        "",
        f"{about['n_chunks']} chunks of 12 s, each clean and recorded by a simulated phone; "
        f"{training['n_steps_done']} steps of {config['batch_size']} segments in "
        f"{training['seconds'] / 60:.0f} minutes. Held out by collection and artist: {held}.",
        "",
        "| collection | chunks |",
        "|---|---|",
        *(f"| {name} | {n} |" for name, n in _by_collection(about["chunks_by_collection"])),
        "",
        *_began_with(about.get("start")),
        "Teachers: the tagger MSD_musicnn of the package musicnn 0.1.0 (Pons & Serra, ISC licence, trained on the "
        "Million Song Dataset) and the embedding of the package aisfx 0.1.2 (Ma & Lerch; weights CC BY 4.0, trained on "
        "libraries of sound effects); none of their weights are in these files.",
        "",
        "### Sources and licences of the music",
        "",
        "| collection | licence | tracks |",
        "|---|---|---|",
        *(f"| {album} | {licence} | {n} |" for album, licence, n in licences(music)),
        "",
        "Packages named as collections are Debian 12's, whose main section holds only what may be used, changed and "
        "passed on by everybody; the licence of each piece is in the package's copyright file.",
        "",
        "MIDI pieces: Freedoom (BSD-3-Clause) and OpenMSX (GPL-2.0). Bands: chords and melodies of our own, arranged "
        "by MMA (GPL-2+) in the styles of its library. Both were played through FluidR3 GM, MuseScore General "
        "(both MIT), TimGM6mb (GPL-2) and OPL-3 FM (CC BY-SA 4.0). Composed pieces: our own "
        "composer. Voices: espeak-ng.",
        "",
        "## What it was not trained on",
        "",
        *(f"- {sentence}" for sentence in NOT_COVERED),
        "",
    ]
    path = folder / CARD_NAME
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def licences(music: Sequence[Path]) -> list[tuple[str, str, int]]:
    """(collection, licence, number of tracks) of music folders; the styles of our composer count as one collection."""
    rows = (row for folder in music for row in read_track_list(folder))
    counted = Counter((_display_name(row["album"]), row.get("licence") or "not stated") for row in rows)
    return [(album, licence, n) for (album, licence), n in sorted(counted.items())]


def _by_collection(chunks: dict[str, int]) -> list[tuple[str, int]]:
    rows = Counter[str]()
    for name, n in chunks.items():
        rows[_display_name(name)] += n
    return sorted(rows.items())


def _began_with(start: dict[str, Any] | None) -> list[str]:
    """Which weights the training went on from, and what these had learned from."""
    if start is None:
        return []
    learned = ", ".join(f"{name} {n}" for name, n in _by_collection(start["chunks_by_collection"]))
    before = (
        f"It went on from version {start['version']}, which had learned from {start['n_chunks']} chunks: {learned}."
    )
    return [before, "", *_began_with(start.get("start"))]


def _display_name(collection: str) -> str:
    """``tools.composer.training_pieces`` names a collection after each of its styles."""
    return "our composer" if collection.startswith("composer-") else collection
