"""Have a program of the listener's own fetch songs, one after the other, until there are enough.

No shell is involved: the command is split once, and what stands for the song's id, address and folder is filled in
afterwards, so nothing in a list can become a command.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from synesthete.audio.formats import FILE_SUFFIXES
from synesthete.build_lock import one_builder
from synesthete.errors import OptionError, SourceError
from synesthete.sources.kaggle import RECORD_NAME, Record, Song
from synesthete.text import printable, shorten

MOST_FAILURES_IN_A_ROW = 20
_PARTIAL = ".partial"  # hidden: a scan of the folder does not see what is not whole
_TAIL_BYTES = 2_000
_SUFFIXES = {f".{suffix}" for suffix in FILE_SUFFIXES}
_NAMES = ("id", "url", "folder")


@dataclass(frozen=True)
class Command:
    """The command that fetches one song.

    Attributes
    ----------
    words : tuple of str
        ``{id}``, ``{url}`` and ``{folder}`` in them stand for the song's Spotify id, the address of its page and the
        folder where the sound file belongs. A command without ``{folder}`` runs in that folder.
    timeout_seconds : float > 0 [s]
        After this it is stopped, with all that it has started.
    n_tries : int > 0
    pause_seconds : float >= 0 [s]
        Before the second try of a song; twice as long before each further one.
    """

    words: tuple[str, ...]
    timeout_seconds: float = 300.0
    n_tries: int = 3
    pause_seconds: float = 2.0

    @classmethod
    def parse(cls, template: str, **options: float) -> Command:
        """Split a command as a shell would; OptionError if it cannot be one."""
        try:
            words = tuple(shlex.split(template))
        except ValueError as error:
            raise OptionError(f"The command {template!r} cannot be split into words: {error}.") from error
        unknown = [name for name in re.findall(r"\{(\w+)\}", template) if name not in _NAMES]
        if unknown:
            raise OptionError(f"The command has a {{{unknown[0]}}}; there are only {{id}}, {{url}} and {{folder}}.")
        if "{id}" not in template and "{url}" not in template:
            raise OptionError(f"The command {template!r} does not say which song: put {{id}} or {{url}} into it.")
        program = shutil.which(words[0])
        if program is None:
            raise OptionError(f"There is no program {words[0]!r}. Install it, or name its path.")
        return cls((str(Path(program).absolute()), *words[1:]), **options)  # type: ignore[arg-type]

    def run(self, song: Song, folder: Path) -> str:
        """Run it once in a folder; why no sound came of it, empty if one did."""
        values = {"id": song.spotify_id, "url": song.address, "folder": str(folder)}
        words = [re.sub(r"\{(id|url|folder)\}", lambda found: values[found[1]], word) for word in self.words]
        where = None if any("{folder}" in word for word in self.words) else folder
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(
                    words, cwd=where, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                return f"it could not be started ({error.strerror})"
            try:
                code = process.wait(self.timeout_seconds)
            except subprocess.TimeoutExpired:
                return f"it was stopped after {self.timeout_seconds:g} s{_said(output)}"
            finally:
                _kill(process)
            if code:
                return f"it ended with exit code {code}{_said(output)}"
            return "" if _has_sound(folder) else f"it left no sound file in its folder{_said(output)}"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started, which may outlive it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _said(output: IO[bytes]) -> str:
    output.seek(max(output.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
    lines = [line for line in output.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return f"; it said: {shorten(printable(lines[-1].strip(), '�'), 200)}" if lines else ""


def _has_sound(folder: Path) -> bool:
    files = (path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    return any(path.is_file() and not path.is_symlink() and path.stat().st_size for path in files)


@dataclass
class DownloadCounts:
    """What has come of the songs: there before, come now, failed now, passed over as they had failed before."""

    n_before: int = 0
    n_new: int = 0
    n_failed: int = 0
    n_passed_over: int = 0

    @property
    def n_there(self) -> int:
        """Songs that are there now."""
        return self.n_before + self.n_new


def download_songs(
    songs: Sequence[Song],
    command: Command,
    folder: Path,
    n: int,
    *,
    is_retry: bool = False,
    on_song: Callable[[Song, str, DownloadCounts], object] | None = None,
) -> DownloadCounts:
    """Go through songs until ``n`` of them are there, each in a folder of its own, which bears its id.

    Run it again to go on after an interruption, or for more. What came of each song, and why it failed, is kept in
    ``spotify-list.sqlite`` in ``folder``; a song that failed is passed over in later runs unless ``is_retry``.

    Parameters
    ----------
    on_song : callable(Song, str, DownloadCounts), optional
        Called after each song, with the reason if it failed.

    Raises
    ------
    SourceError
        The folder cannot be written to, or 20 songs in a row have failed: then it is the command, or the network.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record_path = folder / RECORD_NAME
        with one_builder(record_path), Record.open(record_path, is_read_only=False) as record:
            try:
                return _Loop(record, command, folder, on_song).run(songs, n, is_retry)
            finally:
                shutil.rmtree(folder / _PARTIAL, ignore_errors=True)
    except OSError as error:
        raise SourceError(f"The folder {folder} cannot be written to: {error}.") from error


class _Loop:
    def __init__(
        self,
        record: Record,
        command: Command,
        folder: Path,
        on_song: Callable[[Song, str, DownloadCounts], object] | None,
    ) -> None:
        self.record, self.command, self.folder = record, command, folder
        self.on_song = on_song or (lambda song, reason, counts: None)
        self.counts = DownloadCounts()

    def run(self, songs: Sequence[Song], n: int, is_retry: bool) -> DownloadCounts:
        done = {song_id for song_id in self.record.done() if (self.folder / song_id).is_dir()}
        failed = {} if is_retry else self.record.failed()
        n_in_a_row = 0
        for song in songs:
            if self.counts.n_there >= n:
                break
            if song.spotify_id in done:
                self.counts.n_before += 1
            elif song.spotify_id in failed:
                self.counts.n_passed_over += 1
            else:
                reason = self._fetch(song)
                self.counts.n_new += not reason
                self.counts.n_failed += bool(reason)
                self.on_song(song, reason, self.counts)
                n_in_a_row = n_in_a_row + 1 if reason else 0
                if n_in_a_row == MOST_FAILURES_IN_A_ROW:
                    raise SourceError(
                        f"{n_in_a_row} songs in a row have failed, the last because {reason}. Is the command right, "
                        "and is there a connection? What has come is kept; --retry asks for these songs again."
                    )
        return self.counts

    def _fetch(self, song: Song) -> str:
        """Try a song as often as the command allows; it appears whole or not at all."""
        partial = self.folder / _PARTIAL / song.spotify_id
        reason = ""
        for n_tries in range(1, self.command.n_tries + 1):
            if n_tries > 1:
                time.sleep(self.command.pause_seconds * 2 ** (n_tries - 2))
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                reason = self.command.run(song, partial)
                if not reason:
                    shutil.rmtree(self.folder / song.spotify_id, ignore_errors=True)
                    partial.rename(self.folder / song.spotify_id)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            self.record.note(song, n_tries, reason)
            if not reason:
                break
        return reason
