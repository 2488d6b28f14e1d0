"""Retrieval with each encoder, ours and those a user would pick instead: same clips, same measures, one table.

    python benchmarks/quality.py [--music FOLDER] [--peers FOLDER] [--musicnn-python PYTHON] [--encoders A,B]

The clips are the built-in catalogue (genre mAP with artist filter), whole and as snippets of 2.5 s; and the middle of
each track of FOLDER (a folder with ``tracks.csv``: file, title, artist, album, seconds), if there is one: artist mAP,
P@1 of the same recording in another encoding (equal title and length in another album), hubness, and recall of passages
of 8 s recorded by a phone in a room. Those passages come from the collections that no encoder of ours was trained on.

Peers are optional: ``pip install --target PEERS bliss-audio pymusly`` and ``--peers PEERS``; the package musicnn needs
TensorFlow, and so an interpreter of its own. Each encoder runs in a process of its own, which is timed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synesthete import encoders, sampler, settings
from synesthete.audio import Clip, Excerpt, read_clip
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.fusion import Fusion
from synesthete.evaluation.ranking import Retrieval, label_retrieval
from synesthete.evaluation.robustness import RecallAtK, through_phone
from synesthete.search.passages import SegmentVectors, best_passages
from synesthete.training.splits import TEST_COLLECTIONS

RATE_HZ = 22_050
SNIPPET_SECONDS, PASSAGE_SECONDS = 2.5, 8.0
SNR_DB = (12.0, 6.0)
ENCODERS = ("statistics", "timbre", "musicnn", "resnet", "synesthete")
PEERS = ("bliss", "musly", "musicnn-tensorflow")
GENRE_MAP = "genre mAP (artist filter)"
TWIN_ALBUMS = ("MineClone2", "phonograph_album_mcl")
HERE = Path(__file__).resolve().parent


@dataclass
class Group:
    """Clips of one kind: their files and what is known of them."""

    files: list[str] = field(default_factory=list)
    known: list[dict[str, str]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """One label of each clip, empty where unknown."""
        return [entry.get(name, "") for entry in self.known]


def write_wav(path: Path, samples: np.ndarray) -> str:
    """16-bit mono, which every encoder reads."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)


def sampler_groups(folder: Path) -> dict[str, Group]:
    """The built-in catalogue, whole and as snippets from the middle."""
    groups = {"style": Group(), "style, 2.5 s": Group()}
    with sampler.open_sampler() as catalogue:
        for track in catalogue.tracks():
            samples = read_clip(catalogue.audio_path(track)).samples
            middle = len(samples) // 2
            snippet = samples[middle : middle + round(SNIPPET_SECONDS * RATE_HZ)]
            for name, part in zip(groups, (samples, snippet), strict=True):
                file = write_wav(folder / f"{name.replace(' ', '')}-{track.track_id}.wav", part)
                groups[name].files.append(file)
                groups[name].known.append({"genre": track.genre, "artist": track.artist})
    return groups


def music_groups(music: Path, folder: Path, seconds: float) -> dict[str, Group]:
    """The middle of each track, and passages of the held-out ones, recorded by a phone."""
    groups = {"music": Group()} | {f"phone {snr_db:g} dB": Group() for snr_db in SNR_DB}
    with (music / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for number, row in enumerate(rows):
        whole = read_clip(music / row["file"]).samples
        first = max(len(whole) - round(seconds * RATE_HZ), 0) // 2
        samples = whole[first : first + round(seconds * RATE_HZ)]
        groups["music"].files.append(write_wav(folder / f"music-{number}.wav", samples))
        recording = recording_of(row["title"], row["album"])
        known = {"artist": row["artist"], "album": row["album"], "recording": recording, "number": str(number)}
        groups["music"].known.append(known)
        if row["album"] not in TEST_COLLECTIONS or len(samples) < 2 * PASSAGE_SECONDS * RATE_HZ:
            continue
        rng = np.random.default_rng([number, 8])
        length = round(PASSAGE_SECONDS * RATE_HZ)
        start = int(rng.integers(len(samples) - length))
        for snr_db in SNR_DB:
            recorded = through_phone(rng, samples[start : start + length], RATE_HZ, snr_db)
            group = groups[f"phone {snr_db:g} dB"]
            group.files.append(write_wav(folder / f"phone-{snr_db:g}-{number}.wav", recorded))
            group.known.append(known)
    return groups


def recording_of(title: str, album: str) -> str:
    """A name that both encodings of a recording share; two collections hold the same music."""
    if album not in TWIN_ALBUMS:
        return f"{album}/{title}".casefold()
    return re.sub(r"^phonograph album mcl |ambience | ch[01]$", "", title.casefold()).strip()


def embed(encoder: Encoder, files: Sequence[str]) -> dict[str, np.ndarray]:
    """Embed the files with one of our encoders: vectors, and segments for comparing passages."""
    vectors, segments, starts, rows = [], [], [], []
    for row, file in enumerate(files):
        with wave.open(file) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        excerpt = Excerpt(0.0, (samples / 32768).astype(np.float32))  # unchecked: a middle may be silent
        made = encoder.embed(Clip((excerpt,), RATE_HZ, len(samples) / RATE_HZ))
        vectors.append(made.vector)
        segments.append(made.segment_vectors)
        starts += [segment.start_seconds for segment in made.segments]
        rows += [row] * len(made.segments)
    arrays = {"starts": np.array(starts), "rows": np.array(rows), "hop": np.array(encoder.hop_seconds)}
    components = encoder.components if isinstance(encoder, Fusion) else {}
    for component, at in components.items():
        arrays[f"component {component}"] = np.array([at.start, at.stop])
    return {"X": np.stack(vectors), "segments": np.concatenate(segments)} | arrays


def ablation(made: dict[str, np.ndarray], groups: dict[str, Group]) -> dict[str, dict[str, str]]:
    """Rows for each component of a fusion alone, and for the fusion without it: its vector is theirs end to end."""
    size = made["X"].shape[1]
    components = {name.removeprefix("component "): at for name, at in made.items() if name.startswith("component ")}
    rows = {}
    for component, (first, last) in components.items():
        own = np.zeros(size, dtype=bool)
        own[first:last] = True
        for name, kept in ((f"only {component}", own), (f"without {component}", ~own)):
            part = {which: unit(made[which][:, kept]) for which in ("X", "segments")}
            rows[name] = figures(made | part, groups)
    return rows


def run(name: str, groups: dict[str, Group], folder: Path, options: argparse.Namespace) -> dict[str, str]:
    """One row of the table."""
    listing, out = folder / "files.txt", folder / f"{name}.npz"
    files = [file for group in groups.values() for file in group.files]
    listing.write_text("\n".join(files), encoding="utf-8")
    environment = dict(os.environ)
    command = [sys.executable, __file__, "--embed", name, str(listing), str(out)]
    if name in PEERS:
        python = options.musicnn_python if name == "musicnn-tensorflow" else sys.executable
        command = [python, str(HERE / "quality_peers.py"), name, str(listing), str(out)]
        environment["PYTHONPATH"] = str(options.peers or "")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        reason = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
        return {"missing": reason[-1]}
    n_seconds = sum(Path(file).stat().st_size for file in files) / 2 / RATE_HZ
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with np.load(out) as made:
        return figures(dict(made), groups) | {"CPU s for 30 s": f"{30 * cpu / n_seconds:.2f}"}


def run_ablation(name: str, groups: dict[str, Group], folder: Path) -> dict[str, dict[str, str]]:
    """The rows of :func:`ablation` for an encoder that :func:`run` has run."""
    with np.load(folder / f"{name}.npz") as made:
        return ablation(dict(made), groups)


def figures(made: dict[str, np.ndarray], groups: dict[str, Group]) -> dict[str, str]:
    """All measures of one encoder."""
    similar = made["S"] if "S" in made else made["X"] @ made["X"].T
    bounds = np.cumsum([0, *(len(group.files) for group in groups.values())]).tolist()
    places = {name: slice(bounds[n], bounds[n + 1]) for n, name in enumerate(groups)}
    shown = {}
    for name, column in (("style", GENRE_MAP), ("style, 2.5 s", f"{GENRE_MAP}, 2.5 s")):
        group, part = groups[name], similar[places[name], places[name]]
        shown[column] = map_with_interval(
            label_retrieval(part, group.column("genre"), [group.column("artist")], is_matrix=True)
        )
    if "music" not in groups:
        return shown
    music, part = groups["music"], similar[places["music"], places["music"]]
    shown["artist mAP"] = map_with_interval(label_retrieval(part, music.column("artist"), is_matrix=True))
    twins = label_retrieval(part, music.column("recording"), [music.column("album")], is_matrix=True)
    shown["same recording P@1"] = f"{twins.precision_at[1]:.3f} of {twins.n_queries}"
    shown["hubness"] = f"{hubness_of(part):.2f}"
    for name in groups:
        if name.startswith("phone"):
            queries = places["music"], places[name], groups[name], music
            shown[f"{name}, recall@1 / @10"] = phone_recall(made, similar, *queries)
            whole = {"X": made["X"]} if "X" in made else {"S": made["S"]}
            shown[f"{name}, recall@1 / @10, whole tracks"] = phone_recall(whole, similar, *queries)
    return shown


def map_with_interval(retrieval: Retrieval) -> str:
    """Mean average precision and its confidence interval."""
    low, high = retrieval.confidence_interval
    return f"{retrieval.mean_average_precision:.3f} [{low:.2f}, {high:.2f}]"


def hubness_of(similar: np.ndarray) -> float:
    """Skewness of the 10-occurrence, for a matrix of similarities."""
    order = np.argsort(-np.where(np.eye(len(similar), dtype=bool), -np.inf, similar), axis=1)[:, :10]
    counts = np.bincount(order.ravel(), minlength=len(similar)).astype(float)
    return float(np.mean((counts - counts.mean()) ** 3) / counts.std() ** 3)


def phone_recall(
    made: dict[str, np.ndarray], similar: np.ndarray, tracks: slice, queries: slice, group: Group, music: Group
) -> str:
    """Recall@1 and @10 of a passage's track, or of a twin of it; by passage where the encoder has segments."""
    recordings = np.array(music.column("recording"))
    rows = np.arange(len(similar))
    ranks = []
    for query, known in zip(rows[queries], group.known, strict=True):
        scores = similar[query, tracks]
        if "segments" in made:
            scores = by_passage(made, query, tracks)
        is_own = recordings == known["recording"]
        ranks.append(1 + int((scores[~is_own] >= scores[is_own].max()).sum()))
    recall_at = RecallAtK.from_ranks(ranks).recall_at
    return f"{recall_at[1]:.3f} / {recall_at[10]:.3f}"


def by_passage(made: dict[str, np.ndarray], query: int, tracks: slice) -> np.ndarray:
    """Likeness of the best passages, as the app compares a snippet."""
    hop = float(made["hop"])
    is_query, is_track = made["rows"] == query, (made["rows"] >= tracks.start) & (made["rows"] < tracks.stop)
    asked = SegmentVectors.of(made["segments"][is_query], made["starts"][is_query], hop)
    rows = made["rows"][is_track] - tracks.start
    return best_passages(
        asked, SegmentVectors.lay(made["segments"][is_track], made["starts"][is_track], rows, hop)
    ).cosines


def print_table(table: dict[str, dict[str, str]]) -> None:
    """As Markdown; a line below for each encoder that could not run."""
    columns = list(dict.fromkeys(name for row in table.values() for name in row if name != "missing"))
    print("| | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    for name, row in table.items():
        if "missing" not in row:
            print(f"| {name} | " + " | ".join(row.get(column, "–") for column in columns) + " |")
    for name, row in table.items():
        if "missing" in row:
            print(f"\n{name} did not run: {row['missing']}")


def main() -> None:
    """Make the clips, run every encoder, print the table."""
    if sys.argv[1:2] == ["--embed"]:
        name, listing, out = sys.argv[2:]
        np.savez(out, **embed(encoders.load(name), Path(listing).read_text(encoding="utf-8").split("\n")))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", type=Path, help="a folder with tracks.csv")
    parser.add_argument("--seconds", type=float, default=30.0, help="how much of each track of it")
    parser.add_argument("--peers", type=Path, help="where bliss-audio and pymusly are installed")
    parser.add_argument("--musicnn-python", default=sys.executable, help="an interpreter with musicnn and TensorFlow")
    parser.add_argument("--encoders", default=",".join((*ENCODERS, *PEERS)), help="which rows (default: %(default)s)")
    parser.add_argument(
        "--ablation", action="store_true", help="each component of the default encoder alone and left out"
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made_here:
        folder = Path(made_here)
        groups = sampler_groups(folder)
        if options.music and (options.music / "tracks.csv").is_file():
            groups |= music_groups(options.music, folder, options.seconds)
        else:
            print("Without --music FOLDER (a folder with tracks.csv) only the built-in catalogue is measured.\n")
        table = {}
        for name in options.encoders.split(","):
            if name in ENCODERS and not encoders.is_ready(name):
                table[name] = {"missing": encoders.why_not_ready(name)}
                continue
            table[name] = run(name, groups, folder, options)
            print(name, table[name], file=sys.stderr, flush=True)
            if options.ablation and name == settings.DEFAULT_ENCODER and "missing" not in table[name]:
                table |= run_ablation(name, groups, folder)
    print_table(table)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
