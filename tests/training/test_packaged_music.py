"""Music out of Debian's packages: which files count, what the list holds, and the sentence where nothing can be had."""

import csv
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from synesthete.errors import SynestheteError
from synesthete.training import packaged_music, sources
from synesthete.training.packaged_music import convert, fetch, long_pieces, main


@pytest.fixture
def unpacked(tmp_path):
    """A song of 31 s with tags, a jingle, a text that calls itself a song, and a link out of the package."""
    place = tmp_path / "unpacked" / "usr" / "share"
    place.mkdir(parents=True)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(31 * 22_050) / 22_050)
    with soundfile.SoundFile(place / "song.ogg", "w", 22_050, 1) as file:
        file.title, file.artist = "Ode", "Ada"
        file.write(tone)
    soundfile.write(place / "jingle.ogg", tone[:22_050], 22_050)
    (place / "words.ogg").write_text("not music")
    (tmp_path / "outside.ogg").write_bytes((place / "song.ogg").read_bytes())
    (place / "link.ogg").symlink_to(tmp_path / "outside.ogg")
    return tmp_path / "unpacked"


def test_only_long_pieces_of_the_package_itself_are_taken(unpacked, tmp_path):
    assert [path.name for path in long_pieces(unpacked)] == ["song.ogg"]
    target = tmp_path / "music"
    target.mkdir()
    (row,) = convert("songs", unpacked, target)
    assert (row["title"], row["artist"], row["album"]) == ("Ode", "Ada", "songs")
    assert row["source"] == "debian:songs:usr/share/song.ogg"
    assert soundfile.info(target / row["file"]).duration == pytest.approx(31, abs=0.1)


def test_pieces_are_spread_where_there_are_many(unpacked, monkeypatch):
    for number in range(5):
        shutil.copy(unpacked / "usr" / "share" / "song.ogg", unpacked / f"{number}.ogg")
    monkeypatch.setattr(packaged_music, "MAX_PER_PACKAGE", 3)
    assert [path.name for path in long_pieces(unpacked)] == ["0.ogg", "2.ogg", "4.ogg"]


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs Debian")
def test_a_package_that_is_not_there_is_a_sentence(tmp_path, capsys):
    with pytest.raises(SynestheteError, match="no-such-package-of-songs"):
        fetch("no-such-package-of-songs", tmp_path)
    assert main([str(tmp_path / "out"), "--packages", "no-such-package-of-songs"]) == 1
    assert "0 pieces" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs Debian")
def test_a_package_becomes_a_folder_to_learn_from(unpacked, tmp_path, monkeypatch):
    """A real package, built here; only its way over the network is replaced."""
    control = unpacked / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(
        "Package: songs\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: songs\n"
    )
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    archive = tmp_path / "songs_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(unpacked), str(archive)], check=True, capture_output=True)
    program.write_text(f"#!/bin/sh\ncp {archive} .\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    out = tmp_path / "out"
    assert main([str(out), "--packages", "songs"]) == 0
    with (out / "tracks.csv").open(newline="", encoding="utf-8") as file:
        assert [row["title"] for row in csv.DictReader(file)] == ["Ode"]
    (sound,) = sources.music(out)
    assert (sound.collection, sound.artist) == ("songs", "Ada")


def test_the_packages_are_names_of_packages():
    names = packaged_music.PACKAGES
    assert list(names) == sorted(set(names)) and len(names) > 40
    assert all(len(name) > 4 and name.isascii() and " " not in name for name in names)
