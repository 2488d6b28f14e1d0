"""How soon Live's matches follow from one recording to the next, and how much they change where nothing does.

    python benchmarks/live_change.py REAL_FOLDER [--half report] [--pairs 20] [--goes-on 12] [--catalogue FILE]
                                     [--skip-baseline]

Through a simulated phone in a room, 12 dB over noise: ten seconds of a recording and, without a pause, eight of
another; and 30 seconds of one that goes on. None of them is in the catalogue as far as the search knows. The baseline,
in the same run: the listener that asks in its turn only, and does not look where the spectrum changes. Times are
seconds of sound; what a search and its drawing take comes on top. Choose on *choose*, report on *report*.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.heard import Asked, listen
from benchmarks.real_split import read_split
from synesthete import encoders
from synesthete.audio import clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.indexing import index
from synesthete.live import change, listener
from synesthete.search import SearchEngine, SearchOptions
from synesthete.training.augmentation import phone_in_room

SNR_DB = 12.0
FIRST_SECONDS, SECOND_SECONDS, GOES_ON_SECONDS = 10, 8, 30
WAYS = {"in turn": (np.inf, 8.0), "where it changes": (change.NOVEL_ABOVE, listener.ASKED_SECONDS)}


def rows_over_time(asked: Asked, sound: np.ndarray, rate_hz: int) -> list[tuple[float, tuple[str, ...]]]:
    """The ids shown, each time they change."""
    shown: list[tuple[float, tuple[str, ...]]] = []
    for seconds, now in listen(asked, sound, rate_hz):
        ids = tuple(match.track.track_id for match in now.result.matches) if now.result else ()
        if ids and (not shown or shown[-1][1] != ids):
            shown.append((seconds, ids))
    return shown


def follow(asked: Asked, sounds: list[tuple[np.ndarray, str]], rate_hz: int, n_pairs: int) -> tuple[list, list]:
    """From one recording to the next: seconds to the first other rows, and until half are those of the new one."""
    rng = np.random.default_rng(3)
    first_change, half_new = [], []
    for number in range(n_pairs):
        (one, _), (other, track_id) = (sounds[int(place)] for place in rng.choice(len(sounds), 2, replace=False))
        parts = [cut(rng, one, FIRST_SECONDS + rng.uniform(0, 2), rate_hz), cut(rng, other, SECOND_SECONDS, rate_hz)]
        at = len(parts[0]) / rate_hz
        heard = phone_in_room(rng, np.concatenate(parts), rate_hz, SNR_DB)
        asked.without = track_id
        alone = clip_from_samples(heard[len(parts[0]) :], rate_hz)
        own = {match.track.track_id for match in asked.search(alone, SearchOptions()).matches}
        shown = rows_over_time(asked, heard, rate_hz)
        before = {ids for seconds, ids in shown if seconds <= at}
        after = [(seconds - at, ids) for seconds, ids in shown if seconds > at and ids not in before]
        first_change.append(next((seconds for seconds, _ in after), SECOND_SECONDS))
        half_new.append(next((seconds for seconds, ids in after if len(own & set(ids)) >= 5), SECOND_SECONDS))
        sys.stderr.write(f"\r{number + 1} of {n_pairs} pairs ")
    return first_change, half_new


def flicker(asked: Asked, sounds: list[tuple[np.ndarray, str]], rate_hz: int, n: int) -> list[float]:
    """Of recordings that go on: rows of ten that are others than before, in two seconds."""
    rng = np.random.default_rng(4)
    changed = []
    for place in rng.choice(len(sounds), min(n, len(sounds)), replace=False):
        sound, asked.without = sounds[int(place)]
        heard = phone_in_room(rng, cut(rng, sound, GOES_ON_SECONDS, rate_hz), rate_hz, SNR_DB)
        shown = [ids for _, ids in rows_over_time(asked, heard, rate_hz)]
        n_rows = sum(sum(a != b for a, b in zip(one, next_, strict=True)) for one, next_ in pairwise(shown))
        changed.append(n_rows / (len(heard) / rate_hz / listener.EVERY_SECONDS))
    return changed


def cut(rng: np.random.Generator, samples: np.ndarray, seconds: float, rate_hz: int) -> np.ndarray:
    """A passage from a random place."""
    n_samples = min(round(seconds * rate_hz), len(samples))
    begin = int(rng.integers(len(samples) - n_samples + 1))
    return samples[begin : begin + n_samples]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("--half", choices=("choose", "report"), default="report")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--goes-on", type=int, default=12)
    parser.add_argument("--catalogue", type=Path, help="where the catalogue is kept for the next time")
    parser.add_argument("--skip-baseline", action="store_true")
    chosen = parser.parse_args()
    ways = dict(list(WAYS.items())[1:]) if chosen.skip_baseline else WAYS
    with (chosen.real / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        file_of = {row["track_id"]: (chosen.real / row["file"]).absolute() for row in csv.DictReader(lines)}
    halves = read_split()
    files = [file for track_id, file in file_of.items() if halves.get(track_id) == chosen.half]
    encoder = encoders.load("synesthete")
    with (
        tempfile.TemporaryDirectory() as folder,
        Catalogue.open(chosen.catalogue or Path(folder) / "real.sqlite") as catalogue,
    ):
        index(catalogue, list(file_of.values()), (encoder.name,))
        asked, id_of = Asked(SearchEngine(catalogue, encoder)), catalogue.known_paths()
        clips = [(read_clip(file), id_of[str(file)]) for file in files]
        sounds = [(clip.excerpts[0].samples, track_id) for clip, track_id in clips]
        rate_hz = clips[0][0].sample_rate_hz
        for way, (change.NOVEL_ABOVE, listener.ASKED_SECONDS) in ways.items():
            before = asked.n_searches
            first, half = follow(asked, sounds, rate_hz, chosen.pairs)
            changed = flicker(asked, sounds, rate_hz, chosen.goes_on)
            print(
                f"{way}: other rows after p50 {np.median(first):.1f} s, p90 {np.percentile(first, 90):.1f} s; half "
                f"of the ten are the new one's after p50 {np.median(half):.1f} s, p90 {np.percentile(half, 90):.1f}"
                f" s ({len(first)} pairs); where it goes on {np.mean(changed):.1f} rows of ten change in two "
                f"seconds ({len(changed)} recordings); {asked.n_searches - before} searches",
                flush=True,
            )


if __name__ == "__main__":
    main()
