"""The Encoders page, run through app.py without a browser."""

import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from synesthete import encoders, sampler, settings
from synesthete.audio import clip_from_samples
from synesthete.evaluation import background
from synesthete.evaluation.mean_similarity import mean_similarities
from synesthete.search import SearchEngine
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.spectrogram import compute_spectrograms
from synesthete.ui import confusion, encoders_compare, encoders_quality, owner, sound_input, state
from synesthete.ui.analyses import Analysis
from synesthete.ui.text import plain
from tests.sounds import RATE_HZ, melody

PAGE = "pages/5_Encoders.py"
THREE = ["statistics", "timbre", "synesthete"]


def start(**values) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=200)
    app.run()
    for name, value in values.items():
        app.session_state[name] = value
    return app.switch_page(PAGE).run()


def a_sound():
    with sampler.open_sampler() as catalogue:
        return sound_input.from_track(catalogue.tracks()[30])


def view(name: str, **values) -> AppTest:
    return start(**{"encoders-view": name, "encoders-chosen": THREE}, **values)


def lists(app: AppTest) -> list[list[dict]]:
    told = [json.loads(component.proto.json) for component in app.get("bidi_component")]
    return [each["rows"] for each in told if "rows" in each]


def ten_of(name: str, track_id: str) -> list[str]:
    encoder = encoders.load(name)
    with sampler.open_for(encoder) as catalogue:
        found = SearchEngine(catalogue, encoder).search_track(track_id)
        return [match.track.track_id for match in found.matches]


def test_encoders_stand_side_by_side_with_their_ten_and_the_overlap():
    sound = a_sound()
    app = view("Side by side", **{state.SOUND: sound})
    assert not app.exception and not app.error
    found = {name: ten_of(name, sound.track_id) for name in THREE}
    assert [[row["key"] for row in rows] for rows in lists(app)] == list(found.values())
    in_all, n_by_id = encoders_compare.overlap(found)
    for name, rows in zip(THREE, lists(app), strict=True):
        for row in rows:
            n_others = sum(row["key"] in ids for other, ids in found.items() if other != name)
            assert ("Only here" in row["note"]) == (n_others == 0)
    words = "No track" if not in_all else f"{len(in_all)} track"
    assert any(words in said.value for said in app.markdown)
    assert sum(n == 1 for n in n_by_id.values()) > 0


def test_without_a_sound_the_page_asks_for_one():
    app = view("Side by side")
    assert any("and a sound" in info.value for info in app.info)


@pytest.mark.parametrize("name", THREE + ["resnet"])
def test_what_an_encoder_sees_is_a_picture(name):
    clip = clip_from_samples(melody(seconds=12), RATE_HZ)
    encoder = encoders.load(name)
    spectrograms = compute_spectrograms(clip)
    pictures, start_seconds = encoders_compare.seen(encoder, Analysis(clip, spectrograms, encoder.embed(clip)))
    assert pictures and 0 <= start_seconds < 12
    for image in pictures.values():
        assert image.ndim in (2, 3) and image.min() >= 0 and image.max() <= 1 and image.std() > 0


def test_an_encoder_that_draws_shows_both_pictures():
    class Draws(type(encoders.load("resnet"))):
        def pictures(self, batch):
            return {"what goes in": batch[:, 0], "what its numbers draw": batch[:, 1]}

    clip = clip_from_samples(melody(seconds=12), RATE_HZ)
    encoder = encoders.load("resnet")
    analysis = Analysis(clip, compute_spectrograms(clip), encoder.embed(clip))
    pictures, _ = encoders_compare.seen(Draws(), analysis)
    assert list(pictures) == ["what goes in", "what its numbers draw"]


def test_an_encoder_that_has_not_listened_is_named_with_the_way_out_and_nothing_begins():
    app = view("Side by side", **{state.SOUND: a_sound()})
    missing = [
        name
        for name in encoders.available()
        if encoders.is_ready(name) and name not in app.button_group(key="encoders-chosen").options
    ]
    for name in missing:
        assert any(name in expander.label for expander in app.expander)
        assert [button.label for button in app.button if button.key == f"encoders-listen-{name}"] == [name]
    assert not background.work(Paths().sampler / sampler.CATALOGUE_NAME).is_at_work


def test_an_encoder_that_has_not_listened_does_so_at_a_click(monkeypatch):
    asked = []
    monkeypatch.setattr(sampler, "embed_with", lambda encoder, on_progress: asked.append(encoder.name))
    app = view("Mean similarity")
    keys = [button.key for button in app.button if str(button.key).startswith("encoders-listen-")]
    app.button(key=keys[0]).click().run()
    assert not app.exception and asked == [keys[0].removeprefix("encoders-listen-")]


def test_the_owner_may_have_quality_measured_and_a_guest_may_not(monkeypatch):
    monkeypatch.setattr(owner, "is_owner", lambda: False)
    app = view("Quality")
    assert not [button for button in app.button if button.key == "quality-measure"]
    assert any("owner" in caption.value for caption in app.caption)


def test_figures_come_from_the_reports_that_are_kept(monkeypatch):
    begun = []
    monkeypatch.setattr(owner, "is_owner", lambda: True)
    monkeypatch.setattr(background, "start", lambda path, names, **options: begun.append((path, list(names), options)))
    path = Paths().sampler / sampler.CATALOGUE_NAME
    encoder = encoders.load("timbre")
    retrieval = {"mean_average_precision": 0.41, "precision_at": {"1": 0.6, "5": 0.5, "10": 0.45}, "chance": 0.05}
    report = {"encoder": "timbre", "fingerprint": encoder.fingerprint, "labels": {"genre": retrieval}, "hubness": 1.25}
    with sampler.open_for(encoder) as catalogue:
        background.write_report(background.folder_of(path), report, catalogue.revision(encoder.fingerprint))
    app = view("Quality")
    assert not app.exception and not app.error
    (shown,) = app.dataframe
    assert shown.value.loc["timbre", "Same style, mAP"] == 0.41
    assert shown.value.loc["timbre", "Same style, P@10"] == 0.45
    assert np.isnan(shown.value.loc["timbre", "Through a phone"])
    app.button(key="quality-measure").click().run()
    assert begun == [(path, ["statistics", "synesthete"], {"is_built_in": True, "options": encoders_quality.OPTIONS})]


def test_mean_similarity_is_that_of_all_pairs():
    app = view("Mean similarity")
    assert not app.exception and not app.error
    (shown,) = app.dataframe
    for name in THREE:
        encoder = encoders.load(name)
        with sampler.open_for(encoder) as catalogue:
            ids, vectors = SearchEngine(catalogue, encoder).vectors()
            titles = [track.title for track in catalogue.tracks(ids)]
        expected = dict(zip(titles, mean_similarities(vectors), strict=True))
        np.testing.assert_allclose(shown.value[name], shown.value["Title"].map(expected), atol=1e-5)
    first = shown.value[THREE[0]].to_numpy()
    assert (np.diff(first) <= 0).all()  # what sounds most like the rest to the first encoder is on top
    assert len(app.get("plotly_chart")) == 1


def test_vectors_are_offered_as_the_projector_reads_them():
    app = start(**{"encoders-view": "Vectors"})
    app.button(key="projector-write").click().run()
    assert not app.exception and not app.error
    assert [button.label for button in app.get("download_button")] == ["vectors.tsv", "metadata.tsv"]


def test_all_encoders_have_a_card():
    app = start(**{"encoders-view": "All encoders"})
    assert not app.exception and not app.error
    assert [heading.value for heading in app.header] == list(encoders.available())
    assert app.header[0].value == settings.DEFAULT_ENCODER
    captions = " ".join(caption.value for caption in app.caption)
    for name in encoders.available():
        if encoders.is_ready(name):
            assert f"Keeps {encoders.load(name).n_track_features:,} numbers" in captions
        else:
            assert plain(encoders.why_not_ready(name), 400) in captions


def test_the_genres_it_confuses_are_on_its_card():
    app = start(**{"encoders-view": "All encoders", "confusion-genre-cnn": True})
    assert not app.exception and not app.error
    encoder = encoders.load("genre-cnn")
    said = next(text.value for text in app.markdown if "by artists it never heard" in text.value)
    assert f"Of {encoder.confusion.sum()} recordings" in said and f"genre of {encoder.confusion.trace()} " in said
    (chart,) = app.get("plotly_chart")
    (drawn,) = json.loads(chart.proto.spec)["data"]
    assert tuple(drawn["y"]) == encoder.genres
    numbers = [[int(text or 0) for text in row] for row in drawn["text"]]
    assert np.array_equal(numbers, encoder.confusion)


def test_confusions_are_said_the_commonest_first():
    counts = np.array([[4, 1, 0], [0, 2, 3], [0, 0, 0]])
    said = confusion.in_words(["folk", "jazz", "rock"], counts)
    assert said == (
        "Of 10 recordings by artists it never heard it named the genre of 6 (60%); calling all of them by the "
        "commonest would be right for 5. Taken most often: jazz for rock (3)."
    )


def test_who_is_best_is_said_once_and_shared_where_it_is_even():
    columns = list(encoders_quality.COLUMNS)
    figures = pd.DataFrame(0.5, index=["one", "two", "three"], columns=columns)
    figures.loc["two", "Same style, mAP"] = 0.7
    figures.loc[["one", "three"], "Through a phone"] = 1.0
    said = encoders_quality.best_in_words(figures)
    assert said == (
        "On this catalogue styles are kept together best by **two** (0.70); "
        "songs are known by phone best by **one** and **three** (1.00)."
    )
    assert encoders_quality.best_in_words(figures.iloc[:1]) == ""
