"""The measures of a ranking against loops and scikit-learn, and an evaluation of a small catalogue from end to end."""

import argparse
import dataclasses
import json
import re

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.audio import content_id, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.ingest import embed_missing
from synesthete.encoders.base import unit
from synesthete.errors import CatalogueError, OptionError
from synesthete.evaluation import ranking, robustness
from synesthete.evaluation.command import add_evaluate_command, table
from synesthete.evaluation.ranking import bootstrap, hubness, label_retrieval, ranking_retrieval, target_ranks
from synesthete.evaluation.report import evaluate
from synesthete.evaluation.robustness import RecallAtK, through_phone
from synesthete.search import SearchEngine
from synesthete.tracks import Track

RATE = 22_050


@pytest.fixture
def collection(rng):
    """Vectors, genres, artists and albums; some unknown, some artists in one genre only."""
    n = 90
    vectors = unit(rng.standard_normal((n, 6)))
    genres = [("", "jazz", "dub", "polka")[number] for number in rng.integers(0, 4, n)]
    artists = [f"artist {number}" if number else "" for number in rng.integers(0, 14, n)]
    albums = [f"album {number}" if number else "" for number in rng.integers(0, 9, n)]
    return vectors, genres, artists, albums


def by_hand(vectors, labels, filters):
    """The definitions, in loops: one row a query (average precision, R-precision, precision at 1, 5, 10)."""
    rows = []
    for query, label in enumerate(labels):
        candidates = [
            other
            for other in range(len(labels))
            if other != query
            and labels[other]
            and not any(column[query] and column[query] == column[other] for column in filters)
        ]
        candidates.sort(key=lambda other: -float(vectors[query] @ vectors[other]))
        right = [labels[other] == label for other in candidates]
        if not label or not any(right):
            continue
        n_relevant = sum(right)
        average = sum(sum(right[: place + 1]) / (place + 1) for place in range(len(right)) if right[place]) / n_relevant
        rows.append([average, sum(right[:n_relevant]) / n_relevant, *(sum(right[:k]) / k for k in (1, 5, 10))])
    return np.array(rows)


@pytest.mark.parametrize("queries_per_block", [7, 256])
@pytest.mark.parametrize("n_filters", [0, 1, 2])
def test_label_retrieval_equals_its_definition(collection, n_filters, queries_per_block, monkeypatch):
    monkeypatch.setattr(ranking, "QUERIES_PER_BLOCK", queries_per_block)
    vectors, genres, *columns = collection
    expected = by_hand(vectors, genres, columns[:n_filters])
    found = label_retrieval(vectors, genres, columns[:n_filters])
    figures = [found.mean_average_precision, found.r_precision, *found.precision_at.values()]
    np.testing.assert_allclose(figures, expected.mean(axis=0), atol=1e-9)
    assert found.n_queries == len(expected)
    assert found.confidence_interval == pytest.approx(bootstrap(expected[:, 0]))


def test_average_precision_equals_scikit_learns(collection):
    average_precision_score = pytest.importorskip("sklearn.metrics").average_precision_score
    vectors, genres, artists, _ = collection
    genres, artists = np.array(genres), np.array(artists)
    expected = []
    for query in np.flatnonzero(genres != ""):
        is_candidate = (genres != "") & ((artists != artists[query]) | (artists == ""))
        is_candidate[query] = False
        is_relevant = genres[is_candidate] == genres[query]
        expected.append(average_precision_score(is_relevant, vectors[is_candidate] @ vectors[query]))
    found = label_retrieval(vectors, genres.tolist(), [artists.tolist()])
    assert found.mean_average_precision == pytest.approx(np.mean(expected), abs=1e-6)


def test_rankings_serve_as_well_as_vectors(collection, monkeypatch):
    monkeypatch.setattr(ranking, "QUERIES_PER_BLOCK", 11)
    vectors, genres, artists, _ = collection
    neighbours = np.argsort(-vectors @ vectors.T, axis=1, kind="stable")  # each row holds its own track too
    found = ranking_retrieval(neighbours, range(len(genres)), genres, [artists])
    expected = label_retrieval(vectors, genres, [artists])
    assert found.confidence_interval == pytest.approx(expected.confidence_interval)
    assert dataclasses.replace(found, confidence_interval=expected.confidence_interval) == expected


def test_recordings_of_tracks_are_queries_by_themselves(collection, rng):
    """Against scikit-learn, for noisy recordings of some tracks among all of them."""
    average_precision_score = pytest.importorskip("sklearn.metrics").average_precision_score
    vectors, genres, artists, _ = collection
    own = rng.integers(0, len(genres), 40)
    cosines = unit(vectors[own] + rng.standard_normal((40, 6))) @ vectors.T
    labels, makers = np.array(genres), np.array(artists)
    expected = []
    for query, row in enumerate(own):
        is_candidate = (labels != "") & ((makers != makers[row]) | (makers == ""))
        is_candidate[row] = False
        is_relevant = labels[is_candidate] == labels[row]
        if labels[row] and is_relevant.any():
            expected.append(average_precision_score(is_relevant, cosines[query, is_candidate]))
    found = ranking_retrieval(np.argsort(-cosines, axis=1), own, genres, [artists])
    assert found.mean_average_precision == pytest.approx(np.mean(expected), abs=1e-9)
    assert found.n_queries == len(expected) < 40


def test_what_a_ranking_does_not_hold_adds_nothing():
    labels = ["a", "a", "a", "b", "b"]
    found = ranking_retrieval(np.array([[3, 1, -1], [4, 3, -1]]), [0, 0], labels)
    assert found.mean_average_precision == pytest.approx(((1 / 2) / 2 + 0) / 2)
    assert found.precision_at[5] == pytest.approx(0.1) and found.r_precision == pytest.approx(0.25)
    with pytest.raises(OptionError, match="2 rankings of 1 queries, with labels and filters for 5, 4 tracks"):
        ranking_retrieval(np.zeros((2, 3), dtype=int), [0], labels, [labels[1:]])


def test_perfect_and_random_encoders(rng):
    labels = ["a"] * 30 + ["b"] * 30
    perfect = label_retrieval(np.repeat(np.eye(2), 30, axis=0), labels)
    assert perfect.mean_average_precision == perfect.r_precision == perfect.precision_at[10] == 1
    random = label_retrieval(unit(rng.standard_normal((60, 40))), labels)
    assert random.chance == pytest.approx(29 / 59)
    assert random.mean_average_precision == pytest.approx(random.chance, abs=0.06)
    assert random.confidence_interval[0] < random.mean_average_precision < random.confidence_interval[1]


def test_nothing_to_find_is_not_a_number():
    found = label_retrieval(np.eye(3), ["a", "b", ""])
    assert found.n_queries == 0
    assert np.isnan(found.mean_average_precision) and np.isnan(found.confidence_interval[0])


def test_labels_of_another_length_are_refused():
    with pytest.raises(OptionError, match="3 vectors, but labels and filters for 3, 2 tracks"):
        label_retrieval(np.eye(3), ["a", "b", "c"], [["x", "y"]])


def test_the_interval_holds_the_mean_of_most_samples(rng):
    is_inside = []
    for _ in range(60):
        low, high = bootstrap(rng.random(40))
        is_inside.append(low <= 0.5 <= high)
    assert np.mean(is_inside) > 0.85


def test_a_rank_counts_those_before(rng):
    vectors = unit(rng.standard_normal((50, 8)))
    queries = unit(vectors[:20] + 0.6 * rng.standard_normal((20, 8)))
    expected = [1 + sum(query @ other > query @ vectors[row] for other in vectors) for row, query in enumerate(queries)]
    np.testing.assert_array_equal(target_ranks(queries, vectors, range(20)), expected)
    assert target_ranks(vectors[:1], np.repeat(vectors[:1], 3, axis=0), [1]).tolist() == [3]  # a tie is no success


def test_hubness_equals_its_definition(rng, monkeypatch):
    monkeypatch.setattr(ranking, "QUERIES_PER_BLOCK", 13)
    vectors = unit(rng.standard_normal((60, 30)) + 0.7)
    counts = np.zeros(60)
    for query in range(60):
        others = sorted((other for other in range(60) if other != query), key=lambda o: -(vectors[query] @ vectors[o]))
        counts[others[:5]] += 1
    skew = pytest.importorskip("scipy.stats").skew
    assert hubness(vectors, 5) == pytest.approx(skew(counts), abs=1e-9)
    assert hubness(vectors, 5) > hubness(unit(vectors - vectors.mean(axis=0)), 5)
    with pytest.raises(OptionError, match="k is 60; with 60 tracks it must be from 1 to 59"):
        hubness(vectors, 60)


def test_ranks_become_recall():
    assert RecallAtK.from_ranks([1, 2, 10, 11]) == RecallAtK({1: 0.25, 10: 0.75}, 4)
    with pytest.raises(OptionError, match="no track to ask for"):
        RecallAtK.from_ranks([])


def test_the_phone_keeps_its_noise_and_band(rng):
    tone = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE)
    levels = []
    for snr_db in (30.0, 6.0):
        recorded = through_phone(np.random.default_rng(3), tone, RATE, snr_db)
        assert recorded.dtype == np.float32 and recorded.shape == tone.shape and np.abs(recorded).max() <= 0.5
        power = np.abs(np.fft.rfft(recorded)) ** 2
        hz = np.fft.rfftfreq(len(recorded), 1 / RATE)
        levels.append(power[(hz > 200) & (hz < 900)].sum() / power.sum())
        assert power[hz < 60].sum() + power[hz > 10_000].sum() < 0.02 * power.sum()
    assert levels[1] > 5 * levels[0]
    assert np.isfinite(through_phone(rng, np.zeros(RATE), RATE, 6.0)).all()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Twelve short pieces of four instruments by eight artists, embedded by the statistics encoder."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(4)
    seconds = np.arange(10 * RATE) / RATE
    with Catalogue.open(folder / "small.sqlite") as made:
        for number in range(12):
            kind = number % 4
            steps = rng.choice(2 ** (np.arange(12) / 12), 41)[(4 * seconds).astype(int)]
            phase = 2 * np.pi * np.cumsum((110, 220, 440, 660)[kind] * steps) / RATE
            tone = sum(np.sin(n * phase) / n ** (1 + kind / 2) for n in range(1, 6)) * np.exp(-3 * (seconds % 0.25))
            soundfile.write(folder / f"{number}.wav", 0.1 * tone + 0.001 * rng.standard_normal(tone.size), RATE)
            clip = read_clip(folder / f"{number}.wav")
            made.add_track(
                Track(
                    content_id(clip), f"piece {number}", f"artist {number % 8}", genre=f"kind {kind}",
                    seconds=clip.seconds, path=f"{number}.wav",
                )
            )  # fmt: skip
        assert embed_missing(made, encoders.load("statistics")) == (12, 0)
        yield made


def test_a_catalogue_is_evaluated(catalogue):
    stages = []
    report = evaluate(
        catalogue, encoders.load("statistics"), max_tracks=3, on_progress=lambda stage, share: stages.append(stage)
    )
    assert report.n_tracks == 12
    assert set(report.labels) == {"genre", "artist"}
    assert report.labels["genre"].mean_average_precision > 0.6
    assert report.labels["artist"].n_queries == 8  # four artists have two pieces
    assert report.codec_recall["mp3"] == RecallAtK({1: 1.0, 10: 1.0}, 3)
    assert report.codec_recall["opus"].n_queries == 3
    by_phone = (report.phone_recall, report.phone_genre, report.phone_ten, report.phone_recognition)
    assert [list(measured) for measured in by_phone] == [["12 dB", "6 dB", "0 dB"]] * 4
    assert {"labels", "mp3", "opus", "phone"} <= set(stages)
    shown = table(report)
    assert re.search(r"^same genre: mAP \(artist filter\) \d\.\d{3} .* P@10 .*\(12 queries\)$", shown, re.MULTILINE)
    assert re.search(r"^same artist: mAP \d.*\(8 queries\)$", shown, re.MULTILINE)
    assert "as mp3: recall@1 1.000  recall@10 1.000  (3 queries)" in shown
    assert re.search(r"^8 s by phone, SNR 6 dB: recall@1 \d\.\d{3}  recall@10", shown, re.MULTILINE)
    assert re.search(r"^8 s by phone, SNR 0 dB, same genre: mAP \(artist .*\(3 queries\)$", shown, re.MULTILINE)
    assert re.search(r"^8 s by phone, SNR 0 dB, of its ten .*chance 0\.833  \(3 queries\)$", shown, re.MULTILINE)
    assert "recognised" not in shown, "the measure is printed although nothing was named"


def test_the_genre_is_not_found_by_the_artist(catalogue):
    encoder = encoders.load("statistics")
    with_filter = evaluate(catalogue, encoder, max_tracks=0).labels["genre"]
    without = evaluate(catalogue, encoder, filters=(), max_tracks=0).labels["genre"]
    assert with_filter.chance < without.chance


def test_a_catalogue_that_was_not_embedded_is_refused(catalogue, tmp_path):
    encoder = encoders.load("statistics")
    with Catalogue.open(tmp_path / "empty.sqlite") as empty, pytest.raises(CatalogueError, match="has no vectors of"):
        evaluate(empty, encoder)
    with pytest.raises(OptionError, match="no filter 'label'"):
        evaluate(catalogue, encoder, filters=("label",))
    with pytest.raises(OptionError, match="codec is 'wax'"):
        robustness.codec_recall(SearchEngine(catalogue, encoder), "wax", 3)


def test_the_command_prints_a_table_or_json(catalogue, capsys):
    parser = argparse.ArgumentParser()
    add_evaluate_command(parser.add_subparsers())
    arguments = ["evaluate", "--catalogue", str(catalogue.path), "--encoder", "statistics", "--tracks", "0"]
    chosen = parser.parse_args([*arguments, "--json", "--filter", "both"])
    assert chosen.run(chosen) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["encoder"] == "statistics" and made["filters"] == ["artist", "album"]
    assert made["labels"]["genre"]["precision_at"]["1"] >= 0
    chosen = parser.parse_args(arguments)
    assert chosen.run(chosen) == 0
    assert "hubness" in capsys.readouterr().out


def test_similarities_serve_as_well_as_vectors(collection):
    vectors, genres, artists, _ = collection
    expected = label_retrieval(vectors, genres, [artists])
    found = label_retrieval(vectors @ vectors.T, genres, [artists], is_matrix=True)
    assert found.mean_average_precision == pytest.approx(expected.mean_average_precision, abs=1e-6)
    assert found.n_queries == expected.n_queries
