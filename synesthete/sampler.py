"""The built-in catalogue: our own music under ``data/sampler``, embedded when the project is built.

``python -m synesthete.sampler`` reads the manifest and makes ``catalogue.sqlite`` and the index files, so that
the first start of the app does no analysis. The app opens the catalogue read-only; an encoder that is not in it
embeds the tracks once, into a copy in the user's own folder.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from synesthete import encoders
from synesthete.audio import content_id, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.ingest import Progress, embed_missing
from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError
from synesthete.landscape.of_catalogue import map_of
from synesthete.search import SearchEngine
from synesthete.settings import Paths
from synesthete.terminal import show_progress
from synesthete.tracks import Track

CATALOGUE_NAME = "catalogue.sqlite"
# Encoders whose vectors ship with the project; those that are not ready on the building machine are left out. The
# default one is last, because the words of a track are those of the encoder that was the last to hear it.
SHIPPED = ("resnet", "musicnn", "timbre", "statistics", "synesthete")


def open_sampler(paths: Paths | None = None) -> Catalogue:
    """Open the built-in catalogue, read-only, as shipped.

    Raises
    ------
    CatalogueError
        If it has not been built or is damaged.
    """
    paths = paths or Paths()
    file = paths.sampler / CATALOGUE_NAME
    if not file.is_file():
        raise CatalogueError(f"The built-in catalogue is not at {file}. Build it with: make sampler")
    return Catalogue.open(file, is_read_only=True)


def open_for(encoder: Encoder, paths: Paths | None = None) -> Catalogue:
    """Open the built-in catalogue so that it holds the vectors of ``encoder``, if they have been made.

    The shipped file where it has the vectors; else the user's copy of it, if that one has.
    """
    paths = paths or Paths()
    shipped = open_sampler(paths)
    if not shipped.missing(encoder.fingerprint):
        return shipped
    copy = _copy_path(paths)  # reads the whole shipped file: only where it is needed
    if not copy.is_file():
        return shipped
    shipped.close()
    return _open_copy(copy, paths)


def open_embedded(
    encoder: Encoder,
    on_begin: Callable[[], None] = lambda: None,
    on_progress: Progress | None = None,
    paths: Paths | None = None,
) -> Catalogue:
    """Open the built-in catalogue with the vectors of ``encoder``, made now where they are missing.

    Parameters
    ----------
    encoder : Encoder
    on_begin : callable
        Called once before anything is embedded; not where all vectors are there.
    on_progress : Progress, optional
    paths : Paths, optional
    """
    opened = open_for(encoder, paths)
    if not opened.missing(encoder.fingerprint):
        return opened
    opened.close()
    on_begin()
    return embed_with(encoder, on_progress, paths)


def embed_with(encoder: Encoder, on_progress: Progress | None = None, paths: Paths | None = None) -> Catalogue:
    """Embed the built-in tracks with an encoder that is not shipped, into the user's copy; resumable."""
    paths = paths or Paths()
    copy = _copy_path(paths)
    if not copy.is_file():
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=copy.parent) as own:  # two visitors may ask at once
                partial = Path(shutil.copyfile(paths.sampler / CATALOGUE_NAME, Path(own) / CATALOGUE_NAME))
                if not copy.is_file():
                    partial.rename(copy)
        except OSError as error:
            raise CatalogueError(
                f"The vectors of {encoder.name} cannot be kept in {copy.parent}: {error}. "
                "Set SYNESTHETE_HOME to a folder you can write to."
            ) from error
    catalogue = _open_copy(copy, paths)
    embed_missing(catalogue, encoder, on_progress)
    return catalogue


def embedded_names(paths: Paths | None = None) -> frozenset[str]:
    """Names of the encoders that have vectors of built-in tracks, shipped or in the user's copy; none is loaded."""
    paths = paths or Paths()
    with open_sampler(paths) as shipped:
        names = {entry.name for entry in shipped.encoders()}
    copy = _copy_path(paths)
    if copy.is_file():
        with _open_copy(copy, paths) as own:
            names |= {entry.name for entry in own.encoders()}
    return frozenset(names)


def _open_copy(copy: Path, paths: Paths) -> Catalogue:
    catalogue = Catalogue.open(copy)
    catalogue.folder = paths.sampler  # the audio stays where it is
    return catalogue


def _copy_path(paths: Paths) -> Path:
    """Where the user's copy lies: named after the shipped file's content, so an update starts afresh."""
    digest = hashlib.sha256((paths.sampler / CATALOGUE_NAME).read_bytes()).hexdigest()[:12]
    return paths.state / f"sampler-{digest}.sqlite"


def build(folder: Path, on_progress: Progress | None = None) -> Catalogue:
    """Make the catalogue of ``folder`` from its ``manifest.csv``.

    Raises
    ------
    CatalogueError
        If a file of the manifest is missing or its checksum differs.
    """
    file = folder / CATALOGUE_NAME
    for old in (file, *folder.glob("*.index"), *folder.glob("*.landscape.npz"), *folder.glob(CATALOGUE_NAME + "-*")):
        old.unlink(missing_ok=True)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    catalogue = Catalogue.open(file)
    for row in rows:
        audio = folder / row["file"]
        if not audio.is_file() or hashlib.sha256(audio.read_bytes()).hexdigest() != row["sha256"]:
            raise CatalogueError(f"{row['file']} is missing or differs from the manifest. Run: make sampler")
        clip = read_clip(audio, name=row["title"])
        catalogue.add_track(
            Track(
                track_id=content_id(clip),
                title=row["title"],
                artist=row["artist"],
                album=row["album"],
                genre=row["genre"],
                seconds=round(clip.seconds, 2),
                path=row["file"],
                licence=row["licence"],
                source="synesthete sampler",
            )
        )
    catalogue.set_provenance("source", "Synesthete sampler: our own music, CC0-1.0, made by tools/composer")
    for name in SHIPPED:
        if name in encoders.available() and encoders.is_ready(name):
            encoder = encoders.load(name)
            embed_missing(catalogue, encoder, on_progress)
            engine = SearchEngine(catalogue, encoder, index_folder=folder)
            _, vectors = engine.vectors()
            map_of(engine.vectors_revision, partial(np.asarray, vectors), encoder.fingerprint, [folder])
    failures = catalogue.failures()
    if failures:
        raise CatalogueError(f"{failures[0].path} could not be embedded: {failures[0].reason}")
    catalogue.pack()
    return catalogue


def main() -> None:
    """Build the built-in catalogue in place and say what came of it."""
    folder = Paths().sampler
    catalogue = build(folder, show_progress)
    vectors = ", ".join(f"{entry.name} {entry.n_tracks}" for entry in catalogue.encoders())
    sys.stderr.write(f"{catalogue.path.name}: {len(catalogue)} tracks; vectors: {vectors}\n")


if __name__ == "__main__":
    main()
