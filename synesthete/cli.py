"""The command line: the same answers as the page, for a terminal or another program."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synesthete import __version__, settings
from synesthete.audio.formats import SUPPORTED
from synesthete.catalogue.command import add_doctor_command, add_find_command, add_share_commands
from synesthete.catalogue.index_command import add_index_command
from synesthete.encoders.registry import ask_before_downloads
from synesthete.errors import SynestheteError
from synesthete.evaluation.command import add_evaluate_command
from synesthete.evaluation.neighbours import add_neighbours_command
from synesthete.files import check_archive
from synesthete.sources.command import add_get_command
from synesthete.terminal import ENDED_BY, show_progress
from synesthete.text import printable
from synesthete.tracks import clock
from synesthete.training.command import add_train_command

if TYPE_CHECKING:
    from synesthete.catalogue import Catalogue
    from synesthete.catalogue.index_command import Tell
    from synesthete.encoders.base import Encoder

EXIT_OK, EXIT_FAILED = 0, 1
_ONLY = {
    "only": "look only among tracks of which this is heard or written: jazz, 80s, a name",
    "artist": "look only among tracks of this artist",
    "genre": "look only among tracks of this genre",
    "folder": "look only among tracks in this folder and those below it",
}
MOST_FAILURES = 3  # named at each search
LEAST_WITH_MAP = 1000  # tracks; a map of fewer is made in the moment that it is asked for


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        As typed after the program's name; ``sys.argv`` by default.

    Returns
    -------
    int
        0, or 1 after a sentence on standard error (2 for a usage that argparse refuses).
    """
    chosen = _parser().parse_args(arguments)
    ask_before_downloads(_agrees)
    try:
        return int(chosen.run(chosen))
    except SynestheteError as error:
        print(f"{ENDED_BY}{error}", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe has gone; nothing more to say to anybody
        return EXIT_OK


def _agrees(question: str) -> bool:
    """Whether whoever sits at the terminal says yes; no where nobody does."""
    if not sys.stdin or not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synesthete",
        description="Hear with your eyes: any sound in, the tracks that sound most alike out.",
    )
    parser.add_argument("--version", action="version", version=f"synesthete {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_index_command(commands, _make_searchable)
    add_get_command(commands, lambda arguments: main(["index", *arguments]))
    _add_search(commands)
    add_find_command(commands)
    add_neighbours_command(commands)
    _add_embed(commands)
    add_evaluate_command(commands)
    add_train_command(commands)
    add_doctor_command(commands, _index_problem)
    add_share_commands(commands, _make_searchable)
    return parser


def _make_searchable(
    catalogue: Catalogue, encoder_names: Sequence[str], tell: Tell, *, has_changed: bool, has_map: bool = True
) -> None:
    """Build the index files, count what pages show, and lay out the map of a large catalogue.

    That is, of one that has changed, or whose last run was stopped before its index was made.
    """
    from synesthete import encoders
    from synesthete.catalogue.kept_figures import figures_now
    from synesthete.search import index_folder, index_problem, make_searchable

    if not len(catalogue):
        return
    folder = index_folder(catalogue)
    loaded = [encoders.load(name) for name in encoder_names]
    if not has_changed:
        loaded = [encoder for encoder in loaded if index_problem(catalogue, encoder, folder)]
    if not loaded:
        return
    tell("Making them searchable …", 0.0)
    for encoder in loaded:
        make_searchable(catalogue, encoder, folder)
    figures_now(catalogue, folder)
    if has_map and len(catalogue) >= LEAST_WITH_MAP:
        from synesthete.landscape.drawn import keep_map

        for encoder in loaded:
            keep_map(catalogue, encoder, tell)
    tell("They can be searched", 1.0)


def _index_problem(catalogue: Catalogue, encoder: Encoder) -> str:
    from synesthete.search import index_folder, index_problem

    return index_problem(catalogue, encoder, index_folder(catalogue))


def _add_search(commands: Any) -> None:
    search = commands.add_parser("search", help="the tracks of the catalogue that sound most like a file")
    search.set_defaults(run=_search)
    search.add_argument("file", metavar="FILE", help=f"any sound: {SUPPORTED}")
    _add_encoder(search)
    search.add_argument("--catalogue", type=Path, help="a catalogue's .sqlite file (default: the built-in one)")
    search.add_argument("--k", type=int, default=10, help="how many matches (default: 10)")
    search.add_argument("--min-similarity", type=float, default=-1.0, metavar="COSINE", help="least cosine similarity")
    search.add_argument("--max-per-artist", type=int, metavar="N", help="at most N tracks of one artist")
    search.add_argument("--max-seconds", type=float, metavar="S", help="leave out tracks longer than S seconds")
    for option, text in _ONLY.items():
        search.add_argument(f"--{option}", default="", metavar="TEXT", help=text)
    search.add_argument("--show-duplicates", action="store_true", help="keep other versions of one recording")
    search.add_argument(
        "--compare", choices=("auto", "track", "passage"), default="auto",
        help="whole tracks, or the best passages (default: what suits the encoder)",
    )  # fmt: skip
    search.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def _add_embed(commands: Any) -> None:
    embed = commands.add_parser("embed", help="write the embeddings of files to a NumPy archive")
    embed.set_defaults(run=_embed)
    embed.add_argument("files", metavar="FILE", nargs="+", type=Path)
    _add_encoder(embed)
    embed.add_argument(
        "--output", required=True, type=Path, metavar="X.npz",
        help="gets the arrays ids (file stems) and X (one unit vector a row), in the order given",
    )  # fmt: skip


def _add_encoder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--encoder", default=settings.DEFAULT_ENCODER, metavar="NAME",
        help="statistics, resnet, resnet50-imagenet, … (default: %(default)s)",
    )  # fmt: skip


def _search(chosen: argparse.Namespace) -> int:
    from synesthete import encoders, sampler
    from synesthete.audio import read_clip
    from synesthete.catalogue import Catalogue
    from synesthete.search import SearchEngine, SearchOptions, TrackFilter, index_folder

    options = SearchOptions(
        k=chosen.k,
        min_similarity=chosen.min_similarity,
        max_per_artist=chosen.max_per_artist,
        hide_duplicates=not chosen.show_duplicates,
        max_seconds=chosen.max_seconds,
        compare=chosen.compare,
        only=TrackFilter(chosen.artist, chosen.genre, _in_full(chosen.folder), text=chosen.only),
    )
    encoder = encoders.load(chosen.encoder)
    named = Catalogue.open(chosen.catalogue, is_read_only=True) if chosen.catalogue else None
    clip = read_clip(chosen.file)  # before the built-in catalogue is perhaps analysed: a wrong path is told at once
    opened = named if named is not None else sampler.open_embedded(encoder, lambda: _announce(encoder), show_progress)
    failures = opened.failures()
    for failure in failures[:MOST_FAILURES]:
        print(printable(f"Left out: {failure.path}: {failure.reason}", "�"), file=sys.stderr)
    if len(failures) > MOST_FAILURES:
        print(f"{len(failures):,} files are left out in all; 'synesthete doctor' says why.", file=sys.stderr)
    with opened as catalogue:
        engine = SearchEngine(catalogue, encoder, index_folder(catalogue))
        result = engine.search(clip, options)
        if chosen.json:
            print(json.dumps(_as_json(chosen.file, encoder.name, result), ensure_ascii=False, indent=2))
        else:
            _print_table(result, result.scale)
    return EXIT_OK


def _in_full(folder: str) -> str:
    """A folder as catalogues keep its path; what is no folder here, such as an address, stays as it is."""
    path = Path(folder).expanduser()
    return str(path.absolute()) if folder and path.is_dir() else folder


def _announce(encoder: Encoder) -> None:
    """Say that the built-in catalogue is analysed now; the notes name missing members, and how to add them."""
    sentence = f"The encoder {encoder.name} analyses the built-in catalogue once; this takes a while …"
    print(sentence, *encoder.notes, sep="\n", file=sys.stderr)


def _as_json(file: str, encoder_name: str, result: Any) -> dict[str, Any]:
    def recording(match: Any) -> dict[str, Any]:
        return {
            "track_id": match.track.track_id,
            "title": match.track.title,
            "artist": match.track.artist,
            "path": match.track.path,
            "cosine": round(match.cosine, 6),
            "offset_seconds": round(match.offset_seconds, 2),
            "query_offset_seconds": round(match.query_offset_seconds, 2),
        }

    def row(rank: int, match: Any) -> dict[str, Any]:
        return {"rank": rank} | recording(match) | {"album": match.track.album, "genre": match.track.genre}

    return {
        "query": os.fsencode(file).decode("utf-8", "replace"),
        "encoder": encoder_name,
        "compared": result.compared,
        "n_tracks": result.n_tracks,
        "recognised": recording(result.recognised) if result.recognised else None,
        "same_recording": [row(0, match) for match in result.same_recording],
        "matches": [row(rank, match) for rank, match in enumerate(result.matches, start=1)],
    }


def _print_table(result: Any, scale: Any) -> None:
    from synesthete.audio import content_id

    named = result.recognised
    if named:
        by = f" by {named.track.artist}" if named.track.artist else ""
        is_its_file = content_id(result.clip) == named.track.track_id
        heard = "; it is in this catalogue" if is_its_file else f", heard from {clock(named.offset_seconds)}"
        print(f"This is {printable(named.track.title + by, '�')}{heard}")
    for match in result.same_recording:
        if named is None or match.track.track_id != named.track.track_id:
            print(f"The same recording: {printable(match.track.label, '�')}")
    if not result.matches:
        print("No track of the catalogue passes these options.")
    for rank, match in enumerate(result.matches, start=1):
        label = printable(match.track.label, "�")
        print(f"{rank:3} {match.cosine:6.3f}  {clock(match.offset_seconds):>5}  {label}  ({scale.words(match.cosine)})")


def _embed(chosen: argparse.Namespace) -> int:
    import numpy as np

    from synesthete import encoders
    from synesthete.audio import read_clip
    from synesthete.encoders.track_space import own_space

    check_archive(chosen.output, "--output")
    encoder = encoders.load(chosen.encoder)
    features, failures = [], []
    for file in chosen.files:
        try:
            features.append(encoder.embed(read_clip(file)).track_features)
        except SynestheteError as error:
            failures.append(str(error))
    if failures:
        raise SynestheteError(
            f"{len(failures)} of {len(chosen.files)} files could not be embedded; nothing was written. "
            + " ".join(failures)
        )
    with chosen.output.open("wb") as archive:
        vectors = own_space(encoder)(np.stack(features))
        np.savez(archive, ids=np.array([file.stem for file in chosen.files]), X=vectors)
    print(f"{len(vectors)} x {vectors.shape[1]} -> {chosen.output}", file=sys.stderr)
    return EXIT_OK
