"""The listener, fed faster than sound goes, with a search made up here and with the real one."""

import resource
import threading
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.errors import CatalogueError
from synesthete.live import Listener, Status, listener
from synesthete.live.level import LOWEST_DBFS
from synesthete.live.sound_buffer import wav_of
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.tracks import Match, Track
from tests.sounds import melody, noise

RATE = 48_000
TEN = SearchOptions()


def pcm(samples):
    samples = samples if samples.ndim == 2 else samples[:, np.newaxis]
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


@dataclass
class Searches:
    """Answers with made-up matches and keeps what it was asked."""

    recognised: Match | None = None
    error: CatalogueError | None = None
    hold: threading.Event | None = None
    asked: list = field(default_factory=list)
    encoder: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(segment_space_id="made up"))

    def search(self, clip, options):
        self.asked.append((clip, options))
        if self.hold is not None:
            self.hold.wait(20)
        if self.error:
            raise self.error
        matches = tuple(Match(Track(f"{n:02}", f"Track {n}"), 0.9 - n / 50) for n in range(options.k))
        return SearchResult(matches, (), "track", None, 60, {}, None, None, self.recognised, clip)


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def feed(live, samples, rate_hz=RATE, step=0.02):
    """Blocks as a browser sends them, as fast as they are heard."""
    length = round(step * rate_hz)
    for start in range(0, len(samples), length):
        until(lambda: live._sounds is None or live._sounds.qsize() < 100)
        live.offer(samples[start : start + length], rate_hz)
    until(lambda: live._sounds is None or live._sounds.empty())
    time.sleep(0.05)


@pytest.fixture
def live():
    listening = Listener()
    yield listening
    listening.end()
    until(lambda: threads() == [])


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("synesthete-live")]


def test_it_waits_hears_falls_silent_and_loses_the_microphone(live, rng, monkeypatch):
    assert live.status is Status.OFF
    live.begin()
    assert live.status is Status.WAITING
    feed(live, pcm(noise(rng, 3, -70, RATE)))
    assert live.status is Status.SILENT and live.level_dbfs == pytest.approx(-70, abs=1)
    feed(live, pcm(noise(rng, 3, -20, RATE)))
    assert live.status is Status.HEARING and live.level_dbfs == pytest.approx(-20, abs=1)
    monkeypatch.setattr(listener, "LOST_SECONDS", 0.2)
    until(lambda: live.status is Status.LOST)
    live.end()
    assert live.status is Status.OFF and live.kept_seconds == pytest.approx(6, abs=0.1)


def test_it_asks_every_two_seconds_with_the_last_eight(live, rng):
    searches = Searches()
    live.ask_with(searches, TEN)
    live.begin()
    sound = pcm(noise(rng, 14, -20, RATE))
    for start in range(0, len(sound), RATE // 2):  # a search is done before the next is due
        feed(live, sound[start : start + RATE // 2])
        until(lambda end=start / RATE + 0.5: len(searches.asked) == (end + 0.5) // 2)
    assert [clip.seconds for clip, _ in searches.asked] == pytest.approx(
        [1.5, 3.5, 5.5, 7.5, 7.55, 7.55, 7.55], abs=0.11
    )
    assert all(options == SearchOptions(k=30) for _, options in searches.asked)
    until(lambda: live.now().result is not None)
    assert len(live.now().result.matches) == 10
    assert live.now().revision == 1  # the same matches seven times


def test_what_the_page_plays_is_let_pass_and_what_follows_asks_alone(live, rng):
    searches = Searches()
    live.ask_with(searches, TEN)
    live.begin()
    feed(live, pcm(noise(rng, 2, -20, RATE)))
    until(lambda: len(searches.asked) == 1)
    live.hold(True)
    assert live.status is Status.HELD and live.level_dbfs == LOWEST_DBFS
    feed(live, pcm(noise(rng, 6, -20, RATE)))
    assert live.kept_seconds == pytest.approx(2, abs=0.1) and len(searches.asked) == 1
    live.hold(True)
    live.pause()
    live.hold(False)
    assert live.status is Status.PAUSED  # who has paused it goes on by hand
    live.hold(True)
    live.go_on()
    assert live.status is Status.HELD
    live.hold(False)
    assert live.status is Status.SILENT and live.kept_seconds == 0
    feed(live, pcm(noise(rng, 2, -20, RATE)))
    until(lambda: len(searches.asked) == 2)
    assert searches.asked[1][0].seconds == pytest.approx(1.5, abs=0.11)
    live.hold(False)
    assert live.kept_seconds == pytest.approx(2, abs=0.1)


def test_it_says_for_how_long_sound_has_come(live, rng):
    assert live.carried_seconds == 0
    live.begin()
    time.sleep(0.2)
    assert live.carried_seconds == 0
    feed(live, pcm(noise(rng, 0.2, -20, RATE)))
    assert 0.2 <= live.carried_seconds < 10
    live.end()
    assert live.carried_seconds >= 0.2


def test_silence_asks_nothing_and_what_follows_asks_alone(live, rng):
    searches = Searches()
    live.ask_with(searches, TEN)
    live.begin()
    feed(live, pcm(noise(rng, 6, -66, RATE)))
    assert searches.asked == []
    feed(live, pcm(noise(rng, 2.1, -20, RATE)))
    until(lambda: searches.asked)
    assert searches.asked[0][0].seconds == pytest.approx(1.5, abs=0.2)


def test_what_asks_is_what_a_file_of_the_same_sound_asks(live, engine):
    """To the bit: the same samples, the same vectors, the same answer."""
    searches = Searches()
    live.ask_with(searches, TEN)
    live.begin()
    sound = pcm(melody(9, RATE))
    feed(live, sound)
    live.end()
    until(lambda: searches.asked)
    asked = searches.asked[-1][0]
    assert asked.seconds > 1.9
    n_samples = round(asked.seconds * RATE)
    windows = (sound[end - n_samples : end] for end in range(n_samples, len(sound) + 1, RATE // 50))
    files = (read_clip(wav_of(window, RATE)) for window in windows)
    file = next(file for file in files if np.array_equal(file.samples, asked.samples))
    of_live, of_file = engine.search(asked), engine.search(file)
    assert np.array_equal(of_live.embedding.segment_vectors, of_file.embedding.segment_vectors)
    assert np.array_equal(of_live.vector, of_file.vector) and of_live.matches == of_file.matches


def test_the_moment_kept_is_the_last_ten_seconds_as_they_came(live):
    live.begin()
    sound = pcm(melody(13, RATE))
    feed(live, sound)
    live.end()
    assert np.array_equal(read_clip(live.moment()).samples, clip_from_samples(sound[-10 * RATE :], RATE).samples)


def test_a_built_in_track_is_named_and_noted(live, engine):
    with sampler.open_sampler() as catalogue:
        clips = {track.track_id: read_clip(catalogue.audio_path(track)) for track in list(catalogue.tracks())[:4]}
    certain = [
        (track_id, clip)
        for track_id, clip in clips.items()
        if (found := engine.search(clip_from_samples(clip.samples[: 8 * 22_050], 22_050)).recognised)
        and found.track.track_id == track_id
    ]
    track_id, clip = certain[0]
    live.ask_with(engine, TEN)
    live.begin()
    for second in range(12):
        feed(live, pcm(clip.samples[second * 22_050 : (second + 1) * 22_050]), 22_050)
        time.sleep(0.3)
        if live.now().named:
            break
    until(lambda: live.now().named is not None)
    assert live.now().named.track.track_id == track_id
    assert [heard.track.track_id for heard in live.now().heard] == [track_id]
    assert len(live.now().result.matches) == 10
    feed(live, np.zeros((5 * RATE, 1), np.int16))
    until(lambda: live.now().named is None)
    assert live.now().result is not None and live.now().heard


def test_pause_lets_pass_what_comes_and_the_rest_begins_anew(live, rng):
    searches = Searches()
    live.ask_with(searches, TEN)
    live.begin()
    feed(live, pcm(noise(rng, 3, -20, RATE)))
    live.pause()
    before = live.moment(), live.columns(0)
    feed(live, pcm(noise(rng, 3, -20, RATE)))
    assert (live.moment(), live.columns(0)) == before and live.status is Status.PAUSED
    live.go_on()
    assert live.kept_seconds == 0
    feed(live, pcm(noise(rng, 1, -20, RATE)))
    assert live.kept_seconds == pytest.approx(1, abs=0.05) and live.status is Status.HEARING


def test_clear_forgets_all(live, rng):
    searches = Searches(recognised=Match(Track("03", "Track 3"), 0.9))
    live.ask_with(searches, TEN)
    live.begin()
    for _ in range(4):
        feed(live, pcm(noise(rng, 2.1, -20, RATE)))
    until(lambda: live.now().heard)
    revision = live.now().revision
    live.clear()
    now = live.now()
    assert (now.result, now.named, now.heard) == (None, None, ()) and now.revision > revision
    assert live.kept_seconds == 0 and live.columns(0).data == b""


def test_other_options_ask_anew_and_an_answer_to_the_old_ones_is_not_shown(live, rng):
    hold = threading.Event()
    slow = Searches(hold=hold)
    live.ask_with(slow, TEN)
    live.begin()
    feed(live, pcm(noise(rng, 2, -20, RATE)))
    until(lambda: slow.asked)
    quick = Searches()
    live.ask_with(quick, SearchOptions(k=5))
    hold.set()
    time.sleep(0.2)
    assert live.now().result is None
    feed(live, pcm(noise(rng, 0.5, -20, RATE)))
    until(lambda: live.now().result is not None)
    assert len(live.now().result.matches) == 5 and len(quick.asked) == 1


def test_a_search_that_fails_is_told_and_the_next_goes_on(live, rng):
    searches = Searches(error=CatalogueError("The catalogue is gone."))
    live.ask_with(searches, TEN)
    live.begin()
    feed(live, pcm(noise(rng, 3, -20, RATE)))
    until(lambda: live.now().problem == "The catalogue is gone.")
    searches.error = None
    feed(live, pcm(noise(rng, 3, -20, RATE)))
    until(lambda: live.now().problem == "" and live.now().result is not None)


def test_a_slow_search_keeps_nobody_waiting(live, rng):
    searches = Searches(hold=threading.Event())
    live.ask_with(searches, TEN)
    live.begin()
    begin = time.monotonic()
    for _ in range(3000):  # a minute, more than the queue holds
        live.offer(pcm(noise(rng, 0.02, -20, RATE)), RATE)
    assert time.monotonic() - begin < 10
    until(lambda: live._sounds.empty())
    assert len(searches.asked) == 1
    searches.hold.set()


def test_its_threads_end_with_it_and_when_nothing_comes_any_more(live, rng, monkeypatch):
    assert threads() == []
    live.begin()
    live.begin()
    assert len(threads()) == 2
    live.end()
    until(lambda: threads() == [])
    monkeypatch.setattr(listener, "LONGEST_WAIT_SECONDS", 0.1)
    live.begin()
    feed(live, pcm(noise(rng, 0.1, -20, RATE)))
    until(lambda: threads() == [])
    monkeypatch.setattr(listener, "FIRST_WAIT_SECONDS", 0.1)
    live.clear()
    live.begin()
    until(lambda: threads() == [])
    assert live.status is Status.OFF
    live.offer(pcm(noise(rng, 1, -20, RATE)), RATE)
    assert live.kept_seconds == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_search_that_breaks_down_ends_it_all(live, rng):
    searches = Searches(error=RuntimeError("a mistake of ours"))
    live.ask_with(searches, TEN)
    live.begin()
    live.offer(pcm(noise(rng, 3, -20, RATE)), RATE)
    until(lambda: live.status is Status.OFF and threads() == [])
    searches.error = None
    live.begin()
    feed(live, pcm(noise(rng, 3, -20, RATE)))
    until(lambda: live.now().result is not None)


def test_an_hour_of_sound_leaves_memory_flat(live, rng):
    searches = Searches()
    live.ask_with(searches, TEN)
    live.begin()
    minute = pcm(noise(rng, 60, -20, 16_000))  # 2 MB: kept, the hour would have 115
    peaks = []
    for number in range(60):
        feed(live, minute, 16_000, step=1.0)
        searches.asked.clear()
        if number in (4, 59):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # kilobytes, the highest so far
    assert peaks[1] - peaks[0] < 4_000, peaks
    assert live.kept_seconds == pytest.approx(listener.KEPT_SECONDS)


def test_another_piece_asks_alone(live, engine, monkeypatch):
    """From one piece to the next without silence: what was before is soon no longer asked with."""
    with sampler.open_sampler() as catalogue:
        by_style = {track.genre: catalogue.audio_path(track) for track in catalogue.tracks()}
        choir, other = (read_clip(by_style[style]).samples[: 8 * 22_050] for style in ("Choir", "Bossa Nova"))
    began, asked = [], []  # (seconds heard, those that asked, how long it is that has begun)
    search = listener.search_newest
    heard = 0.0

    def watched(*arguments):
        began.append(heard)
        answer = search(*arguments)
        asked.append((began[-1], len(arguments[2]) / arguments[3], answer[1]))
        return answer

    monkeypatch.setattr(listener, "search_newest", watched)
    live.ask_with(engine, TEN)
    live.begin()
    sound = pcm(np.concatenate([choir, other]))
    for start in range(0, len(sound), 5512):
        heard = min(start + 5512, len(sound)) / 22_050
        feed(live, sound[start : start + 5512], 22_050)
        until(lambda: len(asked) == len(began))
    before = [(seconds, begun) for at, seconds, begun in asked if at <= 8]
    assert before[0][0] == pytest.approx(1.5, abs=0.1) and before[-1][0] > 5 and not any(begun for _, begun in before)
    (at, begun), *more = [(at, begun) for at, _, begun in asked if begun]
    assert not more and at <= 11.1 and begun == pytest.approx(at - 8, abs=0.8)  # noticed once, within three seconds
    assert all(seconds < at + 0.3 - 8 + 0.8 for at, seconds, _ in asked if at > 11.5)  # and then it asks alone
