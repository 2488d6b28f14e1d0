"""Several streams of one file, one behind the other, read as one sound: chained Ogg, MP3 files joined end to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from synesthete.audio.reader import Block, Reader
from synesthete.errors import AudioError


@dataclass(frozen=True)
class _Piece:
    """One stream that can be read: where it begins in the whole, how long it is, and how to open it."""

    start_seconds: float
    seconds: float
    open: Callable[[], Reader]


class JoinedReader:
    """Reads several streams as one. See :class:`synesthete.audio.reader.Reader`.

    Parameters
    ----------
    streams : sequence of (callable that opens a stream, its length in seconds or None)
        A length is taken from the stream itself where it is None. What cannot be opened is left out, with a note.

    Raises
    ------
    AudioError
        None of them can be opened: what is wrong with the first.
    """

    def __init__(self, streams: Sequence[tuple[Callable[[], Reader], float | None]]) -> None:
        self._pieces: list[_Piece] = []
        self.n_channels = self.sample_rate_hz = 0
        self.notes: list[str] = []
        problems = []
        total = 0.0
        for open_stream, known in streams:
            try:
                reader = open_stream()
            except AudioError as error:
                problems.append(error)
                continue
            seconds = next((length for length in (known, reader.seconds) if length is not None), None)
            if seconds is None:
                seconds = reader.measure()
            self._pieces.append(_Piece(total, seconds, open_stream))
            self.n_channels = max(self.n_channels, reader.n_channels)
            self.sample_rate_hz = max(self.sample_rate_hz, reader.sample_rate_hz)
            total += seconds
        if not self._pieces:
            raise problems[0]
        if problems:
            self.notes.append(f"It is joined of {len(streams)} parts; {len(problems)} of them could not be read.")
        self.seconds: float | None = total
        self.promised_seconds: float | None = None

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield blocks from ``start_seconds`` on, from one stream after the other."""
        for piece in self._pieces:
            if start_seconds < piece.start_seconds + piece.seconds:
                yield from piece.open().blocks(max(0.0, start_seconds - piece.start_seconds))

    def measure(self) -> float:
        """Go through all streams to find their length in seconds."""
        total = 0.0
        for number, piece in enumerate(self._pieces):
            self._pieces[number] = replace(piece, start_seconds=total, seconds=piece.open().measure())
            total += self._pieces[number].seconds
        return total
