"""Weights that are fetched at first use."""

from __future__ import annotations

from pathlib import Path

from synesthete.errors import EncoderError, SourceError
from synesthete.sources import download
from synesthete.sources.download import Remote


def ensure(remote: Remote, folder: Path) -> Path:
    """Path of the weights in ``folder``, fetched first if they are not there; their checksum is verified either way.

    Raises
    ------
    EncoderError
        If the server cannot be reached, or the file is not the expected one.
    """
    try:
        return download.ensure(remote, folder)
    except SourceError as error:
        raise EncoderError(
            f"{error} Connect to the internet once, or put the file {remote.file_name} into the folder models below "
            "Synesthete's own ($SYNESTHETE_HOME). "
            "The other encoders work without it."
        ) from error
