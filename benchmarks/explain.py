"""Why two sounds match, checked by deletion: what painting over the marked tenth of two pictures takes from both.

    python benchmarks/explain.py --catalogue FILE          over matches of a catalogue; by default the built-in one
    python benchmarks/explain.py --music REAL --music ...  over folders of music, indexed into a new catalogue first

Of a folder with a ``tracks.csv`` whose tracks ``real_split.csv`` knows, the half *choose* is taken. Beside the marks:
the same marks moved elsewhere, as many places of the same shape by lot, and as many squares of 16 by lot. Times are
processor seconds of this process and of the one that decodes.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from benchmarks.real_split import read_split
from synesthete import encoders, sampler
from synesthete.catalogue import Catalogue
from synesthete.cli import main as synesthete
from synesthete.explain import Query, Seen, explain_match
from synesthete.explain.picture import MARKED, PLACE, PictureSpace
from synesthete.search import SearchEngine, SearchOptions

SQUARE = (16, 16)
N_DRAWS = 3
Masks = tuple[np.ndarray, np.ndarray]


def music_files(folder: Path, step: int) -> list[Path]:
    """The half *choose* of the real recordings, every ``step``-th file of any other folder."""
    split = read_split()
    table = folder / "tracks.csv"
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        if any(row["track_id"] in split for row in rows):
            return [folder / row["file"] for row in rows if split.get(row["track_id"]) == "choose"]
        return [folder / row["file"] for row in rows][::step]
    return sorted(path for path in folder.iterdir() if path.is_file())[::step]


def by_lot(rng: np.random.Generator, shape: tuple[int, ...], place: tuple[int, int]) -> np.ndarray:
    """A tenth of the places of one shape, anywhere."""
    grid = [-(-size // step) for size, step in zip(shape, place, strict=True)]
    cells = np.zeros(int(np.prod(grid)), dtype=bool)
    cells[rng.choice(cells.size, max(1, round(MARKED * cells.size)), replace=False)] = True
    mask = cells.reshape(grid).repeat(place[0], axis=0).repeat(place[1], axis=1)
    return mask[: shape[0], : shape[1]]


def moved(rng: np.random.Generator, masks: Masks) -> Masks:
    """The marks somewhere else."""
    one, other = (np.roll(mask, [rng.integers(size) for size in mask.shape], axis=(0, 1)) for mask in masks)
    return one, other


def losses(space: PictureSpace, seen: tuple[Seen, ...], masks: Masks) -> tuple[float, float]:
    """What painting over takes from the cosine: in one picture (the mean of the two), in both."""
    images = [one.image for one in seen]
    painted = [
        np.where(mask, image.mean(axis=(1, 2), keepdims=True), image).astype(np.float32)
        for image, mask in zip(images, masks, strict=True)
    ]
    with torch.inference_mode():
        (one, other, one_left, other_left) = (space(torch.from_numpy(image[None]))[0] for image in (*images, *painted))
    whole = float(one @ other)
    return whole - float(one_left @ other + one @ other_left) / 2, whole - float(one_left @ other_left)


def processor_seconds() -> float:
    """Of this process and its children that still run (Linux)."""
    total = time.process_time()
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split():
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def measure(engine: SearchEngine, n_matches: int, seed: int = 0) -> None:
    """Explain matches and print what deletion says of them."""
    rng = np.random.default_rng(seed)
    space = PictureSpace.of(engine.encoder)
    assert space is not None
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    seconds, n_unexplained, cosines = [], 0, []
    ids = engine.track_ids
    for number in rng.choice(len(ids), len(ids), replace=False):
        if len(cosines) + n_unexplained >= n_matches:
            break
        result = engine.search_track(ids[number], SearchOptions())
        query = Query.of_result(result, track_id=ids[number])
        for match in {result.matches[0].track.track_id: result.matches[0], "": result.matches[-1]}.values():
            begin = processor_seconds()
            found = explain_match(engine, query, match)
            seconds.append(processor_seconds() - begin)
            if found.attribution is None:
                n_unexplained += 1
                continue
            marks = found.attribution.marks
            shape = marks[0].shape
            cosines.append(found.attribution.cosine)
            taken["marked"].append(losses(space, found.seen, marks))
            others = {
                "the marks moved": [moved(rng, marks) for _ in range(N_DRAWS)],
                "same shape, by lot": [(by_lot(rng, shape, PLACE), by_lot(rng, shape, PLACE)) for _ in range(N_DRAWS)],
                "squares, by lot": [(by_lot(rng, shape, SQUARE), by_lot(rng, shape, SQUARE)) for _ in range(N_DRAWS)],
            }
            for name, draws in others.items():
                taken[name].append(tuple(np.mean([losses(space, found.seen, masks) for masks in draws], axis=0)))
    n = len(cosines)
    print(
        f"{n + n_unexplained} matches of {len(ids)} tracks, {n} explained by the picture;"
        f" mean cosine {np.mean(cosines):.3f}"
    )
    print(
        f"processor seconds a match: median {np.median(seconds):.2f}, 95th percentile {np.quantile(seconds, 0.95):.2f}"
    )
    marked = np.array(taken["marked"])
    print("| painted over | one picture | times less | both pictures | times less | matches with three times, both |")
    print("|---|---|---|---|---|---|")
    for name, rows in taken.items():
        lost = np.array(rows)
        ratios = marked.mean(axis=0) / lost.mean(axis=0)
        share = np.mean(marked[:, 1] >= 3 * lost[:, 1])
        print(
            f"| {name} | {lost[:, 0].mean():.3f} | {ratios[0]:.1f} | {lost[:, 1].mean():.3f} | {ratios[1]:.1f} |"
            f" {share:.0%} |"
        )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, help="a catalogue that the default encoder has embedded")
    parser.add_argument("--music", type=Path, action="append", default=[], help="a folder of music to index first")
    parser.add_argument("--step", type=int, default=4, help="every how many files of a folder")
    parser.add_argument("--matches", type=int, default=100)
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoder = encoders.load("synesthete")
    with tempfile.TemporaryDirectory() as folder:
        file = options.catalogue
        if options.music:
            file = file or Path(folder) / "music.sqlite"
            files = [str(path) for music in options.music for path in music_files(music, options.step)]
            synesthete(["index", *files, "--catalogue", str(file)])
        catalogue = Catalogue.open(file, is_read_only=True) if file else sampler.open_for(encoder)
        with catalogue:
            measure(SearchEngine(catalogue, encoder), options.matches)


if __name__ == "__main__":
    main()
