"""Which files count, and which segments of them."""

import numpy as np
import pytest
import soundfile

from synesthete.encoders.statistics import Statistics
from synesthete.encoders.timbre import Timbre
from synesthete.errors import OptionError
from synesthete.training.reference_music import audio_files, segment_features

RATE = 22_050


def test_folders_count_with_all_the_audio_in_them(tmp_path):
    for name in ("b/2.MP3", "b/a/1.opus", "b/words.txt", "named.xyz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = audio_files([tmp_path / "named.xyz", tmp_path / "b"])
    assert [file.name for file in found] == ["named.xyz", "2.MP3", "1.opus"]


def test_no_music_is_refused(tmp_path):
    with pytest.raises(OptionError, match="no audio among the files"):
        audio_files([tmp_path])


@pytest.mark.parametrize("encoder", [Timbre, Statistics])
def test_the_segments_are_those_that_the_encoder_cuts(encoder, tmp_path, rng, monkeypatch):
    """Against the segments that an encoder with weights is handed when it embeds the same sound."""
    from synesthete import encoders
    from synesthete.audio import read_clip

    soundfile.write(tmp_path / "a.wav", 0.1 * rng.standard_normal(20 * RATE), RATE)
    loaded, handed = encoders.load(encoder.name), []
    encode = loaded.encode
    monkeypatch.setattr(loaded, "encode", lambda batch: handed.append(batch) or encode(batch))
    loaded.embed(read_clip(tmp_path / "a.wav"))
    np.testing.assert_array_equal(segment_features(tmp_path / "a.wav", encoder), np.concatenate(handed))


def test_only_the_first_minute_counts_and_no_silence(tmp_path, rng):
    sound = 0.1 * rng.standard_normal(100 * RATE)
    soundfile.write(tmp_path / "long.wav", sound, RATE)
    soundfile.write(tmp_path / "minute.wav", sound[: 60 * RATE], RATE)
    long, minute = (segment_features(tmp_path / f"{name}.wav", Timbre) for name in ("long", "minute"))
    assert long.shape == minute.shape
    np.testing.assert_allclose(long[:-1], minute[:-1], atol=1e-2)  # the last ends where one of the files does
    sound[20 * RATE : 60 * RATE] = 0
    soundfile.write(tmp_path / "rest.wav", sound[: 60 * RATE], RATE)
    assert len(segment_features(tmp_path / "rest.wav", Timbre)) == pytest.approx(20 / 1.5, abs=1.5)
