"""What benchmarks/quality.py measures on real recordings, on rankings and clips whose answers are known."""

import csv
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import quality_clips
from benchmarks.quality_clips import REAL, REAL_PASSAGE, REAL_SNIPPET, REAL_SNR_DB, Group, real_groups, real_phone
from benchmarks.quality_real import (
    Answers,
    ask_peer,
    ask_synesthete,
    copy_without,
    in_order,
    left_out,
    overlap,
    real_figures,
)
from benchmarks.real_split import read_split
from synesthete.catalogue import Catalogue
from tests.sounds import RATE_HZ, melody

NAMES = (REAL, REAL_SNIPPET, REAL_PASSAGE, *map(real_phone, REAL_SNR_DB))


@pytest.fixture
def groups():
    """Twelve clips of two genres, each by an artist who made two; the first eight ask."""
    known = [
        {"track_id": str(n), "genre": "ab"[n % 2], "artist": str(n // 2), "half": "report" if n < 8 else "choose"}
        for n in range(12)
    ]
    made = {name: Group([f"{name}/{n}.wav" for n in range(8)], known[:8]) for name in NAMES}
    return made | {REAL: Group([f"real/{n}.wav" for n in range(12)], known)}


def ranked(scores: np.ndarray) -> Answers:
    return Answers(np.argsort(-scores, axis=1, kind="stable"), np.full(len(scores), -1))


def test_the_figures_of_a_perfect_and_of_a_blind_encoder(groups, rng):
    genre = np.arange(12) % 2
    alike = (genre[:, None] == genre).astype(float) - 2 * np.eye(12)  # its own genre first, itself last
    own_first = alike[:8] + 4 * np.eye(12)[:8]
    answers = {name: ranked(own_first) for name in NAMES} | {REAL: ranked(alike), REAL_SNIPPET: ranked(alike[:8, :8])}
    shown = real_figures(answers, {}, groups, "report")
    assert shown["real: genre mAP (artist filter)"] == shown["real: genre mAP, 2.5 s"] == "1.000 [1.00, 1.00]"
    assert shown["real: genre P@10"] == "0.300 of 8", "three others of the half and of the genre"
    assert shown["real: phone 0 dB, recall@1 / @10"] == "1.000 / 1.000"
    assert shown["real: the phone's ten, 6 dB / songs left out"] == "1.000 / nan"
    shown = real_figures(answers, left_out(answers, groups), groups, "report")
    assert shown["real: the phone's ten, 6 dB / songs left out"] == "1.000 / 1.000"
    assert not any("named" in column for column in shown)
    answers[real_phone(0)] = ranked(-own_first)
    shown = real_figures(answers, {}, groups, "report")
    assert shown["real: phone 0 dB, recall@1 / @10"] == "0.000 / 0.000"
    assert shown["real: phone 12 dB, recall@1 / @10"] == "1.000 / 1.000"


def test_artists_and_genres_of_the_other_half_do_not_count(groups, rng):
    """Against scikit-learn."""
    average_precision_score = pytest.importorskip("sklearn.metrics").average_precision_score
    scores = rng.standard_normal((12, 12))
    answers = {name: ranked(scores[:8]) for name in NAMES}
    answers |= {REAL: ranked(scores), REAL_SNIPPET: ranked(scores[:8, :8])}
    shown = real_figures(answers, {}, groups, "report")
    for column, relevant, is_candidate in (
        ("real: artist mAP", "artist", lambda query, other: other != query),
        ("real: genre mAP (artist filter)", "genre", lambda query, other: other // 2 != query // 2),
    ):
        labels = groups[REAL].column(relevant)
        expected = []
        for query in range(8):
            candidates = [other for other in range(8) if is_candidate(query, other)]
            right = [labels[other] == labels[query] for other in candidates]
            expected.append(average_precision_score(right, scores[query, candidates]))
        assert float(shown[column].split()[0]) == pytest.approx(np.mean(expected), abs=6e-4)


def test_what_is_named_and_what_is_named_wrongly(groups):
    answers = {name: ranked(np.eye(12)[:8]) for name in NAMES} | {REAL: ranked(-np.eye(12))}
    answers[REAL_SNIPPET] = ranked(np.eye(8))
    answers[real_phone(6)].recognised[:] = [0, 1, 2, 4, -1, -1, -1, -1]
    without = {name: ranked(np.eye(12)[:8]) for name in (REAL_PASSAGE, *map(real_phone, REAL_SNR_DB))}
    without[real_phone(6)].recognised[0] = 9
    shown = real_figures(answers, without, groups, "report")
    assert shown["real: phone 6 dB, named / right / another if left out"] == "0.500 / 0.750 / 0.125"


def test_the_ten_are_counted_by_clip(rng):
    found, clean = (np.stack([rng.permutation(30) for _ in range(5)]) for _ in range(2))
    expected = np.mean([len(set(a[:10]) & set(b[:10])) / 10 for a, b in zip(found, clean, strict=True)])
    assert overlap(*(Answers(rows, np.full(5, -1)) for rows in (found, clean))) == pytest.approx(expected)


def test_songs_are_left_out_of_a_peers_rankings():
    known = [{"track_id": name} for name in "abc"]
    phone = real_phone(12)
    few = {REAL: Group(list("abc"), known), phone: Group(["x", "y"], [known[2], known[0]])}
    answers = {phone: Answers(np.array([[2, 1, 0], [0, 2, 1]]), np.array([-1, -1]))}
    assert left_out(answers, few)[phone].neighbours.tolist() == [[1], [1]]


def test_a_peer_is_asked_by_its_similarities(groups):
    small = {REAL: Group(["a", "b", "c"]), REAL_PASSAGE: Group(["d"])}
    similar = np.array([[9, 1, 2, 0], [1, 9, 3, 0], [2, 3, 9, 0], [5, 7, 6, 9]])
    answers = ask_peer(similar, {REAL: slice(0, 3), REAL_PASSAGE: slice(3, 4)}, small)
    assert answers[REAL].neighbours.tolist() == [[2, 1, -1], [2, 0, -1], [1, 0, -1]]
    assert answers[REAL_PASSAGE].neighbours.tolist() == [[1, 2, 0]]


def test_an_archive_is_read_in_the_order_of_the_clips():
    found = {
        "paths": np.array(["c", "a"]),
        "queries": np.array(["y", "x"]),
        "neighbours": np.array([[0, 1], [1, -1]]),
        "recognised": np.array([-1, 0]),
    }
    answers = in_order(found, ["x", "y", "z"], ["a", "b", "c"])
    assert answers.neighbours.tolist() == [[0, -1], [2, 0], [-1, -1]]
    assert answers.recognised.tolist() == [2, -1, -1]


@pytest.fixture
def clips(tmp_path):
    """Three recordings under names of real ones, of which one is of the half that asks."""
    halves = read_split()
    ids = [next(i for i in halves if halves[i] == "report"), *[i for i in halves if halves[i] == "choose"][:2]]
    (tmp_path / "real").mkdir()
    with (tmp_path / "real" / "tracks.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["track_id", "file", "artist", "genre"])
        for number, track_id in enumerate(ids):
            soundfile.write(tmp_path / "real" / f"{track_id}.wav", melody(20, seed=number), RATE_HZ)
            writer.writerow([track_id, f"{track_id}.wav", f"artist {number}", "rock"])
    (tmp_path / "made").mkdir()
    return real_groups(tmp_path / "real", tmp_path / "made", 16.0, "report"), tmp_path, ids


def test_clips_are_cut_for_the_half_that_asks(clips):
    groups, folder, ids = clips
    assert {name: len(group.files) for name, group in groups.items()} == {
        name: 3 if name == REAL else 1 for name in NAMES
    }
    seconds = {}
    for name, group in groups.items():
        with wave.open(group.files[0]) as sound:
            seconds[name] = sound.getnframes() / sound.getframerate()
        assert Path(group.files[0]).stem == ids[0] == group.known[0]["track_id"]
    assert seconds[REAL] == pytest.approx(16) and seconds[REAL_SNIPPET] == pytest.approx(2.5, abs=1e-3)
    assert seconds[REAL_PASSAGE] == seconds[real_phone(0)] == pytest.approx(8)
    assert len(quality_clips.read_tracks(folder / "real", 2)) == 2


def test_ours_are_asked_by_the_commands_that_users_type(clips):
    groups, folder, ids = clips
    few = {name: groups[name] for name in (REAL, REAL_SNIPPET, real_phone(12))}
    answers, without_songs = ask_synesthete("timbre", few, folder)
    assert [sorted(row) for row in answers[REAL].neighbours.tolist()] == [[-1, 1, 2], [-1, 0, 2], [-1, 0, 1]]
    assert answers[real_phone(12)].neighbours[0, 0] == 0
    assert answers[REAL_SNIPPET].neighbours.tolist() == [[-1]]  # alone in its catalogue
    assert sorted(without_songs[real_phone(12)].neighbours[0].tolist()) == [-1, 1, 2]
    assert (answers[real_phone(12)].recognised == -1).all()
    assert copy_without(folder / "timbre-real.sqlite", {ids[0], "nobody"}, folder / "others.sqlite") == 2
    with Catalogue.open(folder / "others.sqlite", is_read_only=True) as others:
        assert ids[0] not in {Path(track.path).stem for track in others.tracks()}
