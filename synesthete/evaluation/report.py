"""All measures of one encoder over one catalogue, in one record."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError, OptionError
from synesthete.evaluation.phone import Overlap, Recognition, phone_measures
from synesthete.evaluation.ranking import Retrieval, hubness, label_retrieval
from synesthete.evaluation.robustness import CODECS, RecallAtK, codec_recall, sample_tracks
from synesthete.search import SearchEngine
from synesthete.tracks import Track

SNR_DB = (12.0, 6.0, 0.0)
HUBNESS_K = 10
CLIP_SECONDS = 10.0
_N_TIMED = 5
_CODECS_SHARE = 0.4  # of the work; the rest is the phone
Filter = Literal["artist", "album"]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Report:
    """What was measured.

    Attributes
    ----------
    encoder, fingerprint : str
    n_tracks : int > 0
    labels : dict of str to Retrieval
        For "genre" and "artist", where the catalogue knows them.
    filters : tuple of str
        What a candidate must not share with the query, apart from the label in question.
    hubness : float
        Skewness of the 10-occurrence; not-a-number for a catalogue of ten tracks or fewer.
    codec_recall : dict of str to RecallAtK
        Of tracks in another encoding, by codec.
    phone_recall : dict of str to RecallAtK
        Of passages recorded by a phone, by signal-to-noise ratio, such as "12 dB".
    phone_genre : dict of str to Retrieval
        Of tracks of the same genre by these passages; nothing where the catalogue knows no genres.
    phone_ten : dict of str to Overlap
        How far their matches are those of the clean passage.
    phone_recognition : dict of str to Recognition
        Whether they are recognised.
    analysis_ms : float > 0 [ms]
        Processor time of the encoder for a clip of ``CLIP_SECONDS`` that is decoded already, the median of a few;
        not-a-number where none was embedded.
    """

    encoder: str
    fingerprint: str
    n_tracks: int
    labels: dict[str, Retrieval]
    filters: tuple[str, ...]
    hubness: float
    codec_recall: dict[str, RecallAtK] = field(default_factory=dict)
    phone_recall: dict[str, RecallAtK] = field(default_factory=dict)
    phone_genre: dict[str, Retrieval] = field(default_factory=dict)
    phone_ten: dict[str, Overlap] = field(default_factory=dict)
    phone_recognition: dict[str, Recognition] = field(default_factory=dict)
    analysis_ms: float = float("nan")

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, texts and dictionaries."""
        return dataclasses.asdict(self)


def evaluate(
    catalogue: Catalogue,
    encoder: Encoder,
    *,
    filters: Sequence[Filter] = ("artist",),
    max_tracks: int = 60,
    index_folder: Path | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Measure an encoder over a catalogue that it has embedded.

    Parameters
    ----------
    catalogue : Catalogue
    encoder : Encoder
    filters : sequence of {"artist", "album"}
        The label in question is never filtered by itself.
    max_tracks : int >= 0
        How many tracks at most are embedded anew, as phone recordings and in other encodings; 0 leaves this out.
    index_folder : Path, optional
        Where index files are kept for the next time; None keeps them in memory.
    on_progress : callable(stage, fraction), optional

    Raises
    ------
    CatalogueError
        The encoder has no vectors of the catalogue.
    OptionError
        A filter is unknown.
    """
    unknown = [name for name in filters if name not in ("artist", "album")]
    if unknown:
        raise OptionError(f"There is no filter {unknown[0]!r}. Known are: artist, album.")
    report_progress = on_progress or (lambda stage, fraction: None)
    if not catalogue.ids(encoder.fingerprint):
        raise CatalogueError(
            f"The encoder {encoder.name!r} has no vectors of {catalogue.path} yet. "
            "Embed the catalogue first, with synesthete.catalogue.embed_missing."
        )
    engine = SearchEngine(catalogue, encoder, index_folder)
    ids, vectors = engine.vectors()
    report_progress("labels", 0.0)
    labels = label_measures(catalogue.tracks(ids), vectors, filters)
    skewness = hubness(vectors, HUBNESS_K) if len(vectors) > HUBNESS_K else float("nan")
    analysis_ms = _analysis_ms(engine) if max_tracks else float("nan")
    report = Report(
        encoder.name, encoder.fingerprint, len(ids), labels, tuple(filters), skewness, analysis_ms=analysis_ms
    )
    if max_tracks:
        for number, codec in enumerate(CODECS):
            report_progress(codec, _CODECS_SHARE * number / len(CODECS))
            report.codec_recall[codec] = codec_recall(engine, codec, max_tracks)
        measured = phone_measures(engine, SNR_DB, max_tracks, filters, partial(_phone_progress, report_progress))
        for snr_db, measures in measured.items():
            name = f"{snr_db:g} dB"
            report.phone_recall[name] = measures.recall
            report.phone_ten[name] = measures.ten
            report.phone_recognition[name] = measures.recognition
            if measures.genre.n_queries:
                report.phone_genre[name] = measures.genre
    report_progress("", 1.0)
    return report


def _phone_progress(report_progress: Progress, fraction: float) -> None:
    report_progress("phone", _CODECS_SHARE + (1 - _CODECS_SHARE) * fraction)


def _analysis_ms(engine: SearchEngine) -> float:
    """The median over a few tracks, after one that is not counted: networks are slower at first."""
    taken = []
    for track in sample_tracks(engine.catalogue, _N_TIMED + 1):
        clip = read_clip(engine.catalogue.audio_path(track), name=track.title)
        excerpt = clip.excerpts[0]
        samples = excerpt.samples[: round(CLIP_SECONDS * clip.sample_rate_hz)]
        short = replace(clip, excerpts=(replace(excerpt, samples=samples),))
        begin = time.process_time()
        engine.encoder.embed(short)
        taken.append(1000 * (time.process_time() - begin))
    return float(np.median(taken[1:])) if len(taken) > 1 else float("nan")


def label_measures(tracks: Sequence[Track], vectors: np.ndarray, filters: Sequence[Filter]) -> dict[str, Retrieval]:
    """Retrieval by genre and by artist, each where at least one track has a relevant other."""
    columns = {name: [getattr(track, name).strip().casefold() for track in tracks] for name in ("artist", "album")}
    genres = [track.genre.strip().casefold() for track in tracks]
    queries = {"genre": (genres, filters), "artist": (columns["artist"], [f for f in filters if f != "artist"])}
    measures = {
        label: label_retrieval(vectors, values, [columns[name] for name in names])
        for label, (values, names) in queries.items()
    }
    return {label: retrieval for label, retrieval in measures.items() if retrieval.n_queries}
