"""The last analyses of sounds, of all visitors together: bounded, so that memory does not grow with who comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synesthete.audio import Clip
from synesthete.encoders.base import Embedding
from synesthete.key import estimate_key
from synesthete.spectrogram import Spectrogram
from synesthete.tempo import estimate_tempo
from synesthete.ui.state import Sound
from synesthete.ui.text import tempo_and_key

MOST_BYTES = 192 * 1024**2  # fifty songs of half a minute, or 14 of two minutes


@dataclass(frozen=True)
class Analysis:
    """What the engine made of a sound.

    Attributes
    ----------
    clip : Clip
    spectrograms : tuple of Spectrogram, one per excerpt
    embedding : Embedding
    tags : tuple of str
        The tagger's likeliest tags, the likeliest first; empty where the encoder does without the tagger.
    """

    clip: Clip
    spectrograms: tuple[Spectrogram, ...]
    embedding: Embedding
    tags: tuple[str, ...] = ()

    @cached_property
    def tempo_and_key(self) -> str:
        """Beats a minute and the key in a line, as far as they are sure; else empty."""
        return tempo_and_key(estimate_tempo(self.spectrograms), estimate_key(self.spectrograms))

    @property
    def n_bytes(self) -> int:
        """Size of its arrays; of a part of another array that of the whole, which it holds in memory."""
        return sum(
            array.base.nbytes if isinstance(array.base, np.ndarray) else array.nbytes for array in self._arrays()
        )

    def _arrays(self) -> Iterator[np.ndarray]:
        for excerpt in self.clip.excerpts:
            yield excerpt.samples
        for spectrogram in self.spectrograms:
            yield from (spectrogram.mel, spectrogram.chroma, spectrogram.tonnetz)
        yield from (self.embedding.track_features, self.embedding.segment_vectors)


class Analyses:
    """Analyses by sound and encoder; the one used longest ago goes first. Shared by threads.

    Parameters
    ----------
    most_bytes : int > 0
        Of all together; the newest is kept whatever its size.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[tuple[str, str, str], Analysis] = {}  # the one used longest ago first
        self._n_bytes = 0
        self._lock = threading.Lock()

    def get(self, sound: Sound, fingerprint: str, make: Callable[[Sound], Analysis]) -> Analysis:
        """The analysis of a sound, made now if it is not kept.

        Parameters
        ----------
        sound : Sound
        fingerprint : str
            Of the encoder.
        make : callable(sound) -> Analysis
        """
        place = (sound.key, sound.name, fingerprint)  # another visitor may call the same file something else
        with self._lock:
            if place in self._kept:
                self._kept[place] = self._kept.pop(place)
                return self._kept[place]
        analysis = make(sound)
        with self._lock:
            if (other := self._kept.pop(place, None)) is not None:  # another thread was as fast
                self._n_bytes -= other.n_bytes
            self._kept[place] = analysis
            self._n_bytes += analysis.n_bytes
            while self._n_bytes > self._most_bytes and len(self._kept) > 1:
                self._n_bytes -= self._kept.pop(next(iter(self._kept))).n_bytes
        return analysis

    def has(self, sound: Sound) -> bool:
        """Whether an encoder's analysis of a sound is kept."""
        with self._lock:
            return any(place[:2] == (sound.key, sound.name) for place in self._kept)

    def forget(self, key: str) -> None:
        """Keep nothing of a sound any longer, given its key as a whole."""
        with self._lock:
            for place in [place for place in self._kept if place[0].partition("@")[0] == key]:
                self._n_bytes -= self._kept.pop(place).n_bytes


of_all = Analyses()
