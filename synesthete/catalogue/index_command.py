"""The command that takes folders of music into a catalogue, and what it says meanwhile."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from synesthete import settings
from synesthete.errors import OptionError
from synesthete.files import write_atomically
from synesthete.sources.addresses import is_address, told_apart
from synesthete.sources.folder import check_places
from synesthete.terminal import show_progress
from synesthete.text import printable, shorten
from synesthete.tracks import clock

if TYPE_CHECKING:
    from synesthete.catalogue.indexing import FileEvent, IndexCounts, MakeEngine, OnEvent
    from synesthete.catalogue.store import Catalogue

EXIT_FAILURES, EXIT_INTERRUPTED = 3, 130
SHOWN_FAILURES = 20
STATUS_SECONDS = 0.5  # at least between two statuses: a file for each track would be written more often than read

Tell = Callable[[str, float], object]


class MakeSearchable(Protocol):
    """Makes what searches and pages need of a catalogue, with encoders of these names.

    ``tell`` hears what is being done, and which share [0, 1] of it is done. ``has_changed`` says whether tracks have
    come or gone; else only what is missing or damaged is made.
    """

    def __call__(
        self,
        catalogue: Catalogue,
        encoder_names: Sequence[str],
        tell: Tell,
        *,
        has_changed: bool,
        has_map: bool = True,
    ) -> object: ...


def add_index_command(subparsers: Any, make_searchable: MakeSearchable) -> None:
    """Add ``index`` to the commands of a parser.

    ``make_searchable`` is called when all files have been looked through: what searches and pages need is then made
    here, and no listener waits for it.
    """
    command = subparsers.add_parser("index", help="take folders of music into a catalogue, or bring it up to date")
    command.set_defaults(run=run, make_searchable=make_searchable)
    command.add_argument(
        "places", metavar="FOLDER", nargs="*",
        help="folders of music, single files, M3U playlists, the library of beets, or addresses such as s3://bucket/music"
        " (default: all that the catalogue was indexed from)",
    )  # fmt: skip
    command.add_argument(
        "--catalogue", type=Path, metavar="FILE",
        help="the catalogue's .sqlite file, made if it is not there (default: %(default)s)",
        default=settings.Paths().own_catalogue,
    )  # fmt: skip
    command.add_argument(
        "--encoder", action="append", metavar="NAME",
        help=f"embed with this encoder; may be repeated (default: {settings.DEFAULT_ENCODER})",
    )  # fmt: skip
    command.add_argument(
        "--metadata", action="append", type=Path, metavar="FILE", default=[],
        help="artist, title, genre, licence from FMA's tracks.csv (found by itself in, below or beside a folder)",
    )  # fmt: skip
    command.add_argument(
        "--genre-from-folder", action="store_true",
        help="where no tag names a genre, it is the folder that the file lies in",
    )  # fmt: skip
    command.add_argument("--within", type=Path, metavar="FOLDER", help="do not follow links that lead out of it")
    command.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor)")
    command.add_argument(
        "--engine", choices=("local", "ray"), default="local",
        help="where the work runs: processes of this machine, or a Ray cluster (default: %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--address", metavar="HOST:PORT",
        help="with --engine ray: the head of a running cluster, or auto for the one that this machine is in"
        " (default: one of this machine alone is started)",
    )  # fmt: skip
    command.add_argument("--retry", action="store_true", help="try files again that could not be read before")
    command.add_argument(
        "--prune", action="store_true",
        help="remove tracks whose files are gone, and what earlier versions of the encoders made of tracks",
    )  # fmt: skip
    command.add_argument(
        "--no-map", action="store_true",
        help="do not lay out the map of a large catalogue now; the Landscape page then does when it is first opened",
    )  # fmt: skip
    command.add_argument("--watch", action="store_true", help="stay, and take in what is added, until Ctrl-C")
    command.add_argument("--json", action="store_true", help="print a JSON object a line: files, then the counts")
    command.add_argument(
        "--status", type=Path, metavar="FILE",
        help="keep what --json would say last in this file, whole at any moment, for who looks now and then",
    )  # fmt: skip


def run(chosen: argparse.Namespace) -> int:
    """Index; 0, or 3 where some files could not be read, or 130 after Ctrl-C."""
    from synesthete.catalogue.store import Catalogue
    from synesthete.sources.watch import Watch

    if chosen.workers is not None and chosen.workers < 1:
        raise OptionError(f"--workers is {chosen.workers}; it must be at least 1.")
    if chosen.address is not None and chosen.engine != "ray":
        raise OptionError(
            f"--address is {printable(chosen.address)!r}, but only a Ray cluster has one: add --engine ray."
        )
    if not chosen.places:
        chosen.places = _known_places(chosen.catalogue)
    paths, addresses = told_apart(chosen.places)
    if chosen.watch and addresses:
        raise OptionError(f"--watch notices changes on this machine, not at {printable(addresses[0])}. Leave it out.")
    try:
        with Catalogue.open(chosen.catalogue) as catalogue:
            if not chosen.watch:
                return EXIT_FAILURES if _index_once(catalogue, chosen).n_failed else 0
            with Watch(check_places(paths)) as watch:
                while True:
                    _index_once(catalogue, chosen)
                    watch.wait()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was done is kept; the same command goes on from here.\n")
        return EXIT_INTERRUPTED


def _known_places(path: Path) -> list[str]:
    """What a catalogue was indexed from, and is there: a drive that is not connected holds nothing up."""
    from synesthete.catalogue.store import Catalogue

    if path.is_file():
        with Catalogue.open(path) as catalogue:
            places = [place.path for place in catalogue.indexed_places()]
        there = [place for place in places if is_address(place) or Path(place).exists()]
        for place in places:
            if place not in there:
                sys.stderr.write(f"Passed over, as it is not there now: {printable(place, '�')}\n")
        if there:
            return there
        if places:
            raise OptionError(f"None of the folders that {path} was indexed from is there. Is the drive connected?")
    raise OptionError(f"It is not known from which folders {path} was indexed. Name them: synesthete index FOLDER")


def _index_once(catalogue: Catalogue, chosen: argparse.Namespace) -> IndexCounts:
    from synesthete.catalogue.indexing import index

    paths, addresses = told_apart(chosen.places)
    with _reported(chosen) as on_event:
        counts = index(
            catalogue,
            paths,
            chosen.encoder or [settings.DEFAULT_ENCODER],
            addresses=addresses,
            metadata=chosen.metadata,
            is_genre_from_folder=chosen.genre_from_folder,
            within=chosen.within,
            n_workers=chosen.workers,
            make_engine=_engine(chosen),
            is_retry=chosen.retry,
            is_pruned=chosen.prune,
            on_event=on_event,
        )
    done = json.dumps({"event": "done", **asdict(counts), "n_tracks": len(catalogue)}) + "\n"
    if chosen.status:
        _keep_status(chosen.status, done)
    sys.stdout.write(done if chosen.json else summary(counts, catalogue, chosen.prune))
    sys.stdout.flush()
    has_changed = bool(counts.n_indexed or counts.n_removed)
    names, tell = chosen.encoder or [settings.DEFAULT_ENCODER], _finishing(chosen, done)
    chosen.make_searchable(catalogue, names, tell, has_changed=has_changed, has_map=not chosen.no_map)
    return counts


def _finishing(chosen: argparse.Namespace, done: str) -> Tell:
    """Tell of what is made once all files are read: at the foot of a terminal, and in the file for who looks."""
    kept_at = 0.0

    def tell(words: str, share: float) -> None:
        nonlocal kept_at
        if not chosen.json:
            show_progress(words, share)
        if chosen.status and time.monotonic() - kept_at > STATUS_SECONDS:
            _keep_status(chosen.status, json.dumps(json.loads(done) | {"doing": words}) + "\n")
            kept_at = time.monotonic()

    return tell


def _engine(chosen: argparse.Namespace) -> MakeEngine:
    if chosen.engine == "ray":
        from synesthete.engines.ray import RayEngine

        return partial(RayEngine, address=chosen.address)
    from synesthete.engines import LocalEngine

    return LocalEngine


@contextmanager
def _reported(chosen: argparse.Namespace) -> Iterator[OnEvent]:
    """Tell of each file in the ways that were asked for."""
    with _progress_bar(is_shown=not chosen.json) as show, _status(chosen.status) as keep:

        def tell(event: FileEvent, counts: IndexCounts) -> None:
            kind = "failed" if event.reason else "indexed"
            said = {"event": kind, "path": event.path, "label": event.label, "reason": event.reason, **asdict(counts)}
            keep(said)
            if chosen.json:
                sys.stdout.write(json.dumps(said) + "\n")
                sys.stdout.flush()
            else:
                show(event, counts)

        yield tell


@contextmanager
def _status(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Keep what was said last in a file: now and then, and at the end, however it ends."""
    last: dict[str, Any] = {}
    kept_at = 0.0

    def keep(said: dict[str, Any]) -> None:
        nonlocal last, kept_at
        last = said
        if path and time.monotonic() - kept_at > STATUS_SECONDS:
            _keep_status(path, json.dumps(said) + "\n")
            kept_at, last = time.monotonic(), {}

    try:
        yield keep
    finally:
        if path and last:
            _keep_status(path, json.dumps(last) + "\n")


def _keep_status(path: Path, line: str) -> None:
    with write_atomically(path) as file:
        file.write(line.encode())


@contextmanager
def _progress_bar(*, is_shown: bool) -> Iterator[OnEvent]:
    """A line at the foot of a terminal: how far, how fast, how long still, how many failed; nothing in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}", style="red"),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not (is_shown and sys.stderr.isatty())) as bar:
        task = bar.add_task("Looking at the files …", total=None, rate="", failed="")

        def tell(event: FileEvent, counts: IndexCounts) -> None:
            n_read = counts.n_indexed + counts.n_failed
            bar.update(
                task,
                total=counts.n_expected,
                completed=counts.n_indexed + counts.n_unchanged + counts.n_failed + counts.n_not_sound,
                rate=f"{60 * n_read / max(counts.seconds, 0.1):.0f} a minute",
                failed=f"{counts.n_failed} failed" if counts.n_failed else "",
                description=shorten(printable(event.label or Path(event.path).name, "�"), 50),
            )

        yield tell


def summary(counts: IndexCounts, catalogue: Catalogue, is_pruned: bool) -> str:
    """What a run did, for a person: every file accounted for, the failures with their reasons."""
    lines = [
        f"{counts.n_found:,} files found: {counts.n_indexed:,} indexed, {counts.n_unchanged:,} unchanged, "
        f"{counts.n_failed:,} failed, {counts.n_not_sound:,} not sound. {clock(counts.seconds)} min."
    ]
    if counts.n_copies or counts.n_moved:
        lines.append(f"Of those indexed, {counts.n_copies:,} are copies of others and {counts.n_moved:,} were moved.")
    if counts.n_retagged:
        lines.append(f"Of those unchanged, {counts.n_retagged:,} have got other tags from their list or table.")
    lines += [printable(remark, "�") for remark in counts.remarks]
    if counts.n_gone:
        what = f"Tracks removed: {counts.n_removed:,}" if is_pruned else "Their tracks are kept; --prune removes them"
        lines.append(f"Known files that are no longer there: {counts.n_gone:,}. {what}.")
    if counts.n_outdated:
        lines.append(f"Vectors by an earlier version of an encoder removed: of {counts.n_outdated:,} tracks.")
    if counts.n_failed:
        failures = catalogue.failures_seen()
        shown = failures[:SHOWN_FAILURES]
        lines += [f"  {printable(failure.path, '�')}: {printable(failure.reason, '�')}" for failure in shown]
        if len(failures) > len(shown):
            lines.append(f"  … and {len(failures) - len(shown):,} more; see the catalogue's failures.")
        lines.append("A failed file is tried again when it changes, or with --retry.")
    lines.append(f"{len(catalogue):,} tracks in {catalogue.path}")
    if len(catalogue):
        lines.append(f"Search them with: synesthete search FILE --catalogue {shlex.quote(str(catalogue.path))}")
    return "\n".join(lines) + "\n"
