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
RENEWED_BELOW = 200  # tracks, where each still matters
GROWTH = 0.1  # share of tracks by which the number may differ from what was measured


class MomentStore(VectorStore):
    """The moments of what encoders keep of whole tracks."""

    def moments(self, encoder: Encoder) -> Moments:
        """Mean and variance of the tracks' features: as kept, or measured now where these no longer fit."""
        if self._has_fitting_moments(encoder.fingerprint):
            query = "SELECT n_sounding, mean, variance FROM moments WHERE fingerprint = ?"
            n_sounding, *blobs = self._rows(query, (encoder.fingerprint,))[0]
            mean, variance = (np.frombuffer(blob, dtype="<f8") for blob in blobs)
            return Moments(n_sounding, mean, variance)
        portions = self.portions_of_track_features(encoder.fingerprint, MOST_TRACKS)
        return Moments.of(portions, encoder.n_track_features)

    def renew_moments(self, encoder: Encoder) -> None:
        """Keep the moments of the catalogue as it is now, unless those that are kept still fit."""
        n_tracks = self.n_embedded(encoder.fingerprint)
        if not encoder.track_parts or not n_tracks or self._has_fitting_moments(encoder.fingerprint):
            return
        moments = self.moments(encoder)
        blobs = (moments.mean.astype("<f8").tobytes(), moments.variance.astype("<f8").tobytes())
        with self.transaction():
            self._rows(
                "INSERT OR REPLACE INTO moments (fingerprint, revision, n_tracks, n_sounding, mean, variance)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (encoder.fingerprint, self.revision(encoder.fingerprint), n_tracks, moments.n_tracks, *blobs),
            )
            self._count_change()

    def _has_fitting_moments(self, fingerprint: str) -> bool:
        """Whether moments are kept that are of these very vectors, or of nearly as many tracks.

        Those of the very same vectors are not measured again: another machine would add up to other last digits, and
        what is derived from them would not fit.
        """
        kept = self._rows("SELECT n_tracks, revision FROM moments WHERE fingerprint = ?", (fingerprint,))
        if not kept:
            return False
        n_tracks, revision = kept[0]
        return is_near(n_tracks, self.n_embedded(fingerprint)) or revision == self.revision(fingerprint)


def is_near(n_measured: int, n_tracks: int) -> bool:
    """Whether moments of ``n_measured`` tracks still hold for ``n_tracks`` others."""
    return n_tracks >= RENEWED_BELOW and abs(n_tracks - n_measured) <= GROWTH * n_measured


def space_of(catalogue: Catalogue, encoder: Encoder) -> TrackSpace:
    """The track space of an encoder in a catalogue."""
    return space_in(encoder, catalogue.moments(encoder) if encoder.track_parts else None)
