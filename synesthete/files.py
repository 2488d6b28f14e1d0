"""Files that are written whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from synesthete.errors import OptionError


def check_archive(path: Path, option: str) -> None:
    """Refuse a place where no NumPy archive can be written, before the work for it begins.

    Raises
    ------
    OptionError
        The name does not end in .npz, it is a folder's, or there is no such folder; ``option`` is what asked for it.
    """
    if path.suffix != ".npz":
        raise OptionError(f"{option} is {path}; give a file name that ends in .npz.")
    if path.is_dir():
        raise OptionError(f"{option} is {path}, which is a folder; give a file name that ends in .npz.")
    if not path.parent.is_dir():
        raise OptionError(f"{option} is {path}, but the folder {path.parent} does not exist.")


@contextmanager
def write_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``path`` when the block ends, and vanishes if the block raises.

    A reader sees the old file or the new one, whole, and several writers do not disturb each other. The folder is
    made if it is missing; everybody may read the file.

    Raises
    ------
    OSError
        The folder cannot be written to, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.close()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
