"""From folders to a catalogue: every file accounted for, nothing read twice, nothing lost."""

import errno
import os
import shutil
import sqlite3

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.audio import content_id, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.indexing import index
from synesthete.errors import CatalogueError
from tests.sounds import RATE_HZ, melody

ENCODERS = ("timbre",)


def song(folder, name, seed, seconds=3):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, melody(seconds, seed=seed), RATE_HZ)
    return path


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    for seed, name in enumerate(("a/one.wav", "a/two.wav", "b/three.wav")):
        song(folder, name, seed)
    (folder / "b" / "broken.mp3").write_bytes(b"no sound at all, but long enough to look at" * 30)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def run(catalogue, *places, **options):
    read = []
    names = options.pop("encoder_names", ENCODERS)
    counts = index(catalogue, places, names, n_workers=1, on_event=lambda event, _: read.append(event), **options)
    total = counts.n_indexed + counts.n_unchanged + counts.n_failed + counts.n_not_sound
    assert counts.is_complete and total == counts.n_found
    return counts, read


def test_every_file_is_accounted_for(catalogue, music):
    counts, read = run(catalogue, music)
    assert (counts.n_found, counts.n_indexed, counts.n_failed, counts.n_not_sound) == (5, 3, 1, 1)
    assert {track.title for track in catalogue.tracks()} == {"one", "two", "three"}
    (failure,) = catalogue.failures()
    assert failure.path == str(music / "b/broken.mp3") and "'broken.mp3'" in failure.reason
    assert {event.path for event in read} == {str(path) for path in music.rglob("*.[wm][ap][v3]")}


def test_the_vectors_are_those_of_the_file(catalogue, music):
    run(catalogue, music)
    encoder = encoders.load("timbre")
    clip = read_clip(music / "a/two.wav")
    expected = encoder.embed(clip)
    np.testing.assert_allclose(
        catalogue.features_of(content_id(clip), encoder.fingerprint), expected.track_features, atol=1e-5
    )
    segments, vectors = catalogue.segments(content_id(clip), encoder.fingerprint)
    for name in ("start_seconds", "seconds"):
        kept, made = ([getattr(segment, name) for segment in found] for found in (segments, expected.segments))
        np.testing.assert_allclose(kept, made, atol=1e-5)
    np.testing.assert_allclose(vectors, expected.segment_vectors, atol=2e-3)


def test_a_second_run_reads_nothing(catalogue, music):
    run(catalogue, music)
    revision = catalogue.n_changes()
    counts, read = run(catalogue, music)
    assert (counts.n_unchanged, counts.n_failed, counts.n_indexed) == (3, 1, 0)
    assert read == [] and catalogue.n_changes() == revision


def test_a_failed_file_is_tried_again_when_asked_or_changed(catalogue, music):
    run(catalogue, music)
    assert [event.path for event in run(catalogue, music, is_retry=True)[1]] == [str(music / "b/broken.mp3")]
    shutil.copy(song(music.parent, "good.wav", 9), music / "b/broken.mp3")
    counts, _ = run(catalogue, music)
    assert (counts.n_indexed, counts.n_failed) == (1, 0) and catalogue.failures() == ()


def test_a_moved_file_keeps_its_vectors(catalogue, music):
    run(catalogue, music)
    changes = catalogue.track_features(encoders.load("timbre").fingerprint).tobytes()
    (music / "a/one.wav").rename(music / "renamed.wav")
    counts, read = run(catalogue, music)
    assert (counts.n_indexed, counts.n_moved, counts.n_gone) == (1, 1, 0)
    assert catalogue.track_features(encoders.load("timbre").fingerprint).tobytes() == changes
    assert str(music / "renamed.wav") in {track.path for track in catalogue.tracks()}
    assert run(catalogue, music)[0].n_indexed == 0


def test_a_copy_is_one_track(catalogue, music):
    shutil.copy(music / "a/one.wav", music / "b/copy of one.wav")
    counts, _ = run(catalogue, music)
    assert counts.n_indexed == 4 and counts.n_copies == 1 and len(catalogue) == 3
    assert run(catalogue, music)[0].n_unchanged == 4


def test_when_one_of_two_copies_goes_the_track_stays(catalogue, music):
    shutil.copy(music / "a/one.wav", music / "b/copy of one.wav")
    run(catalogue, music)
    (music / "a/one.wav").unlink()
    counts, _ = run(catalogue, music, is_pruned=True)
    assert (counts.n_gone, counts.n_removed) == (0, 0) and len(catalogue) == 3
    assert all(catalogue.audio_path(track).is_file() for track in catalogue.tracks())


def test_a_changed_file_is_another_track(catalogue, music):
    run(catalogue, music)
    song(music, "a/one.wav", 77)
    counts, _ = run(catalogue, music)
    assert counts.n_indexed == 1 and len(catalogue) == 3
    assert content_id(read_clip(music / "a/one.wav")) in catalogue


def test_what_is_gone_is_removed_only_when_asked(catalogue, music):
    run(catalogue, music)
    (music / "a/one.wav").unlink()
    (music / "b/broken.mp3").unlink()
    assert run(catalogue, music)[0].n_gone == 1 and len(catalogue) == 3
    counts, _ = run(catalogue, music, is_pruned=True)
    assert (counts.n_gone, counts.n_removed) == (1, 1) and len(catalogue) == 2
    assert run(catalogue, music)[0].n_gone == 0


def test_a_failure_goes_with_its_file(catalogue, music):
    """Nothing is kept of it, so there is nothing to prune; also of what could not even be looked at."""
    (music / "b/link.wav").symlink_to(music / "nowhere.wav")
    assert run(catalogue, music)[0].n_failed == 2 and len(catalogue.failures()) == 2
    (music / "b/link.wav").unlink()
    (music / "b/broken.mp3").unlink()
    run(catalogue, music / "a")
    assert len(catalogue.failures()) == 2, "nobody looked there"
    counts, _ = run(catalogue, music)
    assert catalogue.failures() == () and (counts.n_failed, counts.n_gone) == (0, 0)


def test_what_lies_in_a_folder_that_cannot_be_opened_is_not_gone(catalogue, music, monkeypatch):
    run(catalogue, music)
    look = os.scandir

    def closed(path):
        if str(path) == str(music / "a"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return look(path)

    with monkeypatch.context() as patch:  # the superuser, as whom tests may run, can open every folder
        patch.setattr(os, "scandir", closed)
        counts, _ = run(catalogue, music, is_pruned=True)
    assert (counts.n_gone, counts.n_removed) == (0, 0) and len(catalogue) == 3
    assert str(music / "a") in {failure.path for failure in catalogue.failures()}
    run(catalogue, music)
    assert {failure.path for failure in catalogue.failures()} == {str(music / "b/broken.mp3")}


def test_files_elsewhere_are_left_alone(catalogue, music):
    run(catalogue, music)
    (music / "a/one.wav").unlink()
    assert run(catalogue, music / "b", is_pruned=True)[0].n_gone == 0 and len(catalogue) == 3


def test_an_empty_folder_removes_nothing(catalogue, music):
    """A drive that is not connected leaves its folder behind, empty."""
    run(catalogue, music)
    shutil.rmtree(music)
    music.mkdir()
    with pytest.raises(CatalogueError, match="Is the drive connected.*Nothing was removed"):
        index(catalogue, [music], ENCODERS, n_workers=1, is_pruned=True)
    assert len(catalogue) == 3


def test_another_encoder_embeds_what_is_there(catalogue, music):
    run(catalogue, music)
    counts, _ = run(catalogue, music, encoder_names=("timbre", "statistics"))
    assert counts.n_indexed == 3
    assert {entry.name: entry.n_tracks for entry in catalogue.encoders()} == {"timbre": 3, "statistics": 3}
    assert run(catalogue, music, encoder_names=("statistics",))[0].n_unchanged == 3


def test_a_silent_file_fails_with_its_reason(catalogue, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(3 * RATE_HZ), RATE_HZ)
    run(catalogue, tmp_path / "silence.wav")
    assert "silent" in catalogue.failures()[0].reason


def test_a_locked_file_fails_and_the_rest_goes_on(catalogue, music):
    if os.geteuid() == 0:
        pytest.skip("the superuser may read everything")
    (music / "a/one.wav").chmod(0)
    assert run(catalogue, music)[0].n_failed == 2


def test_a_catalogue_of_the_format_before_is_brought_up_to_date(tmp_path, music):
    path = tmp_path / "old.sqlite"
    with Catalogue.open(path) as catalogue:
        run(catalogue, music)
    with sqlite3.connect(path) as plain:  # as format 1 was
        for table in ("written", "listing", "files", "moments", "track_words", "track_tags", "tag_names"):
            plain.execute(f"DROP TABLE {table}")
        plain.execute("ALTER TABLE tracks ADD COLUMN search_text TEXT NOT NULL DEFAULT ''")
        plain.execute("ALTER TABLE track_vectors RENAME COLUMN features TO vector")
        plain.execute("ALTER TABLE encoders DROP COLUMN n_track_features")
        plain.execute("DROP INDEX tracks_by_path")
        for column in ("album_artist", "year", "track_number", "musicbrainz_recording_id", "replaygain_db"):
            plain.execute(f"ALTER TABLE tracks DROP COLUMN {column}")
        plain.execute("PRAGMA user_version = 1")
    plain.close()
    with pytest.raises(CatalogueError, match="older format 1.*reading only"):
        Catalogue.open(path, is_read_only=True)
    with Catalogue.open(path) as catalogue:
        assert len(catalogue) == 3
        counts, _ = run(catalogue, music)  # the files are read again, their vectors are known
        assert counts.n_indexed == 3 and len(catalogue) == 3
