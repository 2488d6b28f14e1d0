"""Learned numbers on disk: a safetensors file and, beside it, a JSON file of the settings it was made with.

The JSON file carries the checksum of the other, so that a pair that was mixed up or cut short is refused.
Neither can run code.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from synesthete import settings
from synesthete.errors import EncoderError


@dataclass(frozen=True)
class Weights:
    """Tensors with the settings they were made with.

    Attributes
    ----------
    label : str
        Where they come from, for messages.
    tensors : dict of str to np.ndarray
    card : dict
        The settings: ``version``, ``spectrogram``, ``weights_sha256`` and what else the encoder asks for.
    """

    label: str
    tensors: dict[str, np.ndarray]
    card: dict[str, Any]

    def setting(self, name: str, kind: type | tuple[type, ...]) -> Any:
        """One entry of the card.

        Raises
        ------
        EncoderError
            If it is missing or of another type.
        """
        value = self.card.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise EncoderError(f"The settings of {self.label} lack a usable {name!r} (found {value!r}).")
        return value

    def check_shapes(self, expected: dict[str, tuple[int, ...]]) -> None:
        """Refuse other names or shapes of tensors than the expected ones."""
        found = {name: tensor.shape for name, tensor in self.tensors.items()}
        for name in sorted(expected.keys() | found.keys()):
            if found.get(name) != expected.get(name):
                raise EncoderError(
                    f"{self.label} does not fit its settings: the tensor {name!r} has the shape "
                    f"{found.get(name)}, expected was {expected.get(name)}."
                )


def write(folder: Path, stem: str, tensors: dict[str, np.ndarray], card: dict[str, Any]) -> None:
    """Write ``stem.safetensors`` and ``stem.json``; adds spectrogram settings and checksum to the card."""
    folder.mkdir(parents=True, exist_ok=True)
    data = safetensors.numpy.save({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()})
    full = {"spectrogram": dataclasses.asdict(settings.SPECTROGRAM)} | card
    full["weights_sha256"] = hashlib.sha256(data).hexdigest()
    (folder / f"{stem}.safetensors").write_bytes(data)
    (folder / f"{stem}.json").write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")


def read(folder: Path, stem: str, remedy: str) -> Weights:
    """Read what :func:`write` wrote.

    Parameters
    ----------
    folder, stem : Path, str
    remedy : str
        What to do when this fails; ends each message.

    Raises
    ------
    EncoderError
        If a file is missing or damaged, the two do not belong together, or the spectrogram differs.
    """
    path, card_path = folder / f"{stem}.safetensors", folder / f"{stem}.json"
    for needed in (path, card_path):
        if not needed.is_file():
            raise EncoderError(f"The encoder lacks the file {needed}. {remedy}")
    try:
        data = path.read_bytes()
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} or its settings cannot be read ({error}). {remedy}") from error
    if not isinstance(card, dict):
        raise EncoderError(f"{card_path} holds no settings but a {type(card).__name__}. {remedy}")
    sha256 = hashlib.sha256(data).hexdigest()
    if card.get("weights_sha256") != sha256:
        raise EncoderError(
            f"{path} has the checksum {sha256[:12]}…, but {card_path.name} was written for "
            f"{str(card.get('weights_sha256'))[:12]}…: a damaged or mixed-up pair. {remedy}"
        )
    made_with, ours = card.get("spectrogram"), dataclasses.asdict(settings.SPECTROGRAM)
    if made_with != ours:
        raise EncoderError(f"{path} was made with spectrogram settings {made_with}, not {ours}. {remedy}")
    try:
        tensors = safetensors.numpy.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise EncoderError(f"{path} is no safetensors file ({error}). {remedy}") from error
    return Weights(path.name, tensors, card)
