"""Music behind an address: in an object store, on a web server, or whatever else fsspec opens.

Addresses come from the command line alone. Lists, pages and shared catalogues, which may be a stranger's, name none
that is followed. The keys that an address needs stay in the environment, where its file system looks for them.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from synesthete.errors import CatalogueError, SourceError
from synesthete.sources.folder import Entry, Found, NotSound, is_passed_over
from synesthete.text import printable, shorten

MOST_BYTES = 4 << 30  # of one file: it is copied to this machine's disk while it is read
_BYTES_AT_ONCE = 1 << 20
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5")  # what servers call a hash of the content
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "Last-Modified", "created")


def is_address(path: str) -> bool:
    """Whether a path is an address, such as ``s3://bucket/song.mp3``; no file of this machine looks like one."""
    return _SCHEME.match(path) is not None


def told_apart(places: Iterable[str]) -> tuple[list[Path], list[str]]:
    """What was typed as paths of this machine, ``file://`` among them, and addresses.

    Raises
    ------
    CatalogueError
        An address holds a password, or is a chain of several.
    """
    paths, addresses = [], []
    for place in places:
        if not is_address(place):
            paths.append(Path(place))
        elif place.lower().startswith("file://"):
            paths.append(Path(url2pathname(urlsplit(place).path)))
        elif urlsplit(place).password is not None:
            raise CatalogueError(
                "An address with a password in it would be kept in the catalogue. Give the password in the environment"
                " or the configuration of its file system instead."
            )
        else:
            addresses.append(place)
    return paths, addresses


def in_full(address: str) -> str:
    """An address as its file system writes it, which all files below it begin with.

    Raises
    ------
    CatalogueError
        Nothing here opens such addresses.
    """
    with _explained(address, CatalogueError):
        system, root = _opened(address)
        return str(system.unstrip_protocol(root))


def scan(address: str, suffixes: frozenset[str]) -> Iterator[Entry]:
    """Go through the files behind an address, folder by folder, as :func:`synesthete.sources.folder.scan` does.

    The time of a file's last change is, where its server gives a hash of the content, a number made of that.

    Raises
    ------
    CatalogueError
        There is nothing at this address, or it cannot be looked at to the end: nothing is taken for gone then.
    """
    with _explained(address, CatalogueError):
        system, root = _opened(address)
        if PurePosixPath(root).suffix.lower() in suffixes and system.isfile(root):
            yield _entry(system, root, system.info(root), suffixes)
        else:
            yield from _below(system, root.rstrip("/"), suffixes)


def _below(system: Any, root: str, suffixes: frozenset[str]) -> Iterator[Entry]:
    """Each file below a folder once; what a web page links to elsewhere is not below it."""
    waiting, seen = [root], {root}
    while waiting:
        folders = []
        for info in sorted(system.ls(waiting.pop(), detail=True), key=lambda info: str(info["name"])):
            name = str(info["name"]).rstrip("/")
            if name in seen or not name.startswith(root + "/") or is_passed_over(_last_part(name)):
                continue
            if info["type"] == "directory":
                seen.add(name)
                folders.append(name)
            else:
                yield _entry(system, name, info, suffixes)
        waiting += reversed(folders)


def _entry(system: Any, name: str, info: dict[str, Any], suffixes: frozenset[str]) -> Entry:
    path = str(system.unstrip_protocol(name))
    if PurePosixPath(name).suffix.lower() not in suffixes:
        return NotSound(path)
    if info.get("size") is None:  # a web server's list of links
        info = system.info(name)
    return Found(path, int(info.get("size") or 0), _version(info))


def _version(info: dict[str, Any]) -> int:
    """A number that changes when the file does, below 2**63."""
    for key in _VERSIONS:
        if info.get(key):
            return int.from_bytes(sha256(str(info[key]).encode()).digest()[:7])
    for key in _TIMES:
        value = info.get(key)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
        if isinstance(value, int | float):
            return int(value * 1e9)
        if value:
            return int.from_bytes(sha256(str(value).encode()).digest()[:7])
    return 0


@contextmanager
def at_hand(path: str) -> Iterator[Path]:
    """A file of this machine with what lies at a path or an address; a copy of the latter, for as long as it is needed.

    Raises
    ------
    SourceError
        The address does not answer, or the file is too large.
    """
    if not is_address(path):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="synesthete-") as folder:
        copy = Path(folder) / f"sound{PurePosixPath(urlsplit(path).path).suffix[:16]}"
        with _explained(path, SourceError):
            _fetch(path, copy)
        yield copy


def _fetch(address: str, copy: Path) -> None:
    system, name = _opened(address)
    n_bytes = 0
    with system.open(name, "rb") as remote, copy.open("wb") as file:
        while block := remote.read(_BYTES_AT_ONCE):
            n_bytes += len(block)
            if n_bytes > MOST_BYTES:
                raise SourceError(f"{name_of(address)} has more than {MOST_BYTES / 1024**3:g} GiB. Cut it into parts.")
            file.write(block)


def name_of(path: str) -> str:
    """The last part of a path or address."""
    return _last_part(urlsplit(path).path) if is_address(path) else Path(path).name


def _last_part(name: str) -> str:
    return unquote(PurePosixPath(name).name)


def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the name of the file or folder in it."""
    import fsspec

    protocol = _SCHEME.match(address)
    assert protocol is not None
    system = fsspec.filesystem(protocol[1].lower(), use_listings_cache=False)
    return system, system._strip_protocol(address)


@contextmanager
def _explained(address: str, kind: type[CatalogueError] | type[SourceError]) -> Iterator[None]:
    shown = printable(address)
    try:
        yield
    except (CatalogueError, SourceError):
        raise
    except ImportError as error:
        raise kind(f"{shown} needs a package that is not installed: {printable(str(error))}") from error
    except Exception as error:  # each file system of fsspec has errors of its own
        reason = shorten(printable(str(error) or type(error).__name__), 300)
        raise kind(
            f"{shown} cannot be read ({type(error).__name__}: {reason}). Check the address and its keys."
        ) from error
