"""Whom Live names: recordings that a catalogue holds, and as many that it does not, heard along through the listener.

    python benchmarks/live_names.py REAL_FOLDER [--half report] [--seconds 30] [--catalogue FILE] [--conditions ...]

Real recordings (a folder with ``tracks.csv``) are in a catalogue; each of one half (``real_split.csv``) is listened to
twice, from one random place: as it is there, and as if it were not. The listener is the app's, fed by hand, faster than
sound goes but never faster than it searches. A name is right that is the recording's own; a stranger that is named at
all is named wrongly. Choose on *choose*, report on *report*.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.heard import Asked, listen
from benchmarks.real_split import read_split
from synesthete import encoders
from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.indexing import index
from synesthete.search import SearchEngine
from synesthete.training.augmentation import phone_in_room

AS_IT_IS = "as it is"
CONDITIONS = {AS_IT_IS: None, "phone, 12 dB": 12.0, "phone, 6 dB": 6.0}


def names_of(asked: Asked, samples: np.ndarray, rate_hz: int) -> list[tuple[float, str]]:
    """What is named while this is heard: when [s], and the id of which track."""
    names, named = [], ""
    for seconds, now in listen(asked, samples, rate_hz):
        track_id = now.named.track.track_id if now.named else ""
        if track_id not in ("", named):
            names.append((seconds, track_id))
        named = track_id
    return names


def say(condition: str, known: list, strangers: list, own: list[str], seconds: float, n_searches: int) -> None:
    """One line for each group."""
    first = [
        next((at for at, name in names if name == track_id), None) for names, track_id in zip(known, own, strict=True)
    ]
    times = [at for at in first if at is not None]
    n_wrong = sum(any(name != track_id for _, name in names) for names, track_id in zip(known, own, strict=True))
    print(
        f"{condition}: {len(known)} in the catalogue: {len(times)} named rightly, {n_wrong} wrongly, after p50 "
        f"{np.median(times):.1f} s, p90 {np.percentile(times, 90):.1f} s; {len(strangers)} strangers, "
        f"{len(strangers) * seconds / 60:.0f} minutes: {sum(map(bool, strangers))} named ({n_searches} searches)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("--half", choices=("choose", "report"), default="report")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--encoder", default="synesthete")
    parser.add_argument("--catalogue", type=Path, help="where the catalogue is kept for the next time")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--most", type=int, help="at most so many recordings")
    chosen = parser.parse_args()
    with (chosen.real / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        file_of = {row["track_id"]: (chosen.real / row["file"]).absolute() for row in csv.DictReader(lines)}
    halves = read_split()
    files = [file for track_id, file in file_of.items() if halves.get(track_id) == chosen.half][: chosen.most]
    encoder = encoders.load(chosen.encoder)
    with tempfile.TemporaryDirectory() as folder:
        where = chosen.catalogue or Path(folder) / "real.sqlite"
        with Catalogue.open(where) as catalogue:
            index(catalogue, list(file_of.values()), (encoder.name,))
            asked = Asked(SearchEngine(catalogue, encoder))
            id_of = catalogue.known_paths()
            own = [id_of[str(file)] for file in files]
            print(f"{len(file_of)} recordings in the catalogue; {len(files)} of the half {chosen.half!r} are heard")
            for condition in chosen.conditions:
                known, strangers, before = [], [], asked.n_searches
                for number, (file, track_id) in enumerate(zip(files, own, strict=True)):
                    sound, rate_hz = passage(number, file, chosen.seconds, CONDITIONS[condition])
                    for names, asked.without in ((known, None), (strangers, track_id)):
                        names.append(names_of(asked, sound, rate_hz))
                    sys.stderr.write(f"\r{condition}: {number + 1} of {len(files)} ")
                    if strangers[-1] or any(name != track_id for _, name in known[-1]):
                        print(f"  {condition}, {file.name}: known {known[-1]}, stranger {strangers[-1]}", flush=True)
                say(condition, known, strangers, own, chosen.seconds, asked.n_searches - before)


def passage(number: int, file: Path, seconds: float, snr_db: float | None) -> tuple[np.ndarray, int]:
    """A passage of a recording from a random place, as it is or through a phone in a room."""
    rng = np.random.default_rng([number, 12])
    clip = read_clip(file)
    samples, rate_hz = clip.excerpts[0].samples, clip.sample_rate_hz
    n_samples = min(round(seconds * rate_hz), len(samples))
    begin = int(rng.integers(len(samples) - n_samples + 1))
    sound = samples[begin : begin + n_samples]
    return (sound if snr_db is None else phone_in_room(rng, sound, rate_hz, snr_db)), rate_hz


if __name__ == "__main__":
    main()
