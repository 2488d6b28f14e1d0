"""The command ``synesthete get``: music for those who have none at hand, or whose list of songs is no music yet."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synesthete import settings
from synesthete.errors import OptionError
from synesthete.terminal import show_progress
from synesthete.text import printable, shorten

if TYPE_CHECKING:
    from synesthete.sources.datasets import Dataset
    from synesthete.sources.downloader import DownloadCounts
    from synesthete.sources.kaggle import Song

EXIT_FEWER, EXIT_INTERRUPTED = 3, 130
SHOWN_FAILURES = 20
SHOWN_LICENCES = 5
RIGHTS = (
    "You must have the right to the audio that the command fetches: its licence, the terms of the service and the law "
    "of your country are yours to keep. Synesthete brings no audio and no such program."
)


def add_get_command(subparsers: Any, index: Callable[[list[str]], int]) -> None:
    """Add ``get`` to the commands of a parser; ``index`` runs ``synesthete index`` with the arguments given."""
    get = subparsers.add_parser(
        "get", help="get openly licensed music (FMA), or the songs of a list by a program of your own"
    )
    what = get.add_subparsers(title="what to get", required=True, metavar="WHAT")
    for name, songs in (("fma-small", "8,000"), ("fma-medium", "25,000"), ("fma-large", "106,574")):
        _add_dataset(what, name, songs, index)
    _add_spotify_list(what, index)


def _add_dataset(what: Any, name: str, songs: str, index: Callable[[list[str]], int]) -> None:
    command = what.add_parser(name, help=f"{songs} songs of the Free Music Archive, 30 seconds of each")
    command.set_defaults(run=lambda chosen: _get_dataset(name, chosen, index))
    _add_folder(command, settings.Paths().state / "music" / name)
    command.add_argument(
        "--url", metavar="URL", help="a mirror: the folder on a server where the ZIP files lie (default: FMA's own)"
    )
    command.add_argument("--yes", action="store_true", help="begin without asking")
    command.add_argument("--keep-archives", action="store_true", help="keep the ZIP files when they are unpacked")


def _add_spotify_list(what: Any, index: Callable[[list[str]], int]) -> None:
    command = what.add_parser(
        "spotify-list",
        help="songs of Kaggle's SpotifyFeatures.csv, each fetched by a command of yours",
        epilog=RIGHTS,
    )
    command.set_defaults(run=lambda chosen: _get_spotify_list(chosen, index))
    command.add_argument("list", metavar="CSV", type=Path, help="Kaggle's list: SpotifyFeatures.csv")
    command.add_argument(
        "--command", required=True, metavar="COMMAND",
        help="fetches one song; {id}, {url} and {folder} in it stand for the song's Spotify id, the address of its "
        "page and where the file belongs (without {folder} it runs there), as in: my-program {url} --output {folder}. "
        "No shell runs it",
    )  # fmt: skip
    _add_folder(command, settings.Paths().state / "music" / "spotify-list")
    command.add_argument("--n", type=int, default=1000, help="how many songs (default: %(default)s)")
    command.add_argument("--seed", type=int, default=0, help="of the random choice among the list (default: 0)")
    command.add_argument("--tries", type=int, default=3, metavar="N", help="for each song (default: %(default)s)")
    command.add_argument(
        "--timeout", type=float, default=300.0, metavar="S", help="seconds for each try (default: 300)"
    )
    command.add_argument(
        "--pause", type=float, default=2.0, metavar="S", help="seconds before another try, then doubled (default: 2)"
    )
    command.add_argument("--retry", action="store_true", help="try songs again that failed in an earlier run")


def _add_folder(command: argparse.ArgumentParser, default: Path) -> None:
    command.add_argument(
        "--folder", type=Path, metavar="FOLDER", default=default, help="gets the music (default: %(default)s)"
    )
    command.add_argument("--index", action="store_true", help="take the music into your catalogue at once")


def _get_dataset(name: str, chosen: argparse.Namespace, index: Callable[[list[str]], int]) -> int:
    from synesthete.sources.datasets import DATASETS

    try:
        return get_dataset(name, DATASETS[name], chosen, index)
    except KeyboardInterrupt:
        return _interrupted()


def get_dataset(name: str, dataset: Dataset, chosen: argparse.Namespace, index: Callable[[list[str]], int]) -> int:
    """Say what will be downloaded and ask, get it, and say or do what comes next; the exit code."""
    from synesthete.sources import datasets
    from synesthete.sources.archive import free_bytes, in_gib

    folder, url = chosen.folder.expanduser().absolute(), chosen.url or datasets.FMA_URL
    if not re.fullmatch(r"https?://[\w.:-]+(/\S*)?", url):
        raise OptionError(f"--url is {url!r}; give an address such as {datasets.FMA_URL}.")
    n_download, n_room = datasets.bytes_to_come(dataset, folder)
    n_free = free_bytes(folder)
    sys.stdout.write(f"{name}: {dataset.what}, from the Free Music Archive.\n{datasets.LICENCE}\n")
    datasets.check_room(dataset, folder)
    if n_room:
        sys.stdout.write(
            f"{in_gib(n_download)} to download; {in_gib(n_room)} needed in {folder}, {in_gib(n_free)} free.\n"
        )
        if not chosen.yes and not _agrees():
            sys.stdout.write("Nothing was downloaded.\n")
            return 0
    music = datasets.get(
        dataset,
        folder,
        url=url,
        is_archive_kept=chosen.keep_archives,
        on_progress=show_progress,
    )
    licences = datasets.licences(dataset, folder)
    sys.stdout.write(f"{licences.total():,} songs in {music}\n")
    most_common = sorted(licences.items(), key=lambda item: (-item[1], item[0]))
    for licence, n_songs in most_common[:SHOWN_LICENCES]:
        sys.stdout.write(f"  {n_songs:,}: {printable(licence, '�')}\n")
    if len(licences) > SHOWN_LICENCES:
        sys.stdout.write(f"  … and {len(licences) - SHOWN_LICENCES} further licences\n")
    return _next(music, chosen, index)


def _get_spotify_list(chosen: argparse.Namespace, index: Callable[[list[str]], int]) -> int:
    from synesthete.sources.downloader import Command, download_songs
    from synesthete.sources.kaggle import RECORD_NAME, read_songs, shuffled

    for name in ("n", "tries"):
        if getattr(chosen, name) < 1:
            raise OptionError(f"--{name} is {getattr(chosen, name)}; it must be at least 1.")
    if not chosen.timeout > 0 or not chosen.pause >= 0:
        raise OptionError(f"--timeout is {chosen.timeout} and --pause {chosen.pause}; they must be positive.")
    command = Command.parse(
        chosen.command, timeout_seconds=chosen.timeout, n_tries=chosen.tries, pause_seconds=chosen.pause
    )
    songs, n_damaged = read_songs(chosen.list)
    folder = chosen.folder.expanduser().absolute()
    sys.stdout.write(f"{len(songs):,} songs in {chosen.list}; {chosen.n:,} of them go to {folder}.\n{RIGHTS}\n")
    if n_damaged:
        sys.stdout.write(f"{n_damaged:,} rows of the list are damaged: passed over.\n")
    sys.stdout.flush()
    failures: list[tuple[Song, str]] = []

    def tell(song: Song, reason: str, counts: DownloadCounts) -> None:
        if reason:
            failures.append((song, reason))
        show_progress(f"{song.artist} – {song.title}", min(counts.n_there / chosen.n, 1.0))

    try:
        counts = download_songs(
            shuffled(songs, chosen.seed), command, folder, chosen.n, is_retry=chosen.retry, on_song=tell
        )
    except KeyboardInterrupt:
        return _interrupted()
    sys.stdout.write(
        f"{counts.n_there:,} of {chosen.n:,} songs are there: {counts.n_new:,} new, {counts.n_before:,} from before. "
        f"{counts.n_failed:,} failed, {counts.n_passed_over:,} had failed before and were passed over (--retry asks "
        "for them again).\n"
    )
    for song, reason in failures[:SHOWN_FAILURES]:
        sys.stdout.write(f"  {song.spotify_id} {shorten(f'{song.artist} – {song.title}', 60)}: {reason}\n")
    if len(failures) > SHOWN_FAILURES:
        sys.stdout.write(f"  … and {len(failures) - SHOWN_FAILURES:,} more\n")
    if counts.n_failed or counts.n_passed_over:
        sys.stdout.write(f"All failures and their reasons: {folder / RECORD_NAME}\n")
    code = _next(folder, chosen, index) if counts.n_there else 0
    return code or (0 if counts.n_there >= chosen.n else EXIT_FEWER)


def _agrees() -> bool:
    if not sys.stdin.isatty():
        raise OptionError("Nobody can be asked here whether to begin. Say --yes.")
    sys.stdout.write("Go on? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _interrupted() -> int:
    sys.stderr.write("\nStopped. What has come is kept; the same command goes on from here.\n")
    return EXIT_INTERRUPTED


def _next(music: Path, chosen: argparse.Namespace, index: Callable[[list[str]], int]) -> int:
    if chosen.index:
        sys.stdout.flush()
        return index([str(music)])
    sys.stdout.write(f"Take it into your catalogue with: synesthete index {shlex.quote(str(music))}\n")
    return 0
