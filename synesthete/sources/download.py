"""Fetch a file once, check it, keep it; an interrupted download goes on where it stopped."""

from __future__ import annotations

import hashlib
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from synesthete.build_lock import one_builder
from synesthete.errors import SourceError

TIMEOUT_SECONDS = 20.0
PAUSE_SECONDS = 1.0  # before going on after a connection that broke; then doubled
MAX_FRUITLESS = 5  # connections in a row that bring nothing
BLOCK_BYTES = 1 << 20

OnProgress = Callable[[str, float], object]


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes
    ----------
    what : str
        In words, for messages.
    url, file_name : str
    checksum : str
        SHA-1 or SHA-256: 40 or 64 hexadecimal characters.
    n_bytes : int > 0
        More than this is not read.
    """

    what: str
    url: str
    file_name: str
    checksum: str
    n_bytes: int

    def fits(self, path: Path) -> bool:
        """Whether a file is this one, by its checksum."""
        return self._digest(path) == self.checksum

    def _digest(self, path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha1" if len(self.checksum) == 40 else "sha256").hexdigest()


def ensure(
    remote: Remote,
    folder: Path,
    *,
    on_progress: OnProgress | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Path:
    """Path of the file in ``folder``, fetched first if it is not there; its checksum is verified either way.

    What has come of an interrupted download is kept beside it, as ``NAME.part``, and asked for no more. A connection
    that breaks is made again, until several in a row have brought nothing.

    Raises
    ------
    SourceError
        The server cannot be reached, the file is not the expected one, or it cannot be written.
    """
    path = folder / remote.file_name
    part = part_of(path)
    host = urllib.parse.urlsplit(remote.url).netloc
    try:
        with one_builder(path):
            if path.is_file():
                if not remote.fits(path):
                    raise SourceError(
                        f"{path} is not {remote.what}: its checksum differs from {remote.checksum[:12]}…. "
                        "Delete it, and it is fetched anew."
                    )
                return path
            try:
                tell = on_progress or (lambda label, fraction: None)
                _fetch_patiently(remote, part, tell, timeout_seconds)
                tell(f"checking {remote.file_name}", 1.0)
                if not remote.fits(part):
                    part.unlink()
                    raise SourceError(
                        f"{host} sent something else than {remote.what}: its checksum is not {remote.checksum[:12]}…."
                    )
                part.replace(path)
            finally:
                _tidy(part)
    except OSError as error:  # those of requests are too
        kept = " What has come is kept." if size_of(part) else ""
        raise SourceError(f"From {host} {remote.what} could not be fetched ({_reason(error)}).{kept}") from error
    return path


def part_of(path: Path) -> Path:
    """Where what has come so far of a file is kept."""
    return path.with_name(path.name + ".part")


def size_of(path: Path) -> int:
    """Size of a file [bytes]; 0 if there is none."""
    return path.stat().st_size if path.is_file() else 0


def _fetch_patiently(remote: Remote, part: Path, tell: OnProgress, timeout_seconds: float) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    has_come, n_fruitless = False, 0
    while True:
        before = size_of(part)
        try:
            return _fetch(remote, part, tell, timeout_seconds)
        except requests.HTTPError:
            raise
        except requests.RequestException:
            is_fruitless = size_of(part) <= before
            n_fruitless = n_fruitless + 1 if is_fruitless else 0
            has_come = has_come or not is_fruitless
            if not has_come or n_fruitless > MAX_FRUITLESS:
                raise
        time.sleep(PAUSE_SECONDS * 2**n_fruitless)


def _fetch(remote: Remote, part: Path, tell: OnProgress, timeout_seconds: float) -> None:
    """Ask for what is missing and append it; begin anew where the server has another file now, or sends it all."""
    n_bytes = size_of(part)
    headers = {"Accept-Encoding": "identity"}
    if n_bytes:
        headers["Range"] = f"bytes={n_bytes}-"
        if size_of(_etag_of(part)):
            headers["If-Range"] = _etag_of(part).read_text(encoding="latin-1")
    with requests.get(remote.url, headers=headers, stream=True, timeout=timeout_seconds) as answer:
        extent = answer.headers.get("Content-Range", "")
        if n_bytes and answer.status_code == requests.codes.requested_range_not_satisfiable:
            if extent == f"bytes */{n_bytes}":
                return
            part.unlink()
            return _fetch(remote, part, tell, timeout_seconds)
        answer.raise_for_status()
        is_rest = n_bytes > 0 and extent.startswith(f"bytes {n_bytes}-")
        length = answer.headers.get("Content-Length", "")
        if not is_rest and length.isdecimal() and int(length) < n_bytes:
            raise SourceError(
                f"{urllib.parse.urlsplit(remote.url).netloc} sent something else than {remote.what}: perhaps a page to "
                "log in. What has come before is kept."
            )
        n_bytes = n_bytes if is_rest else 0
        etag = answer.headers.get("ETag", "")
        _etag_of(part).write_text("" if etag.startswith("W/") else etag, encoding="latin-1")
        with part.open("ab" if is_rest else "wb") as file:
            for block in answer.iter_content(BLOCK_BYTES):
                file.write(block)
                n_bytes += len(block)
                if n_bytes > remote.n_bytes:
                    return
                tell(f"{remote.file_name}, {n_bytes >> 20:,} MiB", n_bytes / remote.n_bytes)


def _etag_of(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _tidy(part: Path) -> None:
    """Leave nothing beside a file that is whole, or of which nothing has come."""
    if not size_of(part):
        part.unlink(missing_ok=True)
        _etag_of(part).unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "it does not answer"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection to it"
    return str(error)
