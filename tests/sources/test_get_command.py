"""``synesthete get`` as it is typed: what it says before it begins, asks, prints, and its exit codes."""

import argparse
import io
import sys

import pytest

from synesthete.catalogue import Catalogue
from synesthete.cli import main
from synesthete.sources import command, datasets
from synesthete.sources.command import add_get_command, get_dataset
from synesthete.sources.kaggle import read_songs, shuffled
from tests.sources.test_downloader import Downloads
from tests.sources.test_get_datasets import names
from tests.sources.test_kaggle import HEAD, spotify_id


def fma(data, site, tmp_path, *options):
    """Run ``synesthete get fma-small`` over a collection of our own; its exit code, and what it indexes."""
    indexed = []
    parser = argparse.ArgumentParser()
    add_get_command(parser.add_subparsers(), lambda arguments: indexed.append(arguments) or 0)
    folder = ["--folder", str(tmp_path / "music"), "--url", site.url]
    chosen = parser.parse_args(["get", "fma-small", *folder, *options])
    code = get_dataset("fma-small", data, chosen, lambda arguments: indexed.append(arguments) or 0)
    return code, indexed


def test_it_says_what_comes_and_what_it_got(dataset, site, tmp_path, capsys):
    assert fma(dataset, site, tmp_path, "--yes") == (0, [])
    said = capsys.readouterr().out
    for text in ("fma-small: 3 songs", "Each song is under the licence", "CC BY 4.0", "needed in", "MiB to download"):
        assert text in said
    assert f"3 songs in {tmp_path}/music/fma_small\n  1: CC BY 4.0\n  1: CC BY-NC-SA 3.0\n" in said
    assert said.endswith(f"with: synesthete index {tmp_path}/music/fma_small\n")
    assert fma(dataset, site, tmp_path) == (0, []), "nothing to ask when all is there"
    assert "needed" not in capsys.readouterr().out


def test_it_indexes_when_told(dataset, site, tmp_path):
    assert fma(dataset, site, tmp_path, "--yes", "--index") == (0, [[f"{tmp_path}/music/fma_small"]])


@pytest.mark.parametrize(("answer", "has_begun"), [("y\n", True), ("yes\n", True), ("\n", False), ("no\n", False)])
def test_it_asks(dataset, site, tmp_path, capsys, monkeypatch, answer, has_begun):
    typed = io.StringIO(answer)
    typed.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", typed)
    assert fma(dataset, site, tmp_path) == (0, [])
    assert (tmp_path / "music").exists() == has_begun
    assert ("Nothing was downloaded." in capsys.readouterr().out) == (not has_begun)


def test_where_nobody_can_be_asked_it_says_so(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["get", "fma-small", "--folder", str(tmp_path / "x")]) == 1
    said = capsys.readouterr()
    assert "Say --yes" in said.err and "7.5 GiB to download; 14.9 GiB needed" in said.out
    assert not (tmp_path / "x").exists()


def test_control_c_and_on(dataset, site, tmp_path, monkeypatch, capsys):
    def interrupt(label, fraction):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command, "show_progress", interrupt)
        patched.setitem(datasets.DATASETS, "fma-small", dataset)
        assert main(["get", "fma-small", "--yes", "--folder", str(tmp_path / "music"), "--url", site.url]) == 130
    assert "the same command goes on from here" in capsys.readouterr().err
    assert fma(dataset, site, tmp_path, "--yes") == (0, [])


def test_archives_stay_when_told(dataset, site, tmp_path):
    fma(dataset, site, tmp_path, "--yes", "--keep-archives")
    assert {"fma_small.zip", "fma_metadata.zip"} <= set(names(tmp_path / "music"))


def test_what_a_mirror_sends_is_checked_against_what_fma_publishes(site, tmp_path, capsys):
    site.files["fma_metadata.zip"] = b"something else"
    assert main(["get", "fma-small", "--yes", "--folder", str(tmp_path), "--url", site.url]) == 1
    assert "sent something else than fma_metadata.zip" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://host/x", "host/x", "http://[bad", "http://"])
def test_a_mirror_without_an_address(tmp_path, capsys, url):
    assert main(["get", "fma-small", "--yes", "--folder", str(tmp_path), "--url", url]) == 1
    assert f"--url is '{url}'" in capsys.readouterr().err


def test_a_list_of_songs(tmp_path, capsys):
    table = tmp_path / "SpotifyFeatures.csv"
    rows = [f"Jazz,Artist {number},Title {number},{spotify_id(number)},50" for number in range(6)]
    table.write_text("\n".join([HEAD, *rows, "damaged"]) + "\n")
    order = [int(song.spotify_id) for song in shuffled(read_songs(table)[0], 3)]
    downloads = Downloads(tmp_path)
    downloads.behave(**{f"_{order[0]}": "fails"})
    common = ["get", "spotify-list", str(table), "--folder", str(downloads.folder), "--seed", "3", "--pause", "0"]
    program = ["--command", " ".join(map(repr, downloads.command().words[:3])) + " {id} {folder}"]
    assert main([*common, *program, "--n", "2", "--tries", "1"]) == 0
    said = capsys.readouterr().out
    assert downloads.asked() == order[:3] and downloads.there() == sorted(order[1:3])
    for text in (
        *(
            "6 songs in",
            "You must have the right to the audio",
            "1 rows of the list are damaged",
            "2 of 2 songs are there",
        ),
        *("1 failed", f"{spotify_id(order[0])} Artist {order[0]} – Title {order[0]}: it ended with exit code 7"),
        f"synesthete index '{downloads.folder}'",
    ):
        assert text in said
    assert main([*common, *program, "--n", "6"]) == 3, "one of six failed before"
    assert "5 of 6 songs are there: 3 new, 2 from before. 0 failed, 1 had failed before" in capsys.readouterr().out

    catalogue = str(tmp_path / "c.sqlite")
    main(["index", str(downloads.folder), "--catalogue", catalogue, "--encoder", "timbre", "--workers", "1"])
    with Catalogue.open(catalogue) as opened:  # all downloads are one sound here
        (track,) = opened.tracks()
    assert track.genre == "Jazz" and track.title.startswith("Title") and track.source.startswith("https://open.spotify")
    assert main([*common, *program, "--n", "0"]) == 1
    assert "--n is 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--timeout", "0"], "--timeout is 0.0"),
        (["--pause", "nan"], "--pause nan"),
        (["--tries", "0"], "--tries is 0"),
        ([], "There is no table"),
    ],
)
def test_wrong_options_are_named(tmp_path, capsys, options, message):
    arguments = ["get", "spotify-list", str(tmp_path / "none.csv"), "--command", f"'{sys.executable}' {{id}}"]
    assert main([*arguments, *options]) == 1
    assert message in capsys.readouterr().err


def test_the_help_speaks_of_rights(capsys):
    with pytest.raises(SystemExit):
        main(["get", "spotify-list", "--help"])
    assert "must have the right to the audio" in " ".join(capsys.readouterr().out.split())
