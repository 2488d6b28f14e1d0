"""From folders and lists of music to a catalogue: scan, read, embed, write.

Files come as a stream; those that have not changed cost a look at their size and time. The others go to worker
processes, which read and embed them, and one writer keeps what they give, many files to a transaction. Whatever stops
the program, what was written is whole, and the next run goes on from there.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synesthete import encoders, settings
from synesthete.audio.formats import FILE_SUFFIXES
from synesthete.catalogue.analysis import Analysis, KnownSounds, prepare
from synesthete.catalogue.files import KnownFile
from synesthete.catalogue.store import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.engines import AtHome, LocalEngine
from synesthete.errors import CatalogueError, SourceError
from synesthete.sources.folder import Entry, Found, NotSound, Unreadable
from synesthete.sources.places import Places

# Films have sound too, but a folder of music is not asked for them; and ".ts" is more often a program's source.
FILMS = {
    *("ts", "mts", "m2ts", "mpg", "mpeg", "vob", "avi", "flv", "mov", "m4v", "mkv", "wmv", "asf", "ogv", "3gp", "3g2"),
}
SUFFIXES = frozenset(f".{suffix}" for suffix in FILE_SUFFIXES if suffix not in FILMS)
FILES_A_QUERY = 500
FILES_A_TRANSACTION = 64
SECONDS_A_TRANSACTION = 2.0  # what a crash can cost


@dataclass
class IndexCounts:
    """What has become of the files so far; ``n_found`` is the sum of the next four.

    Attributes
    ----------
    n_found : int
        Files seen, whatever they are, and folders that could not be opened.
    n_indexed, n_unchanged, n_failed, n_not_sound : int
        Read and kept in this run; as they were; not readable, now or when last tried; of another kind.
    n_copies, n_moved : int
        Of those indexed: whose sound another file also holds; that have taken the place of a file now gone.
    n_retagged : int
        Of those unchanged: whose tags are others now, as their list or table says something else.
    n_gone, n_removed : int
        Files of tracks below the places that are no longer there; tracks that were removed for it.
    n_outdated : int
        Tracks whose vectors by an earlier version of an encoder were removed.
    n_expected : int or None
        How many files there are in all, as soon as they are counted.
    seconds : float [s]
    is_complete : bool
        The run came to its end.
    remarks : tuple of str
        What is to be said of lists and tables of metadata: damaged rows, addresses on the web.
    """

    n_found: int = 0
    n_indexed: int = 0
    n_unchanged: int = 0
    n_failed: int = 0
    n_not_sound: int = 0
    n_copies: int = 0
    n_moved: int = 0
    n_retagged: int = 0
    n_gone: int = 0
    n_removed: int = 0
    n_outdated: int = 0
    n_expected: int | None = None
    seconds: float = 0.0
    is_complete: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileEvent:
    """One file that was read: its path, what it is called, and why it failed (empty if it did not)."""

    path: str
    label: str = ""
    reason: str = ""


OnEvent = Callable[[FileEvent, IndexCounts], object]
MakeEngine = Callable[..., Any]  # of prepare, its arguments and n_workers: LocalEngine, or what is called like it


def index(
    catalogue: Catalogue,
    places: Sequence[str | Path],
    encoder_names: Sequence[str] = (settings.DEFAULT_ENCODER,),
    *,
    addresses: Sequence[str] = (),
    metadata: Sequence[str | Path] = (),
    is_genre_from_folder: bool = False,
    within: Path | None = None,
    n_workers: int | None = None,
    make_engine: MakeEngine = LocalEngine,
    is_retry: bool = False,
    is_pruned: bool = False,
    on_event: OnEvent | None = None,
) -> IndexCounts:
    """Take the music of folders and lists into a catalogue.

    Unchanged files are passed over, unless vectors or words are missing; a moved one is known by its sound and keeps
    its vectors; a file that could not be read is tried again when it has changed. Run it again to go on after an
    interruption.

    Parameters
    ----------
    catalogue : Catalogue
        Open for writing.
    places : sequence of path
        Folders, files, M3U playlists and beets libraries (:class:`~synesthete.sources.places.Places`).
    encoder_names : sequence of str
        All of them embed each file, which is read once.
    addresses : sequence of str
        Further places, behind addresses that fsspec opens; only those of the catalogue's owner.
    metadata : sequence of path
        Tables whose fields go before the tags in the files, beside those that are found with the places.
    is_genre_from_folder : bool
        The folder that a file lies in is its genre where nothing else names one.
    within : Path, optional
        What lies outside this folder, be it behind a link, is not looked at.
    n_workers : int > 0, optional
        Processes; by default as many as there are processors.
    make_engine : callable
        What makes the engine of ``prepare``, its arguments and ``n_workers``: :class:`~synesthete.engines.LocalEngine`,
        or for a cluster :class:`synesthete.engines.ray.RayEngine`.
    is_retry : bool
        Try files again that could not be read before.
    is_pruned : bool
        Remove tracks whose files are gone.
    on_event : callable(FileEvent, IndexCounts), optional
        Called for each file that was read or failed.

    Returns
    -------
    IndexCounts

    Raises
    ------
    CatalogueError
        A place does not exist, or the catalogue cannot be written. What was done before is kept.
    EncoderError
        An encoder is not ready.
    EngineError
        The engine cannot be used.
    """
    source = Places(places, SUFFIXES, metadata, is_genre_from_folder, within, addresses)
    run = _Run(catalogue, source, encoder_names, on_event)
    return run.do(make_engine, n_workers, is_retry, is_pruned)


class _Run:
    """One run of :func:`index`: the stream of files on one side, the writer on the other."""

    def __init__(
        self, catalogue: Catalogue, source: Places, encoder_names: Sequence[str], on_event: OnEvent | None
    ) -> None:
        self.catalogue, self.source, self.names = catalogue, source, tuple(dict.fromkeys(encoder_names))
        self.encoders: dict[str, Encoder] = {}
        for name in self.names:
            encoder = encoders.load(name)
            self.encoders[encoder.fingerprint] = encoder
        self.gives_tags = any(encoder.tag_names for encoder in self.encoders.values())
        self.on_event = on_event or (lambda event, counts: None)
        self.counts = IndexCounts()
        self._closed: list[str] = []  # files and folders that could not be looked at: what is in them is not gone
        self._began = time.monotonic()
        self._waiting: list[tuple[Found, Analysis | Exception]] = []
        self._written = time.monotonic()

    def do(self, make_engine: MakeEngine, n_workers: int | None, is_retry: bool, is_pruned: bool) -> IndexCounts:
        wanted = {encoder.name: fingerprint for fingerprint, encoder in self.encoders.items()}
        engine = make_engine(prepare, (AtHome(KnownSounds(self.catalogue.path)), wanted), n_workers)
        counter = threading.Thread(target=self._count, daemon=True)
        counter.start()
        places = self._places()
        self.catalogue.note_places(places, is_complete=False)
        self.catalogue.begin_scan()
        results = engine.run(self._changed(self.source.entries(), is_retry))
        try:
            for found, result in results:
                self._take(found, result)
            self._write()
            self._finish(is_pruned)
            for encoder in self.encoders.values():
                self.catalogue.renew_moments(encoder)
            self.catalogue.note_places(places, is_complete=True)
            self.counts.is_complete = True
        finally:
            results.close()
            self._write()  # what had come before an interruption
            self.counts.seconds = time.monotonic() - self._began
        return self.counts

    def _places(self) -> list[str]:
        """What is to be looked through again when nothing is named: a file of a known folder is so with that folder."""
        in_folders = self.catalogue.in_indexed_places(self.source.files)
        return [path for path in self.source.all if path not in in_folders]

    def _count(self) -> None:
        n_expected = 0
        with contextlib.suppress(CatalogueError):  # a list that cannot be read: the run itself says so
            for _ in self.source.entries():
                n_expected += 1
        self.counts.n_expected = n_expected

    # ---- the stream ---------------------------------------------------------------------------------------

    def _changed(self, entries: Iterator[Entry], is_retry: bool) -> Iterator[Found]:
        """Those files that have to be read; everything else is counted here."""
        for part in _portions(entries, FILES_A_QUERY):
            found = [entry for entry in part if isinstance(entry, Found)]
            paths = [entry.path for entry in found]
            known = self.catalogue.known_files(paths, tuple(self.encoders))
            self.catalogue.note_seen([*paths, *(entry.path for entry in part if isinstance(entry, Unreadable))])
            self._count_others(part)
            self._retag([entry for entry in found if entry.metadata], known)
            for entry in found:
                self.counts.n_found += 1
                before = known.get(entry.path)
                is_same = _is_same(entry, before)
                if is_same and before and self._is_complete(before):
                    self.counts.n_unchanged += 1
                elif is_same and before and not before.track_id and not is_retry:
                    self.counts.n_failed += 1
                else:
                    yield entry

    def _is_complete(self, file: KnownFile) -> bool:
        """Whether nothing is left to be known of an unchanged file: vectors of every encoder, and words."""
        return bool(file.track_id) and file.n_encoders == len(self.encoders) and (file.has_tags or not self.gives_tags)

    def _count_others(self, entries: list[Entry]) -> None:
        for entry in entries:
            if isinstance(entry, NotSound):
                self.counts.n_found += 1
                self.counts.n_not_sound += 1
            elif isinstance(entry, Unreadable):
                self.counts.n_found += 1
                self.counts.n_failed += 1
                self._closed.append(entry.path)
                self.catalogue.record_failure(entry.path, entry.reason, "scan")
                self._tell(FileEvent(entry.path, reason=entry.reason))

    def _retag(self, found: list[Found], known: dict[str, KnownFile]) -> None:
        """Give known tracks what their source says of them now; the files are not read for it."""
        said = {entry.path: entry.metadata for entry in found if _is_same(entry, known.get(entry.path))}
        tracks = self.catalogue.tracks({known[path].track_id for path in said} - {""})
        others = [(track, said[track.path].applied(track)) for track in tracks if track.path in said]
        changed = [new for old, new in others if new != old]
        if changed:
            with self.catalogue.transaction():
                for track in changed:
                    self.catalogue.add_track(track)
            self.counts.n_retagged += len(changed)

    # ---- the writer ---------------------------------------------------------------------------------------

    def _take(self, found: Found, result: Analysis | Exception) -> None:
        self._waiting.append((found, result))
        is_due = time.monotonic() - self._written > SECONDS_A_TRANSACTION
        if is_due or len(self._waiting) >= FILES_A_TRANSACTION:
            self._write()

    def _write(self) -> None:
        """Keep all that waits, in one transaction; then tell of it."""
        waiting, self._waiting = self._waiting, []
        self._written = time.monotonic()
        if not waiting:
            return
        with self.catalogue.transaction():
            events = [self._keep(found, result) for found, result in waiting]
        for event, (n_indexed, n_failed, n_copies, n_moved) in events:
            self.counts.n_indexed += n_indexed
            self.counts.n_failed += n_failed
            self.counts.n_copies += n_copies
            self.counts.n_moved += n_moved
            self._tell(event)

    def _keep(self, found: Found, result: Analysis | Exception) -> tuple[FileEvent, tuple[int, int, int, int]]:
        if isinstance(result, Exception):
            reason = str(result)
            self.catalogue.record_failure(found.path, reason, "read")
            if not isinstance(result, SourceError):  # an address that did not answer is asked again next time
                self.catalogue.put_file(found.path, found.n_bytes, found.mtime_ns)
            return FileEvent(found.path, reason=reason), (0, 1, 0, 0)
        is_known = result.track.track_id in self.catalogue
        kept = self.catalogue.add_track(found.metadata.applied(result.track))
        for fingerprint, embedding in result.embeddings.items():
            self.catalogue.put_embedding(kept.track_id, self.encoders[fingerprint], embedding)
        self.catalogue.put_file(found.path, found.n_bytes, found.mtime_ns, kept.track_id)
        self.catalogue.clear_failure(found.path)
        is_copy = kept.path != found.path
        is_moved = (
            is_known and not is_copy and any(path != found.path for path in self.catalogue.files_of(kept.track_id))
        )
        return FileEvent(found.path, kept.label), (1, 0, int(is_copy), int(is_moved))

    def _finish(self, is_pruned: bool) -> None:
        """After a whole scan: what is to be said of the lists; files, and failures of files, that are gone."""
        self.counts.remarks = tuple(self.source.remarks.values())
        if self.counts.n_found:
            self.catalogue.forget_failures_not_seen(self.source.folders)
        closed = tuple(path + os.sep for path in self._closed)
        gone = [path for path in self.catalogue.files_not_seen(self.source.folders) if not path.startswith(closed)]
        replaced = self.catalogue.with_other_file(gone)
        self.catalogue.forget_files(replaced)
        lost = [path for path in gone if path not in replaced]
        self.counts.n_gone = len(lost)
        if is_pruned and lost:
            if self.counts.n_found == 0:
                raise CatalogueError(
                    f"Nothing was found in {', '.join(self.source.folders)}, where {len(lost)} files were indexed "
                    "before. Is the drive connected? Nothing was removed."
                )
            self.counts.n_removed = self.catalogue.forget_files(lost)
        if is_pruned:
            self.counts.n_outdated = sum(
                self.catalogue.forget_outdated(encoder.name, fingerprint)
                for fingerprint, encoder in self.encoders.items()
            )

    def _tell(self, event: FileEvent) -> None:
        self.counts.seconds = time.monotonic() - self._began
        self.on_event(event, replace(self.counts))


def _is_same(found: Found, before: KnownFile | None) -> bool:
    return before is not None and (before.n_bytes, before.mtime_ns) == (found.n_bytes, found.mtime_ns)


def _portions(entries: Iterator[Entry], size: int) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in entries:
        part.append(entry)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
