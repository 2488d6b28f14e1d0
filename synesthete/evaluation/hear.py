"""Our encoders behind the interface of HEAR, the Holistic Evaluation of Audio Representations (2021).

Any program that speaks it, such as ``heareval``, can then measure them::

    from synesthete.evaluation import hear
    model = hear.load_model("statistics")
    scene = hear.get_scene_embeddings(audio, model)
    stamps, milliseconds = hear.get_timestamp_embeddings(audio, model)

J. Turian et al., "HEAR: Holistic Evaluation of Audio Representations", NeurIPS 2021 Competition Track;
https://hearbenchmark.com/hear-api.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from synesthete import encoders
from synesthete.audio import Clip, Excerpt
from synesthete.encoders.base import Encoder
from synesthete.encoders.segments import Segments
from synesthete.encoders.track_space import own_space
from synesthete.errors import OptionError
from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import compute_spectrogram

HOP_MS = 50.0  # the longest that HEAR recommends
SEGMENT_SECONDS = 1.0  # around each timestamp
SEGMENTS_AT_ONCE = 64


class Model(nn.Module):
    """An encoder as HEAR wants it.

    Attributes
    ----------
    sample_rate : int > 0 [Hz]
        Of the audio it takes: 16,000 or 22,050.
    scene_embedding_size, timestamp_embedding_size : int > 0
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.sample_rate = int(encoder.sample_rate)
        self.scene_embedding_size = int(encoder.n_track_features)
        self.timestamp_embedding_size = int(encoder.embedding_size)

    def forward(self, audio: Tensor) -> Tensor:
        """Scene embeddings; see :func:`get_scene_embeddings`."""
        return get_scene_embeddings(audio, self)


def load_model(model_file_path: str = "") -> Model:
    """Load an encoder.

    Parameters
    ----------
    model_file_path : str
        Its name (:func:`synesthete.encoders.available`); empty for the default. The weights come with the
        project, so there is no file to name.

    Raises
    ------
    EncoderError
        If there is no such encoder, or what it needs is missing.
    """
    return Model(encoders.load(model_file_path or None))


def get_scene_embeddings(audio: Tensor, model: Model) -> Tensor:
    """One embedding for each sound as a whole.

    Parameters
    ----------
    audio : Tensor [shape=(n_sounds, n_samples)] in [-1, 1], at ``model.sample_rate``
    model : Model

    Returns
    -------
    Tensor [shape=(n_sounds, scene_embedding_size)], float32, unit length, on the device of ``audio``

    Raises
    ------
    OptionError
        If the audio has another shape.
    """
    rate = model.sample_rate
    clips = [Clip((Excerpt(0.0, sound),), rate, len(sound) / rate) for sound in _sounds(audio)]
    features = np.stack([model.encoder.embed(clip).track_features for clip in clips])
    return torch.from_numpy(own_space(model.encoder)(features)).to(audio.device)


def get_timestamp_embeddings(audio: Tensor, model: Model) -> tuple[Tensor, Tensor]:
    """One embedding for every 50 ms of each sound, of the second around it.

    Parameters
    ----------
    audio : Tensor [shape=(n_sounds, n_samples)] in [-1, 1], at ``model.sample_rate``
    model : Model

    Returns
    -------
    embeddings : Tensor [shape=(n_sounds, n_timestamps, timestamp_embedding_size)], float32, unit length
    timestamps : Tensor [shape=(n_sounds, n_timestamps)], float32 [ms]
        From 0 to the end; the second around the first and the last reaches into silence.

    Raises
    ------
    OptionError
        If the audio has another shape.
    """
    sounds = _sounds(audio)
    seconds = np.arange(0, sounds.shape[1] / model.sample_rate, HOP_MS / 1000)  # no rounding adds up
    embeddings = np.stack([np.concatenate(list(_around(sound, seconds, model))) for sound in sounds])
    timestamps = torch.from_numpy((1000 * seconds).astype(np.float32)).repeat(len(sounds), 1)
    return torch.from_numpy(embeddings).to(audio.device), timestamps.to(audio.device)


def _sounds(audio: Tensor) -> np.ndarray:
    if audio.ndim != 2 or 0 in audio.shape:
        raise OptionError(f"HEAR's audio has the shape [n_sounds, n_samples], got {tuple(audio.shape)}.")
    return audio.detach().cpu().numpy().astype(np.float32)


def _around(sound: np.ndarray, seconds: np.ndarray, model: Model) -> Iterator[np.ndarray]:
    """Yield unit vectors [n, size] of the segments centred on ``seconds`` [s], a bounded number at a time."""
    encoder, rate = model.encoder, model.sample_rate
    half = round(SEGMENT_SECONDS * rate) // 2
    padded = np.pad(sound, (half, 2 * half))
    is_seen = rate == SPECTROGRAM.sample_rate_hz
    spectrogram = compute_spectrogram(padded).inner() if is_seen else None
    for first in range(0, len(seconds), SEGMENTS_AT_ONCE):
        part = seconds[first : first + SEGMENTS_AT_ONCE].tolist()
        segments = Segments(padded, rate, part, SEGMENT_SECONDS, spectrogram)
        yield encoder.segment_vectors(encoder.segment_features(segments))
