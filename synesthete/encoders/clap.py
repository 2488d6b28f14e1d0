"""LAION's CLAP: sounds and sentences in one space, so that music is found by a description.

The music checkpoint of the authors, through transformers. It hears 10 s at 48 kHz. Vectors of sounds and of texts are
compared as they are: a library's mean would be another one for texts.

Y. Wu, K. Chen, T. Zhang et al., "Large-scale contrastive language-audio pretraining with feature fusion and
keyword-to-caption augmentation", ICASSP, 2023.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import requests
import torch

from synesthete import settings
from synesthete.build_lock import one_builder
from synesthete.encoders import torchvision_cpu  # noqa: F401  before transformers, which imports torchvision
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.segments import AnySegments
from synesthete.errors import EncoderError

REPOSITORY = "laion/larger_clap_music"
FOLDER = "larger_clap_music"
LEVEL = 0.1  # root mean square to which each segment is brought: its picture is in absolute decibels
MOST_CHARACTERS = 300
CONNECT_SECONDS = 10.0
REMEDY = "The other encoders work without it."


class Clap(Encoder):
    """CLAP's two towers.

    Parameters
    ----------
    folder : Path, optional
        A checkpoint as transformers saves it, with its processor; by default that of this user, fetched if it is not
        there (:func:`synesthete.encoders.load` asks before).

    Raises
    ------
    EncoderError
        If the weights cannot be fetched, or are no CLAP.
    """

    name = "clap"
    consumes = "waveform"
    version = REPOSITORY
    sample_rate = 48_000
    segment_seconds = 10.0
    hop_seconds = 10.0

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or _ensure(settings.Paths().state / "models" / FOLDER)
        from transformers import ClapModel, ClapProcessor

        try:
            self._processor: Any = ClapProcessor.from_pretrained(folder, local_files_only=True)
            self._model: Any = ClapModel.from_pretrained(folder, local_files_only=True).eval()
            card = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise EncoderError(
                f"The files of 'clap' in {folder.name} are no CLAP ({str(error)[:150]}). Remove them, and they are "
                f"fetched anew. {REMEDY}"
            ) from error
        self.embedding_size = int(self._model.config.projection_dim)
        sizes = [path.stat().st_size for path in sorted(folder.glob("*.safetensors"))]
        self._weights_id = settings.fingerprint(card, sizes, LEVEL)

    @property
    def weights_id(self) -> str:
        """Hash of the checkpoint's settings and the size of its weights."""
        return self._weights_id

    def inputs(self, segments: AnySegments) -> np.ndarray:
        """See :class:`Encoder`; each segment at one level."""
        return segments.at_level(LEVEL).cut(self.consumes, self.segment_seconds, self.sample_rate)

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode waveforms [n, n_samples] in [-1, 1] at 48 kHz; see :meth:`Encoder.encode`."""
        if batch.ndim != 2 or batch.shape[1] == 0:
            raise EncoderError(f"'clap' needs waveforms [n, n_samples > 0], got the shape {batch.shape}.")
        vectors = [self._encode_one(samples) for samples in batch]  # one at a time: the same alone and in a batch
        return np.concatenate(vectors)

    def _encode_one(self, samples: np.ndarray) -> np.ndarray:
        prepared = self._processor.feature_extractor(
            [samples.astype(np.float32)], sampling_rate=self.sample_rate, return_tensors="pt"
        )
        with torch.inference_mode():
            return _unit_of(self._model.get_audio_features(**prepared))

    def embed_text(self, text: str) -> np.ndarray:
        """Where a sound lies that is as a text says.

        Parameters
        ----------
        text : str
            "slow piano in the rain"; what is longer than 300 characters is cut.

        Returns
        -------
        np.ndarray [shape=(embedding_size,)], float32, unit length
        """
        prepared = self._processor.tokenizer([text[:MOST_CHARACTERS]], return_tensors="pt", truncation=True)
        with torch.inference_mode():
            return _unit_of(self._model.get_text_features(**prepared))[0]


def _unit_of(given: Any) -> np.ndarray:
    """Unit vectors of what a tower gives: a tensor, or in later versions of transformers an output that holds it."""
    return unit(getattr(given, "pooler_output", given).numpy())


def _ensure(folder: Path) -> Path:
    """The checkpoint in ``folder``, fetched from its authors if it is not there."""
    from transformers import ClapModel, ClapProcessor

    folder.parent.mkdir(parents=True, exist_ok=True)
    with one_builder(folder):
        if (folder / "config.json").is_file():
            return folder
        fetched = Path(tempfile.mkdtemp(prefix="clap-", dir=folder.parent))
        try:
            requests.head("https://huggingface.co", timeout=CONNECT_SECONDS)  # else each file is tried for minutes
            for kind in (ClapProcessor, ClapModel):
                kind.from_pretrained(REPOSITORY, cache_dir=fetched / "cache").save_pretrained(fetched / FOLDER)
            (fetched / FOLDER).replace(folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise EncoderError(
                "The weights of 'clap' could not be fetched from huggingface.co "
                f"({type(error).__name__}). Connect to the internet once, and try again. {REMEDY}"
            ) from error
        finally:
            shutil.rmtree(fetched, ignore_errors=True)
    return folder
