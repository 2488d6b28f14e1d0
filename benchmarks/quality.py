"""Retrieval with each encoder, ours and those a user would pick instead: same clips, same measures, one table.

    PYTHONPATH=. python benchmarks/quality.py [--real FOLDER] [--split choose|report] [--music FOLDER] [--peers FOLDER]
        [--musicnn-python PYTHON] [--encoders A,B] [--limit N] [--only-real]

The clips are, each where its folder is given (one with a ``tracks.csv``):

- ``--real``: the middle of recordings of players and singers, indexed by ``synesthete index`` and asked by ``synesthete
  neighbours``. Genre mAP with artist filter, by whole clips and by snippets of 2.5 s; precision at 10; mAP of the
  artist; and of passages of 8 s recorded by a phone in a room: recall among all clips, how often a recording is named,
  how often that is right, how often one is named whose song is not there, and how many of the ten matches are those of
  the clean passage. Queries are of one half of the recordings (``real_split.csv``), by default the one that nothing was
  chosen on.
- the built-in catalogue: genre mAP with artist filter, whole and as snippets of 2.5 s.
- ``--music``: the middle of each track (title, artist, album, seconds). Artist mAP, P@1 of the same recording in
  another encoding (equal title and length in another album), hubness, and recall of passages by phone, which come from
  the collections that no encoder of ours was trained on.

Peers are optional: ``pip install --target PEERS bliss-audio pymusly`` and ``--peers PEERS``; the package musicnn needs
TensorFlow, and so an interpreter of its own. Each encoder runs in a process of its own, which is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality_clips import RATE_HZ, REAL, Group, music_groups, real_groups, sampler_groups
from benchmarks.quality_real import (
    ask_peer,
    ask_synesthete,
    left_out,
    only_real,
    real_figures,
    with_interval,
    without_real,
)
from benchmarks.real_split import SPLITS
from synesthete import encoders, settings
from synesthete.audio import Clip, Excerpt
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.fusion import Fusion
from synesthete.encoders.track_space import own_space
from synesthete.evaluation.ranking import label_retrieval
from synesthete.evaluation.robustness import RecallAtK
from synesthete.search.passages import SegmentVectors, best_passages

ENCODERS = ("statistics", "timbre", "musicnn", "resnet", "synesthete")
PEERS = ("bliss", "musly", "musicnn-tensorflow")
GENRE_MAP = "genre mAP (artist filter)"
HERE = Path(__file__).resolve().parent


def embed(encoder: Encoder, files: Sequence[str]) -> dict[str, np.ndarray]:
    """Embed the files with one of our encoders: vectors, and segments for comparing passages."""
    features, segments, starts, rows = [], [], [], []
    for row, file in enumerate(files):
        with wave.open(file) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        excerpt = Excerpt(0.0, (samples / 32768).astype(np.float32))  # unchecked: a middle may be silent
        made = encoder.embed(Clip((excerpt,), RATE_HZ, len(samples) / RATE_HZ))
        features.append(made.track_features)
        segments.append(made.segment_vectors)
        starts += [segment.start_seconds for segment in made.segments]
        rows += [row] * len(made.segments)
    arrays = {"starts": np.array(starts), "rows": np.array(rows), "hop": np.array(encoder.hop_seconds)}
    space = own_space(encoder)
    for component, at in space.parts.items() if isinstance(encoder, Fusion) else ():
        arrays[f"component {component}"] = np.array([at.start, at.stop])
    return {"X": space(np.stack(features)), "segments": np.concatenate(segments)} | arrays


def ablation(made: dict[str, np.ndarray], groups: dict[str, Group]) -> dict[str, dict[str, str]]:
    """Rows for each component of a fusion alone, and for the fusion without it: its vector is theirs end to end."""
    size = made["X"].shape[1]
    components = {name.removeprefix("component "): at for name, at in made.items() if name.startswith("component ")}
    rows = {}
    for component, (first, last) in components.items():
        own = np.zeros(size, dtype=bool)
        own[first:last] = True
        for name, kept in ((f"only {component}", own), (f"without {component}", ~own)):
            part = {"X": unit(made["X"][:, kept])}
            rows[name] = figures(made | part, groups)
    return rows


def run(name: str, groups: dict[str, Group], folder: Path, options: argparse.Namespace) -> dict[str, str]:
    """One row of the table: real recordings first."""
    real, others = only_real(groups), without_real(groups)
    if name in PEERS:
        return run_peer(name, real, others, folder, options)
    shown = {}
    if real:
        try:
            shown = real_figures(*ask_synesthete(name, real, folder), real, options.split)
        except RuntimeError as error:
            return {"missing": str(error)}
    return shown | (run_embedding(name, others, folder) if others else {})


def run_peer(
    name: str, real: dict[str, Group], others: dict[str, Group], folder: Path, options: argparse.Namespace
) -> dict[str, str]:
    """All groups in one process of the peer's."""
    python = options.musicnn_python if name == "musicnn-tensorflow" else sys.executable
    environment = dict(os.environ) | {"PYTHONPATH": str(options.peers or "")}
    command = [python, str(HERE / "quality_peers.py"), name]
    made, shown = run_timed(command, real | others, folder / f"{name}.npz", environment)
    if made is None:
        return shown
    similar = made["S"] if "S" in made else made["X"] @ made["X"].T
    n_real = sum(len(group.files) for group in real.values())
    figures_of_others = figures({"X": made["X"][n_real:]} if "X" in made else {"S": similar[n_real:, n_real:]}, others)
    if real:
        answers = ask_peer(similar, places_of(real), real)
        figures_of_real = real_figures(answers, left_out(answers, real), real, options.split)
        return figures_of_real | figures_of_others | shown
    return figures_of_others | shown


def run_embedding(name: str, groups: dict[str, Group], folder: Path) -> dict[str, str]:
    """The columns of one of our encoders over the groups that are not of real recordings."""
    command = [sys.executable, __file__, "--embed", name]
    made, shown = run_timed(command, groups, folder / f"{name}.npz", dict(os.environ))
    return shown if made is None else figures(made, groups) | shown


def run_timed(
    command: list[str], groups: dict[str, Group], out: Path, environment: dict[str, str]
) -> tuple[dict[str, np.ndarray] | None, dict[str, str]]:
    """Run a program over the files of groups: the arrays it made, or None, and its time, or why there are none."""
    listing = out.with_suffix(".txt")
    files = [file for group in groups.values() for file in group.files]
    listing.write_text("\n".join(files), encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, str(listing), str(out)], env=environment, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        reason = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
        return None, {"missing": reason[-1]}
    n_seconds = sum(Path(file).stat().st_size for file in files) / 2 / RATE_HZ
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with np.load(out) as made:
        return dict(made), {"CPU s for 30 s": f"{30 * cpu / n_seconds:.2f}"}


def places_of(groups: dict[str, Group]) -> dict[str, slice]:
    """Which of all files belong to each group."""
    bounds = np.cumsum([0, *(len(group.files) for group in groups.values())]).tolist()
    return {name: slice(bounds[n], bounds[n + 1]) for n, name in enumerate(groups)}


def run_ablation(name: str, groups: dict[str, Group], folder: Path) -> dict[str, dict[str, str]]:
    """The rows of :func:`ablation` for an encoder that :func:`run` has run."""
    with np.load(folder / f"{name}.npz") as made:
        return ablation(dict(made), groups)


def figures(made: dict[str, np.ndarray], groups: dict[str, Group]) -> dict[str, str]:
    """All measures of one encoder over the built-in catalogue and, if there is any, the music."""
    if not groups:
        return {}
    similar = made["S"] if "S" in made else made["X"] @ made["X"].T
    places = places_of(groups)
    shown = {}
    for name, column in (("style", GENRE_MAP), ("style, 2.5 s", f"{GENRE_MAP}, 2.5 s")):
        group, part = groups[name], similar[places[name], places[name]]
        shown[column] = with_interval(
            label_retrieval(part, group.column("genre"), [group.column("artist")], is_matrix=True)
        )
    if "music" not in groups:
        return shown
    music, part = groups["music"], similar[places["music"], places["music"]]
    shown["artist mAP"] = with_interval(label_retrieval(part, music.column("artist"), is_matrix=True))
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


def named(rows: str) -> list[str]:
    """The rows that were asked for: names with commas between; ``all`` stands for every encoder there is."""
    asked = [[*encoders.available()] if name == "all" else [name] for name in rows.split(",")]
    return list(dict.fromkeys(name for names in asked for name in names))


def print_what_is_measured(groups: dict[str, Group], split: str) -> None:
    """A sentence above the table."""
    if REAL in groups:
        n_asked = groups[REAL].column("half").count(split)
        print(f"Real recordings: {len(groups[REAL].files)}, of which {n_asked} ask, the half to {split}.\n")
    else:
        print("Without --real FOLDER (a folder with tracks.csv) no real recordings are measured.\n")


def main() -> None:
    """Make the clips, run every encoder, print the table."""
    if sys.argv[1:2] == ["--embed"]:
        name, listing, out = sys.argv[2:]
        np.savez(out, **embed(encoders.load(name), Path(listing).read_text(encoding="utf-8").split("\n")))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, help="a folder of real recordings with tracks.csv")
    parser.add_argument("--split", choices=SPLITS, default="report", help="whose queries (default: %(default)s)")
    parser.add_argument("--only-real", action="store_true", help="leave out the built-in catalogue")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N recordings of each folder and catalogue")
    parser.add_argument("--music", type=Path, help="a folder with tracks.csv")
    parser.add_argument("--seconds", type=float, default=30.0, help="how much of each track of it")
    parser.add_argument("--peers", type=Path, help="where bliss-audio and pymusly are installed")
    parser.add_argument("--musicnn-python", default=sys.executable, help="an interpreter with musicnn and TensorFlow")
    parser.add_argument(
        "--encoders",
        default=",".join((*ENCODERS, *PEERS)),
        help="which rows; 'all': every encoder, and what did not run with its reason (default: %(default)s)",
    )
    parser.add_argument(
        "--ablation", action="store_true", help="each component of the default encoder alone and left out"
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made_here:
        folder = Path(made_here)
        groups: dict[str, Group] = {}
        if options.real:
            groups |= real_groups(options.real, folder, options.seconds, options.split, options.limit)
        if not options.only_real:
            groups |= sampler_groups(folder, options.limit)
        if options.music:
            groups |= music_groups(options.music, folder, options.seconds, options.limit)
        print_what_is_measured(groups, options.split)
        table = {}
        for name in named(options.encoders):
            if name not in PEERS and not encoders.is_ready(name):
                table[name] = {"missing": encoders.why_not_ready(name)}
                continue
            table[name] = run(name, groups, folder, options)
            print(name, table[name], file=sys.stderr, flush=True)
            if (
                options.ablation
                and not options.only_real
                and name == settings.DEFAULT_ENCODER
                and "missing" not in table[name]
            ):
                table |= run_ablation(name, without_real(groups), folder)
    print_table(table)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
