"""The encoder fits the library: the mean and spread of its tracks, kept in the catalogue and renewed as it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synesthete.catalogue.vectors import VectorStore
from synesthete.encoders.track_space import Moments, TrackSpace, space_in

if TYPE_CHECKING:
    from synesthete.catalogue.store import Catalogue
    from synesthete.encoders.base import Encoder

MOST_TRACKS = 20_000  # measured; more would not change the moments
MEASURED_ANEW_BELOW = 200  # tracks: each still matters, and measuring takes a moment
GROWTH = 0.1  # share of tracks by which the number may differ from what was measured


class MomentStore(VectorStore):
    """The moments of what encoders keep of whole tracks."""

    def moments(self, encoder: Encoder) -> Moments:
        """Mean and variance of the tracks' features: as kept, or measured now where these no longer fit."""
        kept = self._rows(
            "SELECT n_tracks, n_sounding, mean, variance FROM moments WHERE fingerprint = ?", (encoder.fingerprint,)
        )
        n_tracks = self.n_embedded(encoder.fingerprint)
        if kept and is_near(kept[0][0], n_tracks):
            mean, variance = (np.frombuffer(blob, dtype="<f8") for blob in kept[0][2:])
            return Moments(kept[0][1], mean, variance)
        portions = self.portions_of_track_features(encoder.fingerprint, MOST_TRACKS)
        return Moments.of(portions, encoder.n_track_features)

    def renew_moments(self, encoder: Encoder) -> None:
        """Keep the moments of the catalogue as it is now, unless those that are kept still fit."""
        n_tracks = self.n_embedded(encoder.fingerprint)
        kept = self._rows("SELECT n_tracks FROM moments WHERE fingerprint = ?", (encoder.fingerprint,))
        if not encoder.track_parts or n_tracks < MEASURED_ANEW_BELOW or (kept and is_near(kept[0][0], n_tracks)):
            return
        moments = self.moments(encoder)
        blobs = (moments.mean.astype("<f8").tobytes(), moments.variance.astype("<f8").tobytes())
        with self.transaction():
            self._rows(
                "INSERT OR REPLACE INTO moments (fingerprint, n_tracks, n_sounding, mean, variance)"
                " VALUES (?, ?, ?, ?, ?)",
                (encoder.fingerprint, n_tracks, moments.n_tracks, *blobs),
            )
            self._count_change()


def is_near(n_measured: int, n_tracks: int) -> bool:
    """Whether moments of ``n_measured`` tracks still hold for ``n_tracks``."""
    return n_tracks >= MEASURED_ANEW_BELOW and abs(n_tracks - n_measured) <= GROWTH * n_measured


def space_of(catalogue: Catalogue, encoder: Encoder) -> TrackSpace:
    """The track space of an encoder in a catalogue."""
    return space_in(encoder, catalogue.moments(encoder) if encoder.track_parts else None)
