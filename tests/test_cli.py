"""The command line, as a separate process where exit codes and streams matter."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from synesthete import encoders, sampler
from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.ingest import embed_missing
from synesthete.cli import main
from synesthete.encoders import registry
from synesthete.encoders.track_space import own_space
from synesthete.errors import SynestheteError
from synesthete.evaluation.robustness import through_phone
from synesthete.search import SearchEngine, index_folder
from synesthete.search.nearest import VectorIndex
from synesthete.settings import PROJECT_ROOT


@pytest.fixture(scope="module")
def song():
    with sampler.open_sampler() as catalogue:
        track = catalogue.tracks()[4]
        return track, catalogue.audio_path(track)


def test_search_gives_the_answers_of_the_library(song, capsys):
    _, path = song
    assert main(["search", str(path), "--encoder", "statistics", "--json", "--k", "7"]) == 0
    answer = json.loads(capsys.readouterr().out)
    encoder = encoders.load("statistics")
    with sampler.open_for(encoder) as catalogue:
        expected = SearchEngine(catalogue, encoder).search(path)
    assert [row["track_id"] for row in answer["matches"]] == [m.track.track_id for m in expected.matches][:7]
    assert answer["matches"][0]["cosine"] == pytest.approx(expected.matches[0].cosine, abs=1e-5)
    assert answer["same_recording"][0]["title"] == song[0].title


def test_search_prints_a_table_for_people(song, capsys):
    assert main(["search", str(song[1]), "--encoder", "statistics", "--k", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"This is {song[0].title} by {song[0].artist}; it is in this catalogue"
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3"]


def test_search_looks_only_where_it_is_told(song, tmp_path, capsys):
    by_genre = ["--genre", song[0].genre.upper(), "--k", "50"]
    searched = ["search", str(song[1]), "--encoder", "statistics", "--json"]
    with sampler.open_sampler() as catalogue:
        tracks = catalogue.tracks()
        fitting = {track.track_id for track in catalogue.find("ambient", limit=200)}

    def found(*options):
        assert main([*searched, *options]) == 0
        return {match["track_id"] for match in json.loads(capsys.readouterr().out)["matches"]}

    assert found(*by_genre) == {t.track_id for t in tracks if t.genre == song[0].genre} - {song[0].track_id}
    assert found("--only", "ambient", "--k", "50") == fitting - {song[0].track_id}
    other = next(track for track in tracks if track.artist != song[0].artist)
    assert found("--artist", other.artist) == {t.track_id for t in tracks if t.artist == other.artist}
    folder = tmp_path / "music"
    (folder / "a").mkdir(parents=True)
    for number, name in enumerate(("a/one.wav", "two.wav")):
        soundfile.write(folder / name, np.random.default_rng(number).normal(0, 0.1, 3 * 22_050), 22_050)
    path = str(tmp_path / "own.sqlite")
    assert main(["index", str(folder), "--catalogue", path, "--encoder", "statistics", "--workers", "1"]) == 0
    capsys.readouterr()
    with Catalogue.open(path, is_read_only=True) as catalogue:
        (one,) = (track.track_id for track in catalogue.tracks() if track.title == "one")
    assert found("--catalogue", path, "--folder", f"{folder}/a/") == {one}


def test_search_names_the_recording_that_a_phone_heard(tmp_path, capsys):
    with sampler.open_sampler() as catalogue:
        track = catalogue.tracks()[12]
        clip = read_clip(catalogue.audio_path(track))
    passage = clip.samples[8 * clip.sample_rate_hz : 16 * clip.sample_rate_hz]
    recorded = through_phone(np.random.default_rng(1), passage, clip.sample_rate_hz, snr_db=12.0)
    soundfile.write(tmp_path / "phone.wav", recorded, clip.sample_rate_hz)
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(0).normal(0, 0.1, 8 * 22_050), 22_050)
    assert main(["search", str(tmp_path / "phone.wav"), "--k", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"This is {track.title} by {track.artist}, heard from 0:0")
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
    assert main(["search", str(tmp_path / "phone.wav"), "--json"]) == 0
    named = json.loads(capsys.readouterr().out)["recognised"]
    assert {name: named[name] for name in ("track_id", "title", "artist", "path")} == {
        "track_id": track.track_id, "title": track.title, "artist": track.artist, "path": track.path
    }  # fmt: skip
    assert set(named) == {"track_id", "title", "artist", "path", "cosine", "offset_seconds", "query_offset_seconds"}
    assert named["offset_seconds"] - named["query_offset_seconds"] == pytest.approx(8, abs=1)
    assert main(["search", str(tmp_path / "noise.wav"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recognised"] is None


def test_embed_writes_ids_and_unit_vectors(song, tmp_path):
    out = tmp_path / "X.npz"
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(0).normal(0, 0.1, 44_100), 22_050)
    files = [str(tmp_path / "noise.wav"), str(song[1])]
    command = [
        sys.executable,
        "-m",
        "synesthete",
        "embed",
        *files,
        "--encoder",
        "statistics",
        "--output",
        str(out),
    ]
    subprocess.run(command, check=True, cwd=PROJECT_ROOT, capture_output=True)
    with np.load(out, allow_pickle=False) as archive:
        assert list(archive["ids"]) == ["noise", song[1].stem]
        assert archive["X"].shape == (2, 498)
        assert np.allclose(np.linalg.norm(archive["X"], axis=1), 1, atol=1e-5)
        expected = own_space(encoders.load("statistics"))(
            encoders.load("statistics").embed(read_clip(song[1])).track_features
        )
        assert np.allclose(archive["X"][1], expected, atol=1e-6)


def test_a_bad_file_fails_the_embedding_with_every_reason_and_writes_nothing(song, tmp_path, capsys):
    (tmp_path / "empty.mp3").write_bytes(b"")
    (tmp_path / "words.mp3").write_text("words " * 100)
    out = tmp_path / "X.npz"
    files = [str(tmp_path / "empty.mp3"), str(song[1]), str(tmp_path / "words.mp3")]
    assert main(["embed", *files, "--encoder", "statistics", "--output", str(out)]) == 1
    said = capsys.readouterr().err
    assert "2 of 3 files" in said and "empty.mp3" in said and "words.mp3" in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search", "no such file.mp3"], "no such file.mp3"),
        (["search", "x.mp3", "--encoder", "nobody"], "nobody"),
        (["search", "x.mp3", "--k", "0"], "k is 0"),
        (["search", "x.mp3", "--catalogue", "nowhere.sqlite"], "nowhere.sqlite"),
        (["embed", "x.mp3", "--output", "X.csv"], "X.csv"),
    ],
)
def test_mistakes_get_one_sentence_and_exit_code_one(arguments, words, capsys):
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("synesthete: ") and words in said and "Traceback" not in said


def test_a_default_encoder_without_a_member_says_how_to_add_it(song, capsys, monkeypatch):
    """`pip install` cannot bring the package musicnn; the built-in catalogue is then analysed once."""

    def stop(*_):
        raise SynestheteError("stopped here")

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "musicnn" else find_spec(name))
    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setattr(sampler, "embed_with", stop)
    assert main(["search", str(song[1])]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].endswith("once; this takes a while …") and said[-1] == "synesthete: stopped here"
    assert "pip install --no-deps musicnn==" in said[1]


def test_search_and_evaluate_keep_their_index_for_the_next_time(song, tmp_path, capsys, monkeypatch):
    encoder = encoders.load("statistics")
    with sampler.open_sampler() as shipped:
        tracks = [replace(track, path=str(shipped.audio_path(track).resolve())) for track in shipped.tracks()[3:6]]
    with Catalogue.open(tmp_path / "music" / "own.sqlite") as catalogue:
        for track in tracks:
            catalogue.add_track(track)
        embed_missing(catalogue, encoder)
        path, folder = catalogue.path, index_folder(catalogue)
    search = ["search", str(song[1]), "--encoder", "statistics", "--catalogue", str(path), "--json"]
    assert main(search) == 0
    first = capsys.readouterr().out
    assert [file.name for file in folder.iterdir()] == [f"{encoder.fingerprint}.tracks.index"]
    assert {file.name.partition("-")[0] for file in path.parent.iterdir()} == {"own.sqlite"}

    def never(*_):
        raise AssertionError("built although it was kept")

    monkeypatch.setattr(VectorIndex, "build", never)
    assert main(search) == 0
    assert capsys.readouterr().out == first
    assert main(["evaluate", "--encoder", "statistics", "--catalogue", str(path), "--tracks", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["phone_recall"]


def test_usage_errors_exit_with_two():
    done = subprocess.run([sys.executable, "-m", "synesthete"], cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "COMMAND" in done.stderr


def test_tags_cannot_steer_the_terminal(song, tmp_path, capsys):
    with sampler.open_sampler() as shipped:
        others = [track for track in shipped.tracks() if track.track_id != song[0].track_id][:3]
        paths = [str(shipped.audio_path(track).resolve()) for track in (song[0], *others)]
    with Catalogue.open(tmp_path / "own.sqlite") as catalogue:
        for track, path in zip((song[0], *others), paths, strict=True):
            catalogue.add_track(replace(track, title="\x1b[2Jgone\ntwo", artist="\u202eenoyna", path=path))
        embed_missing(catalogue, encoders.load("statistics"))
    assert main(["search", paths[0], "--encoder", "statistics", "--catalogue", str(tmp_path / "own.sqlite")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and all("�[2Jgone�two" in line and "�enoyna" in line for line in lines)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)
