"""What a large catalogue's index consists of: one small file, written last, that names the others.

Whoever is stopped while building has changed nothing: the file that was there before still names whole files.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from synesthete.encoders.base import Encoder
from synesthete.encoders.track_space import Moments, TrackSpace, space_in
from synesthete.files import write_atomically
from synesthete.search.nearest import IndexMismatchError
from synesthete.search.track_ids import TrackIds, as_lines

FORMAT = "synesthete-store-1"


@dataclass(frozen=True)
class Header:
    """Everything but arrays.

    Attributes
    ----------
    revision : str
        Of the catalogue, for the encoder.
    vectors_revision : str
        Of the vectors of whole tracks.
    space : str
        Fingerprint of the track space.
    size : int > 0
        Of the vectors.
    n_slots, n_built : int > 0
        How many places there are in the files, those of tracks that are gone included; and how many of them were
        made at once.
    vectors, codes, passages : str
        Names of files.
    codes_crc32, passages_crc32 : int
    n_probes, n_candidates : int > 0
        Into how many lists of the codes a search looks, and how many of what it finds are compared exactly.
    n_fitted : int >= 0
        How many tracks the moments are of.
    """

    revision: str
    vectors_revision: str
    space: str
    size: int
    n_slots: int
    n_built: int
    vectors: str
    codes: str
    codes_crc32: int
    passages: str
    passages_crc32: int
    n_probes: int
    n_candidates: int
    n_fitted: int


@dataclass(frozen=True)
class StoreState:
    """One state of an index.

    Attributes
    ----------
    header : Header
    ids : TrackIds, n_tracks long
    hashes : np.ndarray [shape=(n_tracks,)], bytes
        Of what the encoder has made of each track: :meth:`synesthete.catalogue.Catalogue.digest_lines`.
    slots : np.ndarray [shape=(n_tracks,)], int64
        Where in the files each of these tracks lies.
    mean, variance : np.ndarray [shape=(n_track_features,)], float64
        Moments that the encoder is fitted by; empty for one that is not fitted.
    scale : np.ndarray [shape=(n_pairs,)], float32
        Cosines of random pairs of tracks.
    """

    header: Header
    ids: TrackIds
    hashes: np.ndarray
    slots: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    scale: np.ndarray

    def space_of(self, encoder: Encoder) -> TrackSpace:
        """The track space of the vectors.

        Raises
        ------
        IndexMismatchError
            The encoder now makes another one of the same moments.
        """
        moments = Moments(self.header.n_fitted, self.mean, self.variance) if encoder.track_parts else None
        space = space_in(encoder, moments)
        if space.fingerprint != self.header.space:
            raise IndexMismatchError(f"The index of {encoder.name!r} was made with another reference. Build it again.")
        return space

    @property
    def files(self) -> tuple[str, str, str]:
        """The names of the files that belong to it."""
        return self.header.vectors, self.header.codes, self.header.passages

    def save(self, path: Path) -> None:
        """Write it, whole or not at all; OSError as usual."""
        header = json.dumps({"format": FORMAT, **asdict(self.header)})
        buffer = io.BytesIO()
        np.savez(
            buffer,
            header=_as_bytes(header),
            ids=_in_lines(self.ids.array),
            digests=_in_lines(self.hashes),
            slots=self.slots.astype("<i4"),
            mean=self.mean,
            variance=self.variance,
            scale=self.scale,
        )
        with write_atomically(path) as file:
            file.write(buffer.getbuffer())

    @classmethod
    def load(cls, path: Path) -> StoreState:
        """Read what :meth:`save` wrote.

        Raises
        ------
        IndexMismatchError
            The file is missing, damaged or of another format.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                plain = json.loads(_as_text(file["header"]))
                if plain.pop("format", None) != FORMAT:
                    raise IndexMismatchError(f"{path} is not an index of this format. Build it again.")
                header = Header(**_of_kinds(plain))
                state = cls(
                    header,
                    TrackIds.of_text(file["ids"].tobytes()),
                    as_lines(file["digests"].tobytes()),
                    file["slots"].astype(np.int64),
                    *(file[name] for name in ("mean", "variance", "scale")),
                )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise IndexMismatchError(f"The index {path} cannot be read: {error}. Build it again.") from error
        slots = state.slots
        if not len(slots) == len(state.ids) == len(state.hashes) or slots.min() < 0 or slots.max() >= header.n_slots:
            raise IndexMismatchError(f"The index {path} is damaged: its tracks have no place. Build it again.")
        return state


def _of_kinds(plain: dict[str, Any]) -> dict[str, Any]:
    """Values of the kinds that the header has, and file names that lead nowhere else."""
    for field in fields(Header):
        value = plain[field.name]
        if type(value).__name__ != field.type:
            raise ValueError(f"{field.name} is {value!r}")
    if any(Path(plain[name]).name != plain[name] for name in ("vectors", "codes", "passages")):
        raise ValueError("it names files elsewhere")
    return plain


def _in_lines(array: np.ndarray) -> np.ndarray:
    return np.frombuffer(b"\n".join(array.tolist()), dtype=np.uint8)


def _as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _as_text(array: np.ndarray) -> str:
    return array.tobytes().decode()
