"""The weights of musicnn, out of the wheel of another package, and what the network looks at; without torch.

They come inside the wheel of the package ``musicnn`` 0.1.0 (ISC licence; trained on the Million Song Dataset). It is
installed without its dependencies and never imported: its TensorFlow checkpoint is one flat file, of which
``musicnn_tensors.json`` says where each tensor lies. That table is made from TensorFlow by
``tests/encoders/reference/make_musicnn.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.encoders.borrowed import BorrowedFile

PACKAGE, VERSION = "musicnn", "0.1.0"
TABLE = Path(__file__).with_name("musicnn_tensors.json")
SPECTROGRAM = settings.SpectrogramSettings(sample_rate_hz=16_000, n_fft=512, hop_length=256, n_mels=96)
N_FRAMES = 187  # of the segments the network was trained on
N_SAMPLES = (N_FRAMES - 1) * SPECTROGRAM.hop_length + SPECTROGRAM.n_fft  # that many frames lie wholly inside


def read_table() -> dict[str, Any]:
    """Where the tensors lie in the checkpoint, and the names of the tags."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


def read_arrays(table: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the network's arrays out of the installed wheel.

    Parameters
    ----------
    table : dict
        As :func:`read_table` gives it.

    Raises
    ------
    EncoderError
        If the wheel is not installed, or its file is not the one the table describes.
    """
    data = BorrowedFile(PACKAGE, VERSION, f"{PACKAGE}/{table['file']}", table["sha256"]).read()
    return {name: _array(data, entry, table["dtype"]) for name, entry in table["tensors"].items()}


def _array(data: bytes, entry: dict[str, Any], dtype: str) -> np.ndarray:
    shape = entry["shape"]
    flat = np.frombuffer(data, dtype, count=int(np.prod(shape)), offset=entry["offset"])
    return flat.reshape(shape).astype(np.float32)
