"""The doctor finds what was broken on purpose, and says what to do."""

import sqlite3

import pytest
import soundfile

from synesthete.catalogue import Catalogue
from synesthete.catalogue.doctor import examine
from synesthete.cli import main
from synesthete.search import index_folder
from tests.sounds import RATE_HZ, melody


@pytest.fixture
def path(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    for seed in range(2):
        soundfile.write(music / f"{seed}.wav", melody(2, seed=seed), RATE_HZ)
    assert main(again(tmp_path / "catalogue.sqlite")) == 0
    return tmp_path / "catalogue.sqlite"


def index_folder_of(path):
    with Catalogue.open(path, is_read_only=True) as catalogue:
        return index_folder(catalogue)


def again(path):
    """What was typed to make the catalogue."""
    music = str(path.parent / "music")
    return ["index", music, "--catalogue", str(path), "--encoder", "timbre", "--workers", "1"]


def problems(path):
    with Catalogue.open(path, is_read_only=True) as catalogue:
        found = list(examine(catalogue))
    assert all(bool(finding.remedy) == finding.is_problem for finding in found)
    return {finding.what: finding for finding in found if finding.is_problem}


def test_a_sound_catalogue_has_no_problems(path, capsys):
    assert problems(path) == {}
    assert main(["doctor", "--catalogue", str(path)]) == 0
    assert "ok vectors of timbre: 2 of 2 tracks" in capsys.readouterr().out


def test_an_index_out_of_step_is_named_and_the_same_command_mends_it(path, capsys):
    (kept,) = index_folder_of(path).glob("*.tracks.index")
    with Catalogue.open(path) as catalogue:
        catalogue.remove(catalogue.tracks()[0].track_id)
    for spoil in (lambda: None, lambda: kept.write_bytes(kept.read_bytes()[:-4]), kept.unlink):
        spoil()
        capsys.readouterr()
        assert main(["doctor", "--catalogue", str(path)]) == 3
        said = capsys.readouterr().out
        assert "!  index of timbre: The" in said and "again with --encoder timbre; no file" in said
        assert main(again(path)) == 0 and main(["doctor", "--catalogue", str(path)]) == 0
    assert "ok index of timbre: in step" in capsys.readouterr().out


def test_missing_audio_is_named(path, capsys):
    (path.parent / "music" / "1.wav").unlink()
    assert "1.wav" in problems(path)["audio"].detail
    assert main(["doctor", "--catalogue", str(path)]) == 3
    assert "--prune" in capsys.readouterr().out


def make_another_version(path):
    """Have the catalogue's vectors be those of a version that is not installed."""
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA foreign_keys = OFF")
        for table in ("encoders", "track_vectors", "segment_vectors"):
            plain.execute(f"UPDATE {table} SET fingerprint = 'another'")
    plain.close()


def test_vectors_of_another_version_are_named(path):
    make_another_version(path)
    assert "not installed here" in problems(path)["vectors of timbre"].detail


def test_vectors_of_another_version_are_no_problem_once_the_remedy_was_taken(path, capsys):
    make_another_version(path)
    assert "--encoder timbre" in problems(path)["vectors of timbre"].remedy
    assert main(again(path)) == 0
    assert problems(path) == {} and main(["doctor", "--catalogue", str(path)]) == 0
    said = capsys.readouterr().out
    assert "ok vectors of timbre: 2 of 2 tracks" in said and "2 tracks by another version" in said
    assert main([*again(path), "--prune"]) == 0
    assert "Vectors by an earlier version of an encoder removed: of 2 tracks." in capsys.readouterr().out
    assert main(["doctor", "--catalogue", str(path)]) == 0
    assert "another version" not in capsys.readouterr().out


def test_tracks_without_vectors_are_counted(path):
    with sqlite3.connect(path) as plain:
        plain.execute("DELETE FROM track_vectors WHERE rowid = (SELECT min(rowid) FROM track_vectors)")
    plain.close()
    assert problems(path)["vectors of timbre"].detail == "1 of 2 tracks"


def test_rows_of_no_track_are_counted(path):
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA foreign_keys = OFF")
        plain.execute("UPDATE segment_vectors SET track_id = 'nobody' WHERE rowid = 1")
    plain.close()
    assert problems(path)["references"].detail.startswith("1 rows")


def test_failures_are_shown_with_their_reason(path):
    with Catalogue.open(path) as catalogue:
        catalogue.record_failure("/music/x.mp3", "It is damaged.", "read")
    assert "/music/x.mp3 (It is damaged.)" in problems(path)["failures"].detail


def test_a_damaged_file_is_told(path, capsys):
    content = bytearray(path.read_bytes())
    for page in range(3, len(content) // 4096):  # the first pages open; those behind are garbage
        content[page * 4096 + 8 : page * 4096 + 200] = bytes([0xA5]) * 192
    path.write_bytes(bytes(content))
    code = main(["doctor", "--catalogue", str(path)])
    said = capsys.readouterr()
    assert code in (1, 3) and ("! database" in said.out or "cannot be read" in said.err or "damaged" in said.err)
