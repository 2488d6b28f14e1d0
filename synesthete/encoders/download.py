"""Fetch a file once, check it, keep it."""

from __future__ import annotations

import hashlib
import http.client
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from synesthete.errors import EncoderError
from synesthete.files import write_atomically

TIMEOUT_SECONDS = 20.0
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes
    ----------
    what : str
        In words, for messages.
    url, file_name : str
    sha256 : str
        64 hexadecimal characters.
    n_bytes : int > 0
        More than this is not read.
    """

    what: str
    url: str
    file_name: str
    sha256: str
    n_bytes: int


def ensure(remote: Remote, folder: Path, timeout_seconds: float = TIMEOUT_SECONDS) -> Path:
    """Path of the file in ``folder``, fetched first if it is not there; its checksum is verified either way.

    Raises
    ------
    EncoderError
        If the server cannot be reached, or the file is not the expected one.
    """
    path = folder / remote.file_name
    if path.is_file():
        if _sha256(path) != remote.sha256:
            raise EncoderError(
                f"{path} is not {remote.what}: its checksum differs from {remote.sha256[:12]}…. "
                "Delete it, and it is fetched anew."
            )
        return path
    host = urllib.parse.urlsplit(remote.url).netloc
    remedies = (
        f"Connect to the internet once, or put the file {remote.file_name} at {path}. "
        "The other encoders work without it."
    )
    try:
        with write_atomically(path) as file:  # two processes may fetch at once, and none sees half a file
            sha256 = _fetch(remote, file, timeout_seconds)
            if sha256 != remote.sha256:
                raise EncoderError(
                    f"{host} sent something else than {remote.what}: checksum {sha256[:12]}…, expected "
                    f"{remote.sha256[:12]}…. {remedies}"
                )
    except (OSError, http.client.HTTPException) as error:
        raise EncoderError(f"{remote.what} could not be fetched from {host} ({error}). {remedies}") from error
    return path


def _fetch(remote: Remote, file: IO[bytes], timeout_seconds: float) -> str:
    digest, n_bytes = hashlib.sha256(), 0
    with urllib.request.urlopen(remote.url, timeout=timeout_seconds) as answer:
        while n_bytes <= remote.n_bytes and (block := answer.read(BLOCK_BYTES)):
            digest.update(block)
            file.write(block)
            n_bytes += len(block)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
