"""The catalogue's tracks: what goes in comes out, nothing leaves its folder, and every refusal says why."""

import dataclasses

import numpy as np
import pytest

from synesthete.errors import CatalogueError
from synesthete.tracks import Track
from tests.catalogue.small_encoders import ENCODER, embedding_of


def test_a_track_comes_back_as_it_went_in(catalogue):
    track = Track("b1", "Höhle", "Á", "album", "genre", 12.5, "a/b.ogg", "DE1", "CC0", "us")
    assert catalogue.add_track(track) == track
    assert catalogue.track("b1") == track
    assert "b1" in catalogue
    assert "zz" not in catalogue
    assert len(catalogue) == 1


def test_tracks_come_in_the_order_asked_for(catalogue):
    for number in range(1200):  # more than one query can bind
        catalogue.add_track(Track(f"{number:04}", str(number)))
    wanted = [f"{number:04}" for number in np.random.default_rng(0).permutation(1200)]
    assert [track.track_id for track in catalogue.tracks(wanted)] == wanted
    assert [track.track_id for track in catalogue.tracks()] == sorted(wanted)
    assert catalogue.tracks([]) == ()


def test_an_unknown_track_is_named(catalogue):
    with pytest.raises(CatalogueError, match="no track 'nobody'"):
        catalogue.track("nobody")
    with pytest.raises(CatalogueError, match="no track 'nobody'"):
        catalogue.remove("nobody")


def test_adding_again_updates_and_a_copy_is_remembered(catalogue):
    first = catalogue.add_track(Track("a", "old", path="one.ogg"))
    renamed = dataclasses.replace(first, title="new")
    assert catalogue.add_track(renamed).title == "new"
    assert [found.track_id for found in catalogue.find("new")] == ["a"]
    kept = catalogue.add_track(Track("a", "copy", path="two.ogg"))
    assert kept == renamed
    assert catalogue.other_paths("a") == ("two.ogg",)
    assert catalogue.known_paths() == {"one.ogg": "a", "two.ogg": "a"}
    assert len(catalogue) == 1


def touch(catalogue, name):
    path = catalogue.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")
    return path


def rename(catalogue, old, new):
    (catalogue.folder / new).parent.mkdir(parents=True, exist_ok=True)
    (catalogue.folder / old).rename(catalogue.folder / new)


@pytest.mark.parametrize("is_absolute", [False, True])
def test_a_moved_file_takes_its_entry_along(catalogue, is_absolute):
    def named(name):
        return str(catalogue.folder / name) if is_absolute else name

    touch(catalogue, "one.ogg")
    catalogue.add_track(Track("a", "one", "Ann", "Album", path=named("one.ogg"), isrc="DE1", seconds=9.0))
    rename(catalogue, "one.ogg", "Ann/two.ogg")
    kept = catalogue.add_track(Track("a", "two", "Anna", genre="Folk", path=named("Ann/two.ogg"), seconds=9.0))
    expected = Track("a", "two", "Anna", "Album", "Folk", 9.0, named("Ann/two.ogg"), "DE1")
    assert kept == catalogue.track("a") == expected
    assert catalogue.audio_path(kept).is_file()
    assert catalogue.known_paths() == {named("Ann/two.ogg"): "a"}
    assert [found.track_id for found in catalogue.find("anna folk")] == ["a"]
    assert catalogue.find("one") == ()


def test_of_two_copies_the_first_stays_and_learns_what_it_lacks(catalogue):
    touch(catalogue, "one.ogg")
    touch(catalogue, "two.ogg")
    catalogue.add_track(Track("a", "one", "Ann", path="one.ogg"))
    kept = catalogue.add_track(Track("a", "two", "Ben", "Album", path="two.ogg"))
    assert kept == catalogue.track("a") == Track("a", "one", "Ann", "Album", path="one.ogg")
    assert catalogue.other_paths("a") == ("two.ogg",)
    (catalogue.folder / "one.ogg").unlink()  # now the copy is all there is
    assert catalogue.add_track(Track("a", "two", "Ben", path="two.ogg")) == Track(
        "a", "two", "Ben", "Album", path="two.ogg"
    )
    assert catalogue.other_paths("a") == ()
    assert catalogue.known_paths() == {"two.ogg": "a"}
    catalogue.remove("a")
    assert catalogue.known_paths() == {}


def test_where_neither_file_is_there_the_entry_stays(catalogue):
    """A drive that is not mounted is no reason to forget where the music lies."""
    catalogue.add_track(Track("a", "one", path="/nowhere/one.ogg"))
    assert catalogue.add_track(Track("a", "two", path="/nowhere/two.ogg")).path == "/nowhere/one.ogg"
    assert catalogue.add_track(Track("a", "two", path="../two.ogg")).path == "/nowhere/one.ogg"


def test_another_name_of_one_file_brings_its_new_tags(catalogue):
    path = touch(catalogue, "one.ogg")
    catalogue.add_track(Track("a", "one", "Ann", path="one.ogg"))
    assert catalogue.add_track(Track("a", "new", path=str(path))) == Track("a", "new", path="one.ogg")
    assert catalogue.known_paths() == {"one.ogg": "a", str(path): "a"}


def test_an_entry_without_a_path_gets_one_and_none_loses_it(catalogue):
    catalogue.add_track(Track("a", "one"))
    assert catalogue.add_track(Track("a", "one", path="one.ogg")).path == "one.ogg"
    assert catalogue.add_track(Track("a", "new", "Ann")) == Track("a", "new", "Ann", path="one.ogg")
    assert catalogue.known_paths() == {"one.ogg": "a"}


def test_another_sound_under_a_path_that_was_a_copy(catalogue):
    touch(catalogue, "one.ogg")
    touch(catalogue, "two.ogg")
    catalogue.add_track(Track("a", "a", path="one.ogg"))
    catalogue.add_track(Track("a", "a", path="two.ogg"))
    catalogue.add_track(Track("b", "b", path="two.ogg"))
    assert catalogue.other_paths("a") == ()
    assert catalogue.known_paths() == {"one.ogg": "a", "two.ogg": "b"}


def test_new_tags_are_a_change_and_the_same_are_none(catalogue):
    track = catalogue.add_track(Track("a", "one", path="one.ogg"))
    before = catalogue.n_changes()
    catalogue.add_track(track)
    assert catalogue.n_changes() == before
    catalogue.add_track(dataclasses.replace(track, artist="Ann"))
    assert catalogue.n_changes() > before


def test_updating_a_track_keeps_its_vectors(catalogue, rng):
    track = catalogue.add_track(Track("a", "old", path="one.ogg"))
    catalogue.put_embedding("a", ENCODER, embedding_of(rng))
    catalogue.add_track(dataclasses.replace(track, title="new"))
    assert catalogue.ids(ENCODER.fingerprint) == ("a",)


def test_a_track_needs_an_id(catalogue):
    with pytest.raises(CatalogueError, match="has no track_id"):
        catalogue.add_track(Track("", "nameless"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bjork", ["1"]),
        ("BJÖRK pagan", ["1"]),
        ("pagan nobody", []),
        ("100%", ["2"]),
        ("%", ["2"]),
        ("_", ["3"]),
        ("\\", ["4"]),
        ("ambient", ["1", "2"]),
        ("'; DROP TABLE tracks; --", []),
        ("   ", ["1", "2", "3", "4"]),
    ],
)
def test_find(catalogue, text, found):
    catalogue.add_track(Track("1", "Pagan Poetry", "Björk", genre="Ambient"))
    catalogue.add_track(Track("2", "100% pure", album="Ambient works"))
    catalogue.add_track(Track("3", "snake_case"))
    catalogue.add_track(Track("4", "back\\slash"))
    assert sorted(track.track_id for track in catalogue.find(text)) == found


def test_find_keeps_to_the_limit(catalogue):
    for number in range(5):
        catalogue.add_track(Track(str(number), "same"))
    assert len(catalogue.find("same", limit=3)) == 3


def test_removing_a_track_removes_all_of_it(catalogue, rng):
    catalogue.add_track(Track("a", "a", path="1"))
    catalogue.add_track(Track("a", "a", path="2"))
    catalogue.put_embedding("a", ENCODER, embedding_of(rng))
    catalogue.remove("a")
    assert len(catalogue) == 0
    assert catalogue.known_paths() == {}
    assert catalogue.ids(ENCODER.fingerprint) == ()
    assert len(catalogue.all_segments(ENCODER.fingerprint)[0]) == 0


def test_audio_paths_stay_in_the_folder(catalogue, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (catalogue.folder / "link.ogg").symlink_to(tmp_path / "secret.txt")
    (catalogue.folder / "down").symlink_to(tmp_path)
    assert catalogue.audio_path(Track("a", "a", path="sub/../b.ogg")) == catalogue.folder / "b.ogg"
    absolute = tmp_path / "elsewhere.ogg"
    assert catalogue.audio_path(Track("a", "a", path=str(absolute))) == absolute
    for path in ("../secret.txt", "sub/../../secret.txt", "link.ogg", "down/secret.txt"):
        with pytest.raises(CatalogueError, match="leads out of the catalogue's folder"):
            catalogue.audio_path(Track("a", "a", path=path))
    for path in ("", "a\0b"):
        with pytest.raises(CatalogueError, match="has no audio file"):
            catalogue.audio_path(Track("a", "a", path=path))


def test_failures_are_kept_until_cleared(catalogue):
    catalogue.record_failure("b.mp3", "first", "decode")
    catalogue.record_failure("b.mp3", "broken", "decode")
    catalogue.record_failure("a.mp3", "silent", "embed")
    found = catalogue.failures()
    assert [(failure.path, failure.reason, failure.stage) for failure in found] == [
        ("a.mp3", "silent", "embed"),
        ("b.mp3", "broken", "decode"),
    ]
    assert found[0].time > 1e9
    catalogue.clear_failure("a.mp3")
    catalogue.clear_failure("never.mp3")
    assert [failure.path for failure in catalogue.failures()] == ["b.mp3"]


def test_provenance(catalogue):
    catalogue.set_provenance("licence", "CC0")
    catalogue.set_provenance("licence", "CC BY")
    assert catalogue.provenance() == {"licence": "CC BY"}
