"""The encoders by name. Listing them imports none of them, and no torch."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synesthete import settings
from synesthete.encoders.base import Encoder
from synesthete.errors import EncoderError


@dataclass(frozen=True)
class Entry:
    """What is known of an encoder before it is loaded.

    Attributes
    ----------
    where : str
        ``module:Class`` inside this package.
    description : str
        One line for the person who chooses.
    packages : tuple of str
        Python packages it needs.
    files : callable returning tuple of Path
        Files it needs; asked anew each time, as the folders may be moved.
    remedy : str
        What to do when something of this is missing.
    """

    where: str
    description: str
    packages: tuple[str, ...] = ()
    files: Callable[[], tuple[Path, ...]] = tuple
    remedy: str = ""


def _models(*names: str) -> Callable[[], tuple[Path, ...]]:
    return lambda: tuple(settings.Paths().models / name for name in names)


ENTRIES: dict[str, Entry] = {
    "statistics": Entry(
        "statistics:Statistics",
        "How loud, how high and how tonal on average and at the extremes; fast.",
        packages=("safetensors",),
        files=_models("statistics.safetensors", "statistics.json"),
        remedy="Make it from your music with: python -m synesthete.training.fit_statistics FILES...",
    ),
    "resnet": Entry(
        "resnet:Resnet",
        "Our own ResNet, trained on stacked pictures of mel, chroma and tonnetz.",
        packages=("torch", "torchvision", "safetensors"),
        files=_models("synesthete-resnet.safetensors", "synesthete-resnet.json"),
        remedy="Take them from the release, or train them with: synesthete train",
    ),
    "musicnn": Entry(
        "musicnn:Musicnn",
        "A borrowed tagger that learned from a million songs; also says which tags it would give.",
        packages=("torch", "musicnn"),
        files=_models("musicnn.json"),
        remedy="Install its weights with: python -m pip install --no-deps musicnn==0.1.0 "
        "(the other encoders work without it)",
    ),
    "aisfx": Entry(
        "aisfx:Aisfx",
        "A borrowed ear that learned to tell sound effects apart: the sound itself, at whatever level.",
        packages=("torch", "aisfx"),
        files=_models("aisfx.json"),
        remedy="Install its weights with: python -m pip install --no-deps aisfx==0.1.2 "
        "(the other encoders work without it)",
    ),
    "timbre": Entry(
        "timbre:Timbre",
        "Which sounds a passage is made of, in whatever order: after Musly, fast.",
        packages=("safetensors",),
        files=_models("timbre.safetensors", "timbre.json"),
        remedy="Make it from your music with: python -m synesthete.training.fit_timbre FILES...",
    ),
    "synesthete": Entry(
        "fusion:Fusion",
        "Our ResNet, two borrowed ears and timbre together, fitted to the library; those that are ready.",
        packages=("safetensors",),
        files=_models("synesthete.safetensors", "synesthete.json"),
        remedy="Make it from your music with: python -m synesthete.training.fusion_fit FILES...",
    ),
    "resnet50-imagenet": Entry(
        "resnet50_imagenet:Resnet50Imagenet",
        "A ResNet50 that learned to see on photographs, and looks at the picture of the sound.",
        packages=("torch", "torchvision"),
        files=lambda: (settings.Paths().state / "models" / "resnet50-0676ba61.pth",),
        remedy="It is fetched at first use (98 MB).",
    ),
}

_loaded: dict[str, Encoder] = {}
_locks: dict[str, threading.RLock] = {}  # by name; reentrant, because the fusion loads its parts


def available() -> tuple[str, ...]:
    """Names of all encoders, ready or not."""
    return tuple(ENTRIES)


def describe(name: str) -> str:
    """One line about an encoder, for the person who chooses."""
    return _entry(name).description


def is_ready(name: str) -> bool:
    """Whether :func:`load` would find all it needs on this machine."""
    return not why_not_ready(name)


def why_not_ready(name: str) -> str:
    """A sentence on what an encoder lacks and the way out; empty if it is ready."""
    entry = _entry(name)
    lacking = [f"the package {package}" for package in _missing_packages(entry)]
    lacking += [f"the file {path}" for path in entry.files() if not path.is_file()]
    return f"The encoder {name!r} lacks {' and '.join(lacking)}. {entry.remedy}".rstrip() if lacking else ""


def load(name: str | None = None) -> Encoder:
    """Load an encoder, once for the whole process.

    Parameters
    ----------
    name : str, optional
        One of :func:`available`; by default ``settings.DEFAULT_ENCODER``.

    Raises
    ------
    EncoderError
        If the name is unknown, or what the encoder needs is missing or does not fit.
    """
    name = settings.DEFAULT_ENCODER if name is None else name
    entry = _entry(name)
    if name in _loaded:
        return _loaded[name]
    # A lock for each: two visitors who ask at once share one model instead of holding two in memory, and nobody
    # waits for the download of an encoder that somebody else has chosen.
    with _locks.setdefault(name, threading.RLock()):
        if name not in _loaded:
            if _missing_packages(entry):
                raise EncoderError(why_not_ready(name))
            module, _, attribute = entry.where.partition(":")
            _loaded[name] = getattr(importlib.import_module(f"{__package__}.{module}"), attribute)()
        return _loaded[name]


def load_ready() -> dict[str, Encoder]:
    """All encoders that work on this machine, by fingerprint."""
    found: dict[str, Encoder] = {}
    for name in available():
        try:
            if is_ready(name):
                encoder = load(name)
                found[encoder.fingerprint] = encoder
        except EncoderError:
            continue  # what an encoder lacks is the encoders' page to say
    return found


def _missing_packages(entry: Entry) -> list[str]:
    return [package for package in entry.packages if importlib.util.find_spec(package) is None]


def _entry(name: str) -> Entry:
    if name not in ENTRIES:
        raise EncoderError(f"There is no encoder {name!r}. Known are: {', '.join(ENTRIES)}.")
    return ENTRIES[name]
