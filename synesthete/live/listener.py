"""Listens along: takes blocks of samples as they come, and knows at any time what was heard.

Two threads of its own, each with a queue: one hears (buffer, level, picture), the other searches. Whoever delivers
the sound never waits; what does not fit into a queue is dropped, so nothing grows. Both threads end when
:meth:`Listener.end` is called, and by themselves when no more sound comes.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np

from synesthete.errors import SynestheteError
from synesthete.live.change import NOVEL_SECONDS, may_have_begun, search_newest
from synesthete.live.findings import YOUNG_SECONDS, Findings, Now
from synesthete.live.handover import get, put
from synesthete.live.level import LOWEST_DBFS, LevelMeter
from synesthete.live.rolling_picture import Columns, RollingPicture
from synesthete.live.sound_buffer import SoundBuffer, wav_of
from synesthete.search import SearchEngine, SearchOptions

KEPT_SECONDS = 10.0  # the picture, and the moment that can be kept
ASKED_SECONDS = 7.56  # of them that ask: four segments, of which the last ends with what was just heard
LEAST_SECONDS = 1.5  # after a pause, before they ask
EVERY_SECONDS = 2.0
SOONEST_SECONDS = 1.0  # where another sound has just begun
_LOOKED_EVERY_SECONDS = 0.25  # whether it may
QUIET_SECONDS = 3.0  # after which no name is held on to
LOST_SECONDS = 4.0  # without sound from the microphone, silence included
UNREACHED_SECONDS = 40.0  # until the first sound: on a busy machine it takes half a minute to connect
FIRST_WAIT_SECONDS = 60.0  # for it; then the threads end
LONGEST_WAIT_SECONDS = 20.0  # for more sound; then they end too
_MOST_BLOCKS = 500  # waiting to be heard: ten seconds as browsers send them

_LOG = logging.getLogger(__name__)
_Sounds = queue.Queue[tuple[np.ndarray, int] | None]  # samples, rate; None ends
_Window = tuple[np.ndarray, int, int, bool]  # samples, rate, epoch, whether in its turn
_Asked = queue.Queue[_Window | None]


class Status(StrEnum):
    """What the listener is doing."""

    OFF = "off"
    WAITING = "waiting"  # for the first sound from the microphone
    SILENT = "silent"
    HEARING = "hearing"
    PAUSED = "paused"
    HELD = "held"  # as long as something plays on the page itself, which the microphone would hear
    LOST = "lost"  # nothing comes from the microphone any more, not even silence
    UNREACHED = "unreached"  # nothing ever came


class Listener:
    """What one listener's microphone hears. All methods may be called from any thread.

    Parameters
    ----------
    clock : callable() -> datetime, optional
        The time of day, for the list of what was heard.
    turn : callable() -> context manager, optional
        Entered around each search: where others search too, it waits there.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        turn: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._clock = clock
        self._turn = turn
        self._lock = threading.Lock()  # of all that follows
        self._buffer = SoundBuffer(KEPT_SECONDS)
        self._picture = RollingPicture(KEPT_SECONDS)
        self._meter = LevelMeter(KEPT_SECONDS)
        self._sounds: _Sounds | None = None  # None: off
        self._findings = Findings()
        self._is_paused = self._is_held = False
        self._last_sound = 0.0  # by the monotonic clock; 0: none yet
        self._began = 0.0
        self._since_turn = self._since_search = self._since_look = 0.0  # seconds heard
        self._quiet_seconds = 0.0
        self._has_changed = False  # what sounds has taken over from another sound
        self._engine: tuple[SearchEngine, SearchOptions] | None = None
        self._epoch = 0  # counts what makes earlier sound or searches void

    def begin(self) -> None:
        """Listen from now on."""
        with self._lock:
            if self._sounds is not None:
                return
            self._sounds = queue.Queue(_MOST_BLOCKS)
            asked: _Asked = queue.Queue(1)
            self._is_paused = self._is_held = False
            self._last_sound, self._began = 0.0, time.monotonic()
            self._forget_sound()
            works = ((self._hear, (self._sounds, asked), "hears"), (self._search, (self._sounds, asked), "searches"))
        for work, arguments, name in works:
            threading.Thread(target=work, args=arguments, name=f"synesthete-live-{name}", daemon=True).start()

    def end(self) -> None:
        """Listen no more; what was heard stays."""
        with self._lock:
            sounds, self._sounds = self._sounds, None
        if sounds is not None:
            put(sounds, None)

    def ask_with(self, engine: SearchEngine, options: SearchOptions) -> None:
        """Search with this engine and these options from now on; with others the matches are found anew."""
        with self._lock:
            before, self._engine = self._engine, (engine, options)
            if before is not None and (before[0] is not engine or before[1] != options):
                self._findings.clear(with_heard=False)
                self._since_turn = EVERY_SECONDS
                self._epoch += 1

    def pause(self) -> None:
        """Let pass what comes; the picture and the matches stand."""
        with self._lock:
            self._is_paused = True

    def go_on(self) -> None:
        """Hear again, from now on: what is heard does not go on from what was before the pause."""
        with self._lock:
            if self._is_paused:
                self._is_paused = False
                self._forget_sound()

    def hold(self, is_held: bool) -> None:
        """Let pass what comes as long as it is what plays on the page itself; then hear again, from that moment on."""
        with self._lock:
            if self._is_held and not is_held:
                self._forget_sound()
            self._is_held = is_held

    def clear(self) -> None:
        """Forget all that was heard and recognised."""
        with self._lock:
            self._forget_sound()
            self._findings.clear(with_heard=True)

    def offer(self, block: np.ndarray, sample_rate_hz: int) -> None:
        """Take what the microphone heard next; returns at once.

        Parameters
        ----------
        block : np.ndarray [shape=(n_samples, n_channels)], int16
        sample_rate_hz : int > 0 [Hz]
        """
        sounds = self._sounds
        if sounds is not None:
            put(sounds, (block, sample_rate_hz))

    def now(self) -> Now:
        """What is known now."""
        return self._findings.now

    @property
    def status(self) -> Status:
        """What it is doing."""
        with self._lock:
            if self._sounds is None:
                return Status.OFF
            if self._is_paused:
                return Status.PAUSED
            if self._is_held:
                return Status.HELD
            if not self._last_sound:
                return Status.UNREACHED if time.monotonic() - self._began > UNREACHED_SECONDS else Status.WAITING
            if time.monotonic() - self._last_sound > LOST_SECONDS:
                return Status.LOST
            return Status.HEARING if self._meter.sounding_seconds else Status.SILENT

    @property
    def carried_seconds(self) -> float:
        """From when it began to the last sound that came from the microphone [s]."""
        with self._lock:
            return max(0.0, self._last_sound - self._began)

    @property
    def level_dbfs(self) -> float:
        """How loud it is [dB]: of the last tenth of a second."""
        with self._lock:
            is_deaf = self._sounds is None or self._is_paused or self._is_held
            return LOWEST_DBFS if is_deaf else self._meter.dbfs

    @property
    def has_moment(self) -> bool:
        """Whether something sounds in what could be kept now."""
        with self._lock:
            return self._meter.has_sounded and self._buffer.seconds >= LEAST_SECONDS

    @property
    def kept_seconds(self) -> float:
        """How long the moment is that could be kept now [s]."""
        with self._lock:
            return self._buffer.seconds

    @property
    def asked_seconds(self) -> float:
        """How much of its end asks now, or would [s]: 0 in silence."""
        with self._lock:
            return min(self._meter.sounding_seconds, ASKED_SECONDS)

    def columns(self, since: int) -> Columns:
        """The picture's columns from a number on, as far as they are kept."""
        with self._lock:
            return self._picture.since(since)

    def moment(self) -> bytes:
        """The last seconds heard, as a WAV file."""
        with self._lock:
            samples, rate_hz = self._buffer.last(KEPT_SECONDS), self._buffer.sample_rate_hz
        return wav_of(samples, rate_hz)

    def _forget_sound(self) -> None:
        self._buffer.clear()
        self._picture.clear()
        self._meter.clear()
        self._findings.break_off()
        self._has_changed = False
        self._since_turn = EVERY_SECONDS
        self._epoch += 1

    # What hears

    def _hear(self, sounds: _Sounds, asked: _Asked) -> None:
        try:
            while (sound := get(sounds, self._longest_wait())) is not None:
                with self._lock:
                    if self._sounds is not sounds:  # ended, or begun anew
                        break
                    window = self._take(*sound)
                    if window is not None and not asked.full():
                        asked.put_nowait(window)
                        self._since_search = 0.0
                        self._since_turn = 0.0 if window[3] else self._since_turn
        finally:
            self._close(sounds)
            put(asked, None)

    def _longest_wait(self) -> float:
        return LONGEST_WAIT_SECONDS if self._last_sound else FIRST_WAIT_SECONDS

    def _take(self, block: np.ndarray, rate_hz: int) -> _Window | None:
        """Hear a block; returns what to ask with, where that is due."""
        self._last_sound = time.monotonic()
        if self._is_paused or self._is_held or not len(block):
            return None
        if not self._buffer.append(block, rate_hz):
            self._meter.clear()
        self._meter.append(block, rate_hz)
        self._picture.append(block, rate_hz)
        seconds = len(block) / rate_hz
        self._since_search += seconds
        self._since_turn += seconds
        asked_seconds = min(self._meter.sounding_seconds, ASKED_SECONDS)
        self._quiet_seconds = 0.0 if asked_seconds else self._quiet_seconds + seconds
        if self._quiet_seconds >= QUIET_SECONDS:
            self._findings.quieten()
        self._since_look += seconds
        if self._engine is None or asked_seconds < LEAST_SECONDS or not self._is_due(asked_seconds):
            return None
        return self._buffer.last(asked_seconds), rate_hz, self._epoch, self._since_turn >= EVERY_SECONDS

    def _is_due(self, seconds: float) -> bool:
        """Whether to ask now: in its turn, or because another sound has just begun, or may have.

        A change of which the last search has heard enough is not asked about again.
        """
        if self._since_turn >= EVERY_SECONDS:
            return True
        if self._has_changed and seconds < YOUNG_SECONDS and self._since_search >= SOONEST_SECONDS:
            return True
        if self._since_look < _LOOKED_EVERY_SECONDS:
            return False
        self._since_look = 0.0
        return may_have_begun(self._picture.mel_db(seconds), NOVEL_SECONDS + self._since_search)

    def _close(self, sounds: _Sounds) -> None:
        """What hears or searches has ended, by whatever: so does all of it, unless it has begun anew."""
        with self._lock:
            if self._sounds is sounds:
                self._sounds = None
        put(sounds, None)

    # What searches

    def _search(self, sounds: _Sounds, asked: _Asked) -> None:
        try:
            while (window := asked.get()) is not None:
                self._search_with(*window)
        finally:
            self._close(sounds)

    def _search_with(self, samples: np.ndarray, rate_hz: int, epoch: int, is_in_turn: bool) -> None:
        with self._lock:
            assert self._engine is not None
            engine, options = self._engine
        try:
            with self._turn():
                found, begun = search_newest(engine, options, samples, rate_hz)
        except SynestheteError as error:
            _LOG.info("live search: %s", error)
            with self._lock:
                if epoch == self._epoch:
                    self._findings.fail(str(error))
            return
        with self._lock:
            if epoch != self._epoch:
                return
            seconds = begun or len(samples) / rate_hz
            self._has_changed = begun is not None or (self._has_changed and seconds < YOUNG_SECONDS)
            if begun is not None:  # with what was heard meanwhile
                self._meter.forget_before(begun + self._since_search)
                self._since_turn = self._since_search
            elif not is_in_turn and seconds >= YOUNG_SECONDS:
                return  # it goes on: nothing to show before its turn
            now, is_other = self._clock(), begun is not None
            self._findings.take(found, options.k, now, seconds=seconds, is_other=is_other, is_in_turn=is_in_turn)
