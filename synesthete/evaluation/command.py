"""``synesthete evaluate``: the figures of one encoder over a catalogue, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synesthete import settings
from synesthete.terminal import show_progress

if TYPE_CHECKING:
    from synesthete.evaluation.report import Report


def add_evaluate_command(subparsers: Any) -> None:
    """Add ``evaluate`` to the commands of a parser."""
    command = subparsers.add_parser("evaluate", help="how well an encoder does over a catalogue")
    command.set_defaults(run=run)
    command.add_argument("--catalogue", type=Path, help="a catalogue's .sqlite file (default: the built-in one)")
    command.add_argument("--encoder", default=settings.DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s")
    command.add_argument(
        "--filter", choices=("artist", "album", "both", "none"), default="artist",
        help="what a right track must not share with the query (default: artist)",
    )  # fmt: skip
    command.add_argument(
        "--tracks", type=int, default=60, metavar="N",
        help="embed at most N tracks anew, through a phone and in other encodings (0: none; default: 60)",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run(chosen: argparse.Namespace) -> int:
    """Evaluate, print, and return 0."""
    from synesthete import encoders, sampler
    from synesthete.catalogue import Catalogue
    from synesthete.evaluation.report import evaluate

    filters = {"both": ("artist", "album"), "none": ()}.get(chosen.filter, (chosen.filter,))
    encoder = encoders.load(chosen.encoder)
    if chosen.catalogue:
        opened = Catalogue.open(chosen.catalogue, is_read_only=True)
    else:
        opened = sampler.open_for(encoder)
        if opened.missing(encoder.fingerprint):
            opened.close()
            opened = sampler.embed_with(encoder, show_progress)
    with opened as catalogue:
        report = evaluate(
            catalogue, encoder, filters=filters, max_tracks=max(chosen.tracks, 0), on_progress=show_progress
        )
    text = json.dumps(_finite(report.as_json()), indent=2) if chosen.json else table(report)
    sys.stdout.write(text + "\n")
    return 0


def table(report: Report) -> str:
    """The figures for people."""
    lines = [f"{report.encoder} ({report.fingerprint}), {report.n_tracks} tracks"]
    for label, found in report.labels.items():
        filters = [name for name in report.filters if name != label]
        without = f", not the same {' or '.join(filters)}" if filters else ""
        low, high = found.interval
        at = "  ".join(f"P@{depth} {share:.3f}" for depth, share in found.precision_at.items())
        lines.append(
            f"same {label}{without} ({found.n_queries} queries): mAP {found.mean_average_precision:.3f} "
            f"[{low:.3f}, {high:.3f}]  R-precision {found.r_precision:.3f}  {at}  chance {found.chance:.3f}"
        )
    for codec, share in report.other_encoding.items():
        lines.append(f"as {codec}: first {share.first:.3f}  in ten {share.in_ten:.3f}  ({share.n_queries} tracks)")
    for noise, share in report.microphone.items():
        lines.append(
            f"8 s through a phone, noise at {noise}: first {share.first:.3f}  in ten {share.in_ten:.3f}  "
            f"({share.n_queries} tracks)"
        )
    lines.append(f"hubness (skewness of 10-occurrence): {report.hubness:.2f}")
    return "\n".join(lines)


def _finite(value: Any) -> Any:
    """JSON has no word for not-a-number: None."""
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
