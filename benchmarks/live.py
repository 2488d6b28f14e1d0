"""Listening along: how fast matches follow the sound, how often the picture is drawn, what it costs, whether it grows.

    python benchmarks/live.py [--minutes 3] [--tracks 8] [--skip-browser]
    python benchmarks/live.py --minutes 60      an hour: does it go on, and does anything grow?

A real server, and a real Chromium whose microphone plays tracks of the built-in catalogue: each after five seconds of
silence, and then one right after the other. When the sound begins is taken in the browser, off the stream that its
microphone gives out; when the matches change, off the page that a listener sees. Before that, the core alone: what a
second of sound costs, and how many rows of the matches change from one search to the next.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Page, sync_playwright

from benchmarks.serving import Server
from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.evaluation.robustness import through_phone
from synesthete.live.level import LevelMeter
from synesthete.live.listener import ASKED_SECONDS, EVERY_SECONDS, KEPT_SECONDS
from synesthete.live.rolling_picture import RollingPicture
from synesthete.live.sound_buffer import SoundBuffer
from synesthete.live.steady import SteadyRanking
from synesthete.search import SearchEngine, SearchOptions
from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import FLAGS, find_browser

RATE_HZ = 48_000
OWN_HZ = 22_050
SILENCE_SECONDS, TRACK_SECONDS = 5, 12
SNR_DB = 10.0
# Notes in the browser when the microphone's stream becomes loud after silence, and when the page shows other matches.
WATCH = """
(() => {
  top.onsets ??= []; top.lists ??= []; top.names ??= [];
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (window !== top && open) navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    const audio = new AudioContext();
    const meter = audio.createAnalyser();
    meter.fftSize = 512;
    audio.createMediaStreamSource(stream).connect(meter);
    const wave = new Float32Array(meter.fftSize);
    let quiet = 0, last = Date.now();
    setInterval(() => {
      meter.getFloatTimeDomainData(wave);
      const now = Date.now();
      const loud = wave.some((value) => Math.abs(value) > 0.004);
      if (loud && quiet > 2000) top.onsets.push(now);
      quiet = loud ? 0 : quiet + now - last;
      last = now;
    }, 10);
    return stream;
  };
  if (window === top) setInterval(() => {
    const roots = [...document.querySelectorAll("*")].map((each) => each.shadowRoot).filter(Boolean);
    const titles = roots.flatMap((root) => [...root.querySelectorAll(".match .title")]).map((each) => each.textContent);
    const text = titles.join("|");
    if (text && text !== top.lists.at(-1)?.[1]) top.lists.push([Date.now(), text]);
    const heads = [...document.querySelectorAll("h3")].map((each) => each.textContent);
    const name = heads.find((each) => each.startsWith("This is"));
    if (name && name !== top.names.at(-1)?.[1]) top.names.push([Date.now(), name]);
  }, 25);
})()
"""


def tracks(number: int) -> dict[str, np.ndarray]:
    """Samples of some built-in tracks by their id, spread over its styles."""
    with sampler.open_sampler() as catalogue:
        chosen = [track for track in catalogue.tracks() if track.seconds > TRACK_SECONDS + 1]
        step = max(1, len(chosen) // number)
        return {track.track_id: read_clip(catalogue.audio_path(track)).samples for track in chosen[::step][:number]}


def measure_core(sounds: dict[str, np.ndarray]) -> None:
    """Processor time of hearing and of searching; changes of rows, as searched and as shown."""
    seconds = 60
    pcm = np.resize((next(iter(sounds.values())) * 32767).astype(np.int16), seconds * RATE_HZ)[:, None].repeat(
        2, axis=1
    )
    buffer, picture, meter = SoundBuffer(KEPT_SECONDS), RollingPicture(KEPT_SECONDS), LevelMeter(KEPT_SECONDS)
    begin = time.process_time()
    for start in range(0, len(pcm), RATE_HZ // 50):
        block = pcm[start : start + RATE_HZ // 50]
        buffer.append(block, RATE_HZ)
        meter.append(block, RATE_HZ)
        picture.append(block, RATE_HZ)
    print(f"hearing a second of sound: {1000 * (time.process_time() - begin) / seconds:.1f} ms of processor time")

    rng = np.random.default_rng(0)
    encoder = encoders.load("synesthete")
    spent: list[float] = []
    changes: dict[str, list[int]] = {"as searched": [], "as shown": []}
    with sampler.open_for(encoder) as catalogue:
        engine = SearchEngine(catalogue, encoder)
        for track_id, sound in sounds.items():
            recorded = through_phone(rng, sound, OWN_HZ, SNR_DB)
            steady = SteadyRanking(10)
            before: dict[str, list[str]] = {}
            for end in np.arange(2 * EVERY_SECONDS, len(recorded) / OWN_HZ, EVERY_SECONDS):
                window = recorded[max(0, round((end - ASKED_SECONDS) * OWN_HZ)) : round(end * OWN_HZ)]
                begin = time.process_time()
                clip = clip_from_samples(window, OWN_HZ)
                embedding = encoder.embed(clip)  # as if the catalogue did not hold the track
                options = SearchOptions(k=30)
                found = engine.search_embedding(embedding, options, query_track_id=track_id, clip=clip).matches
                spent.append(time.process_time() - begin)
                now = {"as searched": found[:10], "as shown": steady.update(found)}
                for name, matches in now.items():
                    ids = [match.track.track_id for match in matches]
                    if before.get(name):
                        changes[name].append(sum(a != b for a, b in zip(ids, before[name], strict=True)))
                    before[name] = ids
    p50, p95 = (1000 * np.percentile(spent, at) for at in (50, 95))
    print(f"a search: p50 {p50:.0f} ms, p95 {p95:.0f} ms of processor time")
    for name, counts in changes.items():
        print(f"unknown music by a phone, rows of ten that change, {name}: {np.mean(counts):.1f} ({len(counts)} times)")


def measure_browser(sounds: Sequence[np.ndarray], minutes: float) -> None:
    """Latency, frames a second, processor time and memory, with a microphone that plays these sounds."""
    silence = np.zeros(SILENCE_SECONDS * OWN_HZ, np.float32)
    parts = [part for sound in sounds for part in (silence, sound[: TRACK_SECONDS * OWN_HZ])]
    parts += [sound[: TRACK_SECONDS * OWN_HZ] for sound in sounds[:-1]]  # from one to the next without silence
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "microphone.wav"
        soundfile.write(file, np.concatenate(parts), OWN_HZ, subtype="PCM_16")
        server = Server(PROJECT_ROOT)
        flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                 f"--use-file-for-fake-audio-capture={file}"]  # fmt: skip
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *flags])
        context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{server.url}/Live")
        page.get_by_role("button", name="Start listening").wait_for()
        page.wait_for_timeout(8000)  # the encoder wakes
        page.get_by_role("button", name="Start listening").click()
        _watch(page, server, minutes)
        _say_latency(page, len(sounds))
        before = server.n_threads()
        page.goto("about:blank")
        page.wait_for_timeout(5000)
        print(f"threads of the server: {before} while it listens, {server.n_threads()} when the page has been left")
        browser.close()
        server.stop()


def _watch(page: Page, server: Server, minutes: float) -> None:
    picture = page.get_by_role("img", name="Stacked picture")
    picture.wait_for()
    drawn, memory, rates, counts = 0, [], [], []
    processor, begin = server.processor_seconds(), time.monotonic()
    last = begin
    while time.monotonic() - begin < 60 * minutes:
        page.wait_for_timeout(10_000)
        number, now = int(picture.get_attribute("data-drawn") or 0), time.monotonic()
        rates.append((number - drawn) / (now - last))
        drawn, last = number, now
        memory.append(server.memory_mb())
        counts.append((server.n_threads(), server.n_files()))
    rates = rates[1:] or rates
    spent = (server.processor_seconds() - processor) / (time.monotonic() - begin)
    print(f"the picture is drawn {np.median(rates):.1f} times a second (of ten seconds the fewest: {min(rates):.1f})")
    print(f"server: {spent:.2f} s of processor time a second while it listens, searches and shows")
    quarter = max(1, len(memory) // 4)
    print(
        f"memory of the server: {np.median(memory[quarter : 2 * quarter]):.0f} MB in the second quarter of {minutes:g} "
        f"minutes, {np.median(memory[-quarter:]):.0f} MB in the last"
    )
    for name, numbers in zip(("threads", "open files"), zip(*counts, strict=True), strict=True):
        second, last = numbers[quarter : 2 * quarter], numbers[-quarter:]
        print(f"{name}: {min(second)} to {max(second)} in the second quarter, {min(last)} to {max(last)} in the last")
    stood_still = sum(rate == 0 for rate in rates)
    print(f"of {len(rates)} times ten seconds, the picture stood still in {stood_still}")


def _say_latency(page: Page, n_tracks: int) -> None:
    onsets, lists, names = (np.array(page.evaluate(f"{kind}.map((each) => each[0] ?? each)")) for kind in
                            ("onsets", "lists", "names"))  # fmt: skip
    after = [lists[lists > onset][0] - onset for onset in onsets if (lists > onset).any()]
    after = [each for each in after if each < 1000 * TRACK_SECONDS]
    print(
        f"from the first sound after silence to other matches: p50 {np.median(after) / 1000:.1f} s, "
        f"p95 {np.percentile(after, 95) / 1000:.1f} s ({len(after)} times)"
    )
    named = [names[names > onset][0] - onset for onset in onsets if (names > onset).any()]
    named = [each for each in named if each < 1000 * TRACK_SECONDS]
    if named:
        print(f"to a name: p50 {np.median(named) / 1000:.1f} s (in {len(named)} of {len(onsets)} cases)")
    lasts = 1000 * (SILENCE_SECONDS + TRACK_SECONDS)
    rows = [onset for onset in onsets if not ((onsets > onset) & (onsets < onset + 1.5 * lasts)).any()]
    cuts = [onset + 1000 * TRACK_SECONDS * number for onset in rows for number in range(1, n_tracks)]
    over = [lists[lists > cut][0] - cut for cut in cuts if (lists > cut + 1).any() and lists[-1] > cut + 5000]
    if over:
        print(
            f"from one track to the next without silence: other matches after p50 {np.median(over) / 1000:.1f} s, "
            f"p95 {np.percentile(over, 95) / 1000:.1f} s ({len(over)} times)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--tracks", type=int, default=8)
    parser.add_argument("--skip-browser", action="store_true")
    arguments = parser.parse_args()
    sounds = tracks(arguments.tracks)
    measure_core(sounds)
    print(f"memory of this process at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if not arguments.skip_browser:
        measure_browser(list(sounds.values()), arguments.minutes)


if __name__ == "__main__":
    main()
