"""The encoders by name. Listing them imports none of them, and no torch.

Beside those of this package are those of others that are installed here and name a class under the entry point group
``synesthete.encoders`` (docs/encoders.md).
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from synesthete import settings
from synesthete.encoders.base import Encoder
from synesthete.errors import EncoderError
from synesthete.text import printable, shorten


@dataclass(frozen=True)
class Entry:
    """What is known of an encoder before it is loaded.

    Attributes
    ----------
    where : str
        ``module:Class`` inside this package, or from the top in another.
    description : str
        One line for the person who chooses.
    packages : tuple of str
        Python packages it needs.
    files : callable returning tuple of Path
        Files it needs; asked anew each time, as the folders may be moved.
    remedy : str
        What to do when something of this is missing.
    distribution : str
        The installed package that it comes from; empty for this one.
    download : str
        How much its files are and where they are fetched from, once and only when asked: "98 MB from …"; empty for an
        encoder that fetches nothing.
    """

    where: str
    description: str
    packages: tuple[str, ...] = ()
    files: Callable[[], tuple[Path, ...]] = tuple
    remedy: str = ""
    distribution: str = ""
    download: str = ""


def _models(*names: str) -> Callable[[], tuple[Path, ...]]:
    return lambda: tuple(settings.Paths().models / name for name in names)


def _fetched(*names: str) -> Callable[[], tuple[Path, ...]]:
    return lambda: tuple(settings.Paths().state / "models" / name for name in names)


ENTRIES: dict[str, Entry] = {
    # As they are shown: the default, its parts, those of which nothing is learned, those of the earlier systems.
    "synesthete": Entry(
        "fusion:Fusion",
        "Our ResNet, two borrowed ears and timbre together, fitted to the library; those that are ready.",
        packages=("safetensors",),
        files=_models("synesthete.safetensors", "synesthete.json"),
        remedy="Make it from your music with: python -m synesthete.training.fusion_fit FILES...",
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
    "rhythm": Entry(
        "rhythm:Rhythm",
        "Rhythm alone, at whatever tempo: what repeats after how long, and in which bands. Nothing in it is learned.",
    ),
    "harmony": Entry(
        "harmony:Harmony",
        "Harmony alone, in whatever key: chords, scale and how they follow each other. Nothing in it is learned.",
    ),
    "statistics": Entry(
        "statistics:Statistics",
        "How loud, how high and how tonal on average and at the extremes; fast.",
        packages=("safetensors",),
        files=_models("statistics.safetensors", "statistics.json"),
        remedy="Make it from your music with: python -m synesthete.training.fit_statistics FILES...",
    ),
    "autoencoder": Entry(
        "autoencoder:Autoencoder",
        "Draws three seconds anew from 256 numbers; how they sound and how they move in time, compared apart.",
        packages=("torch", "safetensors"),
        files=_models("autoencoder.safetensors", "autoencoder.json"),
        remedy="Train it on your music with: synesthete train autoencoder --data FOLDER",
    ),
    "autoencoder-small": Entry(
        "autoencoder:SmallAutoencoder",
        "The same over less than a second: single notes and beats rather than phrases.",
        packages=("torch", "safetensors"),
        files=_models("autoencoder-small.safetensors", "autoencoder-small.json"),
        remedy="Train it on your music with: synesthete train autoencoder-small --data FOLDER",
    ),
    "genre-cnn": Entry(
        "genre_cnn:GenreCnn",
        "A small network that learned to tell genres apart, asked for likeness instead.",
        packages=("torch", "safetensors"),
        files=_models("genre-cnn.safetensors", "genre-cnn.json"),
        remedy="Train it on your music with: synesthete train genre-cnn --data FOLDER",
    ),
    "siamese": Entry(
        "siamese:Siamese",
        "Twins that learned whether two passages come from one recording or artist: the colour of a sound.",
        packages=("torch", "safetensors"),
        files=_models("siamese.safetensors", "siamese.json"),
        remedy="Train it on your music with: synesthete train siamese --data FOLDER",
    ),
    "resnet50-imagenet": Entry(
        "resnet50_imagenet:Resnet50Imagenet",
        "A ResNet50 that learned to see on photographs, and looks at the picture of the sound: its 1000 class scores.",
        packages=("torch", "torchvision"),
        files=_fetched("resnet50-0676ba61.pth"),
        remedy="They are fetched at first use, once you agree.",
        download="98 MB from download.pytorch.org",
    ),
    "resnet50-pooled": Entry(
        "resnet50_imagenet:Resnet50Pooled",
        "The same ResNet50 before it decides on a class: the 2048 features of its last pooling.",
        packages=("torch", "torchvision"),
        files=_fetched("resnet50-0676ba61.pth"),
        remedy="They are fetched at first use, once you agree.",
        download="98 MB from download.pytorch.org",
    ),
    "clap": Entry(
        "clap:Clap",
        "LAION's CLAP, which learned music together with sentences about it: finds tracks by a description too.",
        packages=("torch", "transformers"),
        files=_fetched("larger_clap_music/config.json", "larger_clap_music/model.safetensors"),
        remedy="Its package is installed with: python -m pip install -r requirements-clap.txt; its weights are fetched "
        "at first use, once you agree.",
        download="776 MB from huggingface.co",
    ),
}

GROUP = "synesthete.encoders"  # of entry points
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# What the code of others may raise while it is imported and made; anything else is a fault of this program.
_FAULTS = (ImportError, AttributeError, SyntaxError, TypeError, ValueError, LookupError, OSError, RuntimeError)

_asked: list[Callable[[str], bool]] = []  # who is asked before a download; nobody means no
_loaded: dict[str, Encoder] = {}
_broken: dict[str, str] = {}  # encoders of other packages, with a sentence on what is wrong with each
_locks: dict[str, threading.RLock] = {}  # by name; reentrant, because the fusion loads its parts


def available() -> tuple[str, ...]:
    """Names of all encoders, ready or not."""
    return (*ENTRIES, *_outside())


def describe(name: str) -> str:
    """One line about an encoder, for the person who chooses."""
    return _entry(name).description


def is_ready(name: str) -> bool:
    """Whether :func:`load` would find all it needs on this machine."""
    return not why_not_ready(name)


def why_not_ready(name: str) -> str:
    """A sentence on what an encoder lacks and the way out; empty if it is ready."""
    entry = _entry(name)
    if name in _broken:
        return _broken[name]
    lacking = [f"the package {package}" for package in _missing_packages(entry)]
    if not lacking and (needed := pending_download(name)):
        return f"The encoder {name!r} needs its weights, {needed}. {entry.remedy}"
    if not entry.download:
        lacking += [f"the file {path}" for path in entry.files() if not path.is_file()]
    return f"The encoder {name!r} lacks {' and '.join(lacking)}. {entry.remedy}".rstrip() if lacking else ""


def pending_download(name: str) -> str:
    """What loading an encoder would fetch, and from where: "98 MB from …"; empty where nothing would be."""
    entry = _entry(name)
    return entry.download if entry.download and not all(path.is_file() for path in entry.files()) else ""


def ask_before_downloads(ask: Callable[[str], bool]) -> None:
    """Have a question put before anything is fetched; without this, nothing is unless :func:`load` is told to."""
    _asked[:] = [ask]


def load(name: str | None = None, *, may_download: bool = False) -> Encoder:
    """Load an encoder, once for the whole process.

    Parameters
    ----------
    name : str, optional
        One of :func:`available`; by default ``settings.DEFAULT_ENCODER``.
    may_download : bool
        Whether the person has agreed to what :func:`pending_download` says.

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
            needed = "" if may_download else pending_download(name)
            if needed and not _agreed(f"The encoder {name!r} needs its weights: {needed}, once. Fetch them?"):
                raise EncoderError(
                    f"The encoder {name!r} needs its weights, {needed}, and nothing is fetched unasked. Agree on the "
                    "Listen page, or in a terminal, which asks. The other encoders work without them."
                )
            _loaded[name] = _load_outside(name, entry) if entry.distribution else _class_of(entry)()
        return _loaded[name]


def _agreed(question: str) -> bool:
    return bool(_asked) and _asked[-1](question)


def load_ready(names: Iterable[str] | None = None) -> dict[str, Encoder]:
    """All encoders that work on this machine, by fingerprint; or those of some names that are here and work."""
    known = available()
    found: dict[str, Encoder] = {}
    for name in known if names is None else sorted(set(names).intersection(known)):
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
    found = ENTRIES.get(name) or _outside().get(name)
    if found is None:
        raise EncoderError(f"There is no encoder {name!r}. Known are: {', '.join(available())}.")
    return found


def _class_of(entry: Entry) -> Callable[[], Encoder]:
    module, _, attribute = entry.where.partition(":")
    found: Callable[[], Encoder] = getattr(
        importlib.import_module(module if entry.distribution else f"{__package__}.{module}"), attribute
    )
    return found


@cache
def _outside() -> dict[str, Entry]:
    """Encoders of other installed packages; none takes the name of one that is here already."""
    found: dict[str, Entry] = {}
    for point in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name):
        if point.dist is None or not _NAME.fullmatch(point.name) or point.name in ENTRIES or point.name in found:
            continue
        package = point.dist.name
        summary = printable(point.dist.metadata["Summary"] or "An encoder of another package").rstrip(".")
        found[point.name] = Entry(
            point.value,
            f"{summary} (from the package {printable(package)}).",
            packages=(point.module.partition(".")[0],),
            remedy=f"Install it anew with: python -m pip install --force-reinstall {printable(package)}",
            distribution=package,
        )
    return found


def _load_outside(name: str, entry: Entry) -> Encoder:
    """Make an encoder of another package; if that fails, it is not ready from then on."""
    try:
        encoder = _class_of(entry)()
        if not isinstance(encoder, Encoder):
            raise TypeError(f"{entry.where} is no subclass of synesthete.encoders.Encoder")
        if encoder.name != name:
            raise ValueError(f"its class calls itself {encoder.name!r}")
    except (EncoderError, *_FAULTS) as error:
        _broken[name] = (
            f"The encoder {name!r} of the package {printable(entry.distribution)} does not work "
            f"({shorten(printable(str(error), ' ') or type(error).__name__, 200)}). "
            "Ask its author, or remove the package; the other encoders work without it."
        )
        raise EncoderError(_broken[name]) from error
    return encoder
