"""What quality.py measures on real recordings: from rankings alone, so that ours and those of peers count the same.

Ours come from ``synesthete index`` over the clips and ``synesthete neighbours`` over the queries: what a user gets. A
peer's come from its similarities.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality_clips import REAL, REAL_PASSAGE, REAL_SNIPPET, REAL_SNR_DB, Group, real_phone
from synesthete.catalogue import Catalogue
from synesthete.catalogue.index_command import EXIT_FAILURES
from synesthete.evaluation.phone import TEN
from synesthete.evaluation.ranking import Retrieval, ranking_retrieval
from synesthete.evaluation.robustness import RecallAtK

Groups = dict[str, Group]


@dataclass
class Answers:
    """What the queries of one group found.

    Attributes
    ----------
    neighbours : np.ndarray [shape=(n_queries, n)]
        Numbers of clips of the group ``REAL``, the most alike first; -1 where there are fewer.
    recognised : np.ndarray [shape=(n_queries,)]
        The clip that was named, or -1.
    """

    neighbours: np.ndarray
    recognised: np.ndarray


def only_real(groups: Groups) -> Groups:
    """The groups of real recordings."""
    return {name: group for name, group in groups.items() if name.startswith(REAL)}


def without_real(groups: Groups) -> Groups:
    """The other groups."""
    return {name: group for name, group in groups.items() if not name.startswith(REAL)}


def ask_synesthete(encoder: str, groups: Groups, folder: Path) -> tuple[dict[str, Answers], dict[str, Answers]]:
    """Index the clips and let every group ask; and the passages again, where none of their songs is there.

    Snippets are a catalogue of their own: among the whole clips each would be known for what it was cut from.
    """
    answers = {}
    for name in (REAL, REAL_SNIPPET):
        if files := groups[name].files:
            catalogue = _catalogue(encoder, name, folder)
            _run("index", str(Path(files[0]).parent), "--catalogue", str(catalogue), "--encoder", encoder)
            answers[name] = in_order(_ask(encoder, catalogue, len(files), [], folder), files, files)
    catalogue, others, clips = (
        _catalogue(encoder, REAL, folder),
        folder / f"{encoder}-others.sqlite",
        groups[REAL].files,
    )
    passages = {name: group for name, group in groups.items() if name not in (REAL, REAL_SNIPPET)}
    answers |= _ask_files(encoder, catalogue, passages, clips, folder)
    asked = {Path(file).stem for group in passages.values() for file in group.files}
    n_left = copy_without(catalogue, asked, others)
    return answers, _ask_files(encoder, others, passages, clips, folder) if n_left else {}


def _catalogue(encoder: str, group: str, folder: Path) -> Path:
    return folder / f"{encoder}-{group.replace(',', '').replace(' ', '-')}.sqlite"


def copy_without(catalogue: Path, stems: set[str], copy: Path) -> int:
    """Copy a catalogue without the tracks whose files have these names; how many are left."""
    shutil.copyfile(catalogue, copy)
    with Catalogue.open(copy) as opened:
        for track in opened.tracks():
            if Path(track.path).stem in stems:
                opened.remove(track.track_id)
        return len(opened)


def _ask_files(encoder: str, catalogue: Path, groups: Groups, clips: list[str], folder: Path) -> dict[str, Answers]:
    """The queries of all groups together: each process loads the encoder once."""
    files = [file for group in groups.values() for file in group.files]
    found = _ask(encoder, catalogue, len(clips), files, folder)
    return {name: in_order(found, group.files, clips) for name, group in groups.items()}


def _ask(encoder: str, catalogue: Path, k: int, files: list[str], folder: Path) -> dict[str, np.ndarray]:
    listing, out = folder / "queries.txt", folder / "neighbours.npz"
    listing.write_text("\n".join(files), encoding="utf-8")
    queries = ["--queries", f"@{listing}"] if files else []
    places = ("--catalogue", str(catalogue), "--encoder", encoder, "--output", str(out))
    _run("neighbours", *places, "--k", str(k), *queries)
    with np.load(out, allow_pickle=False) as found:
        return dict(found)


def in_order(found: dict[str, np.ndarray], queries: list[str], clips: list[str]) -> Answers:
    """The archive of ``synesthete neighbours`` by the numbers of clips; a query that is not in it found nothing."""
    number_of = {file: number for number, file in enumerate(clips)}
    clip_of_row = np.array([*(number_of[path] for path in found["paths"].tolist()), -1])  # row -1 stays -1
    place_of = {query: place for place, query in enumerate(found["queries"].tolist())}
    answers = Answers(np.full((len(queries), found["neighbours"].shape[1]), -1), np.full(len(queries), -1))
    for number, query in enumerate(queries):
        if query in place_of:
            answers.neighbours[number] = clip_of_row[found["neighbours"][place_of[query]]]
            answers.recognised[number] = clip_of_row[found["recognised"][place_of[query]]]
    return answers


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "synesthete", *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in (0, EXIT_FAILURES):  # a clip that cannot be read is one that is not found
        raise RuntimeError(f"synesthete {' '.join(arguments)}: {(done.stdout + done.stderr).strip()[-500:]}")


def ask_peer(similar: np.ndarray, places: dict[str, slice], groups: Groups) -> dict[str, Answers]:
    """Rankings from a peer's similarities [n_files, n_files], where ``places`` says which files a group has."""
    answers = {}
    for name in groups:
        is_catalogue = name in (REAL, REAL_SNIPPET)
        scores = np.array(similar[places[name], places[name if is_catalogue else REAL]], dtype=np.float64)
        if is_catalogue:
            np.fill_diagonal(scores, -np.inf)
        order = np.argsort(-scores, axis=1, kind="stable")
        if is_catalogue:
            order[:, -1] = -1
        answers[name] = Answers(order, np.full(len(order), -1))
    return answers


def left_out(answers: dict[str, Answers], groups: Groups) -> dict[str, Answers]:
    """A peer's answers to the passages with their songs taken out of the rankings."""
    passages = {name: group for name, group in groups.items() if name not in (REAL, REAL_SNIPPET)}
    asked = {number for group in passages.values() for number in _numbers_of_songs(group, groups[REAL]).tolist()}
    left: dict[str, Answers] = {}
    for name in passages:
        rows = [[number for number in row if number not in asked] for row in answers[name].neighbours.tolist()]
        left[name] = Answers(np.array(rows), answers[name].recognised)
    return left


def real_figures(
    answers: dict[str, Answers], without_songs: dict[str, Answers], groups: Groups, half: str
) -> dict[str, str]:
    """The columns of real recordings; queries and relevant tracks are of one half, recall is among all clips."""
    real = groups[REAL]
    is_asked = [entry["half"] == half for entry in real.known]

    def labels(name: str) -> list[str]:
        return [label if asked else "" for label, asked in zip(real.column(name), is_asked, strict=True)]

    own = {name: _numbers_of_songs(group, real) for name, group in groups.items()}
    genre, artist = labels("genre"), labels("artist")
    whole = ranking_retrieval(answers[REAL].neighbours, own[REAL], genre, [artist])
    snippets = groups[REAL_SNIPPET]
    itself = np.arange(len(snippets.files))
    kinds, makers = snippets.column("genre"), snippets.column("artist")
    snippet = ranking_retrieval(answers[REAL_SNIPPET].neighbours, itself, kinds, [makers])
    by_artist = ranking_retrieval(answers[REAL].neighbours, own[REAL], artist)
    shown = {
        "real: genre mAP (artist filter)": with_interval(whole),
        "real: genre P@10": f"{whole.precision_at[10]:.3f} of {whole.n_queries}",
        "real: genre mAP, 2.5 s": with_interval(snippet),
        "real: artist mAP": with_interval(by_artist),
    }
    phones = {snr_db: real_phone(snr_db) for snr_db in REAL_SNR_DB}
    for snr_db, name in phones.items():
        recall = RecallAtK.from_ranks(_ranks(answers[name].neighbours, own[name])).recall_at
        shown[f"real: phone {snr_db:g} dB, recall@1 / @10"] = f"{recall[1]:.3f} / {recall[10]:.3f}"
    for snr_db, name in phones.items():
        column = f"real: phone {snr_db:g} dB, named / right / another if left out"
        shown |= _recognition(column, answers[name].recognised, own[name], without_songs.get(name))
    for snr_db, name in phones.items():
        share = overlap(answers[name], answers[REAL_PASSAGE])
        left_out = overlap(without_songs[name], without_songs[REAL_PASSAGE]) if name in without_songs else np.nan
        shown[f"real: the phone's ten, {snr_db:g} dB / songs left out"] = f"{share:.3f} / {left_out:.3f}"
    return shown


def with_interval(retrieval: Retrieval) -> str:
    """Mean average precision and its confidence interval."""
    low, high = retrieval.confidence_interval
    return f"{retrieval.mean_average_precision:.3f} [{low:.2f}, {high:.2f}]"


def _numbers_of_songs(group: Group, real: Group) -> np.ndarray:
    number_of = {track_id: number for number, track_id in enumerate(real.column("track_id"))}
    return np.array([number_of[track_id] for track_id in group.column("track_id")])


def _ranks(neighbours: np.ndarray, own: np.ndarray) -> list[int]:
    """The rank of each query's song, from 1; one past the last where it was not found."""
    is_own = neighbours == own[:, None]
    return [1 + int(row.argmax()) if row.any() else 1 + max(len(row), TEN) for row in is_own]


def _recognition(column: str, named: np.ndarray, own: np.ndarray, others: Answers | None) -> dict[str, str]:
    """Nothing where nothing is ever named, as with peers."""
    if not (named >= 0).any():
        return {}
    right = (named == own)[named >= 0].mean()
    another = "–" if others is None else f"{(others.recognised >= 0).mean():.3f}"
    return {column: f"{(named >= 0).mean():.3f} / {right:.3f} / {another}"}


def overlap(found: Answers, clean: Answers) -> float:
    """Share of the first ten that are among the first ten of the clean passages."""
    shares = []
    for rows in zip(found.neighbours, clean.neighbours, strict=True):
        first, second = ({clip for clip in row[:TEN].tolist() if clip >= 0} for row in rows)
        shares.append(len(first & second) / max(len(first), 1))
    return float(np.mean(shares))
