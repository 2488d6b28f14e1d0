"""The built-in catalogue as shipped."""

import csv
import shutil

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import content_id, read_clip
from synesthete.encoders.base import Encoder, unit
from synesthete.errors import CatalogueError
from synesthete.search import SearchEngine
from synesthete.settings import DEFAULT_ENCODER, Paths


class Peaks(Encoder):
    """A quick encoder that nobody ships: the mean image, standardised."""

    name = "peaks"
    consumes = "features"
    version = "1"
    embedding_size = 166

    def encode(self, batch):
        return unit(batch.mean(axis=2) + 1e-3)


def test_the_manifest_and_the_catalogue_agree():
    with (Paths().sampler / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with sampler.open_sampler() as catalogue:
        tracks = {track.path: track for track in catalogue.tracks()}
        assert catalogue.failures() == ()
    assert len(rows) >= 120
    assert {row["file"] for row in rows} == set(tracks)
    assert all(tracks[row["file"]].title == row["title"] for row in rows)
    assert len({track.genre for track in tracks.values()}) >= 12


def test_shipped_vectors_are_those_of_the_audio():
    encoder = encoders.load(DEFAULT_ENCODER)
    with sampler.open_sampler() as catalogue:
        ids, features = catalogue.ids(encoder.fingerprint), catalogue.track_features(encoder.fingerprint)
        assert len(ids) == len(catalogue), "run make sampler: the default encoder has changed"
        for number in (0, len(ids) // 2, len(ids) - 1):
            clip = read_clip(catalogue.audio_path(catalogue.track(ids[number])))
            assert content_id(clip) == ids[number]
            assert np.dot(unit(encoder.embed(clip).track_features), unit(features[number])) > 0.9999


def test_the_first_start_needs_no_analysis_and_writes_nothing_into_the_sampler():
    before = {path: path.stat().st_mtime_ns for path in Paths().sampler.iterdir()}
    encoder = encoders.load(DEFAULT_ENCODER)
    with sampler.open_for(encoder) as catalogue:
        assert catalogue.is_read_only and not catalogue.missing(encoder.fingerprint)
        engine = SearchEngine(catalogue, encoder, index_folder=catalogue.folder)
        assert len(engine.search_track(catalogue.tracks()[0].track_id).matches) == 10
    assert {path: path.stat().st_mtime_ns for path in Paths().sampler.iterdir()} == before


def test_another_encoder_embeds_into_a_copy_and_goes_on_where_it_stopped(monkeypatch):
    encoder = Peaks()
    calls = []

    def stop_after_three(label, fraction):
        calls.append(label)
        if len(calls) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampler.embed_with(encoder, stop_after_three)
    calls.clear()
    with sampler.embed_with(encoder, lambda label, fraction: calls.append(label)) as catalogue:
        assert not catalogue.is_read_only and not catalogue.missing(encoder.fingerprint)
        assert len(calls) == len(catalogue) - 3 + 1
    with sampler.open_for(encoder) as again, sampler.open_sampler() as shipped:
        assert not again.missing(encoder.fingerprint)
        assert len(shipped.missing(encoder.fingerprint)) == len(shipped)
        assert again.audio_path(again.tracks()[0]).is_file()
    assert sampler.embedded_names() >= {*sampler.SHIPPED, "peaks"}


def test_the_vectors_of_another_encoder_are_made_when_they_are_first_asked_for():
    encoder, begun = Peaks(), []
    for _ in range(2):
        with sampler.open_embedded(encoder, lambda: begun.append("begun")) as catalogue:
            assert not catalogue.missing(encoder.fingerprint)
    assert begun == ["begun"], "the second time they are there"
    with sampler.open_embedded(encoders.load("statistics"), lambda: begun.append("shipped")) as catalogue:
        assert catalogue.is_read_only
    assert begun == ["begun"]


def test_a_changed_file_is_refused(tmp_path):
    source = Paths().sampler
    with (source / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))[:1]
    (tmp_path / rows[0]["file"]).parent.mkdir(parents=True)
    shutil.copy(source / rows[0]["file"], tmp_path / rows[0]["file"])
    with (tmp_path / "manifest.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys())
        writer.writeheader()
        writer.writerows([{**rows[0], "sha256": "0" * 64}])
    with pytest.raises(CatalogueError, match="differs from the manifest"):
        sampler.build(tmp_path)


def test_a_missing_sampler_says_how_to_build_it(tmp_path):
    with pytest.raises(CatalogueError, match="make sampler"):
        sampler.open_sampler(Paths(sampler=tmp_path))


def test_the_names_of_who_has_vectors_are_known_without_loading_anyone(monkeypatch):
    monkeypatch.setattr(encoders, "load", None)
    assert sampler.embedded_names() >= set(sampler.SHIPPED)
