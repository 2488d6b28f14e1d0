"""Blends agree with brute force: other weights of parts are another cosine, and rankings fuse as the paper says."""

import dataclasses
import math

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.encoders.base import unit
from synesthete.errors import OptionError
from synesthete.search import SearchEngine, SearchOptions
from synesthete.search.blend import MOST, RRF_K, Beside, Blend, Blended, factors, fused, reweighted
from synesthete.search.filters import DEFAULT_OPTIONS

PARTS = {"one": slice(0, 3), "two": slice(3, 8), "three": slice(8, 10)}
ALL = SearchOptions(k=151, hide_duplicates=False)


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


def by_hand(engine, track_id, parts):
    """Ids and cosines, best first: every track's slices scaled one by one."""
    ids, vectors = engine.vectors()
    scaled = np.concatenate(
        [
            math.sqrt(parts.get(name, 1.0)) * vectors[:, at].astype(np.float64)
            for name, at in engine.space.parts.items()
        ],
        axis=1,
    )
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    cosines = scaled @ scaled[ids.index(track_id)]
    order = [row for row in np.lexsort((np.arange(len(ids)), -cosines)) if ids[row] != track_id]
    return [ids[row] for row in order], cosines[order]


def found(result):
    return [match.track.track_id for match in result.matches]


def test_a_blended_cosine_is_the_weighted_mean_of_the_parts_cosines(rng):
    weights = {"one": 0.5, "two": 3.0}
    lengths = {"one": 0.6, "two": 0.3, "three": 0.1}

    def vector():
        return np.concatenate(
            [math.sqrt(lengths[name]) * unit(rng.normal(size=at.stop - at.start)) for name, at in PARTS.items()]
        ).astype(np.float32)

    one, other = vector(), vector()
    made = factors(Blend(tuple(weights.items())), PARTS, 10)
    cosines = {name: float(unit(one[at]) @ unit(other[at])) for name, at in PARTS.items()}
    counted = {name: lengths[name] * weights.get(name, 1.0) for name in PARTS}
    expected = sum(counted[name] * cosines[name] for name in PARTS) / sum(counted.values())
    assert reweighted(one, made) @ reweighted(other, made) == pytest.approx(expected, abs=1e-6)


def test_a_blend_of_ones_changes_nothing(engine):
    track_id = engine.track_ids[40]
    plain = engine.search_track(track_id, ALL)
    same = engine.search_track(track_id, dataclasses.replace(ALL, blend=Blend((("timbre", 1.0),))))
    assert found(same) == found(plain)
    np.testing.assert_allclose(
        [match.cosine for match in same.matches], [match.cosine for match in plain.matches], atol=1e-5
    )
    np.testing.assert_allclose(same.scale.cosines, plain.scale.cosines, atol=1e-5)


@pytest.mark.parametrize(
    "parts", [{"timbre": 5.0}, {"musicnn": 0.0, "musicnn/layers": 0.0}, {"resnet/identity": 2.5, "timbre": 0.0}]
)
def test_matches_are_those_of_brute_force(engine, parts):
    track_id = engine.track_ids[17]
    blend = Blend(tuple(parts.items()))
    result = engine.search_track(track_id, dataclasses.replace(ALL, blend=blend))
    ids, cosines = by_hand(engine, track_id, parts)
    np.testing.assert_allclose([match.cosine for match in result.matches], cosines, atol=1e-5)
    assert found(result)[:30] == ids[:30]
    assert result.blend == blend


def test_minimum_similarity_is_of_the_blend(engine):
    track_id = engine.track_ids[17]
    parts = {"timbre": 10.0}
    options = dataclasses.replace(ALL, blend=Blend(tuple(parts.items())), min_similarity=0.3)
    _, cosines = by_hand(engine, track_id, parts)
    assert len(engine.search_track(track_id, options).matches) == np.count_nonzero(cosines >= 0.3)


def test_fused_scores_are_those_of_the_paper(rng):
    rankings = [(1.0, rng.permutation(30)[:20]), (2.5, rng.permutation(30)[:12])]
    scores, rows = fused(rankings)
    by_row = {}
    for weight, ranking in rankings:
        for rank, row in enumerate(ranking.tolist(), start=1):
            by_row[row] = by_row.get(row, 0.0) + weight / (RRF_K + rank)
    expected = sorted(by_row, key=lambda row: (-round(by_row[row], 12), row))
    assert rows.tolist() == expected
    np.testing.assert_allclose(scores, [by_row[row] for row in expected])


def test_another_ranking_joins_the_encoders_own(engine, rng):
    track_id = engine.track_ids[3]
    other = tuple(rng.permutation([each for each in engine.track_ids if each != track_id]).tolist())
    result = engine.search_track(track_id, dataclasses.replace(ALL, blend=Blend(beside=(Beside(2.0, other),))))
    own = found(engine.search_track(track_id, ALL))
    score = {each: 1 / (RRF_K + 1 + own.index(each)) + 2 / (RRF_K + 1 + other.index(each)) for each in own}
    assert found(result) == sorted(own, key=lambda each: (-score[each], each))
    cosine_of = dict(zip(*by_hand(engine, track_id, {}), strict=True))
    for match in result.matches:  # what is told is the cosine, whatever the order
        assert match.cosine == pytest.approx(cosine_of[match.track.track_id], abs=1e-5)


def test_another_ranking_alone_decides(engine, rng):
    track_id = engine.track_ids[3]
    other = tuple(rng.permutation([each for each in engine.track_ids if each != track_id]).tolist())
    blend = Blend(tuple((name, 0.0) for name in engine.space.parts), own=0.0, beside=(Beside(1.0, other),))
    assert found(engine.search_track(track_id, dataclasses.replace(ALL, blend=blend))) == list(other)


def test_a_minimum_leaves_out_of_a_fused_order_what_is_less_alike(engine, rng):
    track_id = engine.track_ids[3]
    other = tuple(rng.permutation(engine.track_ids).tolist())
    blend = Blend(beside=(Beside(5.0, other),))
    options = dataclasses.replace(ALL, blend=blend, min_similarity=0.1)
    _, cosines = by_hand(engine, track_id, {})
    result = engine.search_track(track_id, options)
    assert len(result.matches) == np.count_nonzero(cosines >= 0.1)
    assert min(match.cosine for match in result.matches) >= 0.1


def test_tracks_that_another_encoder_does_not_know_are_found_too(engine):
    track_id = engine.track_ids[3]
    blend = Blend(beside=(Beside(1.0, ("not here", engine.track_ids[90])),))
    result = engine.search_track(track_id, dataclasses.replace(ALL, blend=blend))
    assert len(result.matches) == len(engine.track_ids) - 1
    assert found(result)[0] == engine.track_ids[90]  # in two rankings


def test_in_a_large_catalogue_the_first_are_those_of_brute_force(tmp_path):
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        large = SearchEngine(catalogue, encoder, tmp_path, small_up_to=10)
        track_id = large.track_ids[25]
        parts = {"timbre": 6.0, "aisfx": 0.0}
        options = SearchOptions(k=20, hide_duplicates=False, blend=Blend(tuple(parts.items())))
        ids, _ = by_hand(large, track_id, parts)
        assert found(large.search_track(track_id, options)) == ids[:20]


def test_passages_are_compared_without_the_blend(engine):
    track_id = engine.track_ids[3]
    options = SearchOptions(compare="passage")
    blended = dataclasses.replace(options, blend=Blend((("timbre", 9.0),)))
    result = engine.search_track(track_id, blended)
    assert found(result) == found(engine.search_track(track_id, options))
    assert result.blend is None


def test_options_without_a_blend_are_as_before():
    assert DEFAULT_OPTIONS.blend is None


@pytest.mark.parametrize("weight", [-0.1, MOST + 1, math.nan, math.inf])
def test_weights_outside_their_range_are_refused(weight):
    with pytest.raises(OptionError, match="must be"):
        Blend((("timbre", weight),))
    with pytest.raises(OptionError, match="must be"):
        Blend(beside=(Beside(weight, ("a",)),))


def test_a_blend_in_which_nothing_counts_is_refused(engine):
    with pytest.raises(OptionError, match="Nothing counts"):
        Blend(own=0.0)
    nothing = Blend(tuple((name, 0.0) for name in engine.space.parts))
    with pytest.raises(OptionError, match="left out"):
        engine.search_track(engine.track_ids[0], SearchOptions(blend=nothing))


def test_parts_that_the_encoder_does_not_have_are_passed_over(engine):
    index = engine._encoder_index()
    blended = Blended(Blend((("nowhere", 3.0),)), index.vector(0), index)
    np.testing.assert_allclose(
        blended.cosines(np.arange(9)), index.some_vectors(np.arange(9)) @ index.vector(0), atol=1e-5
    )
