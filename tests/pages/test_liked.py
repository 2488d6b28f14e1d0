"""Liked tracks: what a heart may say, and what Journey and the Library make of it."""

import http.client
import json

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from synesthete import sampler
from synesthete.settings import PROJECT_ROOT
from synesthete.ui import journey, liked, state, visits
from synesthete.ui.visits import COOKIE, Visits
from tests.served import serve

TRACK = "01a2d0da6cf76c67"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Visits of this test alone, and one that the pages take for theirs."""
    monkeypatch.setattr(visits, "all_visits", Visits())
    monkeypatch.setattr(visits, "mark", lambda: "anna")


class Browser:
    """A browser with a cookie of its own."""

    def __init__(self, place: str) -> None:
        self.place, self.cookie = place, ""

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str):
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection(self.place, timeout=10)
        connection.request(method, address, body, {"Cookie": self.cookie, **headers} if self.cookie else headers)
        answer = connection.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        if given := found[1].get("set-cookie"):
            self.cookie = given.split(";")[0]
        return found

    def get(self, address: str, **headers: str):
        return self.ask("GET", address, **headers)

    def liked(self):
        return json.loads(self.get("/liked")[2])["liked"]

    def tell(self, body: bytes, kind: str = "application/json"):
        status, _, answer = self.ask("POST", "/liked", body, **{"Content-Type": kind})
        return status, json.loads(answer).get("liked")


@pytest.fixture(scope="module")
def place():
    """Host and port of a server that has our addresses and two more."""
    pages = [
        Route("/", lambda request: HTMLResponse("<p>a page")),
        Route("/data", lambda request: PlainTextResponse("none")),
    ]
    app = Starlette(routes=[*pages, *liked.routes()], middleware=[Middleware(visits.Cookie)])
    with serve(app) as address:
        yield address


@pytest.fixture
def browser(place):
    return Browser(place)


def heart(track_id: object = TRACK, is_liked: object = True) -> bytes:
    return json.dumps({"track": track_id, "isLiked": is_liked}).encode()


def test_a_page_gives_the_browser_a_mark_once_and_nothing_else_does(browser):
    assert "set-cookie" not in browser.get("/data")[1]
    given = browser.get("/", **{"X-Forwarded-Proto": "https"})[1]["set-cookie"]
    assert given.startswith(f"{COOKIE}=") and len(given.split(";")[0]) > 40
    assert {"HttpOnly", "SameSite=Lax", "Secure"} <= set(given.split("; ")) and "Max-Age" not in given
    assert "set-cookie" not in browser.get("/")[1]
    assert "Secure" not in Browser(browser.place).get("/")[1]["set-cookie"], "this computer has no https"
    browser.cookie = f"{COOKIE}=short; other=1"
    assert "set-cookie" in browser.get("/")[1], "a mark that is none of ours"


def test_a_heart_is_told_and_taken_back_by_its_own_browser_alone(browser):
    assert browser.liked() is None and browser.tell(heart()) == (200, None), "without a cookie nothing can be kept"
    browser.get("/")
    assert browser.tell(heart()) == (200, [TRACK]) and browser.liked() == [TRACK]
    other = Browser(browser.place)
    other.get("/")
    assert other.liked() == []
    assert browser.tell(heart(is_liked=False)) == (200, [])


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b"{", b"\xff\xfe", heart("x"), b'{"track": "01a2d0da6cf76c67"}',
     heart(is_liked="yes"), heart([TRACK]), heart("a" * 9999)],
)  # fmt: skip
def test_what_is_no_heart_is_refused(browser, body):
    browser.get("/")
    assert browser.tell(body)[0] == 400 and browser.liked() == []


def test_another_sites_form_is_refused(browser):
    browser.get("/")
    assert browser.tell(heart(), "text/plain")[0] == 400 and browser.liked() == []


def sampler_tracks(*numbers: int):
    with sampler.open_sampler() as catalogue:
        tracks = catalogue.tracks()
    return [tracks[number] for number in numbers]


def start(page: str, **values) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120).run()
    for name, value in values.items():
        app.session_state[name] = value
    return app.switch_page(page).run()


def test_what_is_liked_anywhere_feeds_journey_and_is_in_its_address(boxes):
    first, second = sampler_tracks(5, 70)
    for track_id in (first.track_id, "f" * 16, second.track_id):  # one is of another catalogue
        visits.all_visits.like("anna", track_id)
    app = start("pages/3_Journey.py", journey_mode=journey.LIKED)
    assert not app.exception and boxes.chosen("box-liked") == [first.track_id, second.track_id]
    assert app.query_params["liked"] == f"{first.track_id},{second.track_id}"
    (player,) = app.get("bidi_component")
    told = json.loads(player.proto.json)
    assert told["isOfLiked"] and all(row["isTrack"] for row in told["rows"]) and len(told["rows"]) == 20


def test_the_list_of_a_link_leaves_ones_own_alone_until_it_is_liked(boxes):
    mine, *theirs = sampler_tracks(5, 70, 110)
    visits.all_visits.like("anna", mine.track_id)
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"mode": "liked", "liked": ",".join([*(track.track_id for track in theirs), "f" * 16])})
    app.switch_page("pages/3_Journey.py").run()
    assert not app.exception and boxes.chosen("box-liked") == [track.track_id for track in theirs]
    boxes.drop(app, "box-liked", theirs[0].track_id)
    assert boxes.chosen("box-liked") == [theirs[1].track_id] and list(visits.mine().liked) == [mine.track_id]
    next(button for button in app.button if button.label == "Like them too").click().run()
    assert boxes.chosen("box-liked") == [mine.track_id, theirs[1].track_id] == list(visits.mine().liked)


def test_the_library_shows_and_exports_what_is_liked():
    first, second = sampler_tracks(5, 70)
    for track in (first, second):
        visits.all_visits.like("anna", track.track_id)
    app = start("pages/4_Library.py", **{state.LIBRARY_LIKED: True})
    assert not app.exception and list(app.dataframe[0].value["Title"]) == [second.title, first.title]
    assert app.query_params["liked"] == "1"
    app.text_input(key=state.LIBRARY_WORDS).set_value(first.title.upper()).run()
    assert list(app.dataframe[0].value["Title"]) == [first.title]
    app.session_state["export"] = True
    app.run()
    assert any("1 track" in text.value and "tracks I like" in text.value for text in app.markdown)
    app.toggle(key=state.LIBRARY_LIKED).set_value(False).run()
    assert len(app.dataframe[0].value) > 1 or app.dataframe[0].value["Title"].tolist() == [first.title]
    visits.all_visits.of("anna").liked.clear()
    app = start("pages/4_Library.py", **{state.LIBRARY_LIKED: True})
    assert not app.exception and any("heart yet" in info.value for info in app.info)
