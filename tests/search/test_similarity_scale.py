"""A similarity is placed among the catalogue's own pairs, and never praised beyond what was measured."""

import numpy as np
import pytest

from synesthete.encoders.base import unit
from synesthete.search.similarity_scale import MAX_PAIRS, STEPS, SimilarityScale


def test_few_tracks_are_measured_completely(rng):
    vectors = unit(rng.normal(size=(30, 5)))
    scale = SimilarityScale.from_vectors(vectors)
    expected = np.sort((vectors @ vectors.T)[np.triu_indices(30, 1)])
    np.testing.assert_allclose(scale.cosines, expected, atol=1e-6)
    for cosine in (-1, -0.3, 0, 0.4, 1):
        assert scale.rarity(cosine) == pytest.approx(np.mean(expected < cosine), abs=1e-6)


def test_many_tracks_are_sampled_the_same_each_time(rng):
    vectors = unit(rng.normal(size=(500, 5)))
    scale = SimilarityScale.from_vectors(vectors)
    assert len(scale.cosines) == MAX_PAIRS
    np.testing.assert_array_equal(scale.cosines, SimilarityScale.from_vectors(vectors).cosines)
    assert not np.array_equal(scale.cosines, SimilarityScale.from_vectors(vectors, seed=1).cosines)
    everything = (vectors @ vectors.T)[np.triu_indices(500, 1)]
    for cosine in (-0.5, 0, 0.5):
        assert scale.rarity(cosine) == pytest.approx(np.mean(everything < cosine), abs=0.02)
    assert scale.cosines.max() < 1 - 1e-6  # no track was paired with itself


def test_words_follow_rarity():
    scale = SimilarityScale.from_samples(np.linspace(-1, 1, 20_001))
    cosines = [2 * rarity - 1 for rarity in (0.9999, 0.995, 0.96, 0.85, 0.5)]
    assert [scale.words(cosine) for cosine in cosines] == [words for _, words in STEPS]
    assert scale.words(1.0) == "almost the same"
    assert scale.words(-1.0) == "only loosely alike"


def test_a_shift_of_all_cosines_changes_no_word():
    narrow = SimilarityScale.from_samples(np.linspace(0.98, 0.999, 20_001))
    wide = SimilarityScale.from_samples(np.linspace(-1, 0.9, 20_001))
    for share in (0.2, 0.9, 0.97, 0.997):
        assert narrow.words(0.98 + 0.019 * share) == wide.words(-1 + 1.9 * share)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_tracks_to_measure(rng, n):
    scale = SimilarityScale.from_vectors(unit(rng.normal(size=(n, 4))))
    assert scale.rarity(0.5) == 0.5
    assert scale.rarity(-0.5) == 0
    assert scale.words(1.0) == "almost the same"
    assert scale.words(0.1) == "only loosely alike"
    assert scale.sentence(0.873) == "0.87 – too few tracks here to say how rare that is"


def test_three_tracks_allow_no_strong_words(rng):
    scale = SimilarityScale.from_vectors(unit(rng.normal(size=(3, 4))))
    assert scale.rarity(1.0) == 1.0
    assert scale.words(1.0) == "only loosely alike"


def test_sentence():
    scale = SimilarityScale.from_samples(np.linspace(0, 1, 10_001))
    assert scale.sentence(0.8765) == "0.88 – closer than 87.6 % of all pairs here"
    assert scale.sentence(0.99999) == "1.00 – closer than 99.9 % of all pairs here"
    assert scale.sentence(-0.5) == "-0.50 – closer than 0.0 % of all pairs here"
    above = SimilarityScale.from_samples([0.1, 0.2, 0.3])
    assert above.sentence(0.5) == "0.50 – closer than every pair measured here"
