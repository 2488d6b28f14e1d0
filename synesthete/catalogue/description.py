"""Tracks of a catalogue that sound as a text describes them, by CLAP, where it has listened to the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from synesthete import encoders
from synesthete.encoders.base import unit
from synesthete.errors import EncoderError

if TYPE_CHECKING:
    from synesthete.catalogue.store import Catalogue

NAME = "clap"


class Describer(Protocol):
    """An encoder with sounds and texts in one space."""

    fingerprint: str

    def embed_text(self, text: str) -> np.ndarray:
        """Unit vector [embedding_size] of a text."""


def describer_of(catalogue: Catalogue) -> Describer | None:
    """The encoder that descriptions can be asked of here; None where it is missing or has not listened."""
    if not encoders.is_ready(NAME) or NAME not in {entry.name for entry in catalogue.encoders()}:
        return None
    try:
        encoder = encoders.load(NAME)
    except EncoderError:
        return None  # why is said where encoders are chosen
    return encoder if catalogue.n_embedded(encoder.fingerprint) else None  # type: ignore[return-value]


def why_not(catalogue: Catalogue) -> str:
    """A sentence on why a description is answered by words alone; empty where it is not."""
    if describer_of(catalogue) is not None:
        return ""
    lacking = encoders.why_not_ready(NAME)
    listen = f"Have it listen to this music with: synesthete index FOLDER --encoder {NAME}."
    return f"Only names and the words heard answer; a description in a sentence needs CLAP. {lacking or listen}"


def find_described(catalogue: Catalogue, describer: Describer, text: str, n: int) -> list[tuple[str, float]]:
    """Ids of the ``n`` tracks that sound most as a text says, each with its cosine in [-1, 1]; the likeliest first."""
    vectors = unit(catalogue.track_features(describer.fingerprint))
    cosines = vectors @ describer.embed_text(text)
    ids = catalogue.ids(describer.fingerprint)
    best = np.argsort(-cosines, kind="stable")[:n]
    return [(ids[at], float(cosines[at])) for at in best if vectors[at].any()]
