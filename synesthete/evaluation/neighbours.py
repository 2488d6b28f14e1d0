"""``synesthete neighbours``: what many sounds, or all tracks of a catalogue, are nearest to, in one NumPy archive."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from synesthete import settings
from synesthete.errors import OptionError, SynestheteError
from synesthete.files import check_archive
from synesthete.terminal import show_progress
from synesthete.text import printable

STANDARD_INPUT = "-"
LIST_MARK = "@"
EXIT_INTERRUPTED = 130
MAX_PATH_BYTES = 4096  # of the systems we know


def add_neighbours_command(subparsers: Any) -> None:
    """Add ``neighbours`` to the commands of a parser."""
    command = subparsers.add_parser(
        "neighbours",
        help="write the nearest tracks of many sounds to a NumPy archive",
        description="Write the nearest tracks of many sounds to a NumPy archive, in the order in which the app lists "
        "them with its options off. Arrays: track_ids and paths [n] of the catalogue; queries [m], the paths that "
        "asked; neighbours [m, k], rows of track_ids, -1 where there are fewer; cosines [m, k]; recognised [m], the "
        "row of the recording that a query was recognised as, or -1. A query that cannot be read is named on standard "
        "error, and its row holds -1 and not-a-number; the exit status is 1 only if none could be read.",
    )
    command.set_defaults(run=run)
    command.add_argument("--catalogue", type=Path, help="a catalogue's .sqlite file (default: the built-in one)")
    command.add_argument(
        "--queries", nargs="+", metavar="FILE",
        help="sound files, folders of them, @LIST (a text file with a path a line) or - (such a list from standard "
        "input); without it every track of the catalogue asks, itself left out",
    )  # fmt: skip
    command.add_argument("--k", type=int, default=10, metavar="N", help="neighbours of each (default: %(default)s)")
    command.add_argument("--encoder", default=settings.DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s")
    command.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor)")
    command.add_argument("--output", required=True, type=Path, metavar="OUT.npz", help="where the archive goes")


def run(chosen: argparse.Namespace) -> int:
    """Find the neighbours and write them; 0, or 130 after Ctrl-C."""
    try:
        _run(chosen)
    except KeyboardInterrupt:
        _say("Stopped; nothing was written.")
        return EXIT_INTERRUPTED
    return 0


def _run(chosen: argparse.Namespace) -> None:
    from synesthete import encoders, sampler
    from synesthete.catalogue import Catalogue
    from synesthete.search import SearchEngine, index_folder
    from synesthete.search.batch import neighbours_of_files, neighbours_of_tracks

    check_archive(chosen.output, "--output")
    if chosen.workers is not None and chosen.workers < 1:
        raise OptionError(f"--workers is {chosen.workers}; it must be at least 1.")
    files = query_files(chosen.queries) if chosen.queries is not None else None
    encoder = encoders.load(chosen.encoder)
    if chosen.catalogue:
        opened = Catalogue.open(chosen.catalogue, is_read_only=True)
    else:
        opened = sampler.open_embedded(encoder, on_progress=show_progress)
    with opened as catalogue:
        engine = SearchEngine(catalogue, encoder, index_folder(catalogue))
        if files is None:
            found = neighbours_of_tracks(engine, chosen.k, show_progress)
        else:
            found = neighbours_of_files(engine, files, chosen.k, n_workers=chosen.workers, on_progress=show_progress)
    for query, reason in found.failures.items():
        _say(f"Left out: {query}: {reason}")
    if files and set(files) == found.failures.keys():
        raise SynestheteError(f"None of the {len(files)} queries could be read; nothing was written.")
    try:
        found.save(chosen.output)
    except OSError as error:
        raise SynestheteError(f"{chosen.output} cannot be written ({error.strerror or error}).") from error
    _say(f"{len(found.queries)} x {chosen.k} -> {chosen.output}")


def query_files(places: Sequence[str]) -> list[str]:
    """The sound files that are meant by ``--queries``, in the order named; a folder's by name.

    Parameters
    ----------
    places : sequence of str
        Files, folders, ``@LIST`` or ``-``.

    Raises
    ------
    OptionError
        A list cannot be read, or there is no file in all of it.
    """
    from synesthete.catalogue.indexing import SUFFIXES
    from synesthete.sources.folder import Found, Unreadable, scan

    files: list[str] = []
    for place in _listed(places):
        if not os.path.isdir(place):  # noqa: PTH112 - a Path raises where a name is too long
            files.append(place)
            continue
        for entry in scan([place], SUFFIXES):
            if isinstance(entry, Found):
                files.append(entry.path)
            elif isinstance(entry, Unreadable):
                _say(f"Left out: {entry.path}: {entry.reason}")
    if not files:
        raise OptionError(f"--queries is {' '.join(places)}, where there is no sound file. Give files or folders.")
    return files


def _listed(places: Sequence[str]) -> Iterator[str]:
    """Yield what is named, and instead of a list what it names."""
    for place in places:
        if place != STANDARD_INPUT and not place.startswith(LIST_MARK):
            yield place
            continue
        try:
            content = sys.stdin.buffer.read() if place == STANDARD_INPUT else Path(place[1:]).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a null character in the path
            reason = getattr(error, "strerror", None) or error
            raise OptionError(
                f"The list of queries {place[1:]} cannot be read ({reason}). For a file of that name, write ./{place}."
            ) from error
        lines = [line for line in content.splitlines() if line]
        if any(b"\0" in line or len(line) > MAX_PATH_BYTES for line in lines):
            raise OptionError(f"{place} is no list of queries; give a text file with a path a line.")
        yield from map(os.fsdecode, lines)


def _say(sentence: str) -> None:
    sys.stderr.write(printable(sentence, "�") + "\n")
