"""The cover of a track: the picture in its file, or the one that lies beside it; decoded in a worker process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from synesthete import settings
from synesthete.audio import worker
from synesthete.settings import DecodeLimits

_NAMES = [
    stem + suffix
    for stem in ("cover", "Cover", "folder", "Folder", "front", "Front")
    for suffix in (".jpg", ".jpeg", ".png")
]


def read_cover(
    source: str | os.PathLike[str] | bytes, n_pixels: int = 320, *, limits: DecodeLimits = settings.LIMITS
) -> bytes:
    """Read the cover of a sound.

    Parameters
    ----------
    source : path, or bytes of an upload
        Beside a path ``cover.jpg``, ``folder.jpg`` and the like are looked for where the file has no picture; links
        are not followed.
    n_pixels : int > 0 [pixels]
        Width and height.
    limits : DecodeLimits

    Returns
    -------
    bytes
        A square JPEG without metadata; empty where there is no cover, or none that can be shown: damaged, of another
        format, or larger than :mod:`synesthete.audio.pictures` allows.

    Raises
    ------
    AudioError
        The file cannot be opened.
    DecodeLimitError
        The decoder crashed or ran past a limit.
    """
    if isinstance(source, bytes):
        return worker.picture(source, "The cover", n_pixels, limits)
    path = Path(source).absolute()
    label = f"The cover of '{path.name}'"
    made = worker.picture(path, label, n_pixels, limits)
    for other in _beside(path):
        made = made or worker.picture(other, label, n_pixels, limits)
    return made


def _beside(path: Path) -> Iterator[Path]:
    for name in _NAMES:
        other = path.parent / name
        if other.is_file() and not other.is_symlink():
            yield other
