"""A catalogue knows from where it was indexed, whatever became of the run; what was made before knows nothing."""

import sqlite3
import time

import pytest
import soundfile

from synesthete.catalogue import Catalogue
from synesthete.catalogue.doctor import examine
from synesthete.catalogue.indexing import index
from synesthete.catalogue.share import export_to
from synesthete.cli import main
from tests.sounds import RATE_HZ, melody


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    for number, name in enumerate(("jazz/one.wav", "jazz/two.wav", "rock/three.wav")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, melody(2, seed=number), RATE_HZ)
    (folder / "rock" / "letter.mp3").write_text("Dear all, " * 100)
    return folder


def take(path, *places, **options):
    with Catalogue.open(path) as catalogue:
        return index(catalogue, places, ["timbre"], n_workers=1, **options)


def places(path):
    with Catalogue.open(path, is_read_only=True) as catalogue:
        return {place.path: place for place in catalogue.indexed_places()}


def test_folders_and_lists_are_known_with_their_files(tmp_path, music):
    path = tmp_path / "catalogue.sqlite"
    before = time.time()
    take(path, music / "rock")
    (tmp_path / "best.m3u").write_text(f"{music / 'jazz' / 'one.wav'}\n")
    take(path, music / "jazz", tmp_path / "best.m3u")
    found = places(path)
    counted = {str(music / "jazz"): 2, str(music / "rock"): 2, str(tmp_path / "best.m3u"): 0}
    assert {place: known.n_files for place, known in found.items()} == counted
    assert all(known.is_complete and before <= known.first_time <= known.last_time for known in found.values())
    take(path, music / "rock")
    again = places(path)[str(music / "rock")]
    assert again.first_time == found[again.path].first_time and again.last_time > found[again.path].last_time


def test_a_file_that_is_tried_again_is_no_place_of_its_own(tmp_path, music, capsys):
    """Once it is gone, the folder is still looked through, and nobody is told that a place is missing."""
    path, letter, alone = tmp_path / "catalogue.sqlite", music / "rock" / "letter.mp3", tmp_path / "alone.wav"
    soundfile.write(alone, melody(2, seed=9), RATE_HZ)
    take(path, music)
    take(path, letter, alone, is_retry=True)
    assert set(places(path)) == {str(music), str(alone)}
    letter.unlink()
    assert main(["index", "--catalogue", str(path), "--encoder", "timbre", "--workers", "1"]) == 0
    assert "4 files found: 0 indexed, 4 unchanged, 0 failed" in capsys.readouterr().out


def test_a_run_that_was_stopped_is_known_as_such(tmp_path, music):
    path = tmp_path / "catalogue.sqlite"

    def stop(event, counts):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(path, music, on_event=stop)
    assert not places(path)[str(music)].is_complete
    take(path, music)
    assert places(path)[str(music)].is_complete


def test_without_a_folder_all_that_are_known_are_looked_through(tmp_path, music, capsys):
    path = tmp_path / "catalogue.sqlite"
    options = ["--catalogue", str(path), "--encoder", "timbre", "--workers", "1"]
    assert main(["index", *options]) != 0
    assert "not known from which folders" in capsys.readouterr().err
    assert main(["index", str(music / "jazz"), *options]) == 0
    soundfile.write(music / "jazz" / "new.wav", melody(2, seed=9), RATE_HZ)
    capsys.readouterr()
    assert main(["index", *options]) == 0
    assert "3 files found: 1 indexed, 2 unchanged" in capsys.readouterr().out


def test_a_drive_that_is_not_connected_holds_nothing_up(tmp_path, music, capsys):
    path = tmp_path / "catalogue.sqlite"
    take(path, music / "jazz", music / "rock")
    (music / "rock").rename(tmp_path / "away")
    soundfile.write(music / "jazz" / "new.wav", melody(2, seed=9), RATE_HZ)
    again = ["index", "--catalogue", str(path), "--encoder", "timbre", "--workers", "1", "--prune"]
    assert main(again) == 0
    said = capsys.readouterr()
    assert f"Passed over, as it is not there now: {music / 'rock'}" in said.err
    assert "3 files found: 1 indexed, 2 unchanged" in said.out and "no longer there" not in said.out
    with Catalogue.open(path, is_read_only=True) as catalogue:
        assert len(catalogue) == 4
    (music / "jazz").rename(tmp_path / "away too")
    assert main(again) == 1
    assert "None of the folders" in capsys.readouterr().err


def test_the_doctor_tells_of_a_folder_that_is_not_there(tmp_path, music):
    path = tmp_path / "catalogue.sqlite"
    take(path, music / "jazz")
    with Catalogue.open(path, is_read_only=True) as catalogue:
        fine = {finding.what: finding for finding in examine(catalogue)}["folders"]
    assert not fine.is_problem and str(music / "jazz") in fine.detail and "2 files" in fine.detail
    (music / "jazz").rename(music / "elsewhere")
    with Catalogue.open(path, is_read_only=True) as catalogue:
        away = {finding.what: finding for finding in examine(catalogue)}["folders"]
    assert away.is_problem and "not there now" in away.detail and "drive" in away.remedy


def test_a_catalogue_of_before_knows_none_and_is_whole(tmp_path, music):
    path = tmp_path / "catalogue.sqlite"
    take(path, music / "jazz")
    with sqlite3.connect(path) as plain:
        plain.execute("DROP TABLE places")
    assert places(path) == {}
    with Catalogue.open(path) as catalogue:
        catalogue.forget_place("/anything")
        assert not any(finding.is_problem for finding in examine(catalogue))


def test_forgotten_places_leave_their_tracks_and_none_is_shared(tmp_path, music):
    path = tmp_path / "catalogue.sqlite"
    take(path, music / "jazz")
    with Catalogue.open(path) as catalogue:
        export_to(catalogue, tmp_path / "shared.sqlite")
        catalogue.forget_place(str(music / "jazz"))
        assert catalogue.indexed_places() == () and len(catalogue) == 2
    assert str(music).encode() not in (tmp_path / "shared.sqlite").read_bytes()
