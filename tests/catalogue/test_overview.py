"""The figures of a catalogue, against counting in Python."""

from collections import Counter

import pytest

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track


def test_figures_are_what_counting_gives(tmp_path, rng):
    tracks = [
        Track(
            f"{number:016x}",
            f"Title {number}",
            str(rng.choice(["", "Ann", "ann", "Björk", "BJÖRK", "Cy'; DROP TABLE tracks; --"])),
            str(rng.choice(["", "Greatest Hits", "greatest hits", "Home"])),
            str(rng.choice(["", "Jazz", "jazz", "Rock", "<b>x</b>"])),
            float(rng.integers(1, 900)),
            path="" if number % 5 == 0 else f"{number}.ogg",
            album_artist=str(rng.choice(["", "Various"])),
            year=int(rng.choice([0, 1959, 1960, 1997, 2001])),
        )
        for number in range(200)
    ]
    with Catalogue.open(tmp_path / "x.sqlite") as catalogue:
        for track in tracks:
            catalogue.add_track(track)
        found = catalogue.overview()
    assert found.n_tracks == 200 and found.seconds == pytest.approx(sum(track.seconds for track in tracks))
    assert found.n_artists == 3 and found.n_styles == 3
    albums = {(t.album.casefold(), (t.album_artist or t.artist).casefold()) for t in tracks if t.album}
    assert found.n_albums == len(albums)
    assert found.n_without_audio == 40
    assert found.n_without_artist == sum(not track.artist for track in tracks)
    assert found.n_without_style == sum(not track.genre for track in tracks)
    assert found.n_without_year == sum(not track.year for track in tracks)
    styles = Counter(track.genre.casefold() for track in tracks if track.genre)
    assert [(name.casefold(), n) for name, n in found.styles] == styles.most_common()
    assert dict(found.decades) == Counter(track.year // 10 * 10 for track in tracks if track.year)
    assert sum(n for _, n in found.lengths) == 200
    assert dict(found.lengths)["under 2"] == sum(track.seconds < 120 for track in tracks)


def test_an_empty_catalogue_has_no_figures(tmp_path):
    with Catalogue.open(tmp_path / "x.sqlite") as catalogue:
        found = catalogue.overview()
    assert (found.n_tracks, found.seconds, found.styles, found.decades) == (0, 0, (), ())


def test_files_below_a_folder_are_those_in_it(tmp_path):
    with Catalogue.open(tmp_path / "x.sqlite") as catalogue:
        paths = [
            "/music/a/1.mp3",
            "/music/a/b/2.mp3",
            "/music/ab/3.mp3",
            "/music/a.mp3",
            "/music/A/4.mp3",
            "/music/a%/5",
        ]
        for path in paths:
            catalogue.put_file(path, 1, 1)
        assert catalogue.files_below("/music/a") == catalogue.files_below("/music/a/") == sorted(paths[:2])
        assert catalogue.files_below("/music/a%") == ["/music/a%/5"] and len(catalogue.files_below("/music")) == 6
