"""The panel that says why two sounds match, run without a browser."""

import pytest
from streamlit.testing.v1 import AppTest


def panel(number):
    """The first match of a track of the built-in catalogue, explained."""
    from pathlib import Path

    from synesthete.explain import Query
    from synesthete.settings import Paths
    from synesthete.ui import explain, resources
    from synesthete.ui.player import Row

    engine = resources.engine(Path(Paths().sampler / "catalogue.sqlite"), "synesthete")
    track_id = engine.track_ids[number]
    track = engine.catalogue.track(track_id)
    result = engine.search_track(track_id)
    row = Row("<b>x</b> [y](http://e.org)", source=engine.catalogue.locate(track), key=track_id)
    asked = explain.Asked(Query.of_result(result, track_id=track_id), track_id, row)
    explain.show_why(engine, asked, result.matches[0])


@pytest.fixture(scope="module")
def app():
    return AppTest.from_function(panel, args=(3,), default_timeout=120).run()


def test_it_says_why_in_a_sentence_with_pictures_shares_and_seconds(app):
    assert not app.exception and not app.error
    said = [text.value for text in app.markdown]
    assert any(text.startswith("**Alike ") for text in said)
    assert "**At this passage, alike by**" in said and "**Overall, alike by**" in said
    labels = [bar.proto.text for bar in app.get("progress")]
    assert {label.partition(" ·")[0] for label in labels} >= {"Timbre", "Harmony", "Tonality", "Tone colour"}


def test_shares_of_the_whole_are_shares_of_one(app):
    labels = [bar.proto.text for bar in app.get("progress")]
    shares = [int(label.rpartition("· ")[2].rstrip("%").replace("\u2212", "-")) for label in labels]
    assert sum(shares[:3]) == pytest.approx(100, abs=2) and sum(shares[3:]) == pytest.approx(100, abs=4)


def test_each_part_says_how_alike_the_two_are_in_it_alone(app):
    told = next(text.help for text in app.markdown if text.value == "**Overall, alike by**")
    figures = [each.rsplit(" ", 1)[1] for each in told.partition(": ")[2].rstrip(".").split("; ")]
    assert len(figures) >= 4
    for text in figures:
        assert -1 <= float(text.replace("\u2212", "-")) <= 1


def test_names_are_letters(app):
    said = " ".join(text.value for text in app.markdown)
    assert "](" not in said.replace("\\](", "").replace("\\]\\(", "") and "<b>" not in said.replace("\\<b\\>", "")
