"""The reference of the encoder ``musicnn``, as the encoder reads it."""

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.audio import read_clip
from synesthete.encoders import musicnn, musicnn_checkpoint
from synesthete.encoders.base import clip_features
from synesthete.encoders.borrowed import read_reference
from synesthete.training import fit_musicnn
from tests.sounds import RATE_HZ, melody


@pytest.mark.skipif(bool(encoders.why_not_ready("musicnn")), reason="needs the wheel musicnn")
def test_the_command_standardises_the_layer(tmp_path):
    """Mean 0 and spread 1 over all segments of the very files it was fitted to."""
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", melody(24, seed=number), RATE_HZ)
    assert fit_musicnn.main([str(tmp_path), "--folder", str(tmp_path / "models")]) == 0
    sha256 = musicnn_checkpoint.read_table()["sha256"]
    reference = read_reference(tmp_path / "models" / "musicnn.json", "musicnn", 200, sha256, "")
    encoder = musicnn.Musicnn(reference)
    clips = [read_clip(tmp_path / f"{number}.wav") for number in range(2)]
    made = [clip_features(clip, None, encoder.segment_grid, encoder.features)[0]["musicnn"] for clip in clips]
    rows = np.concatenate(made)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-2)
    moving = rows.std(axis=0) > 0.5  # what hardly varies is not blown up
    assert moving.sum() > 100
    np.testing.assert_allclose(rows.std(axis=0)[moving], 1, atol=1e-2)
