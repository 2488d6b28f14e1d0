"""Unpack a ZIP archive without trust in what it says; an interrupted unpacking goes on."""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from synesthete.errors import SourceError
from synesthete.files import write_atomically
from synesthete.sources.download import OnProgress

MAX_ENTRIES = 1_000_000
MAX_NAME_CHARACTERS = 1_000
SPARE_BYTES = 64 << 20  # of the disk, left free
_BLOCK_BYTES = 1 << 20
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, NotImplementedError, OverflowError)


def unpack(
    path: Path, folder: Path, *, only: Collection[str] | None = None, on_progress: OnProgress | None = None
) -> None:
    """Unpack an archive into a folder; files that are there with the right size stay as they are.

    Nothing is written outside the folder, no link or device is made, and no file gets longer than the archive declares.

    Parameters
    ----------
    only : collection of str, optional
        The names to unpack; by default everything.

    Raises
    ------
    SourceError
        The archive is damaged, or holds what it should not: a path that leads out of the folder, a link, the same name
        twice, an encrypted file, more than the disk has room for. Nothing is written then, except by a damaged archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if only is None or entry.filename in only]
            targets = _checked(path, entries, folder)
            missing = [
                (entry, target)
                for entry, target in zip(entries, targets, strict=True)
                if not entry.is_dir() and not _is_there(target, entry.file_size)
            ]
            _check_room(path, folder, sum(entry.file_size for entry, _ in missing))
            for n_done, (entry, target) in enumerate(missing, start=1):
                _write(archive, entry, target)
                if on_progress is not None:
                    on_progress(f"unpacking {path.name}", n_done / len(missing))
    except _DAMAGE as error:
        raise SourceError(f"The archive {path} is damaged: {error}. Delete it, and get it again.") from error
    except OSError as error:
        raise SourceError(f"{path} could not be unpacked into {folder}: {error}.") from error


def _checked(path: Path, entries: list[zipfile.ZipInfo], folder: Path) -> list[Path]:
    """Where each entry goes; SourceError for what no honest archive holds."""
    if len(entries) > MAX_ENTRIES:
        raise SourceError(f"The archive {path} holds {len(entries):,} files, more than {MAX_ENTRIES:,}.")
    seen: set[str] = set()
    for entry in entries:
        name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
        parts = PurePosixPath(name).parts
        reason = ""
        if not parts or len(name) > MAX_NAME_CHARACTERS or not name.isprintable() or set(name) & set("\\:"):
            reason = "has a name that is none"
        elif name.startswith("/") or ".." in parts:
            reason = "leads out of the folder"
        elif name.rstrip("/") in seen:
            reason = "is there twice"
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            reason = "is a link or a device"
        elif entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            reason = "is encrypted, or packed in a way that cannot be read"
        if reason:
            raise SourceError(f"The archive {path} cannot be trusted: {name[:100]!r} {reason}. Nothing was unpacked.")
        seen.add(name.rstrip("/"))
    _check_links(folder, {parent for name in seen for parent in PurePosixPath(name).parents})
    return [folder / entry.filename for entry in entries]


def _check_links(folder: Path, parents: Iterable[PurePosixPath]) -> None:
    root = Path(os.path.realpath(folder))
    for parent in parents:
        if not Path(os.path.realpath(folder / parent)).is_relative_to(root):
            raise SourceError(f"{folder / parent} is a link that leads out of {folder}. Remove it.")


def _is_there(target: Path, n_bytes: int) -> bool:
    return not target.is_symlink() and target.is_file() and target.stat().st_size == n_bytes


def _check_room(path: Path, folder: Path, n_bytes: int) -> None:
    n_free = free_bytes(folder)
    if n_bytes + SPARE_BYTES > n_free:
        raise SourceError(
            f"{path.name} holds {in_gib(n_bytes)}, but {folder} has room for {in_gib(n_free)}. Make room, or choose "
            "another folder."
        )


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    n_bytes = 0
    with archive.open(entry) as source, write_atomically(target) as file:
        while block := source.read(_BLOCK_BYTES):
            n_bytes += len(block)
            if n_bytes > entry.file_size:
                raise zipfile.BadZipFile(f"{entry.filename!r} is longer than it says")
            file.write(block)
        if n_bytes != entry.file_size:
            raise zipfile.BadZipFile(f"{entry.filename!r} is shorter than it says")


def free_bytes(folder: Path) -> int:
    """Free space where a folder is, or would be made [bytes]."""
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.is_dir())
    return shutil.disk_usage(there).free


def in_gib(n_bytes: int) -> str:
    """A number of bytes for people: ``7.2 GiB``."""
    return f"{n_bytes / (1 << 30):.1f} GiB" if n_bytes >= 1 << 29 else f"{n_bytes / (1 << 20):.1f} MiB"
