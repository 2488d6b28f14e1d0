"""What encoders made of tracks: it comes back as it went in, and what does not fit is refused."""

import dataclasses

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.errors import CatalogueError
from synesthete.tracks import Track
from tests.catalogue.small_encoders import ENCODER, Fake, Other, embedding_of


def test_vectors_and_segments_come_back(catalogue, rng):
    made = {}
    for track_id in ("c", "a", "b"):
        catalogue.add_track(Track(track_id, track_id))
        made[track_id] = embedding_of(rng, n_segments=ord(track_id) - 95)
        catalogue.put_embedding(track_id, ENCODER, made[track_id])
    ids, features = catalogue.ids(ENCODER.fingerprint), catalogue.track_features(ENCODER.fingerprint)
    assert ids == ("a", "b", "c")
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, [made[track_id].track_features for track_id in ids])
    np.testing.assert_array_equal(catalogue.features_of("b", ENCODER.fingerprint), made["b"].track_features)

    segments, matrix = catalogue.segments("b", ENCODER.fingerprint)
    assert segments == made["b"].segments
    np.testing.assert_allclose(matrix, made["b"].segment_vectors, atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-6)

    rows, starts, everything = catalogue.all_segments(ENCODER.fingerprint)
    assert rows.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert starts.tolist() == [0, 2.5, 0, 2.5, 5, 0, 2.5, 5, 7.5]
    np.testing.assert_array_equal(everything[2:5], matrix)


def test_segments_of_some_tracks_come_in_the_order_asked_for(catalogue, rng):
    for number in range(600):  # more than one query can bind
        catalogue.add_track(Track(f"{number:03}", "x", seconds=float(number), artist=f"Artist {number % 7}"))
        catalogue.put_embedding(f"{number:03}", ENCODER, embedding_of(rng, n_segments=1 + number % 3))
    ids = [f"{number:03}" for number in rng.permutation(600)]
    rows, starts, matrix = catalogue.segments_of(ids, ENCODER.fingerprint)
    assert len(rows) == len(starts) == len(matrix) == 1200
    for row in (0, 17, 599):
        segments, vectors = catalogue.segments(ids[row], ENCODER.fingerprint)
        np.testing.assert_array_equal(matrix[rows == row], vectors)
        assert starts[rows == row].tolist() == [segment.start_seconds for segment in segments]
    whole_rows, whole_starts, whole = catalogue.all_segments(ENCODER.fingerprint)
    rows, starts, matrix = catalogue.segments_of(sorted(ids), ENCODER.fingerprint)
    np.testing.assert_array_equal(whole_rows, rows)
    np.testing.assert_array_equal(whole_starts, starts)
    np.testing.assert_array_equal(whole, matrix)
    listed = list(catalogue.listed(ENCODER.fingerprint))
    assert [row[0] for row in listed] == sorted(ids)
    assert [row[1] for row in listed] == list(range(600))
    assert listed[8][2] == "Artist 1"
    assert catalogue.embedded(["017", "ghost", "003"], ENCODER.fingerprint) == ["017", "003"]
    with pytest.raises(CatalogueError, match="no vectors of encoder .* for track 'ghost'"):
        catalogue.segments_of(["000", "ghost"], ENCODER.fingerprint)


def test_silent_segments_stay_zero(catalogue, rng):
    catalogue.add_track(Track("a", "a"))
    made = embedding_of(rng)
    made.segment_vectors[2] = 0
    catalogue.put_embedding("a", ENCODER, made)
    for matrix in (
        catalogue.segments("a", ENCODER.fingerprint)[1],
        catalogue.segments_of(["a"], ENCODER.fingerprint)[2],
        catalogue.all_segments(ENCODER.fingerprint)[2],
    ):
        np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), [1, 1, 0, 1], atol=1e-6)


def test_an_empty_catalogue_has_empty_vectors(catalogue):
    ids, features = catalogue.ids("none"), catalogue.track_features("none")
    rows, starts, matrix = catalogue.all_segments("none")
    assert ids == ()
    assert len(features) == len(rows) == len(starts) == len(matrix) == 0
    assert catalogue.encoders() == ()


def test_encoders_do_not_meet(catalogue, rng):
    other = Other()
    for track_id in ("a", "b"):
        catalogue.add_track(Track(track_id, track_id))
        catalogue.put_embedding(track_id, ENCODER, embedding_of(rng))
    before = catalogue.revision(ENCODER.fingerprint)
    catalogue.put_embedding("a", other, embedding_of(rng, encoder=other))
    assert catalogue.revision(ENCODER.fingerprint) == before
    assert catalogue.track_features(other.fingerprint).shape == (1, 5)
    assert [track.track_id for track in catalogue.missing(other.fingerprint)] == ["b"]
    assert catalogue.missing(ENCODER.fingerprint) == ()
    assert [(entry.name, entry.embedding_size, entry.n_tracks) for entry in catalogue.encoders()] == [
        ("fake", 8, 2),
        ("other", 5, 1),
    ]


def test_what_an_encoder_has_not_embedded_is_named(catalogue):
    catalogue.add_track(Track("a", "a"))
    with pytest.raises(CatalogueError, match="no vectors of encoder"):
        catalogue.segments("a", ENCODER.fingerprint)
    with pytest.raises(CatalogueError, match="no vectors of encoder"):
        catalogue.features_of("a", ENCODER.fingerprint)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fingerprint": "f00"}, "carries fingerprint 'f00'"),
        ({"track_features": np.ones(3, np.float32)}, r"has the shapes \(3,\)"),
        ({"segments": ()}, "for 0 segments"),
        ({"track_features": np.full(8, np.nan, np.float32)}, "vector of length nan"),
        ({"track_features": np.full(8, 1, np.float32)}, "vector of length 2.8"),
    ],
)
def test_an_embedding_that_does_not_fit_is_refused(catalogue, rng, change, message):
    catalogue.add_track(Track("a", "a"))
    with pytest.raises(CatalogueError, match=message):
        catalogue.put_embedding("a", ENCODER, dataclasses.replace(embedding_of(rng), **change))
    assert catalogue.ids(ENCODER.fingerprint) == ()


def test_an_embedding_needs_its_track(catalogue, rng):
    with pytest.raises(CatalogueError, match="no track 'ghost'"):
        catalogue.put_embedding("ghost", ENCODER, embedding_of(rng))


def test_revision_follows_the_content(tmp_path, rng):
    first, second = embedding_of(rng), embedding_of(rng)
    revisions, counts = [], []
    with Catalogue.open(tmp_path / "one.sqlite") as catalogue:

        def note():
            revisions.append(catalogue.revision(ENCODER.fingerprint))
            counts.append(catalogue.n_changes())

        note()
        for track_id in ("a", "b"):
            catalogue.add_track(Track(track_id, track_id))
        assert catalogue.revision(ENCODER.fingerprint) == revisions[0]
        catalogue.put_embedding("a", ENCODER, first)
        note()
        catalogue.put_embedding("b", ENCODER, second)
        note()
        catalogue.put_embedding("b", ENCODER, first)
        note()
        catalogue.put_embedding("b", ENCODER, second)
        assert catalogue.revision(ENCODER.fingerprint) == revisions[2]
        catalogue.remove("b")
        assert catalogue.revision(ENCODER.fingerprint) == revisions[1]
    assert len(set(revisions)) == 4
    assert counts == sorted(set(counts))
    with Catalogue.open(tmp_path / "two.sqlite") as copy:  # the same content in another order, in another file
        for track_id, embedding in (("b", second), ("a", first)):
            copy.add_track(Track(track_id, track_id))
            copy.put_embedding(track_id, ENCODER, embedding)
        assert copy.revision(ENCODER.fingerprint) == revisions[2]


def test_an_earlier_version_is_forgotten_of_tracks_that_the_present_one_has_embedded(catalogue, rng):
    earlier, other = Fake(), Other()
    earlier.version = "0"
    for track_id, heard_by in (("a", (earlier, ENCODER, other)), ("b", (earlier, other)), ("c", (ENCODER,))):
        catalogue.add_track(Track(track_id, track_id))
        for encoder in heard_by:
            catalogue.put_embedding(track_id, encoder, embedding_of(rng, encoder=encoder))
    assert catalogue.forget_outdated(ENCODER.name, ENCODER.fingerprint) == 1
    assert catalogue.ids(earlier.fingerprint) == ("b",)  # the present version has not come to it yet
    assert catalogue.all_segments(earlier.fingerprint)[0].tolist() == [0] * 4
    assert catalogue.ids(ENCODER.fingerprint) == ("a", "c") and catalogue.ids(other.fingerprint) == ("a", "b")
    assert catalogue.forget_outdated(ENCODER.name, ENCODER.fingerprint) == 0
