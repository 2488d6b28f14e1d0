"""Any sound in, a clip out: files, uploads and arrays become mono float32 at the one rate.

:mod:`~synesthete.audio.clip` is the way in; :mod:`~synesthete.audio.worker` keeps the sandboxed processes in which
:mod:`~synesthete.audio.decode` reads files; :mod:`~synesthete.audio.excerpts` says what of a sound is read.
"""

from synesthete.audio.clip import Clip, Excerpt, clip_from_samples, clip_to_wav, content_id, read_clip, read_passage
from synesthete.audio.cover import read_cover
from synesthete.audio.formats import FILE_SUFFIXES
from synesthete.audio.worker import warm_up

__all__ = [
    "FILE_SUFFIXES",
    "Clip",
    "Excerpt",
    "clip_from_samples",
    "clip_to_wav",
    "content_id",
    "read_clip",
    "read_cover",
    "read_passage",
    "warm_up",
]
