"""All figures of one encoder over one catalogue, in one record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError, OptionError
from synesthete.evaluation.hearing import CODECS, Found, microphone, other_encoding
from synesthete.evaluation.ranking import Retrieval, hubness, label_retrieval
from synesthete.search import SearchEngine
from synesthete.tracks import Track

NOISE_DB = (12.0, 6.0)
HUBS_OF = 10
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
    other_encoding : dict of str to Found
        By codec.
    microphone : dict of str to Found
        By noise, such as "12 dB".
    """

    encoder: str
    fingerprint: str
    n_tracks: int
    labels: dict[str, Retrieval]
    filters: tuple[str, ...]
    hubness: float
    other_encoding: dict[str, Found] = field(default_factory=dict)
    microphone: dict[str, Found] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, texts and dictionaries."""
        return dataclasses.asdict(self)


def evaluate(
    catalogue: Catalogue,
    encoder: Encoder,
    *,
    filters: Sequence[Filter] = ("artist",),
    max_tracks: int = 60,
    on_progress: Progress | None = None,
) -> Report:
    """Measure an encoder over a catalogue that it has heard.

    Parameters
    ----------
    catalogue : Catalogue
    encoder : Encoder
    filters : sequence of {"artist", "album"}
        The label in question is never filtered by itself.
    max_tracks : int >= 0
        How many tracks at most are heard anew, through a phone and in other encodings; 0 leaves this out.
    on_progress : callable(stage, fraction), optional

    Raises
    ------
    CatalogueError
        The encoder has not heard the catalogue.
    OptionError
        A filter is unknown.
    """
    unknown = [name for name in filters if name not in ("artist", "album")]
    if unknown:
        raise OptionError(f"There is no filter {unknown[0]!r}. Known are: artist, album.")
    tell = on_progress or (lambda stage, fraction: None)
    ids, vectors = catalogue.vectors(encoder.fingerprint)
    if not ids:
        raise CatalogueError(
            f"The encoder {encoder.name!r} has not heard {catalogue.path} yet. "
            "Let it hear the catalogue first, with synesthete.catalogue.embed_missing."
        )
    tell("labels", 0.0)
    labels = label_figures(catalogue.tracks(ids), vectors, filters)
    skewness = hubness(vectors, HUBS_OF) if len(vectors) > HUBS_OF else float("nan")
    encodings: dict[str, Found] = {}
    phones: dict[str, Found] = {}
    if max_tracks:
        for codec in CODECS:
            tell(codec, 0.0)
            encodings[codec] = other_encoding(catalogue, encoder, codec, max_tracks)
        engine = SearchEngine(catalogue, encoder)
        for noise_db in NOISE_DB:
            stage = f"{noise_db:g} dB"
            phones[stage] = microphone(engine, noise_db, max_tracks, partial(tell, stage))
    tell("", 1.0)
    return Report(encoder.name, encoder.fingerprint, len(ids), labels, tuple(filters), skewness, encodings, phones)


def label_figures(tracks: Sequence[Track], vectors: np.ndarray, filters: Sequence[Filter]) -> dict[str, Retrieval]:
    """Retrieval by genre and by artist, each where at least one track has another to find."""
    columns = {name: [getattr(track, name).strip().casefold() for track in tracks] for name in ("artist", "album")}
    genres = [track.genre.strip().casefold() for track in tracks]
    asked = {"genre": (genres, filters), "artist": (columns["artist"], [f for f in filters if f != "artist"])}
    found = {
        label: label_retrieval(vectors, values, [columns[name] for name in names])
        for label, (values, names) in asked.items()
    }
    return {label: figures for label, figures in found.items() if figures.n_queries}
