"""``make models``, the target itself, on a handful of noises and one step."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.real_split import read_split
from synesthete.encoders.siamese import Siamese
from synesthete.encoders.weights import read
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.training.command import SMALL

RATE = 22_050


def noises(folder: Path, names: list[str], rng: np.random.Generator) -> None:
    """A list of recordings, each of an artist of its own."""
    folder.mkdir(parents=True)
    for name in names:
        soundfile.write(folder / f"{name}.wav", 0.1 * rng.standard_normal(4 * RATE), RATE)
    with (folder / "tracks.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("track_id", "file", "artist", "genre", "album", "licence", "doubt"))
        rows.writerows((name, f"{name}.wav", f"artist of {name}", "noise", folder.name, "CC0", "") for name in names)


def variable(name: str) -> str:
    """What a variable of the Makefile is unless told otherwise."""
    text = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{name} \?= (.+)$", text, re.MULTILINE)
    assert found
    return found[1]


def test_it_makes_all_small_networks_where_they_are_read():
    assert variable("MODELS").split() == list(SMALL)
    assert PROJECT_ROOT / variable("MODELS_INTO") == Paths().models


def test_it_learns_from_one_half_of_the_real_music_and_reports_on_the_other(tmp_path, rng):
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    halves = read_split()
    of_half = {half: [name for name, its in halves.items() if its == half] for half in ("choose", "report")}
    noises(tmp_path / "music", ["a", "b", "c"], rng)
    noises(tmp_path / "shared" / "music", ["d", "e"], rng)
    noises(tmp_path / "shared" / "real", of_half["choose"][:2] + of_half["report"][:2], rng)
    told = {
        "BIN": Path(sys.executable).parent,
        "MUSIC": tmp_path / "music",
        "SHARED": tmp_path / "shared",
        "TRAINING": tmp_path / "work",
        "MODELS_INTO": tmp_path / "models",
        "MODELS": "siamese",
        "TRAIN": "--n-steps 1 --batch-size 8 --threads 1 --full-precision",
    }
    # -o: what is installed is what is tested.
    command = ["make", "-o", ".venv/.installed-dev", "models", *(f"{name}={value}" for name, value in told.items())]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert f"== siamese, from {tmp_path / 'music'}" in done.stdout
    card = json.loads((tmp_path / "models" / "siamese.json").read_text())
    learned = card["recordings_by_collection"]
    assert set(learned) <= {"music", "real recordings"} and "real recordings" in learned
    assert sum(learned.values()) + card["held_out"]["n_recordings"] == 3 + 2 + 2
    assert card["figures"]["report"]["n_recordings"] == 2
    assert Siamese(read(tmp_path / "models", "siamese", "")).embedding_size == 256
