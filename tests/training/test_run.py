"""From folders of music to weights that the encoders read, on a handful of noises."""

import csv
import json

import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import read_clip
from synesthete.encoders.track_space import own_space
from synesthete.encoders.weights import read
from synesthete.errors import OptionError, SynestheteError
from synesthete.training.run import SMALL_TRAININGS, Folders, divide, train_small
from synesthete.training.runtime import RuntimeConfig
from synesthete.training.small_training import SmallConfig

RATE = settings.AUDIO.sample_rate_hz
QUICK = RuntimeConfig(n_threads=1, is_bfloat16=False, report_every=1, save_every=1)
CONFIG = SmallConfig(n_steps=2, batch_size=8, held_out_share=0.25)


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Two genres, four artists in each, two recordings of each artist; and a folder to report on."""
    rng, folder = np.random.default_rng(7), tmp_path_factory.mktemp("music")
    rows = []
    for genre, tilt in (("hiss", 0.0), ("rumble", 0.9)):
        for artist in range(4):
            for number in range(2):
                name = f"{genre}-{artist}-{number}.wav"
                noise = rng.standard_normal(4 * RATE)
                samples = noise + tilt * np.cumsum(noise) / 20
                soundfile.write(folder / name, 0.2 * samples / np.abs(samples).max(), RATE)
                rows.append((name, f"{genre} {artist}", genre, "noises", "CC0"))
    report = tmp_path_factory.mktemp("report")
    (report / "hiss-3-0.wav").symlink_to(folder / "hiss-3-0.wav")
    (report / "rumble-3-0.wav").symlink_to(folder / "rumble-3-0.wav")
    of_report = [row for row in rows if row[0] in ("hiss-3-0.wav", "rumble-3-0.wav")]
    for place, listed in ((folder, rows), (report, of_report)):
        with (place / "tracks.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("file", "artist", "genre", "album", "licence"), *listed])
    return folder, report


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """One folder of work, so that spectra are computed once."""
    return tmp_path_factory.mktemp("work")


@pytest.mark.parametrize("name", SMALL_TRAININGS)
def test_each_training_ends_in_what_its_encoder_reads(name, music, work, tmp_path):
    folder, report = music
    rows = []
    path = train_small(name, CONFIG, Folders((folder,), work, tmp_path, (report,)), QUICK, report=rows.append)
    assert [row["step"] for row in rows] == [1, 2] and all("held_out" in row for row in rows)
    kind = SMALL_TRAININGS[name]
    assert path == tmp_path / f"{kind.stem}.safetensors" and path.stat().st_size < 10e6
    encoder = kind.encoder(read(tmp_path, kind.stem, ""))
    made = encoder.embed(read_clip(folder / "hiss-0-0.wav"))
    assert made.track_features.shape == (encoder.n_track_features,)
    assert np.linalg.norm(own_space(encoder)(made.track_features)) == pytest.approx(1, abs=1e-5)
    card = json.loads((tmp_path / f"{kind.stem}.json").read_text())
    assert card["n_recordings"] == 8 and card["held_out"]["n_artists"] == 2
    assert set(card["figures"]) == {"held-out artists", "report"}
    text = (tmp_path / f"{kind.stem}.md").read_text()
    assert card["weights_sha256"] in text and "| noises | CC0 | 8 |" in text
    again = train_small(name, CONFIG, Folders((folder,), work, tmp_path / "again", (report,)), QUICK)
    assert again.read_bytes() == path.read_bytes()  # goes on from the finished run


def test_no_artist_is_on_two_sides(music, tmp_path):
    folder, report = music
    for kind in SMALL_TRAININGS.values():
        parts = divide(kind, CONFIG, Folders((folder,), tmp_path, report_on=(report,)))
        artists = [{one.artist for one in part} for part in parts.values()]
        assert [len(part) for part in artists] == [4, 2, 2]
        assert not artists[0] & artists[1] and not (artists[0] | artists[1]) & artists[2]


def test_the_confusion_matrix_counts_the_recordings(music, work, tmp_path):
    folder, report = music
    train_small("genre-cnn", CONFIG, Folders((folder,), work, tmp_path, (report,)), QUICK)
    with (tmp_path / "genre-cnn-confusion-report.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["", "hiss", "rumble"] and [row[0] for row in rows] == ["hiss", "rumble"]
    assert sum(int(cell) for row in rows for cell in row[1:]) == 2
    assert (tmp_path / "genre-cnn-confusion-held-out-artists.png").stat().st_size > 500


def test_a_run_does_not_go_on_with_other_music(music, work, tmp_path):
    folder, report = music
    mine = tmp_path / "work"
    train_small("siamese", CONFIG, Folders((folder,), mine, tmp_path), QUICK)
    with pytest.raises(SynestheteError, match="training on other music"):
        train_small("siamese", CONFIG, Folders((folder,), mine, tmp_path, (report,)), QUICK)


def test_a_run_can_be_stopped_and_gone_on_with(music, work, tmp_path):
    """The weights that it stops with are written; in the end they are those of a run that was not stopped."""
    folders = Folders((music[0],), tmp_path / "work", tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "spectra").symlink_to(work / "spectra")
    stopped = train_small("siamese", CONFIG, folders, QUICK, until=1).read_bytes()
    assert json.loads((tmp_path / "siamese.json").read_text())["version"] == "1.1"
    ended = train_small("siamese", CONFIG, folders, QUICK).read_bytes()
    assert json.loads((tmp_path / "siamese.json").read_text())["training"]["n_steps_done"] == 2
    assert ended != stopped


def test_music_without_what_is_needed_is_refused(music, tmp_path):
    folder, report = music
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.wav").symlink_to(folder / "hiss-0-0.wav")
    with pytest.raises(SynestheteError, match="unusable for 'genre-cnn'"):
        train_small("genre-cnn", CONFIG, Folders((plain,), tmp_path / "w", tmp_path), QUICK)
    with pytest.raises(SynestheteError, match="one artist"):
        train_small("siamese", CONFIG, Folders((plain,), tmp_path / "w", tmp_path), QUICK)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(OptionError, match="n_steps is 0"):
        SmallConfig(n_steps=0)
    with pytest.raises(OptionError, match="batch_size is 1"):
        SmallConfig(batch_size=1)
    with pytest.raises(OptionError, match="held_out_share is 1"):
        SmallConfig(held_out_share=1)
