"""More like these, less like those: the direction by hand, and what is found near it."""

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.encoders.base import unit
from synesthete.errors import CatalogueError, OptionError
from synesthete.search import SearchEngine, SearchOptions
from synesthete.search.mixture import LESS, mixture


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


def test_a_mixture_is_the_sum_and_difference_of_means(rng):
    more, less = unit(rng.normal(size=(3, 12))), unit(rng.normal(size=(2, 12)))
    expected = (more[0] + more[1] + more[2]) / 3 - LESS * (less[0] + less[1]) / 2
    np.testing.assert_allclose(mixture(more, less), expected / np.linalg.norm(expected), atol=1e-6)
    np.testing.assert_allclose(mixture(more[:1], less[:0]), more[0], atol=1e-6)


def test_the_tracks_nearest_to_the_mixture_are_found_and_its_own_are_not(engine):
    ids, vectors = engine.vectors()
    more, less = [ids[5], ids[60]], [ids[120]]
    result = engine.mix(more, less, SearchOptions(hide_duplicates=False))
    direction = unit((vectors[5] + vectors[60]) / 2 - LESS * vectors[120])
    cosines = vectors @ direction
    expected = [ids[row] for row in np.argsort(-cosines) if ids[row] not in {*more, *less}][:10]
    assert [match.track.track_id for match in result.matches] == expected
    assert result.matches[0].cosine == pytest.approx(float(cosines[ids.index(expected[0])]), abs=1e-5)
    assert result.n_tracks == len(ids)


def test_what_is_taken_away_is_less_alike_than_without(engine):
    """Two styles added and one of them taken away leave the other."""
    tracks = {track.track_id: track for track in engine.catalogue.tracks()}
    of = {}
    for track_id in engine.track_ids:
        of.setdefault(tracks[track_id].genre, []).append(track_id)
    kept, unwanted = of["Solo Piano"], of["House"]
    both = engine.mix([kept[0], unwanted[0]], [])
    without = engine.mix([kept[0], unwanted[0]], [unwanted[1]])

    def share(result, genre):
        return sum(match.track.genre == genre for match in result.matches[:5])

    assert share(both, "House") > 0
    assert share(without, "House") == 0
    assert share(without, "Solo Piano") > share(both, "Solo Piano")


def test_options_hold_for_a_mixture(engine):
    result = engine.mix(engine.track_ids[:2], [], SearchOptions(k=5, max_per_artist=1))
    artists = [match.track.artist for match in result.matches]
    assert len(artists) == len(set(artists)) == 5


def test_what_cannot_be_mixed_is_said(engine):
    one, other = engine.track_ids[:2]
    with pytest.raises(OptionError, match="both added and taken away"):
        engine.mix([one], [one])
    with pytest.raises(OptionError, match="Nothing is added"):
        engine.mix([], [other])
    with pytest.raises(CatalogueError, match="not in the index"):
        engine.mix(["nowhere"], [])
    with pytest.raises(OptionError, match="cancel"):
        mixture(np.eye(1, 4, dtype=np.float32), 2 * np.eye(1, 4, dtype=np.float32))
