"""A collection from a server to a folder of music, in one go or in several."""

from dataclasses import replace

import pytest

from synesthete.errors import SourceError
from synesthete.sources import datasets
from synesthete.sources.datasets import DATASETS, bytes_to_come, check_room, get, licences
from tests.sources.fma_tables import zipped


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


EXPECTED = [
    *("fma_metadata/.unpacked", "fma_metadata/tracks.csv", "fma_small/.unpacked"),
    *("fma_small/000/000002.mp3", "fma_small/000/000005.mp3", "fma_small/000/000009.mp3", "fma_small/README.txt"),
]


def test_music_and_metadata_lie_side_by_side(site, dataset, tmp_path):
    assert bytes_to_come(dataset, tmp_path)[0] == sum(map(len, site.files.values()))
    assert get(dataset, tmp_path, url=f"{site.url}/") == tmp_path / "fma_small"
    assert names(tmp_path) == EXPECTED
    assert bytes_to_come(dataset, tmp_path) == (0, 0)
    get(dataset, tmp_path, url=site.url)
    assert [path for path, _, _ in site.asked] == ["/fma_metadata.zip", "/fma_small.zip"]


def test_licences_are_counted(site, dataset, tmp_path):
    get(dataset, tmp_path, url=site.url)
    assert licences(dataset, tmp_path) == {"CC BY 4.0": 1, "CC BY-NC-SA 3.0": 1, "licence unknown": 1}


def test_archives_can_be_kept(site, dataset, tmp_path):
    get(dataset, tmp_path, url=site.url, is_archive_kept=True)
    assert names(tmp_path) == sorted([*EXPECTED, "fma_metadata.zip", "fma_small.zip"])


@pytest.mark.parametrize(
    "label", ["fma_metadata.zip, ", "unpacking fma_metadata", "fma_small.zip, ", "unpacking fma_small"]
)
def test_stopped_anywhere_it_goes_on(site, dataset, tmp_path, label):
    def interrupt(what, fraction):
        if what.startswith(label):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(dataset, tmp_path, url=site.url, on_progress=interrupt)
    n_before = bytes_to_come(dataset, tmp_path)[1]
    assert n_before > 0
    get(dataset, tmp_path, url=site.url)
    assert names(tmp_path) == EXPECTED
    assert [status for _, _, status in site.asked].count(200) == 2, "nothing is fetched twice"


def test_a_wrong_archive_is_refused(site, dataset, tmp_path):
    site.files["fma_small.zip"] = zipped({"fma_small/000/000002.mp3": b"other"})
    with pytest.raises(SourceError, match="sent something else than fma_small.zip.*--url names a mirror"):
        get(dataset, tmp_path, url=site.url)
    assert names(tmp_path) == EXPECTED[:2]


def test_a_small_disk_is_told_before_anything_is_asked(site, dataset, tmp_path):
    large = replace(dataset, audio=replace(dataset.audio, n_bytes=1 << 60))
    with pytest.raises(SourceError, match=r"GiB are needed in .* free.*--folder"):
        get(large, tmp_path / "new", url=site.url)
    assert site.asked == [] and not (tmp_path / "new").exists()
    check_room(dataset, tmp_path)


def test_what_is_published_is_well_formed():
    assert {name: dataset.audio.file_name for name, dataset in DATASETS.items()} == {
        "fma-small": "fma_small.zip",
        "fma-medium": "fma_medium.zip",
        "fma-large": "fma_large.zip",
    }
    for dataset in DATASETS.values():
        for archive in (dataset.audio, dataset.metadata):
            assert len(bytes.fromhex(archive.sha1)) == 20
            assert archive.n_unpacked_bytes < 1.1 * archive.n_bytes
    assert datasets.FMA_URL.startswith("https://")
