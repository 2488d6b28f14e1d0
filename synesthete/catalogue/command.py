"""The commands about a catalogue that is there: find, doctor, export, import."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synesthete import settings
from synesthete.catalogue.index_command import EXIT_FAILURES, MakeSearchable
from synesthete.errors import OptionError
from synesthete.terminal import show_progress
from synesthete.text import printable

if TYPE_CHECKING:
    from synesthete.catalogue.doctor import IndexProblem
    from synesthete.catalogue.store import Catalogue


def add_doctor_command(subparsers: Any, index_problem: IndexProblem) -> None:
    """Add ``doctor`` to the commands of a parser; ``index_problem`` says what is wrong with a kept index."""
    command = subparsers.add_parser("doctor", help="check a catalogue: is it whole, does it fit its files and encoders")
    command.set_defaults(run=examine, index_problem=index_problem)
    command.add_argument("--catalogue", type=Path, metavar="FILE", default=settings.Paths().own_catalogue)
    command.add_argument("--json", action="store_true", help="print one JSON object a finding")


def add_find_command(subparsers: Any) -> None:
    """Add ``find`` to the commands of a parser."""
    command = subparsers.add_parser(
        "find", help="the tracks of a catalogue by words: jazz guitar, female vocals, a name"
    )
    command.set_defaults(run=find)
    command.add_argument(
        "words", metavar="WORD", nargs="+", help="what is heard, or stands in title, artist, album, genre"
    )
    command.add_argument("--catalogue", type=Path, metavar="FILE", default=settings.Paths().own_catalogue)
    command.add_argument("--limit", type=int, default=50, metavar="N", help="how many at most (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="print one JSON object a track")


def add_share_commands(subparsers: Any, make_searchable: MakeSearchable) -> None:
    """Add ``export`` and ``import`` to the commands of a parser; ``make_searchable`` as for ``index``."""
    for name, action, text in (
        ("export", export, "share a catalogue without its audio: one file of tags, vectors and words"),
        ("import", take_in, "take the tracks of a shared file into a catalogue, without audio"),
    ):
        command = subparsers.add_parser(name, help=text)
        command.set_defaults(run=action, make_searchable=make_searchable)
        command.add_argument("file", metavar="FILE", type=Path)
        command.add_argument("--catalogue", type=Path, metavar="FILE", default=settings.Paths().own_catalogue)
        command.add_argument("--json", action="store_true", help="print one JSON object of counts")


def find(chosen: argparse.Namespace) -> int:
    """Find tracks by words."""
    from synesthete.catalogue.store import Catalogue

    if chosen.limit < 1:
        raise OptionError(f"--limit is {chosen.limit}; it must be at least 1.")
    text = " ".join(chosen.words)
    with Catalogue.open(chosen.catalogue, is_read_only=True) as catalogue, catalogue.snapshot():
        tracks = catalogue.find(text, limit=chosen.limit)
        fitting, unknown = (text, ()) if tracks else catalogue.known_part(text)
        tracks = tracks or (catalogue.find(fitting, limit=chosen.limit) if fitting else ())
        words = catalogue.words_of([track.track_id for track in tracks])
        for track in tracks:
            heard = words.get(track.track_id, ())
            if chosen.json:
                sys.stdout.write(json.dumps({**asdict(track), "words": heard}, ensure_ascii=False) + "\n")
            else:
                sys.stdout.write(
                    printable(f"{track.label}  ({', '.join(heard)})" if heard else track.label, "�") + "\n"
                )
        _print_described(catalogue, text, chosen)
        if tracks and unknown:
            sys.stderr.write(
                printable(f"No track is known by {' and '.join(unknown)}, heard or written: these fit the rest.\n", "�")
            )
        for line in _remarks(catalogue, fitting if tracks else text, len(tracks)):
            sys.stderr.write(printable(line, "�") + "\n")
    return 0


def _print_described(catalogue: Catalogue, text: str, chosen: argparse.Namespace) -> None:
    """What sounds as the text says, after what is called so."""
    from synesthete.catalogue.description import describer_of, find_described

    describer = describer_of(catalogue)
    for track_id, cosine in find_described(catalogue, describer, text, min(chosen.limit, 10)) if describer else ():
        track = catalogue.track(track_id)
        if chosen.json:
            line = json.dumps({**asdict(track), "described": round(cosine, 4)}, ensure_ascii=False)
        else:
            line = printable(f"{track.label}  (as described: {cosine:.2f})", "�")
        sys.stdout.write(line + "\n")


def _remarks(catalogue: Catalogue, text: str, n_shown: int) -> Iterator[str]:
    if not catalogue.n_tagged():
        yield "This catalogue knows no words yet, only what stands in the tags; synesthete index FOLDER hears them."
    n_fitting = catalogue.n_fitting(text)
    if n_fitting > n_shown:
        yield f"{n_fitting - n_shown:,} more fit; --limit shows more."
    if not n_fitting:
        from synesthete.catalogue.description import why_not

        if reason := why_not(catalogue):
            yield reason
        alone = [f"{term.text}: {n:,}{'' if term.word else ' (not a word that is heard here)'}"
                 for term, n in catalogue.n_by_term(text)]  # fmt: skip
        yield f"No track fits them all. Each alone: {', '.join(alone)}."


def export(chosen: argparse.Namespace) -> int:
    """Write a shared file."""
    from synesthete.catalogue.share import export_to
    from synesthete.catalogue.store import Catalogue

    with Catalogue.open(chosen.catalogue, is_read_only=True) as catalogue:
        counts = export_to(catalogue, chosen.file)
    if chosen.json:
        sys.stdout.write(json.dumps(asdict(counts)) + "\n")
    else:
        what = (
            f"{counts.n_tracks:,} tracks, {counts.n_bytes / 1e6:,.1f} MB: tags, vectors and words, no audio, no paths."
        )
        sys.stdout.write(f"{what}\n{printable(str(chosen.file), '�')}\n")
    return 0


def take_in(chosen: argparse.Namespace) -> int:
    """Import a shared file."""
    from synesthete.catalogue.share import import_from, own_encoders
    from synesthete.catalogue.shared_file import SharedFile
    from synesthete.catalogue.store import Catalogue

    with SharedFile(chosen.file) as shared, Catalogue.open(chosen.catalogue) as catalogue:
        counts = import_from(catalogue, shared, show_progress)
        n_tracks = len(catalogue)
        ready = own_encoders(shared)
        foreign = [encoder for encoder in shared.encoders.values() if encoder.fingerprint not in ready]
        if counts.n_vectors:
            own = [encoder.name for encoder in shared.encoders.values() if encoder.fingerprint in ready]
            chosen.make_searchable(catalogue, own, show_progress, has_changed=True)
    for encoder in foreign:
        sys.stderr.write(
            f"Its vectors by {encoder.name} ({printable(encoder.version)}) are of a version that is not installed here:"
            " they are kept, but your sounds cannot be compared with them.\n"
        )
    if chosen.json:
        sys.stdout.write(json.dumps({**asdict(counts), "n_tracks_in_catalogue": n_tracks}) + "\n")
    else:
        what = f"{counts.n_tracks:,} tracks in the file: {counts.n_new:,} new ones, {counts.n_vectors:,} vectors added."
        where = printable(str(chosen.catalogue), "�")
        sys.stdout.write(f"{what} New ones have no audio here.\n{n_tracks:,} tracks in {where}\n")
    return 0


def examine(chosen: argparse.Namespace) -> int:
    """Check a catalogue; 0, or 3 where something needs to be done."""
    from synesthete.catalogue import doctor
    from synesthete.catalogue.store import Catalogue

    n_problems = 0
    with Catalogue.open(chosen.catalogue, is_read_only=True) as catalogue:
        for finding in doctor.examine(catalogue, chosen.index_problem):
            n_problems += finding.is_problem
            if chosen.json:
                sys.stdout.write(json.dumps(asdict(finding)) + "\n")
                continue
            mark = "!" if finding.is_problem else "ok"
            sys.stdout.write(f"{mark:2} {finding.what}: {printable(finding.detail, '�')}\n")
            if finding.remedy:
                sys.stdout.write(f"   → {finding.remedy}\n")
    return EXIT_FAILURES if n_problems else 0
