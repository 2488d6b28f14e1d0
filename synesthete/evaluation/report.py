"""All measures of one encoder over one catalogue, in one record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError, OptionError
from synesthete.evaluation.ranking import Retrieval, hubness, label_retrieval
from synesthete.evaluation.robustness import CODECS, RecallAtK, codec_recall, phone_recall
from synesthete.search import SearchEngine
from synesthete.tracks import Track

SNR_DB = (12.0, 6.0)
HUBNESS_K = 10
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
    """

    encoder: str
    fingerprint: str
    n_tracks: int
    labels: dict[str, Retrieval]
    filters: tuple[str, ...]
    hubness: float
    codec_recall: dict[str, RecallAtK] = field(default_factory=dict)
    phone_recall: dict[str, RecallAtK] = field(default_factory=dict)

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
    by_codec: dict[str, RecallAtK] = {}
    by_snr: dict[str, RecallAtK] = {}
    if max_tracks:
        for codec in CODECS:
            report_progress(codec, 0.0)
            by_codec[codec] = codec_recall(engine, codec, max_tracks)
        for snr_db in SNR_DB:
            stage = f"{snr_db:g} dB"
            by_snr[stage] = phone_recall(engine, snr_db, max_tracks, partial(report_progress, stage))
    report_progress("", 1.0)
    return Report(encoder.name, encoder.fingerprint, len(ids), labels, tuple(filters), skewness, by_codec, by_snr)


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
