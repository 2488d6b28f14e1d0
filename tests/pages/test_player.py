"""What the one player is handed: rows, and addresses that this server answers."""

import gc
import http.client

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from synesthete.audio import clip_from_samples
from synesthete.ui import listening, media, player, warming
from synesthete.ui.player import Row
from tests.served import serve
from tests.sounds import RATE_HZ, melody, tone, wav_bytes


@pytest.fixture
def server(monkeypatch):
    """Host and port of a server that has our addresses and nothing else."""
    monkeypatch.setattr(media, "_is_served", False)
    with serve(Starlette(routes=media.routes())) as address:
        yield address


def get(server, address, **headers):
    connection = http.client.HTTPConnection(server, timeout=10)
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), body


def test_a_file_has_an_address_that_names_no_path_and_is_sent_in_ranges(server, tmp_path):
    path = tmp_path / "a song.wav"
    path.write_bytes(wav_bytes(melody(2.0)))
    address = media.address_of(path, "place")
    assert address == media.address_of(path, "elsewhere") and "song" not in address
    assert get(server, address) == (200, "audio/wav", path.read_bytes())
    assert get(server, address, Range="bytes=100-199") == (206, "audio/wav", path.read_bytes()[100:200])
    path.unlink()
    assert get(server, address)[0] == 404
    assert get(server, "/sound/no-such-token")[0] == get(server, "/sound/..%2f..%2fetc%2fpasswd")[0] == 404


def test_a_cover_is_found_when_it_is_asked_for_and_letters_stand_in(server, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(wav_bytes(melody(2.0)))
    status, kind, body = get(server, media.cover_address_of(path, "<b>Blue Shutters</b>", "Beira-Lume"))
    assert (status, kind) == (200, "image/svg+xml") and b">BS<" in body and b"<b>" not in body
    Image.new("RGB", (300, 300), "red").save(tmp_path / "cover.jpg")
    path.touch()  # tagged anew
    status, kind, body = get(server, media.cover_address_of(path))
    assert (status, kind, body[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert get(server, "/cover/no-such-token")[1] == "image/svg+xml"


@pytest.mark.parametrize(
    ("begins", "length", "seconds", "expected"),
    [(18.0, 22.0, 20, 2.0), (18.0, 12.0, 20, 0.0), (1.0, 60.0, 20, 1.0), (18.0, 22.0, 0, 18.0), (18.0, 0.0, 20, 18.0)],
)
def test_a_stop_begins_early_enough_for_what_was_promised(server, tmp_path, begins, length, seconds, expected):
    path = tmp_path / "song.wav"
    path.write_bytes(b"any")
    line = player.line_of(Row("A", source=path, start_seconds=begins, seconds=length), "place", seconds)
    assert line["start"] == expected and line["place"] == f"from 0:{int(expected):02}"
    assert player.line_of(Row("A", source=tmp_path / "gone.wav"), "place")["place"] == "no file"


def test_a_passage_is_cut_out_of_the_excerpt_that_holds_it():
    clip = clip_from_samples(melody(10.0), RATE_HZ)
    passage = listening.cut(clip, 2.0, 5.0)
    rate = clip.sample_rate_hz
    assert passage.seconds == pytest.approx(3.0) and passage.excerpts[0].start_seconds == 2.0
    np.testing.assert_array_equal(passage.samples, clip.samples[2 * rate : 5 * rate])
    assert not listening.is_silent(clip, (2.0, 5.0))
    paused = clip_from_samples(np.r_[tone(3), np.zeros(3 * RATE_HZ), tone(3)], RATE_HZ)
    assert listening.is_silent(paused, (3.5, 5.5)) and not listening.is_silent(paused, (2.0, 5.5))
    assert listening.cut(clip, 9.0, 30.0).seconds == pytest.approx(clip.seconds - 9, abs=0.01)


def test_warming_sets_aside_what_stays():
    gc.unfreeze()
    try:
        warming._search_once()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
