"""The reference of the encoder ``aisfx``, as the encoder reads it."""

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.encoders.aisfx import Aisfx
from synesthete.encoders.aisfx_checkpoint import CHECKPOINT
from synesthete.encoders.borrowed import read_reference
from synesthete.training import fit_aisfx
from tests.sounds import RATE_HZ, melody


@pytest.mark.skipif(not encoders.is_ready("aisfx"), reason="needs the wheel aisfx")
def test_the_command_standardises_the_layer(tmp_path, capsys):
    """Mean 0 and spread 1 over the segments of the very files it was fitted to."""
    files = [tmp_path / f"{number}.wav" for number in range(2)]
    for number, file in enumerate(files):
        soundfile.write(file, melody(24, seed=number), RATE_HZ)
    assert fit_aisfx.main([str(tmp_path), "--folder", str(tmp_path / "models")]) == 0
    assert "6 segments of 2 files" in capsys.readouterr().out
    encoder = Aisfx(read_reference(tmp_path / "models" / "aisfx.json", "aisfx", 512, CHECKPOINT.sha256, ""))
    rows = np.concatenate([(fit_aisfx.layer(encoder, file) - encoder.mean) / encoder.std for file in files])
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-2)
    moving = rows.std(axis=0) > 0.5  # what hardly varies is not blown up
    assert moving.sum() > 100
    np.testing.assert_allclose(rows.std(axis=0)[moving], 1, atol=1e-2)
