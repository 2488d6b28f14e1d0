"""A sound that has just come in is decoded, by another process, while this one draws what stands above the matches."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from synesthete.audio import Clip, read_clip
from synesthete.ui.state import Sound
from synesthete.ui.turns import ANALYSIS

_MOST = 8  # kept; a listener who leaves at once does not fetch what was begun
_decoders = ThreadPoolExecutor(os.cpu_count() or 1, "decode-ahead")
_begun: dict[tuple[str, str], Future[Clip]] = {}  # the oldest first
_lock = threading.Lock()


def begin(sound: Sound) -> None:
    """Have a sound that came in decoded, unless others wait for their turn; returns at once."""
    if not sound.data or not ANALYSIS.is_free:
        return
    with _lock:
        if _place(sound) not in _begun:
            _begun[_place(sound)] = _decoders.submit(read_clip, sound.data, name=sound.name)
        while len(_begun) > _MOST:
            _begun.pop(next(iter(_begun))).cancel()


def clip_of(sound: Sound) -> Clip:
    """The clip of a sound that came in, decoded now if :func:`begin` has not done so.

    Raises
    ------
    AudioError, DecodeLimitError
        As :func:`~synesthete.audio.read_clip`.
    """
    with _lock:
        decoding = _begun.pop(_place(sound), None)
    return decoding.result() if decoding else read_clip(sound.data or b"", name=sound.name)


def _place(sound: Sound) -> tuple[str, str]:
    return sound.whole_key, sound.name  # another visitor may call the same file something else
