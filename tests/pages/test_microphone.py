"""What goes on between the browser's microphone and the listener, and the address at which the picture is asked."""

import asyncio
import base64
import gc
import json

import aioice
import av
import numpy as np
import pytest
import streamlit as st
from starlette.requests import Request

from synesthete.errors import OptionError
from synesthete.live import Listener
from synesthete.live.ice_servers import VARIABLE
from synesthete.ui import live_route, microphone, server, state
from synesthete.ui.microphone import Heard
from tests.sounds import melody


@pytest.mark.parametrize(
    ("kind", "layout"), [("s16", "stereo"), ("s16", "mono"), ("s16p", "stereo"), ("flt", "stereo"), ("fltp", "mono")]
)
def test_a_frame_of_any_format_becomes_a_block(rng, kind, layout):
    n_channels = 2 if layout == "stereo" else 1
    expected = rng.integers(-30_000, 30_000, (960, n_channels), dtype=np.int16)
    values = expected if kind.startswith("s16") else (expected / 32767).astype(np.float32)
    values = values.T if kind.endswith("p") else values.reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), format=kind, layout=layout)
    block = microphone.block_of(frame)
    assert block.dtype == np.int16 and np.array_equal(block, expected)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://localhost:8501/Live", True),
        ("http://127.0.0.1:8501/Live", True),
        ("http://[::1]:8501/Live", True),
        ("http://app.localhost/Live", True),
        ("https://music.example/Live", True),
        ("http://192.168.1.7:8501/Live", False),
        ("http://music.example/Live", False),
        ("http://localhost.example/Live", False),
        ("", True),
    ],
)
def test_which_addresses_browsers_trust(address, expected):
    assert microphone.is_secure(address) is expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"number": 3, "trouble": "", "isElsewhere": False}, Heard(True)),
        ({"number": 3, "trouble": "", "isElsewhere": True}, Heard(True, is_elsewhere=True)),
        ({"number": 3, "trouble": "NotFoundError"}, Heard(False, "NotFoundError")),
        ({"number": 3, "trouble": "SecurityError"}, Heard(False, "NotAllowedError")),
        ({"number": 3, "trouble": "<b>never heard of</b>"}, Heard(False, "NotReadableError")),
        ({"number": 2, "trouble": ""}, Heard()),
        ("granted", Heard()),
        (None, Heard()),
    ],
)
def test_what_the_browser_says_is_believed_where_it_is_ours(monkeypatch, told, expected):
    monkeypatch.setattr(st, "session_state", {state.MICROPHONE: {"said": told}})
    assert microphone._said(3) == expected
    st.session_state[state.MICROPHONE] = {}  # a later run: said once, it holds
    assert microphone._said(3) == expected
    assert microphone._said(4) == Heard()


def test_servers_come_from_the_environment_or_the_secrets(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert microphone._configured() == ""
    monkeypatch.setattr(st, "secrets", {"ice_servers": [{"urls": "stun:a.example:1"}]})
    assert microphone._configured() == [{"urls": "stun:a.example:1"}]
    monkeypatch.setenv(VARIABLE, "stun:b.example:1")
    assert microphone._configured() == "stun:b.example:1"


def test_servers_that_cannot_be_read_are_a_sentence(monkeypatch):
    monkeypatch.setenv(VARIABLE, "b.example")
    with pytest.raises(OptionError, match=VARIABLE):
        microphone.listen(1, False, lambda *_: None, lambda: None)


def ask(address, **query):
    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "headers": [],
        "query_string": "&".join(f"{name}={value}" for name, value in query.items()).encode(),
        "path_params": {"token": address.rsplit("/", 1)[1]},
    }
    return asyncio.run(live_route._answer(Request(scope)))


def test_the_picture_is_asked_for_in_parts():
    listener = Listener()
    address = live_route.address_of(listener)
    assert live_route.address_of(listener) == address
    listener._take(np.round(melody(2, 48_000) * 32767).astype(np.int16), 48_000)
    response = ask(address, since=0)
    assert response.headers["cache-control"] == "no-store"
    heard = json.loads(response.body)
    data = base64.b64decode(heard["columns"])
    assert heard["first"] == 0 and heard["kept"] == len(data) // 146 > 70 and heard["status"] == "off"
    rest = json.loads(ask(address, since=70).body)
    assert rest["first"] == 70 and base64.b64decode(rest["columns"]) == data[70 * 146 :]
    for strange in ("", "-1", "x", "9" * 40):
        assert json.loads(ask(address, since=strange).body)["first"] == 0


def test_the_browser_says_with_each_question_whether_its_player_sounds():
    listener = Listener()
    address = live_route.address_of(listener)
    listener.begin()
    assert json.loads(ask(address, since=0, plays=1).body)["status"] == "held"
    assert json.loads(ask(address, since=0, plays=0).body)["status"] == "waiting"
    assert json.loads(ask(address, since=0).body)["status"] == "waiting"
    listener.end()


def test_a_browser_that_answers_late_is_not_hung_up_on(monkeypatch):
    """On a busy machine six answers in a row may come later than aioice waits for them."""
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.01)
    monkeypatch.setattr(aioice.stun, "RETRY_RTO", 0.01)

    async def talk():
        server, browser = aioice.Connection(ice_controlling=False), aioice.Connection(ice_controlling=True)
        for each in (server, browser):
            await each.gather_candidates()
        for one, other in ((server, browser), (browser, server)):
            for candidate in other.local_candidates:
                await one.add_remote_candidate(candidate)
            await one.add_remote_candidate(None)
            one.remote_username, one.remote_password = other.local_username, other.local_password
        await asyncio.gather(server.connect(), browser.connect())
        unanswered = 0

        def ignore(*_):
            nonlocal unanswered
            unanswered += 1

        monkeypatch.setattr(browser, "request_received", ignore)
        while unanswered < 20:
            await asyncio.sleep(0.01)
        await browser.send(b"sound")
        heard = await server.recv()
        await asyncio.gather(server.close(), browser.close())
        return heard

    assert asyncio.run(asyncio.wait_for(talk(), 30)) == b"sound"


def test_an_address_holds_as_long_as_its_listener():
    listener = Listener()
    address = live_route.address_of(listener)
    assert live_route.address_of(Listener()) != address
    assert ask(address).status_code == 200
    del listener
    gc.collect()
    assert ask(address).status_code == ask("/live/other").status_code == 404


def test_the_server_has_the_address():
    assert any(route.path == "/live/{token}" for route in server.parts()["routes"])
