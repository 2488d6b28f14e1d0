"""``synesthete evaluate``: the measures of one encoder over a catalogue, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synesthete import settings
from synesthete.terminal import show_progress

if TYPE_CHECKING:
    from synesthete.evaluation.ranking import Retrieval
    from synesthete.evaluation.report import Report
    from synesthete.evaluation.robustness import RecallAtK


def add_evaluate_command(subparsers: Any) -> None:
    """Add ``evaluate`` to the commands of a parser."""
    command = subparsers.add_parser(
        "evaluate", help="measure an encoder over a catalogue: retrieval, robustness, hubness"
    )
    command.set_defaults(run=run)
    command.add_argument("--catalogue", type=Path, help="a catalogue's .sqlite file (default: the built-in one)")
    command.add_argument(
        "--encoder", nargs="+", default=[settings.DEFAULT_ENCODER], metavar="NAME",
        help=f"one or several, one after the other (default: {settings.DEFAULT_ENCODER})",
    )  # fmt: skip
    command.add_argument(
        "--filter", choices=("artist", "album", "both", "none"), default="artist",
        help="leave out candidates that share this with the query (default: artist)",
    )  # fmt: skip
    command.add_argument(
        "--tracks", type=int, default=60, metavar="N",
        help="embed at most N tracks anew, through a phone and in other encodings (0: none; default: 60)",
    )  # fmt: skip
    command.add_argument(
        "--into", type=Path, metavar="FOLDER", help="keep each report there, with the progress, and print none"
    )
    command.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run(chosen: argparse.Namespace) -> int:
    """Evaluate, print or keep the reports, and return 0."""
    for number, name in enumerate(chosen.encoder):
        report, revision = _evaluated(chosen, name, number)
        if chosen.into:
            from synesthete.evaluation.background import write_report

            write_report(chosen.into, _finite(report.as_json()), revision)
        else:
            text = json.dumps(_finite(report.as_json()), indent=2) if chosen.json else table(report)
            sys.stdout.write(text + "\n")
    return 0


def _evaluated(chosen: argparse.Namespace, name: str, number: int) -> tuple[Report, str]:
    """The report of one encoder, and the revision of the catalogue that it was made of."""
    from synesthete import encoders, sampler
    from synesthete.catalogue import Catalogue
    from synesthete.evaluation.report import evaluate
    from synesthete.search import index_folder

    filters = {"both": ("artist", "album"), "none": ()}.get(chosen.filter, (chosen.filter,))
    encoder = encoders.load(name)
    if chosen.catalogue:
        opened = Catalogue.open(chosen.catalogue, is_read_only=True)
    else:
        opened = sampler.open_embedded(encoder, on_progress=show_progress)
    with opened as catalogue:
        revision = catalogue.revision(encoder.fingerprint)
        report = evaluate(
            catalogue,
            encoder,
            filters=filters,
            max_tracks=max(chosen.tracks, 0),
            index_folder=index_folder(catalogue),
            on_progress=_progress(chosen, name, number),
        )
    return report, revision


def _progress(chosen: argparse.Namespace, name: str, number: int) -> Callable[[str, float], None]:
    """Where progress is told: in the terminal, or in the folder that the report will lie in."""
    if not chosen.into:
        return show_progress
    from synesthete.evaluation.background import write_progress

    def tell(stage: str, fraction: float) -> None:
        write_progress(chosen.into, name, stage, (number + fraction) / len(chosen.encoder))

    tell("", 0.0)
    return tell


def table(report: Report) -> str:
    """The measures as lines of text."""
    from synesthete.evaluation.report import CLIP_SECONDS

    lines = [f"{report.encoder} ({report.fingerprint}), {report.n_tracks} tracks"]
    for label, retrieval in report.labels.items():
        lines.append(f"same {label}: {_retrieval(retrieval, [name for name in report.filters if name != label])}")
    for codec, recall in report.codec_recall.items():
        lines.append(f"as {codec}: {_recall(recall)}")
    for snr, recall in report.phone_recall.items():
        phone = f"8 s by phone, SNR {snr}"
        lines.append(f"{phone}: {_recall(recall)}")
        if snr in report.phone_genre:
            lines.append(f"{phone}, same genre: {_retrieval(report.phone_genre[snr], report.filters)}")
        ten = report.phone_ten[snr]
        lines.append(
            f"{phone}, of its ten matches also without the phone: {ten.share:.3f}  with the song left out "
            f"{ten.share_without_song:.3f}  chance {ten.chance:.3f}  ({ten.n_queries} queries)"
        )
        recognition = report.phone_recognition[snr]
        if recognition.named or recognition.named_without_song:
            lines.append(
                f"{phone}, recognised: {recognition.named:.3f}  right of these {recognition.right:.3f}  another one "
                f"with the song left out {recognition.named_without_song:.3f}  ({recognition.n_queries} queries)"
            )
    if math.isfinite(report.analysis_ms):
        lines.append(f"analysis: {report.analysis_ms:.0f} ms of processor time for {CLIP_SECONDS:.0f} s of sound")
    lines.append(f"hubness (skewness of the 10-occurrence): {report.hubness:.2f}")
    return "\n".join(lines)


def _retrieval(retrieval: Retrieval, filters: Sequence[str]) -> str:
    filtered = f" ({' and '.join(filters)} filter)" if filters else ""
    low, high = retrieval.confidence_interval
    at = "  ".join(f"P@{k} {precision:.3f}" for k, precision in retrieval.precision_at.items())
    return (
        f"mAP{filtered} {retrieval.mean_average_precision:.3f} [{low:.3f}, {high:.3f}]  "
        f"R-precision {retrieval.r_precision:.3f}  {at}  chance {retrieval.chance:.3f}  ({retrieval.n_queries} queries)"
    )


def _recall(recall: RecallAtK) -> str:
    at = "  ".join(f"recall@{k} {share:.3f}" for k, share in recall.recall_at.items())
    return f"{at}  ({recall.n_queries} queries)"


def _finite(value: Any) -> Any:
    """JSON has no not-a-number: None takes its place."""
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
