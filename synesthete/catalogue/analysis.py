"""What a worker makes of one file: a track, and what the encoders say of it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synesthete import encoders
from synesthete.audio import content_id, read_clip
from synesthete.catalogue.store import Catalogue
from synesthete.encoders.base import Embedding
from synesthete.errors import EncoderError
from synesthete.sources.addresses import at_hand, name_of
from synesthete.sources.folder import Found
from synesthete.spectrogram import compute_spectrograms
from synesthete.tracks import Track


@dataclass(frozen=True)
class Analysis:
    """What a worker made of a file: the track, and embeddings by the encoders that had none of it."""

    track: Track
    embeddings: dict[str, Embedding] = field(repr=False)


class KnownSounds:
    """What a catalogue has of a sound already, asked by workers; opened where it is first asked."""

    def __init__(self, catalogue_path: Path) -> None:
        self._path = catalogue_path
        self._catalogue: Catalogue | None = None

    def __call__(self, track_id: str, fingerprints: Sequence[str]) -> tuple[set[str], bool]:
        """Which of some encoders have vectors of a track, and whether it has tags."""
        if self._catalogue is None:
            self._catalogue = Catalogue.open(self._path, is_read_only=True)
        found = {fingerprint for fingerprint in fingerprints if self._catalogue.has_vectors(track_id, fingerprint)}
        return found, bool(self._catalogue.tags(track_id))


def prepare(known_sounds: Callable[..., tuple[set[str], bool]], wanted: dict[str, str]) -> Callable[[Found], Analysis]:
    """What a worker does with a file; run once in each worker, which may be on another machine.

    Parameters
    ----------
    known_sounds : callable
        A :class:`KnownSounds`, or a stand-in that asks one.
    wanted : dict of str to str
        Names of encoders with their fingerprints on the machine that keeps the catalogue.

    Raises
    ------
    EncoderError
        An encoder is not ready here, or is another version.
    """
    loaded = {encoder.fingerprint: encoder for encoder in map(encoders.load, wanted)}
    for encoder in loaded.values():
        if encoder.fingerprint != wanted[encoder.name]:
            raise EncoderError(
                f"{platform.node()} has another version of the encoder {encoder.name!r} or of its weights than the"
                " machine that keeps the catalogue. Install the same version on both."
            )

    def analyse(found: Found) -> Analysis:
        name = name_of(found.path)
        with at_hand(found.path) as file:
            clip = read_clip(file, name=name)
        track_id = content_id(clip)
        tags = clip.tags
        track = Track(
            track_id,
            title=tags.title or Path(name).stem,
            artist=tags.artist,
            album=tags.album,
            genre=tags.genre,
            seconds=round(clip.seconds, 2),
            path=found.path,
            isrc=tags.isrc,
            album_artist=tags.album_artist,
            year=tags.year,
            track_number=tags.track_number,
            musicbrainz_recording_id=tags.musicbrainz_recording_id,
            replaygain_db=tags.replaygain_db,
        )
        with_vectors, has_tags = known_sounds(track_id, tuple(loaded))
        lacking = [
            fingerprint
            for fingerprint, encoder in loaded.items()
            if fingerprint not in with_vectors or (encoder.tag_names and not has_tags)
        ]
        spectrograms = compute_spectrograms(clip) if lacking else None
        return Analysis(track, {name: loaded[name].embed(clip, spectrograms) for name in lacking})

    return analyse
