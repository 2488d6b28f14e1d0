"""Encoders: segments of sound in, unit vectors out. One file each, one contract, one registry."""

from synesthete.encoders.base import Embedding, Encoder
from synesthete.encoders.registry import (
    ask_before_downloads,
    available,
    describe,
    is_ready,
    load,
    load_ready,
    pending_download,
    why_not_ready,
)

__all__ = [
    "Embedding",
    "Encoder",
    "ask_before_downloads",
    "available",
    "describe",
    "is_ready",
    "load",
    "load_ready",
    "pending_download",
    "why_not_ready",
]
