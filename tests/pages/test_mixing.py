"""More and less, on Journey: tracks added and taken away, ten that come out, a list to take home."""

from synesthete import encoders, sampler
from synesthete.search import SearchEngine
from synesthete.ui import mixing, state
from tests.pages.test_journey import rows, sampler_tracks, start


def mixture(more, less):
    encoder = encoders.load()
    with sampler.open_for(encoder) as catalogue:
        found = SearchEngine(catalogue, encoder).mix([t.track_id for t in more], [t.track_id for t in less])
        return [match.track.track_id for match in found.matches]


def test_the_page_asks_for_two_tracks():
    app = start(journey_mode=mixing.MODE)
    assert not app.exception and not app.error
    assert any("Choose two tracks" in info.value for info in app.info)


def test_tracks_are_added_and_taken_away_by_typing(boxes):
    one, other, third = sampler_tracks(3, 90, 120)
    app = start(journey_mode=mixing.MODE)
    boxes.choose(app, "box-mix_more", one.track_id)
    boxes.choose(app, "box-mix_more", other.track_id)
    assert [row["key"] for row in rows(app)] == mixture([one, other], [])
    boxes.choose(app, "box-mix_less", third.track_id)
    assert not app.exception and not app.error
    assert [row["key"] for row in rows(app)] == mixture([one, other], [third])
    assert app.session_state[state.MIX_LESS] == [third.track_id]


def test_what_is_taken_away_is_added_no_longer(boxes):
    one, other, third = sampler_tracks(3, 90, 120)
    app = start(
        journey_mode=mixing.MODE, **{state.MIX_MORE: [one.track_id, other.track_id], state.MIX_LESS: [third.track_id]}
    )
    boxes.choose(app, "box-mix_less", other.track_id)
    assert app.session_state[state.MIX_MORE] == [one.track_id]
    assert [row["key"] for row in rows(app)] == mixture([one], [third, other])
    boxes.drop(app, "box-mix_less", third.track_id)
    assert app.session_state[state.MIX_LESS] == [other.track_id]
