"""Analyses are kept for all visits together: found again, bounded in bytes, forgotten when the sound is taken away."""

import numpy as np

from synesthete.audio import clip_from_samples
from synesthete.encoders.base import Embedding
from synesthete.spectrogram import compute_spectrograms
from synesthete.ui.analyses import Analyses, Analysis
from synesthete.ui.sound_input import from_upload
from tests.sounds import RATE_HZ, tone, wav_bytes


def sound(hz=440.0, name="song.wav"):
    return from_upload(wav_bytes(tone(2.0, hz)), name, "audio/wav")


def analysis(seconds=2.0):
    clip = clip_from_samples(tone(seconds, 440.0), RATE_HZ)
    none = Embedding(np.zeros(0, np.float32), np.zeros((0, 0), np.float32), (), "an encoder")
    return Analysis(clip, compute_spectrograms(clip), none)


class Making:
    """Makes analyses and knows of which sounds."""

    def __init__(self):
        self.made = []

    def __call__(self, sound):
        self.made.append(sound.name)
        return analysis()


def test_a_sound_is_analysed_once_for_each_encoder():
    kept, make = Analyses(), Making()
    first = kept.get(sound(), "one", make)
    assert kept.get(sound(), "one", make) is first
    assert kept.get(sound(), "another", make) is not first
    assert make.made == ["song.wav", "song.wav"]


def test_what_another_visitor_calls_otherwise_is_analysed_under_that_name():
    kept, make = Analyses(), Making()
    kept.get(sound(name="a secret.wav"), "one", make)
    kept.get(sound(name="mine.wav"), "one", make)
    assert make.made == ["a secret.wav", "mine.wav"]
    assert kept.has(sound(name="mine.wav")) and not kept.has(sound(name="yours.wav"))


def test_what_was_used_longest_ago_goes_where_there_is_no_room():
    kept, make = Analyses(most_bytes=2 * analysis().n_bytes), Making()
    for hz in (300.0, 400.0, 300.0, 500.0):
        kept.get(sound(hz, f"{hz:.0f}"), "one", make)
    assert [kept.has(sound(hz, f"{hz:.0f}")) for hz in (300.0, 400.0, 500.0)] == [True, False, True]
    assert make.made == ["300", "400", "500"]


def test_the_newest_is_kept_whatever_its_size():
    kept = Analyses(most_bytes=1)
    kept.get(sound(300.0), "one", Making())
    kept.get(sound(400.0), "one", Making())
    assert kept.has(sound(400.0)) and not kept.has(sound(300.0))


def test_a_sound_taken_away_is_forgotten_with_its_passages():
    kept, make = Analyses(most_bytes=3 * analysis().n_bytes), Making()
    for part in (None, (0.0, 1.5)):
        kept.get(sound().of_passage(part), "one", make)
    kept.forget(sound().key)
    assert not kept.has(sound()) and not kept.has(sound().of_passage((0.0, 1.5)))
    for hz in (300.0, 400.0, 500.0):  # there is room for as many as before
        kept.get(sound(hz), "one", make)
    assert all(kept.has(sound(hz)) for hz in (300.0, 400.0, 500.0))


def test_a_part_of_an_array_counts_as_the_whole_that_it_holds():
    whole = analysis()
    excerpt = whole.clip.excerpts[0]
    samples = np.ascontiguousarray(excerpt.samples)
    part = type(excerpt)(0.0, samples[:100])
    assert Analysis(type(whole.clip)((part,), RATE_HZ, 0.1), (), whole.embedding).n_bytes == samples.nbytes
