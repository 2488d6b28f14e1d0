"""What encoders with borrowed weights share: a file out of an installed package, and mean and spread of a layer.

The packages are installed without their dependencies and never imported.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synesthete.errors import EncoderError


@dataclass(frozen=True)
class BorrowedFile:
    """A file with weights in the wheel of a package, which bears the encoder's name.

    Attributes
    ----------
    package, version : str
    path : str
        Of the file, relative to where packages are installed.
    sha256 : str
        64 hexadecimal characters.
    """

    package: str
    version: str
    path: str
    sha256: str

    @property
    def install(self) -> str:
        """The command that installs the package."""
        return f"python -m pip install --no-deps {self.package}=={self.version}"

    def read(self) -> bytes:
        """Its content, checked.

        Raises
        ------
        EncoderError
            If the package is not installed, or its file is another one.
        """
        try:
            path = Path(str(importlib.metadata.distribution(self.package).locate_file(self.path)))
            data = path.read_bytes()
        except (importlib.metadata.PackageNotFoundError, OSError) as error:
            raise EncoderError(
                f"The encoder {self.package!r} lacks its weights, which come with the package {self.package} "
                f"{self.version} ({error}). Install it with: {self.install} (the other encoders work without it)"
            ) from error
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256:
            raise EncoderError(
                f"{path} is damaged or of another version: its SHA-256 begins with {digest[:12]}, not with "
                f"{self.sha256[:12]}. Install it anew with: {self.install} --force-reinstall "
                "(the other encoders work without it)"
            )
        return data


def read_reference(
    path: Path, encoder: str, size: int, weights_sha256: str, remedy: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread (> 0) of a layer over a reference collection, each [size], float32.

    Parameters
    ----------
    path : Path
        JSON, as the module that fits the encoder writes it.
    encoder : str
    size : int > 0
    weights_sha256 : str
        Of the weights that the layer must have been computed with.
    remedy : str
        What to do when the file does not serve.

    Raises
    ------
    EncoderError
        If the file is missing, damaged, or made with other weights.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        mean, std = (np.array(plain[key], dtype=np.float32) for key in ("mean", "std"))
        made_with = plain["weights_sha256"]
    except FileNotFoundError as error:
        raise EncoderError(f"The encoder {encoder!r} lacks the file {path}. {remedy}") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EncoderError(f"{path} is damaged ({error}). {remedy}") from error
    if mean.shape != (size,) or std.shape != mean.shape or not (std > 0).all():
        raise EncoderError(
            f"{path} holds {mean.shape} means and {std.shape} spreads, not {size} of each with "
            f"spreads above zero. {remedy}"
        )
    if made_with != weights_sha256:
        raise EncoderError(f"{path} was made with other weights ({str(made_with)[:12]}). {remedy}")
    return mean, std
