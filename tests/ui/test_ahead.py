"""A sound that came in is decoded once, ahead where nobody waits, and a problem is told to who asks for it."""

import pytest

from synesthete.errors import AudioError
from synesthete.ui import ahead
from synesthete.ui.sound_input import from_upload
from tests.sounds import tone, wav_bytes


@pytest.fixture
def decoded(monkeypatch):
    """The names of what was decoded, as it is decoded."""
    names, read_clip = [], ahead.read_clip

    def read(data, name):
        names.append(name)
        return read_clip(data, name=name)

    monkeypatch.setattr(ahead, "read_clip", read)
    return names


def sound(name="song.wav", hz=440.0):
    return from_upload(wav_bytes(tone(2.0, hz)), name, "audio/wav")


def test_what_was_begun_is_not_decoded_again(decoded):
    ahead.begin(sound())
    clip = ahead.clip_of(sound())
    assert (clip.name, clip.seconds, decoded) == ("song.wav", pytest.approx(2.0), ["song.wav"])


def test_what_was_not_begun_is_decoded_now(decoded):
    assert ahead.clip_of(sound(hz=220.0)).name == "song.wav"
    assert decoded == ["song.wav"]


def test_the_same_file_of_another_visitor_keeps_its_own_name(decoded):
    ahead.begin(sound("a secret.wav"))
    assert ahead.clip_of(sound("mine.wav")).name == "mine.wav"
    assert ahead.clip_of(sound("a secret.wav")).name == "a secret.wav"


def test_nothing_is_begun_while_others_wait(decoded, monkeypatch):
    turns = ahead.ANALYSIS.__class__(1)
    monkeypatch.setattr(ahead, "ANALYSIS", turns)
    with turns.take():
        ahead.begin(sound(hz=330.0))
    assert decoded == []


def test_a_problem_is_told_to_who_asks():
    broken = from_upload(b"no sound at all", "broken.wav", "audio/wav")
    ahead.begin(broken)
    with pytest.raises(AudioError, match="broken.wav"):
        ahead.clip_of(broken)


def test_what_nobody_fetches_is_dropped(decoded, monkeypatch):
    monkeypatch.setattr(ahead, "_MOST", 2)
    for hz in (300.0, 310.0, 320.0):
        ahead.begin(sound(hz=hz))
    assert len(ahead._begun) <= 2
    for hz in (310.0, 320.0):
        ahead.clip_of(sound(hz=hz))
    assert not ahead._begun
