"""Sound effects out of Debian's packages: which files count, and how they are strung together."""

import numpy as np
import pytest
import soundfile

from synesthete.training import packaged_effects
from synesthete.training.packaged_effects import RATE_HZ, convert, short_sounds
from synesthete.training.track_list import COLUMNS


@pytest.fixture
def unpacked(tmp_path, rng):
    """Twelve sounds of 4 s, one of them quiet; a click, a song, and a text that calls itself a sound."""
    place = tmp_path / "unpacked"
    place.mkdir()
    for number in range(12):
        loudness = 0.01 if number == 0 else 0.3
        soundfile.write(place / f"sound{number:02}.wav", loudness * rng.uniform(-1, 1, 4 * RATE_HZ), RATE_HZ)
    soundfile.write(place / "click.wav", np.ones(2_000) * 0.1, RATE_HZ)
    soundfile.write(place / "song.wav", rng.uniform(-0.1, 0.1, 20 * RATE_HZ), RATE_HZ)
    (place / "words.ogg").write_text("no sound")
    return place


def test_only_short_sounds_are_taken_and_spread_where_there_are_many(unpacked, monkeypatch):
    assert [path.name for path in short_sounds(unpacked)] == [f"sound{number:02}.wav" for number in range(12)]
    monkeypatch.setattr(packaged_effects, "MAX_SOUNDS", 3)
    assert [path.stem for path in short_sounds(unpacked)] == ["sound00", "sound04", "sound08"]


def test_they_are_strung_together_at_one_level(unpacked, tmp_path):
    row, _ = convert("noises", unpacked, tmp_path)  # seven sounds and five
    assert set(row) == set(COLUMNS) and row["album"] == "effects of noises"
    samples, rate_hz = soundfile.read(tmp_path / row["file"])
    assert rate_hz == RATE_HZ and len(samples) == pytest.approx(7 * 4.3 * RATE_HZ, rel=0.15)
    assert np.abs(samples[: 4 * RATE_HZ]).max() == pytest.approx(0.7, abs=0.01)  # the quiet one
    assert np.abs(samples[round(4.05 * RATE_HZ) : round(4.25 * RATE_HZ)]).max() < 0.01
