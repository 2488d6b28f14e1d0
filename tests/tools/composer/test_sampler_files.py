"""The manifest of the sampler agrees with the files beside it."""

import hashlib

import pytest
import soundfile

from synesthete.settings import PROJECT_ROOT
from tools.composer.render import COLUMNS, encode, read_manifest
from tools.composer.styles import STYLES

FOLDER = PROJECT_ROOT / "data" / "sampler"
ROWS = read_manifest(FOLDER)


def test_the_sampler_is_there():
    assert len(ROWS) >= 120
    assert tuple(ROWS[0]) == COLUMNS
    styles = {row["file"].split("/")[1] for row in ROWS}
    assert len(styles) >= 12
    assert styles <= set(STYLES)


def test_files_and_manifest_agree():
    files = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "audio").rglob("*.mp3")}
    assert files == {row["file"] for row in ROWS}
    for row in ROWS:
        assert hashlib.sha256((FOLDER / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]


def test_lengths_and_sizes():
    for row in ROWS:
        info = soundfile.info(FOLDER / row["file"])
        assert (info.samplerate, info.channels) == (44_100, 2)
        assert 20 <= info.duration <= 30, row["file"]
        assert abs(info.duration - float(row["seconds"])) < 0.2, row["file"]
    assert sum((FOLDER / row["file"]).stat().st_size for row in ROWS) <= 40e6


def test_titles_are_unique_and_everything_is_free():
    assert len({row["title"] for row in ROWS}) == len(ROWS)
    assert {row["licence"] for row in ROWS} == {"CC0-1.0"}
    assert all(row["artist"] and row["album"] and row["genre"] for row in ROWS)


def test_encoding_keeps_sound_and_tags(tmp_path, rng):
    import av
    import numpy as np

    from tools.composer.pieces import Piece

    t = np.arange(44_100) / 44_100
    samples = np.stack([0.4 * np.sin(2 * np.pi * 440 * t)] * 2).astype(np.float32)
    piece = Piece("house", 1, "Tür & Tor", "Nobody", "Nothing", "House", 120.0, "C major", 1.0)
    encode(tmp_path / "a.mp3", samples, piece)
    heard, rate = soundfile.read(tmp_path / "a.mp3")
    assert rate == 44_100
    spectrum = np.abs(np.fft.rfft(heard[:44_100, 0]))
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)
    with av.open(str(tmp_path / "a.mp3")) as file:
        assert file.metadata["title"] == "Tür & Tor"
        assert file.metadata["genre"] == "House"
