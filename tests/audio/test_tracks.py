"""Several audio tracks in one file: the default, then one that can be read, then one with sound; a note says which."""

import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import read_clip
from synesthete.errors import AudioError
from tests.sounds import RATE_HZ, ffmpeg, needs_ffmpeg, tone

pytestmark = needs_ffmpeg

CODECS = {"mkv": "aac", "mka": "flac", "mp4": "aac", "webm": "libopus", "ts": "aac", "avi": "mp3", "mov": "pcm_s16le"}
PITCHES_HZ = (300.0, 500.0, 800.0)


def film(folder, suffix: str, levels=(0.5, 0.5), default: int | None = None, codecs=None):
    """A file with as many audio tracks as levels, each of its own pitch; the one of number ``default`` is flagged."""
    options: list[str] = []
    for number, level in enumerate(levels):
        path = folder / f"{number}.wav"
        soundfile.write(path, tone(3.0, PITCHES_HZ[number], amplitude=level), RATE_HZ)
        if number:
            options += ["-i", str(path)]
    for number in range(len(levels)):
        codec = codecs[number] if codecs else CODECS[suffix]
        options += ["-map", f"{number}:a", f"-c:a:{number}", codec]
        options += [f"-disposition:a:{number}", "default" if number == default else "0"]
    return ffmpeg(folder / "0.wav", folder / f"film.{suffix}", *options, "-strict", "-2")


def pitch_hz(clip) -> float:
    spectrum = np.abs(np.fft.rfft(clip.samples))
    return float(np.argmax(spectrum) * settings.AUDIO.sample_rate_hz / len(clip.samples))


@pytest.mark.parametrize("suffix", ["mkv", "mka", "mp4", "webm", "mov"])
@pytest.mark.parametrize("default", [0, 1, 2])
def test_default_track_is_read(tmp_path, suffix, default):
    clip = read_clip(film(tmp_path, suffix, (0.5, 0.5, 0.5), default))
    assert pitch_hz(clip) == pytest.approx(PITCHES_HZ[default], abs=2)
    word = ("first", "second", "third")[default]
    assert clip.notes == (f"It has 3 audio tracks; the {word}, its default, was read.",)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts", "avi"])
def test_without_a_default_the_first_is_read(tmp_path, suffix):
    clip = read_clip(film(tmp_path, suffix))
    assert pitch_hz(clip) == pytest.approx(PITCHES_HZ[0], abs=2)
    assert len(clip.notes) == 1
    assert "It has 2 audio tracks; the first" in clip.notes[0]


def test_one_track_needs_no_note(tmp_path):
    assert read_clip(film(tmp_path, "mkv", (0.5,), 0)).notes == ()


@pytest.mark.parametrize("default", [None, 0])
def test_track_that_cannot_be_read_is_passed_over(tmp_path, default):
    clip = read_clip(film(tmp_path, "mkv", default=default, codecs=["dca", "aac"]))
    assert pitch_hz(clip) == pytest.approx(PITCHES_HZ[1], abs=2)
    assert clip.notes == ("It has 2 audio tracks; the second was read, as the first cannot be read here (DTS).",)


def test_unreadable_track_that_is_not_the_default_is_not_spoken_of(tmp_path):
    clip = read_clip(film(tmp_path, "mkv", default=1, codecs=["dca", "aac"]))
    assert clip.notes == ("It has 2 audio tracks; the second, its default, was read.",)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "webm", "ts"])
def test_silent_default_gives_way_to_a_track_with_sound(tmp_path, suffix):
    clip = read_clip(film(tmp_path, suffix, (0.0, 0.0, 0.5), default=0))
    assert pitch_hz(clip) == pytest.approx(PITCHES_HZ[2], abs=2)
    assert len(clip.notes) == 1
    assert clip.notes[0].endswith("the third was read, as the first is silent and the second is silent.")


def test_silent_default_behind_the_one_with_sound(tmp_path):
    clip = read_clip(film(tmp_path, "mkv", (0.5, 0.0), default=1))
    assert pitch_hz(clip) == pytest.approx(PITCHES_HZ[0], abs=2)
    assert clip.notes == ("It has 2 audio tracks; the first was read, as the second is silent.",)


def test_all_tracks_silent_or_unreadable(tmp_path):
    with pytest.raises(AudioError, match="'film.mkv' is silent"):
        read_clip(film(tmp_path, "mkv", (0.0, 0.0), default=1))
    with pytest.raises(AudioError, match=r"'film.mkv' holds sound in a form that cannot be read here \(DTS and MLP"):
        read_clip(film(tmp_path, "mkv", codecs=["dca", "mlp"]))


def test_shorter_track_of_a_film_does_not_end_early(tmp_path):
    """The file's length is the film's, not the track's."""
    path = film(tmp_path, "mkv", (0.5,), 0)
    picture = ["-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=9", "-map", "0:a", "-map", "1:v", "-c:v", "mpeg4"]
    clip = read_clip(ffmpeg(path, tmp_path / "long.mkv", *picture, "-c:a", "copy"))
    assert clip.seconds == pytest.approx(3.0, abs=0.1)
    assert clip.notes == ()
