"""The weights of aiSFX, out of the wheel of another package, and what the network looks at; without torch.

The weights come inside the wheel of the package ``aisfx`` 0.1.2 (code MIT, weights CC BY 4.0; trained on libraries
of sound effects, model "X-Sequential-CE"). It is installed without its dependencies and never imported. The
checkpoint is a zip archive of raw arrays beside a pickle that says what they are; the arrays are read, in their known
order, and the pickle is not.
"""

from __future__ import annotations

import io
import zipfile

import numpy as np

from synesthete import settings
from synesthete.encoders.borrowed import BorrowedFile

CHECKPOINT = BorrowedFile(
    "aisfx",
    "0.1.2",
    "aisfx/models/checkpoint.pth",
    "499ea75909c932a2f94c35fa722fa4fabc5bcb7e84917209cc5f7402627b7eb5",
)
PUBLISHED = settings.SpectrogramSettings(sample_rate_hz=44_100, n_fft=2048, hop_length=1024, n_mels=96)
SPECTROGRAM = settings.SpectrogramSettings(sample_rate_hz=22_050, n_fft=1024, hop_length=512, n_mels=96)
N_FRAMES = 100  # of the segments the network was trained on
N_SAMPLES = (N_FRAMES - 1) * SPECTROGRAM.hop_length + SPECTROGRAM.n_fft  # that many frames lie wholly inside
CHANNELS = (1, 64, 128, 256, 512)
EMBEDDING_SIZE = CHANNELS[-1]
ARRAYS_PER_BLOCK = 12  # two kernels; then twice gamma, beta, mean, variance and a counter


def read_arrays() -> list[np.ndarray]:
    """The network's arrays out of the installed wheel, flat, in order; what belongs to the classifiers is left.

    Raises
    ------
    EncoderError
        If the wheel is not installed, or its checkpoint is another one.
    """
    n_arrays = ARRAYS_PER_BLOCK * (len(CHANNELS) - 1)
    with zipfile.ZipFile(io.BytesIO(CHECKPOINT.read())) as archive:
        parts = [archive.read(f"archive/data/{number}") for number in range(n_arrays)]
    return [np.frombuffer(part, "<f4") for part in parts]
