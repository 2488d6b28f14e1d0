"""The folders of a catalogue's files, gathered."""

import pytest

from synesthete.catalogue import Catalogue
from synesthete.catalogue.folders import Folder, gathered, is_below
from synesthete.tracks import Track

JAZZ, ROCK = Folder("/m/jazz", 3, 0), Folder("/m/rock/a", 2, 1)


def test_files_are_counted_by_the_folder_that_holds_them(tmp_path):
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for number, path in enumerate(("/m/jazz/1.mp3", "/m/jazz/2.mp3", "/m/jazz/deep/ü '1%.mp3", "/top.mp3")):
            track = catalogue.add_track(Track(f"{number:016x}", "t", path=path))
            catalogue.put_file(path, 1, 1, track.track_id)
        catalogue.put_file("/m/jazz/bad.mp3", 1, 1)
        catalogue.put_file("s3://bucket/song.mp3", 1, 1)
        assert catalogue.folders() == [Folder("/", 1, 0), Folder("/m/jazz", 3, 1), Folder("/m/jazz/deep", 1, 0)]


def test_few_parts_are_named_each_and_many_as_a_whole():
    assert gathered([JAZZ, ROCK]) == [JAZZ, Folder("/m/rock", 2, 1)]
    assert gathered([Folder("/m", 1, 0), JAZZ]) == [Folder("/m", 1, 0), JAZZ]
    artists = [Folder(f"/m/{number:02}", 2, 0) for number in range(40)]
    assert gathered(artists) == [Folder("/m", 80, 0)]
    assert gathered([]) == []


def test_folders_that_somebody_named_come_first_the_innermost_before_the_others():
    artists = [Folder(f"/m/rock/{number:02}", 2, 1) for number in range(40)]
    assert gathered([*artists, JAZZ], ["/m/rock/"]) == [JAZZ, Folder("/m/rock", 80, 40)]
    found = gathered([*artists, JAZZ], ["/m", "/m/rock/03", "/elsewhere"])
    assert found == [Folder("/m", 81, 39), Folder("/m/rock/03", 2, 1)]
    assert sum(folder.n_files for folder in found) == 83


@pytest.mark.parametrize(("path", "folder", "expected"), [
    ("/m/a", "/m", True), ("/m", "/m", True), ("/mm", "/m", False), ("/m", "/m/a", False), ("/m/a", "/", True),
])  # fmt: skip
def test_below_is_by_whole_names(path, folder, expected):
    assert is_below(path, folder) is expected
