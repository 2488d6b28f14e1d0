"""Is a catalogue whole, and does it still fit its files and encoders? Findings, each with its remedy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from synesthete import encoders
from synesthete.catalogue.store import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import SynestheteError
from synesthete.sources.addresses import is_address

SHOWN = 5

IndexProblem = Callable[[Catalogue, Encoder], str]


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    what : str
        In a few words.
    is_problem : bool
    detail, remedy : str
        What was found, and what to do about it; the remedy is empty where there is nothing to do.
    """

    what: str
    is_problem: bool
    detail: str
    remedy: str = ""


def examine(catalogue: Catalogue, index_problem: IndexProblem | None = None) -> Iterator[Finding]:
    """Look at the file, its lists, vectors, indexes, words, folders, audio and failures, in this order.

    ``index_problem`` says in a sentence what is wrong with the index that is kept for an encoder, or nothing; without
    it indexes are left out.
    """
    yield _integrity(catalogue)
    yield _references(catalogue)
    yield _lists(catalogue)
    ready = encoders.load_ready(entry.name for entry in catalogue.encoders())
    yield from _encoders(catalogue, ready)
    if index_problem:
        yield from _indexes(catalogue, ready, index_problem)
    yield _words(catalogue, ready)
    yield _places(catalogue)
    yield _audio(catalogue)
    yield _failures(catalogue)


def _integrity(catalogue: Catalogue) -> Finding:
    problems = catalogue.integrity_problems()
    remedy = "Copy the file away, then index the music into a new catalogue; vectors that can be read are not lost."
    return Finding("database", bool(problems), "; ".join(problems[:SHOWN]) or "whole", remedy if problems else "")


def _references(catalogue: Catalogue) -> Finding:
    n_broken = catalogue.n_broken_references()
    detail = f"{n_broken:,} rows belong to no track" if n_broken else "every vector and file belongs to a track"
    return Finding("references", n_broken > 0, detail, "Index the folders again." if n_broken else "")


def _lists(catalogue: Catalogue) -> Finding:
    n_unlisted = catalogue.n_unlisted()
    detail = f"{n_unlisted:,} tracks are in no list" if n_unlisted else "every track is listed and can be found"
    remedy = "Another program has changed this file. Index the music into a new catalogue." if n_unlisted else ""
    return Finding("lists", n_unlisted > 0, detail, remedy)


def _encoders(catalogue: Catalogue, ready: dict[str, Encoder]) -> Iterator[Finding]:
    entries, n_tracks = catalogue.encoders(), len(catalogue)
    if not entries:
        yield Finding("vectors", n_tracks > 0, "none", "Index the folders." if n_tracks else "")
    in_use = {entry.name for entry in entries if entry.fingerprint in ready}
    for entry in entries:
        if entry.fingerprint not in ready and entry.name in in_use:
            detail = (
                f"{entry.n_tracks:,} tracks by another version ({entry.version}), which nothing here uses any more;"
                " index --prune removes them"
            )
            yield Finding(f"vectors of {entry.name}", False, detail)
            continue
        if entry.fingerprint not in ready:
            detail = f"{entry.n_tracks:,} tracks, by a version that is not installed here ({entry.version})"
            remedy = f"Index the folders with --encoder {entry.name}; the old vectors stay beside the new."
            yield Finding(f"vectors of {entry.name}", True, detail, remedy)
            continue
        n_missing = sum(bool(track.path) for track in catalogue.missing(entry.fingerprint))
        detail = f"{entry.n_tracks:,} of {n_tracks:,} tracks"
        remedy = f"Index the folders again with --encoder {entry.name}." if n_missing else ""
        yield Finding(f"vectors of {entry.name}", n_missing > 0, detail, remedy)


def _indexes(catalogue: Catalogue, ready: dict[str, Encoder], index_problem: IndexProblem) -> Iterator[Finding]:
    for entry in catalogue.encoders():
        if entry.fingerprint in ready:
            problem = index_problem(catalogue, ready[entry.fingerprint])
            remedy = f"Index the folders again with --encoder {entry.name}; no file is read for it." if problem else ""
            yield Finding(f"index of {entry.name}", bool(problem), problem or "in step with the catalogue", remedy)


def _words(catalogue: Catalogue, ready: dict[str, Encoder]) -> Finding:
    """Tracks without words are a problem where one of the catalogue's encoders gives words."""
    used = [ready[entry.fingerprint] for entry in catalogue.encoders() if entry.fingerprint in ready]
    giving = [encoder.name for encoder in used if encoder.tag_names]
    is_problem = bool(giving) and catalogue.n_untagged() > 0
    remedy = f"Index the folders again with --encoder {giving[0]}." if is_problem else ""
    return Finding("words", is_problem, f"known of {catalogue.n_tagged():,} of {len(catalogue):,} tracks", remedy)


def _places(catalogue: Catalogue) -> Finding:
    """A folder that is not there may be a drive that is not connected: its tracks are not gone."""
    said, gone = [], []
    for place in catalogue.indexed_places():
        n_files = f"{place.n_files:,} files, " if place.n_files else ""
        how = "looked through" if place.is_complete else "begun, and not to the end,"
        said.append(f"{place.path} ({n_files}last {how} {datetime.fromtimestamp(place.last_time):%Y-%m-%d %H:%M})")
        if not is_address(place.path) and not os.path.exists(place.path):  # noqa: PTH110 - a plain stat
            gone.append(place.path)
    detail = ", ".join(said) or "not known: none was indexed into it by this version"
    if gone:
        detail += f"; not there now: {', '.join(gone)}"
    remedy = "Connect the drive, or index the folder where it is now." if gone else ""
    return Finding("folders", bool(gone), detail, remedy)


def _audio(catalogue: Catalogue) -> Finding:
    n_there, n_imported, n_addresses, gone = 0, 0, 0, []
    for track in catalogue.tracks():
        if not track.path:
            n_imported += 1
            continue
        if is_address(track.path):
            n_addresses += 1
            continue
        try:
            path = catalogue.audio_path(track)
        except SynestheteError as error:
            gone.append(str(error))
            continue
        if os.path.isfile(path):  # noqa: PTH113 - a plain stat
            n_there += 1
        else:
            gone.append(str(path))
    detail = f"{n_there:,} files are where they were"
    if n_imported:
        detail += f", {n_imported:,} tracks were imported without audio"
    if n_addresses:
        detail += f", {n_addresses:,} tracks lie behind addresses, which were not asked"
    if gone:
        detail += f", {len(gone):,} are not: " + ", ".join(gone[:SHOWN]) + (", …" if len(gone) > SHOWN else "")
    remedy = "If they moved, index the new folder; if they are gone for good, index with --prune." if gone else ""
    return Finding("audio", bool(gone), detail, remedy)


def _failures(catalogue: Catalogue) -> Finding:
    failures = catalogue.failures()
    detail = f"{len(failures):,} files could not be read" if failures else "every file could be read"
    if failures:
        shown = [f"{failure.path} ({failure.reason})" for failure in failures[:SHOWN]]
        detail += ": " + ", ".join(shown) + (", …" if len(failures) > SHOWN else "")
    return Finding("failures", bool(failures), detail, "Index with --retry to try them again." if failures else "")
