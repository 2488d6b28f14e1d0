"""Encoders: segments of sound in, unit vectors out. One file each, one contract, one registry."""

from synesthete.encoders.base import Embedding, Encoder
from synesthete.encoders.registry import available, describe, is_ready, load, load_ready, why_not_ready

__all__ = ["Embedding", "Encoder", "available", "describe", "is_ready", "load", "load_ready", "why_not_ready"]
