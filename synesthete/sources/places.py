"""What a listener names as music: folders, files, playlists and beets libraries, as one stream of entries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from synesthete.sources import addresses as behind_addresses
from synesthete.sources import beets, fma, kaggle, playlists
from synesthete.sources.folder import Entry, Found, NotSound, check_places, look, scan
from synesthete.sources.metadata import NO_METADATA, Metadata, plain

Lookup = Callable[[str], Metadata]
AnyPath = str | os.PathLike[str]


class Places:
    """Where the music lies, and what is known of it beyond its tags.

    Parameters
    ----------
    places : iterable of path
        Folders and files; M3U playlists and beets libraries stand for the files that they list. For a folder of the FMA
        dataset, or one that ``synesthete get`` has filled, the metadata beside it is found.
    suffixes : frozenset of str
        Of sounds, in lower case with their dot.
    metadata : iterable of path
        Further tables of metadata, for all places: FMA's ``tracks.csv``, or the record of a download.
    is_genre_from_folder : bool
        The folder that a file lies in is its genre where no tag names one, as in GTZAN: ``genres/blues/1.wav``.
    within : Path, optional
        What lies outside this folder, be it behind a link, is not looked at.
    addresses : iterable of str
        Further places, behind addresses (:mod:`synesthete.sources.addresses`); never of a stranger's.

    Attributes
    ----------
    folders : list of str
        The places that are no lists: what is no longer there below them is gone.
    all : list of str
        Every place, in full.
    files : list of str
        The places that are single sounds.
    remarks : dict of str to str
        Sentences about a table or a list, by its path; complete when :meth:`entries` has come to its end.

    Raises
    ------
    CatalogueError
        A place does not exist; a table of metadata is none.
    """

    def __init__(
        self,
        places: Iterable[AnyPath],
        suffixes: frozenset[str],
        metadata: Iterable[AnyPath] = (),
        is_genre_from_folder: bool = False,
        within: Path | None = None,
        addresses: Iterable[str] = (),
    ) -> None:
        self._within = within
        self.remarks: dict[str, str] = {}
        self._suffixes, self._is_genre_from_folder = suffixes, is_genre_from_folder
        roots = check_places(places)
        lists = [root for root in roots if _is_list(root, suffixes)]
        self._lists = sorted(lists, key=_is_playlist)  # those that know more of a file come first
        self._roots = [root for root in roots if root not in lists]
        self._addresses = tuple(dict.fromkeys(map(behind_addresses.in_full, addresses)))
        self.folders = [*map(str, self._roots), *self._addresses]
        self.all = [*map(str, roots), *self._addresses]
        self.files = [str(root) for root in self._roots if root.is_file()]
        self._tables: dict[Path, Lookup] = {}
        self._everywhere = [self._table(Path(path).expanduser().absolute()) for path in metadata]
        beside = {str(root) + os.sep: self._found_beside(root) for root in self._roots if root.is_dir()}
        self._beside = {root: table for root, table in beside.items() if table is not None}

    def entries(self) -> Iterator[Entry]:
        """Go through all files, each once, as :func:`~synesthete.sources.folder.scan` does; lists come first."""
        listed: set[str] = set()
        for path in self._lists:
            yield from self._listed(path, listed)
        for entry in scan(self._roots, self._suffixes, self._within):
            if entry.path not in listed:
                yield self._with_metadata(entry) if isinstance(entry, Found) else entry
        for address in self._addresses:
            for entry in behind_addresses.scan(address, self._suffixes):
                yield self._with_metadata(entry) if isinstance(entry, Found) else entry

    def _listed(self, path: Path, seen: set[str]) -> Iterator[Entry]:
        n_addresses = 0
        for place, given in _read_list(path):
            if given is None:
                n_addresses += 1
                yield NotSound(place)
            elif place not in seen:
                seen.add(place)
                entry = look(place, self._suffixes, path.name)
                yield self._with_metadata(replace(entry, metadata=given)) if isinstance(entry, Found) else entry
        if n_addresses:
            self.remarks[str(path)] = f"{n_addresses:,} entries of {path} are addresses on the web: passed over."

    def _with_metadata(self, found: Found) -> Found:
        """A file with all that is known of it: explicit tables go before the list, and that before what lies beside."""
        beside = [table for root, table in self._beside.items() if found.path.startswith(root)]
        if not (beside or self._everywhere or self._is_genre_from_folder):
            return found
        given = dict(found.metadata.given)
        for table in beside:
            given = {**table(found.path).given, **given}
        for table in self._everywhere:
            given = {**given, **table(found.path).given}
        filling = {"genre": plain(Path(found.path).parent.name)} if self._is_genre_from_folder else {}
        return replace(found, metadata=Metadata(given, filling)) if given or filling else found

    def _found_beside(self, root: Path) -> Lookup | None:
        path = kaggle.find_record(root) or fma.find_tracks(root)
        return self._table(path) if path is not None else None

    def _table(self, path: Path) -> Lookup:
        if path in self._tables:
            return self._tables[path]
        table: fma.FmaTracks | kaggle.Record
        if beets.is_database(path):
            with kaggle.Record.open(path) as table:
                pass  # what is needed of it is in memory
        else:
            table = fma.FmaTracks(path)
            if table.n_damaged:
                self.remarks[str(path)] = f"{table.n_damaged:,} rows of {path} are damaged: passed over."
        self._tables[path] = table
        return table


def _is_list(place: Path, suffixes: frozenset[str]) -> bool:
    if not place.is_file() or place.suffix.lower() in suffixes:
        return False
    return _is_playlist(place) or beets.is_database(place)


def _is_playlist(place: Path) -> bool:
    return place.suffix.lower() in playlists.SUFFIXES


def _read_list(path: Path) -> Iterator[tuple[str, Metadata | None]]:
    """Paths of a list with what it says of them; None stands beside an address on the web."""
    if _is_playlist(path):
        for place, is_address in playlists.read_playlist(path):
            yield place, None if is_address else NO_METADATA
    else:
        yield from beets.read_library(path)
