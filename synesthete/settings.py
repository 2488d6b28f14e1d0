"""Every number that shapes a result, in frozen dataclasses, and the places on disk.

Settings travel with the vectors they made: :func:`fingerprint` turns any of these dataclasses into a short
stable text that is stored beside each vector, so that vectors made differently never meet in one index.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

PACKAGE_ROOT = Path(__file__).resolve().parent
PROJECT_ROOT = PACKAGE_ROOT.parent  # the checkout; in an installation, the folder that holds the package
# setup.py installs the checkout's data/ as synesthete/data/.
DATA_ROOT = PACKAGE_ROOT / "data" if (PACKAGE_ROOT / "data").is_dir() else PROJECT_ROOT / "data"


@dataclass(frozen=True)
class AudioSettings:
    """How a file becomes a clip.

    Attributes
    ----------
    sample_rate_hz : int > 0 [Hz]
        The one rate every clip has.
    min_seconds : float > 0 [s]
        Shorter sounds are refused.
    max_seconds : float > 0 [s]
        Longer sounds are refused.
    whole_seconds : float > 0 [s]
        A sound up to this long is read whole; a longer one in excerpts, by seeking.
    n_excerpts, excerpt_seconds : int > 0, float > 0 [s]
        How many excerpts of a long sound are read at most, spread evenly over what of it is not silent, and how long
        each is.
    offset_seconds : float > 0 [s]
        A constant offset is measured, and taken off, over a span of this length around each place.
    version : int
        Raised when the same file gives other samples although none of these numbers has changed.
    """

    sample_rate_hz: int = 22_050
    min_seconds: float = 1.0
    max_seconds: float = 6 * 3600.0
    whole_seconds: float = 120.0
    n_excerpts: int = 12
    excerpt_seconds: float = 10.0
    offset_seconds: float = 0.5
    version: int = 2


@dataclass(frozen=True)
class DecodeLimits:
    """What one decoding may cost before it is stopped. These do not shape the result.

    Attributes
    ----------
    max_bytes : int > 0 [bytes]
        Largest upload; also Streamlit's limit. A file on disk is read by seeking and may be larger.
    time_limit_seconds : float > 0 [s]
        For one file, by the clock; a decoder that goes on while other work keeps it waiting gets it up to ten times.
    memory_limit_bytes : int > 0 [bytes]
        Address space of the worker process that decodes.
    """

    max_bytes: int = 200 * 1024 * 1024
    time_limit_seconds: float = 30.0
    memory_limit_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class SpectrogramSettings:
    """One STFT and what is derived from it; the defaults are librosa's.

    Attributes
    ----------
    sample_rate_hz : int > 0 [Hz]
    n_fft, hop_length : int > 0 [samples]
    n_mels, n_mfcc, n_chroma : int > 0
    top_db : float > 0 [dB]
        Range of the mel picture below its loudest point.
    """

    sample_rate_hz: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    n_mfcc: int = 20
    n_chroma: int = 12
    top_db: float = 80.0


def _state_folder() -> Path:
    configured = os.environ.get("SYNESTHETE_HOME")
    return Path(configured).expanduser() if configured else Path(platformdirs.user_data_dir("synesthete"))


def _named_in(variable: str) -> tuple[Path, ...]:
    named = os.environ.get(variable, "").split(os.pathsep)
    return tuple(dict.fromkeys(Path(path).expanduser().absolute() for path in named if path.strip()))


def _other_catalogues() -> tuple[Path, ...]:
    return _named_in("SYNESTHETE_CATALOGUES")


def _music_roots() -> tuple[Path, ...]:
    return _named_in("SYNESTHETE_MUSIC")


@dataclass(frozen=True)
class Paths:
    """Where things lie. Only ``state`` is ever written to while the program runs.

    Attributes
    ----------
    sampler : Path
        The built-in catalogue: audio, manifest, embeddings, index. Read-only.
    models : Path
        Weights we trained, each with its settings JSON.
    state : Path
        This user's own catalogues, downloads and derived files; ``$SYNESTHETE_HOME`` moves it.
    other_catalogues : tuple of Path
        Further catalogues that the page offers: ``$SYNESTHETE_CATALOGUES``, separated as in ``$PATH``.
    music_roots : tuple of Path
        Below these the owner may choose folders on the page: ``$SYNESTHETE_MUSIC``, separated likewise.
    """

    sampler: Path = DATA_ROOT / "sampler"
    models: Path = DATA_ROOT / "models"
    state: Path = field(default_factory=_state_folder)
    other_catalogues: tuple[Path, ...] = field(default_factory=_other_catalogues)
    music_roots: tuple[Path, ...] = field(default_factory=_music_roots)

    @property
    def own_catalogue(self) -> Path:
        """The listener's own catalogue, unless another is named."""
        return self.state / "catalogue.sqlite"

    @property
    def passing(self) -> Path:
        """What visitors drop, a folder a visit; it goes when they do."""
        return self.state / "passing"


AUDIO = AudioSettings()
LIMITS = DecodeLimits()
SPECTROGRAM = SpectrogramSettings()
DEFAULT_ENCODER = "synesthete"  # used unless another is named


def fingerprint(*parts: Any) -> str:
    """Hash settings (dataclasses, or anything JSON can carry) into 16 hexadecimal characters.

    Equal settings give equal text on every machine and Python version.
    """

    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {type(value).__name__: dataclasses.asdict(value)}
        return value

    text = json.dumps([plain(part) for part in parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
