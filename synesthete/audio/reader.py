"""What every way into a sound looks like from the inside: blocks of channels from any second on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

Block = tuple[int, np.ndarray]  # rate [Hz], float32 samples [n_channels, n] at that rate
READ_VALUES = 1 << 18  # samples times channels to be read at once: 1 MiB of float32


class Reader(Protocol):
    """A sound that can be read from any second on.

    Attributes
    ----------
    n_channels, sample_rate_hz : int > 0, int > 0 [Hz]
    seconds : float >= 0 [s] or None
        Length as far as it is known without decoding; None where there is only a guess.
    promised_seconds : float >= 0 [s] or None
        Length the header promises, where it promises one: more than is there in a file that ends early.
    notes : list of str
        Remarks gathered while reading.
    """

    n_channels: int
    sample_rate_hz: int
    seconds: float | None
    promised_seconds: float | None
    notes: list[str]

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield blocks [n_channels, n] from ``start_seconds`` to the end; none where the sound is shorter."""

    def measure(self) -> float:
        """Go through the sound to find its length in seconds, holding none of it."""
