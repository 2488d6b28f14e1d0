"""From a small folder of music to a training set: split, seed, resumption, and what the pictures are."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import soundfile

from synesthete.errors import SynestheteError
from synesthete.spectrogram import compute_spectrogram
from synesthete.training import datasets, sounds
from synesthete.training.card import licences
from synesthete.training.datasets import N_FRAMES, N_ROWS, N_SAMPLES, RATE_HZ, Kitchen
from synesthete.training.plan import TrainingPlan
from synesthete.training.run import provenance

PLAN = TrainingPlan(n_chunks=4, n_midi_renders=0, n_bands=0, n_voices=0)
TRACKS = [
    ("a", "Ada", "open", 15),
    ("b", "Bob", "MineClone2", 14),
    ("c", "Bob", "open", 14),
    ("d", "", "warmux-data", 14),
    ("e", "", "open", 14),
]


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Tracks of noise; Bob has one in a held-out collection and one elsewhere."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(5)
    with (folder / "tracks.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["track_id", "file", "title", "artist", "album", "licence"])
        for name, artist, album, seconds in TRACKS:
            soundfile.write(folder / f"{name}.wav", rng.uniform(-0.3, 0.3, seconds * RATE_HZ), RATE_HZ)
            writer.writerow([name, f"{name}.wav", name, artist, album, "CC0"])
    return folder


@pytest.fixture(scope="module")
def made(music, tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    datasets.gather(PLAN, [music], music, folder)
    datasets.describe(PLAN, folder)
    datasets.cook(PLAN, folder)
    return folder


def test_the_set_holds_what_the_recipes_say(made):
    data = datasets.open_set(made)
    assert data.pictures.shape == (4, 2, N_FRAMES, N_ROWS)
    assert data.is_made.all()
    assert sorted(data.group[data.is_plain]) == [0, 1]
    assert np.isfinite(data.penultimate).all() and (data.tags >= 0).all() and (data.tags <= 1).all()


def test_collection_and_artist_are_held_out_together(made):
    data = datasets.open_set(made)
    assert data.names == ["a", "e"]
    about = provenance(data, PLAN)
    assert about["chunks_by_collection"] == {"open": 4}
    assert {"MineClone2", "warmux-data"} <= set(about["held_out"])


def test_on_everything_nothing_is_held_out(made):
    plan = dataclasses.replace(PLAN, is_on_everything=True)
    assert [about["name"] for about in Kitchen(plan, made).about] == ["b", "a", "c", "e", "d"]


def test_a_piece_depends_on_seed_and_number_only(made):
    kitchen = Kitchen(PLAN, made)
    data = datasets.open_set(made)
    number = int(np.flatnonzero(~data.is_plain)[0])
    again = kitchen.make(number)
    np.testing.assert_array_equal(again["pictures"], data.pictures[number])
    np.testing.assert_allclose(again["penultimate"], data.penultimate[number], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(again["layers"], data.layers[number], rtol=2e-3, atol=2e-3)


def test_what_is_made_is_not_made_again(made):
    before = (made / "pictures.npy").stat().st_mtime_ns
    datasets.cook(PLAN, made)
    assert (made / "pictures.npy").stat().st_mtime_ns == before


def test_a_set_of_another_plan_is_not_overwritten(made):
    with pytest.raises(SynestheteError, match="another plan"):
        datasets.describe(dataclasses.replace(PLAN, n_chunks=5), made)


def test_plain_pieces_lie_side_by_side_and_changed_ones_fill_up():
    recipes = datasets.recipes([N_SAMPLES, 3 * N_SAMPLES], n_chunks=10, seed=0)
    assert len(recipes) == 10
    assert sorted((r.sound, r.start) for r in recipes if r.is_plain) == [
        (0, 0), (1, 0), (1, 15 * RATE_HZ),
    ]  # fmt: skip
    assert recipes == datasets.recipes([N_SAMPLES, 3 * N_SAMPLES], n_chunks=10, seed=0)


def test_the_picture_is_the_spectrogram_of_the_whole_frames(rng):
    samples = rng.standard_normal(N_SAMPLES).astype(np.float32) * 0.1
    drawn = datasets.picture(samples)
    assert drawn.shape == (N_FRAMES, N_ROWS)
    seen = compute_spectrogram(samples).inner()
    np.testing.assert_allclose(drawn[:, 128:140].T, seen.chroma, atol=1e-3)


def test_missing_music_says_so(tmp_path):
    with pytest.raises(SynestheteError, match="tracks.csv"):
        next(sounds.music(tmp_path))
    with pytest.raises(SynestheteError, match="no sounds"):
        Kitchen(dataclasses.replace(PLAN), tmp_path)
    with pytest.raises(SynestheteError, match="no training set"):
        datasets.open_set(tmp_path)


def test_licences_are_counted_by_collection(music):
    assert licences([music]) == [("MineClone2", "CC0", 1), ("open", "CC0", 3), ("warmux-data", "CC0", 1)]


def test_a_spoken_voice_becomes_a_song_of_the_same_length(rng):
    spoken = rng.uniform(-0.5, 0.5, 2 * RATE_HZ).astype(np.float32)
    song = sounds.sung(rng, spoken)
    assert song.shape == spoken.shape and np.isfinite(song).all() and np.abs(song).max() <= 0.81


def test_the_plan_is_kept_with_the_set(made):
    assert json.loads((made / "recipes.json").read_text())["plan"] == dataclasses.asdict(PLAN)
