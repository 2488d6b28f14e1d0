"""What is drawn of a catalogue: all of a small one, a sample of a large one, kept as long as it fits."""

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.errors import LandscapeError
from synesthete.landscape import drawn
from synesthete.landscape.drawn import drawn_map, keep_map
from synesthete.search import SearchEngine
from synesthete.tracks import Track
from tests.catalogues import ENCODER, embedding_of, walk


def fill(catalogue, rng, first, last):
    with catalogue.transaction():
        for number in range(first, last):
            catalogue.add_track(Track(f"{number:04}", f"Title {number}", genre=("Jazz", "Rock")[number % 2]))
            catalogue.put_embedding(f"{number:04}", ENCODER, embedding_of(walk(rng, 3)))


@pytest.fixture
def catalogue(tmp_path, rng):
    with Catalogue.open(tmp_path / "x.sqlite") as opened:
        fill(opened, rng, 0, 100)
        yield opened


@pytest.fixture
def large(monkeypatch):
    monkeypatch.setattr(drawn, "WHOLE_UP_TO", 20)
    monkeypatch.setattr(drawn, "N_DRAWN", 40)


def engine_of(catalogue):
    return SearchEngine(catalogue, ENCODER)


def made_anew(said):
    return any("Laying out" in words for words, _ in said)


def drawn_now(catalogue, folder):
    said = []
    found = drawn_map(engine_of(catalogue), [folder], tell=lambda words, share: said.append((words, share)))
    return found, said


def test_all_of_a_small_catalogue_is_drawn(catalogue, tmp_path):
    found, _ = drawn_now(catalogue, tmp_path / "maps")
    assert list(found.ids) == [track.track_id for track in catalogue.tracks()] and found.n_tracks == 100
    assert found.coordinates.shape == (100, 3) and np.array_equal(found.coordinates, found.landscape.coordinates)
    assert len(list((tmp_path / "maps").iterdir())) == 1


def test_a_sample_of_a_large_catalogue_is_drawn_and_kept(large, catalogue, tmp_path):
    found, said = drawn_now(catalogue, tmp_path / "maps")
    assert made_anew(said) and len(found.ids) == 40 and found.n_tracks == 100
    shares = [share for _, share in said]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] < 1
    again, said = drawn_now(catalogue, tmp_path / "maps")
    assert not made_anew(said)
    for one, other in zip(vars(found).values(), vars(again).values(), strict=True):
        if not isinstance(one, type(found.landscape)):
            assert np.array_equal(one, other)
    assert np.array_equal(found.landscape.landmark_vectors, again.landscape.landmark_vectors)


def test_what_is_gone_is_not_drawn_and_what_has_come_leaves_the_map_as_it_is(large, catalogue, tmp_path, rng):
    found, _ = drawn_now(catalogue, tmp_path)
    gone = found.ids[3]
    catalogue.remove(gone)
    fill(catalogue, rng, 100, 110)
    again, said = drawn_now(catalogue, tmp_path)
    assert not made_anew(said) and again.ids == (*found.ids[:3], *found.ids[4:])
    assert np.array_equal(again.coordinates, np.delete(found.coordinates, 3, axis=0))
    assert np.array_equal(again.groups, np.delete(found.groups, 3))
    assert len(again.landscape.coordinates) == 40, "sounds are placed among the same landmarks"


@pytest.mark.parametrize("change", ["come", "gone", "damaged", "cut"])
def test_a_map_that_does_not_fit_any_more_is_made_anew(large, catalogue, tmp_path, rng, change):
    found, _ = drawn_now(catalogue, tmp_path / "maps")
    (path,) = (tmp_path / "maps").iterdir()
    if change == "come":
        fill(catalogue, rng, 100, 130)
    elif change == "gone":
        for track_id in found.ids[:12]:
            catalogue.remove(track_id)
    elif change == "damaged":
        path.write_bytes(b"no map")
    else:
        path.write_bytes(path.read_bytes()[:-3000])
    again, said = drawn_now(catalogue, tmp_path / "maps")
    assert made_anew(said) and again.n_tracks == len(catalogue)


def test_a_map_is_there_before_anyone_asks(large, catalogue, tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "index_folder", lambda _: tmp_path / "maps")
    keep_map(catalogue, ENCODER)
    assert not made_anew(drawn_now(catalogue, tmp_path / "maps")[1])


def test_of_too_few_tracks_no_map_is_kept_ahead(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(drawn, "index_folder", lambda _: tmp_path / "maps")
    with Catalogue.open(tmp_path / "few.sqlite") as few:
        fill(few, rng, 0, 3)
        keep_map(few, ENCODER)
        assert not (tmp_path / "maps").exists()
        with pytest.raises(LandscapeError, match="at least 5 tracks"):
            drawn_now(few, tmp_path / "maps")


def test_a_folder_that_cannot_be_written_to_costs_only_time(large, catalogue, tmp_path):
    (tmp_path / "file").write_text("in the way")
    found, said = drawn_now(catalogue, tmp_path / "file" / "maps")
    assert made_anew(said) and len(found.ids) == 40
