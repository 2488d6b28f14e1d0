"""Whether the index that is kept of a catalogue is in step with it."""

from __future__ import annotations

from pathlib import Path

from synesthete.catalogue import Catalogue
from synesthete.catalogue.fitting import space_of
from synesthete.encoders.base import Encoder
from synesthete.search.encoder_index import SMALL_UP_TO, index_path, revision_of_vectors
from synesthete.search.nearest import IndexMismatchError, VectorIndex
from synesthete.search.track_store import TrackStore, state_path


def index_problem(catalogue: Catalogue, encoder: Encoder, folder: Path, small_up_to: int = SMALL_UP_TO) -> str:
    """Why a search would not find an index of the catalogue as it is now.

    Parameters
    ----------
    catalogue : Catalogue
    encoder : Encoder
    folder : Path
        Where the files of the index are kept.
    small_up_to : int >= 0
        Tracks of a small catalogue, as of :class:`~synesthete.search.encoder_index.EncoderIndex`.

    Returns
    -------
    str
        A sentence; empty where the index is in step, and where there is nothing to be indexed.
    """
    n_tracks = catalogue.n_embedded(encoder.fingerprint)
    if not n_tracks:
        return ""
    is_small = n_tracks <= small_up_to
    path = index_path(folder, encoder) if is_small else state_path(folder, encoder.fingerprint)
    if not path.exists():
        return "There is none yet."
    try:
        with catalogue.snapshot():
            revision = catalogue.revision(encoder.fingerprint)
            if is_small:
                VectorIndex.load(path, revision_of_vectors(revision, space_of(catalogue, encoder)))
                return ""
        store = TrackStore.open(folder, encoder)
    except IndexMismatchError as mismatch:
        return str(mismatch)
    if store.state.header.revision != revision:
        return f"It is of an earlier state: {len(store.ids):,} tracks, where there are {n_tracks:,}."
    return ""
