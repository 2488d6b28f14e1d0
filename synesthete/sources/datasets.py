"""Collections of openly licensed music that can be had in one go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from synesthete.errors import SourceError
from synesthete.sources.archive import SPARE_BYTES, free_bytes, in_gib, unpack
from synesthete.sources.download import OnProgress, Remote, ensure, part_of, size_of
from synesthete.sources.fma import FILE_NAME, FmaTracks

FMA_URL = "https://os.unil.cloud.switch.ch/fma"
_DONE = ".unpacked"  # in the folder an archive was unpacked into; holds the archive's checksum
_METADATA_FILES = ("fma_metadata/tracks.csv", "fma_metadata/genres.csv", "fma_metadata/README.txt")


@dataclass(frozen=True)
class Archive:
    """A ZIP file of one folder, which has the file's name without ``.zip``.

    Attributes
    ----------
    file_name : str
    sha1 : str
    n_bytes : int [bytes]
        Size; the server's file may not be larger.
    n_unpacked_bytes : int [bytes]
        About how much of it is kept.
    only : tuple of str
        Names of the files that are kept; empty for all.
    """

    file_name: str
    sha1: str
    n_bytes: int
    n_unpacked_bytes: int
    only: tuple[str, ...] = ()

    def folder(self, parent: Path) -> Path:
        """Where it is unpacked."""
        return parent / self.file_name.removesuffix(".zip")

    def is_unpacked(self, parent: Path) -> bool:
        """Whether all of it lies there."""
        done = self.folder(parent) / _DONE
        return done.is_file() and done.read_text(encoding="latin-1") == self.sha1


@dataclass(frozen=True)
class Dataset:
    """Music and what is known of it: a description, and an archive of each."""

    what: str
    audio: Archive
    metadata: Archive


# Sizes and checksums as FMA's own README and servers give them; fma_medium's size is rounded up.
_FMA_METADATA = Archive(
    "fma_metadata.zip", "f0df49ffe5f2a6008d7dc83c6915b31835dfe733", 358_412_441, 265_000_000, _METADATA_FILES
)
DATASETS = {
    "fma-small": Dataset(
        "8,000 songs, 30 seconds of each, in 8 genres",
        Archive("fma_small.zip", "ade154f733639d52e35e32f5593efe5be76c6d70", 7_679_594_875, 7_700_000_000),
        _FMA_METADATA,
    ),
    "fma-medium": Dataset(
        "25,000 songs, 30 seconds of each, in 16 genres",
        Archive("fma_medium.zip", "c67b69ea232021025fca9231fc1c7c1a063ab50b", 24_500_000_000, 24_500_000_000),
        _FMA_METADATA,
    ),
    "fma-large": Dataset(
        "106,574 songs, 30 seconds of each, in 161 genres",
        Archive("fma_large.zip", "497109f4dd721066b5ce5e5f250ec604dc78939e", 100_306_112_191, 100_500_000_000),
        _FMA_METADATA,
    ),
}
LICENCE = (
    "Each song is under the licence that its artist chose, most often one of Creative Commons; the catalogue keeps it "
    "with the song. The metadata is CC BY 4.0. FMA is meant for research: https://github.com/mdeff/fma"
)


def bytes_to_come(dataset: Dataset, folder: Path) -> tuple[int, int]:
    """How much is still to be downloaded, and how much room that and the unpacking take [bytes].

    Raises
    ------
    SourceError
        The folder may not be looked into.
    """
    n_download = n_room = 0
    try:
        for archive in (dataset.metadata, dataset.audio):
            if archive.is_unpacked(folder):
                continue
            path = folder / archive.file_name
            n_missing = 0 if size_of(path) else max(archive.n_bytes - size_of(part_of(path)), 0)
            n_unpacked = sum(size_of(file) for file in archive.folder(folder).rglob("*"))
            n_download += n_missing
            n_room += n_missing + max(archive.n_unpacked_bytes - n_unpacked, 0)
    except OSError as error:
        raise SourceError(f"The folder {folder} cannot be looked into: {error}.") from error
    return n_download, n_room


def check_room(dataset: Dataset, folder: Path) -> None:
    """SourceError where the disk has no room for what is still to come."""
    _, n_room = bytes_to_come(dataset, folder)
    n_free = free_bytes(folder)
    if n_room and n_room + SPARE_BYTES > n_free:
        raise SourceError(
            f"{in_gib(n_room)} are needed in {folder}, where {in_gib(n_free)} are free. Make room, or choose another "
            "folder with --folder."
        )


def get(
    dataset: Dataset,
    folder: Path,
    *,
    url: str = FMA_URL,
    is_archive_kept: bool = False,
    on_progress: OnProgress | None = None,
) -> Path:
    """Download, check and unpack a collection; whatever stops it, the next call goes on from there.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Gets the folder of the music and, beside it, the one of its metadata.
    url : str
        Of the folder on the server, or on a mirror of it.
    is_archive_kept : bool
        Keep the ZIP files when they are unpacked.
    on_progress : callable(str, float), optional
        Called with what is being done, and how much of it is done, in [0, 1].

    Returns
    -------
    Path
        The folder of the music.

    Raises
    ------
    SourceError
        The disk has no room, the server cannot be reached, or what it sends is not the collection.
    """
    check_room(dataset, folder)
    for archive in (dataset.metadata, dataset.audio):
        if archive.is_unpacked(folder):
            continue
        name = archive.file_name
        remote = Remote(name, f"{url.rstrip('/')}/{name}", name, archive.sha1, archive.n_bytes)
        try:
            path = ensure(remote, folder, on_progress=on_progress)
        except SourceError as error:
            raise SourceError(f"{error} The same command goes on from here; --url names a mirror.") from error
        unpack(path, folder, only=archive.only or None, on_progress=on_progress)
        _note_done(archive, folder)
        if not is_archive_kept:
            path.unlink()
    return dataset.audio.folder(folder)


def _note_done(archive: Archive, folder: Path) -> None:
    try:
        archive.folder(folder).mkdir(exist_ok=True)
        (archive.folder(folder) / _DONE).write_text(archive.sha1, encoding="latin-1")
    except OSError as error:
        raise SourceError(f"{archive.folder(folder)} cannot be written to: {error}.") from error


def licences(dataset: Dataset, folder: Path) -> Counter[str]:
    """How many songs of a collection that has been unpacked are under each licence."""
    tracks = FmaTracks(dataset.metadata.folder(folder) / FILE_NAME)
    songs = dataset.audio.folder(folder).glob("*/*.mp3")
    return Counter(str(tracks(str(song)).given.get("licence", "licence unknown")) for song in songs)
