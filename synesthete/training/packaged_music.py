"""Openly licensed music out of Debian's packages: more kinds to learn from, without any other place to ask.

``python -m synesthete.training.packaged_music FOLDER`` downloads packages of games and programs with soundtracks, takes
the longer pieces out of them and writes FOLDER with a ``tracks.csv`` as ``synesthete train resnet --music`` reads it.
All packages belong to Debian's main section, whose music may be used, changed and passed on by everybody.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import soundfile

from synesthete import settings
from synesthete.audio import read_clip
from synesthete.errors import SynestheteError
from synesthete.training.track_list import write_track_list

# Those of Debian 12 that hold pieces of 30 s or more as plain files.
PACKAGES = (
    *("a7xpg-data", "amoebax-data", "ardentryst", "asc-music", "btanks-data", "caveexpress-data"),
    *("colobot-common-sounds", "drascula-music", "endless-sky-data", "enigma-data", "extremetuxracer-data"),
    *("fillets-ng-data", "flare-game", "freedink-data", "freedroidrpg-data", "freeorion-data"),
    *("fretsonfire-songs-muldjord", "fretsonfire-songs-sectoid", "gigalomania-data", "glob2-data", "gunroar-data"),
    *("hedgewars-data", "hyperrogue-music", "lincity-ng-data", "lugaru-data", "marsshooter-data", "mu-cade-data"),
    *("naev-data", "noiz2sa-data", "openclonk-data", "parsec47-data", "powermanga-data", "rrootage-data"),
    *("scorched3d-data", "singularity-music", "starfighter-data", "supertux-data", "supertuxkart-data"),
    *("titanion-data", "torcs-data", "torus-trooper-data", "tumiki-fighters-data", "tuxfootball", "tuxmath-data"),
    *("warmux-data", "warzone2100-music", "wesnoth-1.16-music", "widelands-data", "wizznic-data", "xmoto-data"),
    "zaz-data",
)
SUFFIXES = (".ogg", ".mp3", ".opus", ".flac")
MIN_SECONDS, MAX_SECONDS = 30.0, 120.0
MAX_PER_PACKAGE = 40
TIMEOUT_SECONDS = 1_200


def fetch(package: str, folder: Path) -> Path:
    """Download one package and unpack its music and its copyright file; returns where they lie.

    Raises
    ------
    SynestheteError
        If the package cannot be had: no Debian, no such package, no network.
    """
    try:
        subprocess.run(
            ["apt-get", "download", "-q", package], cwd=folder, check=True, capture_output=True, timeout=TIMEOUT_SECONDS
        )
        (archive,) = folder.glob(f"{package}_*.deb")
        place = folder / package
        subprocess.run(
            ["dpkg-deb", "--extract", str(archive), str(place)],
            check=True,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SynestheteError(f"The Debian package {package} could not be fetched: {error}.") from error
    archive.unlink()
    return place


def long_pieces(place: Path) -> list[Path]:
    """The files below ``place`` that are long enough to learn from; at most 40, spread evenly."""
    found = []
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or path.is_symlink() or not path.is_file():
            continue
        try:
            if soundfile.info(path).duration >= MIN_SECONDS:
                found.append(path)
        except soundfile.LibsndfileError:
            continue
    step = max(len(found) / MAX_PER_PACKAGE, 1)
    return [found[int(number * step)] for number in range(min(len(found), MAX_PER_PACKAGE))]


def convert(package: str, place: Path, target: Path) -> Iterator[dict[str, Any]]:
    """Write the beginning of each piece, mono Ogg Vorbis, into ``target``; one row of ``tracks.csv`` for each."""
    for path in long_pieces(place):
        inside = path.relative_to(place).as_posix()
        track_id = hashlib.sha256(f"{package}/{inside}".encode()).hexdigest()[:12]
        with soundfile.SoundFile(path) as file:
            title, artist = file.title or path.stem, file.artist
        try:
            samples = read_clip(path).samples
        except SynestheteError as error:
            sys.stderr.write(f"{package}: {inside} left out: {error}\n")
            continue
        samples = samples[: round(MAX_SECONDS * settings.AUDIO.sample_rate_hz)]
        with soundfile.SoundFile(target / f"{track_id}.ogg", "w", settings.AUDIO.sample_rate_hz, 1) as out:
            for first in range(0, len(samples), 1 << 16):  # long blocks overflow the stack of the Vorbis writer
                out.write(samples[first : first + (1 << 16)])
        yield {
            "track_id": track_id,
            "file": f"{track_id}.ogg",
            "title": title,
            "artist": artist,
            "album": package,
            "seconds": round(len(samples) / settings.AUDIO.sample_rate_hz, 1),
            "licence": "free, see the package's copyright file",
            "source": f"debian:{package}:{inside}",
        }


def gathered(
    arguments: Sequence[str] | None,
    program: str,
    about: str | None,
    packages: Sequence[str],
    convert: Callable[[str, Path, Path], Iterator[dict[str, Any]]],
) -> int:
    """The command line of a module that writes what some of Debian's packages hold, and its exit status."""
    parser = argparse.ArgumentParser(prog=program, description=about)
    parser.add_argument("folder", type=Path, help="gets the sounds and their tracks.csv")
    parser.add_argument("--packages", nargs="+", default=packages, help="default: all that are known to hold some")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    missing = []
    for package in chosen.packages:
        with tempfile.TemporaryDirectory() as place:
            try:
                found = list(convert(package, fetch(package, Path(place)), chosen.folder))
            except SynestheteError as error:
                missing.append(str(error))
                continue
        rows += found
        sys.stderr.write(f"{package}: {len(found)} pieces\n")
    path = write_track_list(chosen.folder, rows)
    sys.stdout.write("\n".join([f"{path}: {len(rows)} pieces", *missing]) + "\n")
    return 0 if rows else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Download Debian's packages with music and write a folder to learn from."""
    return gathered(arguments, "python -m synesthete.training.packaged_music", main.__doc__, PACKAGES, convert)


if __name__ == "__main__":
    raise SystemExit(main())
