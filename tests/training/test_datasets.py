"""From a small folder of music to a training set: what is held out, what is resumed, what is refused."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import soundfile

from synesthete.audio import read_clip
from synesthete.errors import SynestheteError
from synesthete.training import datasets, sources
from synesthete.training.card import licences
from synesthete.training.chunks import N_SAMPLES, ChunkBuilder, chunk_specs, spectrogram_frames
from synesthete.training.config import TrainingConfig
from synesthete.training.datasets import N_FRAMES, N_ROWS
from synesthete.training.gather import gather
from synesthete.training.run import provenance
from synesthete.training.sources import RATE_HZ
from synesthete.training.track_list import write_track_list

CONFIG = TrainingConfig(n_chunks=4, n_midi_renders=0, n_bands=0, n_voices=0)
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
    for name, _, _, seconds in TRACKS:
        soundfile.write(folder / f"{name}.wav", rng.uniform(-0.3, 0.3, seconds * RATE_HZ), RATE_HZ)
    rows = [
        {"track_id": name, "file": f"{name}.wav", "title": name, "artist": artist, "album": album, "licence": "CC0"}
        for name, artist, album, _ in TRACKS
    ]
    write_track_list(folder, rows)
    return folder


@pytest.fixture(scope="module")
def built(music, tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    gather(CONFIG, [music], music, folder)
    datasets.prepare(CONFIG, folder)
    datasets.build(CONFIG, folder)
    return folder


def test_the_set_holds_what_the_specs_say(built):
    data = datasets.open_set(built)
    assert data.spectrograms.shape == (4, 2, N_FRAMES, N_ROWS)
    assert data.is_built.all() and data.chunks().tolist() == [0, 1, 2, 3]
    assert sorted(data.group[data.is_unaltered]) == [0, 1]
    assert np.isfinite(data.effects).all() and (data.effects >= 0).all() and data.effects.any(axis=2).all()
    np.testing.assert_allclose(data.effects[:, 1], (data.effects[:, 0] + data.effects[:, 2]) / 2, atol=2e-3, rtol=2e-3)
    assert np.isfinite(data.penultimate).all() and (data.tags >= 0).all() and (data.tags <= 1).all()


def test_collection_and_artist_are_held_out_together(built):
    data = datasets.open_set(built)
    assert data.names == ["a", "e"]
    about = provenance(data, CONFIG)
    assert about["chunks_by_collection"] == {"open": 4}
    assert {"MineClone2", "warmux-data"} <= set(about["held_out"])


def test_with_the_held_out_everything_is_learned_from(built):
    config = dataclasses.replace(CONFIG, has_held_out=True)
    assert [sound["name"] for sound in ChunkBuilder(config, built).sounds] == ["b", "a", "c", "e", "d"]
    assert provenance(datasets.open_set(built), config)["held_out"] == []


def test_a_chunk_depends_on_seed_and_number_only(built):
    data = datasets.open_set(built)
    number = int(np.flatnonzero(~data.is_unaltered)[0])
    again = ChunkBuilder(CONFIG, built).build(number)
    np.testing.assert_array_equal(again["spectrograms"], data.spectrograms[number])
    np.testing.assert_allclose(again["penultimate"], data.penultimate[number], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(again["layers"], data.layers[number], rtol=2e-3, atol=2e-3)


def test_an_unaltered_chunk_is_the_music_itself(built, music):
    data = datasets.open_set(built)
    number = int(np.flatnonzero(data.is_unaltered)[0])
    samples = read_clip(music / f"{data.names[data.group[number]]}.wav").samples
    start = int(data.start[number])
    expected = spectrogram_frames(samples[start : start + N_SAMPLES])
    np.testing.assert_allclose(data.spectrograms[number, 0], expected, atol=0.1)  # 16-bit on disk


def test_what_is_built_is_not_built_again(built):
    before = (built / "spectrograms.npy").stat().st_mtime_ns
    datasets.build(CONFIG, built)
    assert (built / "spectrograms.npy").stat().st_mtime_ns == before


def test_a_set_of_another_configuration_is_not_overwritten(built):
    with pytest.raises(SynestheteError, match="another configuration"):
        datasets.prepare(dataclasses.replace(CONFIG, n_chunks=5), built)


def test_doubtful_tracks_are_not_learned_from(music, tmp_path):
    with (music / "tracks.csv").open(newline="") as file:
        rows = [row | {"doubt": "licence not stated" if row["track_id"] == "a" else ""} for row in csv.DictReader(file)]
    with (tmp_path / "tracks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"file": music / row["file"]} for row in rows)
    assert [sound.name for sound in sources.music(tmp_path)] == ["b", "c", "d", "e"]


def test_silent_chunks_are_left_out(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.r_[np.full(RATE_HZ, 0.1), np.zeros(26 * RATE_HZ)], RATE_HZ)
    write_track_list(tmp_path, [{"track_id": "a", "file": "a.wav", "artist": "", "album": "quiet"}])
    config = dataclasses.replace(CONFIG, n_chunks=3)
    gather(config, [tmp_path], tmp_path, tmp_path / "set")
    pcm = tmp_path / "set" / "music" / "quiet--a.npy"
    np.save(pcm, np.zeros_like(np.load(pcm)))
    datasets.prepare(config, tmp_path / "set")
    datasets.build(config, tmp_path / "set")
    assert len(datasets.open_set(tmp_path / "set").chunks()) == 0


def test_unaltered_chunks_lie_side_by_side_and_altered_ones_fill_up():
    specs = chunk_specs([N_SAMPLES, 3 * N_SAMPLES], n_chunks=10, seed=0)
    assert len(specs) == 10
    assert sorted((spec.sound, spec.start) for spec in specs if spec.is_unaltered) == [
        (0, 0), (1, 0), (1, 15 * RATE_HZ),
    ]  # fmt: skip
    assert specs == chunk_specs([N_SAMPLES, 3 * N_SAMPLES], n_chunks=10, seed=0)


def test_missing_sounds_and_sets_are_named(tmp_path):
    with pytest.raises(SynestheteError, match="no sounds"):
        ChunkBuilder(CONFIG, tmp_path)
    with pytest.raises(SynestheteError, match="no training set"):
        datasets.open_set(tmp_path)


def test_licences_are_counted_by_collection(music):
    assert licences([music]) == [("MineClone2", "CC0", 1), ("open", "CC0", 3), ("warmux-data", "CC0", 1)]


def test_the_configuration_is_kept_with_the_set(built):
    assert json.loads((built / "specs.json").read_text())["config"] == dataclasses.asdict(CONFIG)
