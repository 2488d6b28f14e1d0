"""Sound into the catalogue: decode, embed, store; what could not be read is kept with its reason."""

from __future__ import annotations

from collections.abc import Callable

from synesthete.audio import read_clip
from synesthete.catalogue.store import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import SynestheteError

Progress = Callable[[str, float], object]


def embed_missing(catalogue: Catalogue, encoder: Encoder, on_progress: Progress | None = None) -> tuple[int, int]:
    """Embed every track that an encoder has not embedded yet, or that lacks the words this encoder gives.

    A track that cannot be read becomes a row of the catalogue's failures; the rest go on. One without audio, because it
    was imported, is passed over. What is done is kept, so a second call goes on where the first was stopped.

    Parameters
    ----------
    catalogue : Catalogue
        Open for writing.
    encoder : Encoder
    on_progress : callable(label, fraction in [0, 1]), optional

    Returns
    -------
    tuple of int
        Tracks embedded, tracks failed.
    """
    missing = catalogue.missing(encoder.fingerprint, or_tags=bool(encoder.tag_names))
    waiting = [track for track in missing if track.path]
    n_failed = 0
    for number, track in enumerate(waiting):
        if on_progress:
            on_progress(track.label, number / len(waiting))
        try:
            clip = read_clip(catalogue.audio_path(track), name=track.title)
            embedding = encoder.embed(clip)
        except SynestheteError as error:
            catalogue.record_failure(track.path, str(error), f"embed with {encoder.name}")
            n_failed += 1
            continue
        catalogue.put_embedding(track.track_id, encoder, embedding)
        catalogue.clear_failure(track.path)
    catalogue.renew_moments(encoder)
    if on_progress:
        on_progress("", 1.0)
    return len(waiting) - n_failed, n_failed
