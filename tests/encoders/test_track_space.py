"""Track space: standardised on the library, drawn to a reference while it is small, blind to what a phone changes."""

from types import SimpleNamespace

import numpy as np
import pytest

from synesthete import encoders, settings
from synesthete.encoders import track_space
from synesthete.encoders.base import unit
from synesthete.encoders.parts import Part
from synesthete.encoders.track_space import Moments, Reference, TrackSpace, nuisance_of, reference_of, space_in
from synesthete.errors import EncoderError

PARTS = {"a": Part(slice(0, 3), 2.0), "b": Part(slice(3, 8), 1.0)}
SIZE = 8


def moments_of(rows):
    return Moments.of([rows], SIZE)


def test_moments_in_portions_are_those_of_all(rng):
    rows = rng.normal(3, 2, size=(50, SIZE))
    made = Moments.of([rows[:7], rows[7:8], np.zeros((2, SIZE)), rows[8:]], SIZE)  # silence does not count
    assert made.n_tracks == 50
    np.testing.assert_allclose(made.mean, rows.mean(axis=0))
    np.testing.assert_allclose(made.variance, rows.var(axis=0))


def test_joined_moments_are_those_of_both(rng):
    one, other = rng.normal(3, 2, size=(50, SIZE)), rng.normal(-1, 1, size=(20, SIZE))
    made, both = moments_of(one).joined(moments_of(other)), np.concatenate([one, other])
    np.testing.assert_allclose(made.mean, both.mean(axis=0))
    np.testing.assert_allclose(made.variance, both.var(axis=0))


def test_a_cosine_is_the_weighted_mean_of_the_parts(rng):
    rows = rng.normal(size=(40, SIZE))
    space = TrackSpace(PARTS, moments_of(rows))
    vectors, scores = space(rows), (rows - rows.mean(axis=0)) / rows.std(axis=0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    expected = sum(part.weight * unit(scores[:, part.at]) @ unit(scores[:, part.at]).T for part in PARTS.values()) / 3
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-5)
    np.testing.assert_array_equal(space(rows[4]), vectors[4])
    assert space.parts == {"a": slice(0, 3), "b": slice(3, 8)}


def test_scale_and_offset_of_a_number_do_not_matter(rng):
    rows = rng.normal(size=(40, SIZE))
    scale, offset = rng.uniform(0.1, 9, SIZE), rng.normal(size=SIZE)
    one, other = (TrackSpace(PARTS, moments_of(of))(of) for of in (rows, scale * rows + offset))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_silence_stays_silent(rng):
    space = TrackSpace(PARTS, moments_of(rng.normal(size=(5, SIZE))))
    assert not space(np.zeros((2, SIZE))).any()
    assert not TrackSpace({})(np.zeros(SIZE)).any()


def test_what_a_phone_changes_is_left_out(rng):
    rows = rng.normal(size=(60, SIZE)) * rng.uniform(0.5, 5, SIZE)
    moments, directions = moments_of(rows), rng.normal(size=(2, SIZE))
    changes = rng.normal(size=(30, 2)) @ directions + 1e-6 * rng.normal(size=(30, SIZE))
    parts = {"all": Part(slice(0, SIZE))}
    with_phone = rows + rng.normal(size=(60, 2)) @ directions
    nuisance = nuisance_of(changes, moments, parts)
    blind, plain = TrackSpace(parts, moments, nuisance), TrackSpace(parts, moments)
    assert np.einsum("ij,ij->i", blind(rows), blind(with_phone)).min() > 0.999
    assert np.einsum("ij,ij->i", plain(rows), plain(with_phone)).min() < 0.9
    library = moments_of(3 * rows + 1)  # in another library the same directions are left out
    elsewhere = TrackSpace(parts, library, nuisance)
    assert np.einsum("ij,ij->i", elsewhere(rows), elsewhere(with_phone)).min() > 0.999


def test_the_fingerprint_follows_the_numbers(rng):
    rows = rng.normal(size=(9, SIZE))
    made = [TrackSpace(PARTS, moments_of(of)).fingerprint for of in (rows, rows, rows[:8])]
    made.append(TrackSpace(PARTS | {"a": Part(slice(0, 3), 1.0)}, moments_of(rows)).fingerprint)
    made.append(TrackSpace(PARTS, moments_of(rows), np.ones((SIZE, 1))).fingerprint)
    assert made[0] == made[1] and len(set(made[1:])) == 4


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "Paths", lambda: SimpleNamespace(models=tmp_path))
    track_space._read.cache_clear()
    yield tmp_path
    track_space._read.cache_clear()


class Two(SimpleNamespace):
    """Hashable by identity, as encoders are; without a reference of its own."""

    own_reference = {}

    __hash__ = object.__hash__


def test_a_small_library_is_drawn_to_the_reference(folder, rng):
    encoder = Two(name="two", track_parts=PARTS, n_track_features=SIZE, part_ids={"a": "1", "b": "2"})
    real, library = rng.normal(5, 3, size=(70, SIZE)), rng.normal(-2, 1, size=(10, SIZE))
    assert reference_of(encoder) is None
    track_space.write_reference(folder, {encoder: Reference(moments_of(real), np.zeros((SIZE, 4)))}, "real music")
    found = reference_of(encoder)
    np.testing.assert_allclose(found.moments.mean, real.mean(axis=0), rtol=1e-5)
    both = found.moments.joined(moments_of(library))  # as if of 20 and 10 tracks
    assert found.moments.n_tracks == track_space.REFERENCE_TRACKS and both.n_tracks == 30
    np.testing.assert_allclose(
        space_in(encoder, moments_of(library))(library), TrackSpace(PARTS, both)(library), atol=1e-5
    )
    encoder.part_ids["b"] = "3"  # other weights: the reference says nothing of them
    assert reference_of(encoder) is None
    encoder.part_ids["b"] = "2"
    encoder.track_parts = PARTS | {"b": Part(slice(3, 9))}
    encoder.n_track_features = 9
    with pytest.raises(EncoderError, match=r"reference\.safetensors does not fit 'two'.*fit_reference"):
        reference_of(encoder)


def test_the_shipped_reference_is_of_the_shipped_weights():
    for name in ("synesthete", "resnet", "musicnn", "aisfx", "timbre", "statistics"):
        if encoders.is_ready(name):
            assert reference_of(encoders.load(name)) is not None, name
