"""The moments of a catalogue: measured, kept, and renewed as it grows, without touching what encoders made."""

import numpy as np
import pytest

from synesthete.catalogue import Catalogue, fitting
from synesthete.catalogue.fitting import is_near, space_of
from synesthete.encoders.base import Embedding, unit
from synesthete.encoders.parts import Part
from synesthete.encoders.track_space import Moments
from synesthete.errors import CatalogueError
from synesthete.tracks import Segment, Track
from tests.catalogues import SIZE, Fake


class Fitted(Fake):
    name = "fitted"
    track_parts = {"all": Part(slice(0, SIZE))}


ENCODER = Fitted()


def add(catalogue, rng, n_tracks, first=0):
    with catalogue.transaction():
        for number in range(first, first + n_tracks):
            catalogue.add_track(Track(f"{number:04}", "x", path=f"{number}.ogg"))
            features, segment = rng.normal(3, 2, SIZE).astype(np.float32), unit(rng.normal(size=(1, SIZE)))
            embedding = Embedding(features, segment, (Segment(0.0, 5.0),), ENCODER.fingerprint)
            catalogue.put_embedding(f"{number:04}", ENCODER, embedding)


def measured(catalogue):
    features = catalogue.track_features(ENCODER.fingerprint).astype(np.float64)
    return features.mean(axis=0), features.var(axis=0)


def test_features_come_back_as_they_were_given(catalogue, rng):
    add(catalogue, rng, 3)
    features = catalogue.track_features(ENCODER.fingerprint)
    assert features.shape == (3, SIZE) and np.linalg.norm(features, axis=1).min() > 2  # not scaled to unit length
    np.testing.assert_array_equal(catalogue.features_of("0001", ENCODER.fingerprint), features[1])


def test_a_small_catalogue_is_measured_each_time(catalogue, rng):
    for n_tracks in (3, 4):
        add(catalogue, rng, n_tracks, first=10 * n_tracks)
        catalogue.renew_moments(ENCODER)
        mean, variance = measured(catalogue)
        np.testing.assert_allclose(catalogue.moments(ENCODER).mean, mean, rtol=1e-5)
        np.testing.assert_allclose(catalogue.moments(ENCODER).variance, variance, rtol=1e-4)


def test_moments_are_kept_until_the_catalogue_has_grown(catalogue, rng):
    add(catalogue, rng, 300)
    changes = catalogue.revision(ENCODER.fingerprint)
    catalogue.renew_moments(ENCODER)
    kept = catalogue.moments(ENCODER).mean
    np.testing.assert_allclose(kept, measured(catalogue)[0], rtol=1e-5)
    assert catalogue.revision(ENCODER.fingerprint) == changes
    before = space_of(catalogue, ENCODER).fingerprint
    add(catalogue, rng, 20, first=300)
    catalogue.renew_moments(ENCODER)
    np.testing.assert_array_equal(catalogue.moments(ENCODER).mean, kept)
    assert space_of(catalogue, ENCODER).fingerprint == before
    add(catalogue, rng, 20, first=320)  # more than a tenth, all in all
    np.testing.assert_allclose(catalogue.moments(ENCODER).mean, measured(catalogue)[0], rtol=1e-5)  # before it is kept
    catalogue.renew_moments(ENCODER)
    np.testing.assert_allclose(catalogue.moments(ENCODER).mean, measured(catalogue)[0], rtol=1e-5)
    assert space_of(catalogue, ENCODER).fingerprint != before


def test_a_reader_and_the_writer_fit_alike(catalogue, rng):
    add(catalogue, rng, 250)
    with Catalogue.open(catalogue.path, is_read_only=True) as reader:
        before = space_of(reader, ENCODER).fingerprint
        catalogue.renew_moments(ENCODER)
        assert space_of(reader, ENCODER).fingerprint == before == space_of(catalogue, ENCODER).fingerprint


def test_a_large_catalogue_is_measured_in_part(catalogue, rng, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_TRACKS", 50)
    add(catalogue, rng, 60)
    assert catalogue.moments(ENCODER).n_tracks == 50
    expected = catalogue.track_features(ENCODER.fingerprint)[:50].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(catalogue.moments(ENCODER).mean, expected, rtol=1e-5)


@pytest.mark.parametrize(("n_measured", "n_tracks", "expected"), [
    (100, 100, False), (300, 300, True), (300, 330, True), (300, 331, False), (300, 269, False), (1000, 199, False),
])  # fmt: skip
def test_when_moments_still_hold(n_measured, n_tracks, expected):
    assert is_near(n_measured, n_tracks) == expected


def test_features_that_are_not_finite_are_refused(catalogue):
    catalogue.add_track(Track("a", "a"))
    features = np.full(SIZE, np.inf, np.float32)
    embedding = Embedding(features, unit(np.ones((1, SIZE))), (Segment(0.0, 5.0),), ENCODER.fingerprint)
    with pytest.raises(CatalogueError, match="holds features that are not finite"):
        catalogue.put_embedding("a", ENCODER, embedding)


def test_moments_of_the_very_same_vectors_are_not_measured_again(catalogue, rng, monkeypatch):
    """Another machine would add up to other last digits, and what is derived from them would not fit."""
    add(catalogue, rng, 5)
    catalogue.renew_moments(ENCODER)
    kept = catalogue.moments(ENCODER)
    with monkeypatch.context() as patched:
        patched.setattr(Moments, "of", None)
        np.testing.assert_array_equal(catalogue.moments(ENCODER).mean, kept.mean)
    catalogue.remove("0002")
    add(catalogue, rng, 1, first=7)  # as many as before
    np.testing.assert_allclose(catalogue.moments(ENCODER).mean, measured(catalogue)[0], rtol=1e-5)
