"""Listening along: how fast matches follow the sound, how often the picture is drawn, what it costs, whether it grows.

    python benchmarks/live.py [--minutes 4] [--tracks 8] [--skip-browser] [--skip-core]
    python benchmarks/live.py --minutes 60      an hour: does it go on, and does anything grow?
    python benchmarks/live.py --real REAL_FOLDER [--half choose]     recordings that the catalogue does not hold

A real server, and a real Chromium whose microphone plays tracks of the built-in catalogue: each after five seconds of
silence, and then all once more, one right after the other, over and over. When sound begins is taken in the browser,
off the stream that its microphone gives out; when the matches change, off the page that a listener sees. Of a change
without silence two times are told: until a row is shown that is one of the new track's and was not there before, and
until half of the ten are; the new track's are those shown before the next one begins. Before that, the core alone: what
a second of sound costs, and how many rows of the matches change from one search to the next.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.real_split import SPLITS, read_split
from benchmarks.serving import Server
from synesthete import encoders, sampler, settings
from synesthete.audio import clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.indexing import index
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


def _real_files(folder: Path) -> dict[str, Path]:
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        return {row["track_id"]: (folder / row["file"]).absolute() for row in csv.DictReader(lines)}


def real_tracks(folder: Path, half: str, number: int) -> dict[str, np.ndarray]:
    """Samples of some real recordings of a half by their id: each from its middle, in an order by chance."""
    halves, files = read_split(), _real_files(folder)
    chosen = np.random.default_rng(7).permutation(sorted(track for track in files if halves.get(track) == half))
    sounds = {str(track): read_clip(files[track]).excerpts[0].samples for track in chosen[:number]}
    length = TRACK_SECONDS * OWN_HZ
    return {track: sound[max(0, len(sound) - length) // 2 :][:length] for track, sound in sounds.items()}


def index_others(home: Path, folder: Path, heard: set[str]) -> None:
    """Make the own catalogue of a server: all real recordings but those that are played."""
    with Catalogue.open(home / "catalogue.sqlite") as catalogue:
        files = [file for track, file in _real_files(folder).items() if track not in heard]
        index(catalogue, files, (settings.DEFAULT_ENCODER,))
        print(f"a catalogue of {len(catalogue)} real recordings, {len(heard)} others are played")


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


def measure_browser(sounds: Sequence[np.ndarray], minutes: float, home: str) -> None:
    """Latency, frames a second, processor time and memory, with a microphone that plays these sounds."""
    silence = np.zeros(SILENCE_SECONDS * OWN_HZ, np.float32)
    parts = [part for sound in sounds for part in (silence, sound[: TRACK_SECONDS * OWN_HZ])]
    parts += [sound[: TRACK_SECONDS * OWN_HZ] for sound in sounds[:-1]]  # from one to the next without silence
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "microphone.wav"
        soundfile.write(file, np.concatenate(parts), OWN_HZ, subtype="PCM_16")
        server = Server(PROJECT_ROOT, SYNESTHETE_HOME=home)
        flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                 f"--use-file-for-fake-audio-capture={file}"]  # fmt: skip
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *flags])
        context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{server.url}/Live")  # which shows the own catalogue, if there is one
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
    onsets, names = (np.array(page.evaluate(f"{kind}.map((each) => each[0] ?? each)")) for kind in ("onsets", "names"))
    lists: list[tuple[float, list[str]]] = [(at, text.split("|")) for at, text in page.evaluate("lists")]
    changed = np.array([at for at, _ in lists])
    _say_percentiles("from the first sound after silence to other matches", _first_after(changed, onsets))
    _say_percentiles("to a name", _first_after(names, onsets))
    first, half = follow(lists, cuts(onsets, n_tracks))
    _say_percentiles("from one track to the next without silence, to a row of the new one", first)
    _say_percentiles("to half of the new one's ten", half)


def _first_after(times: np.ndarray, onsets: np.ndarray) -> list[float]:
    """From each onset to the first of these times that comes while its track sounds [ms]."""
    after = [times[times > onset][0] - onset for onset in onsets if (times > onset).any()]
    return [each for each in after if each < 1000 * TRACK_SECONDS]


def _say_percentiles(what: str, milliseconds: Sequence[float]) -> None:
    if len(milliseconds):
        p50, p95 = np.percentile(milliseconds, (50, 95)) / 1000
        print(f"{what}: p50 {p50:.1f} s, p95 {p95:.1f} s ({len(milliseconds)} times)")


def cuts(onsets: np.ndarray, n_tracks: int) -> list[float]:
    """When one track took over from another without silence [ms], given when sound began after silence.

    Of the last track that begins after silence: the others come right after it, and then silence, and the next onset.
    Between the two onsets the fake microphone may go slower than the clock: the time is shared out.
    """
    last, whole = 1000 * (SILENCE_SECONDS + TRACK_SECONDS), 1000 * (n_tracks * TRACK_SECONDS + SILENCE_SECONDS)
    found = []
    for onset, following in zip(onsets, [*onsets[1:], np.inf], strict=True):
        if following - onset < 1.5 * last:
            continue
        took = following - onset if abs(following - onset - whole) < 0.1 * whole else whole
        found += [onset + took * 1000 * TRACK_SECONDS * number / whole for number in range(1, n_tracks)]
    return found


def follow(lists: Sequence[tuple[float, list[str]]], cut_at: Sequence[float]) -> tuple[list[float], list[float]]:
    """From one track to the next: until a row of the new one is shown, and until half of its ten are [ms].

    Parameters
    ----------
    lists : sequence of (when [ms], titles)
        All that was shown, each when it came.
    cut_at : sequence of float [ms]
    """
    first: list[float] = []
    half: list[float] = []
    for cut in cut_at:
        end = cut + 1000 * TRACK_SECONDS
        before = [titles for at, titles in lists if at <= cut]
        after = [(at - cut, titles) for at, titles in lists if cut < at <= end]
        if not before or not after or lists[-1][0] < end - 2000:  # the measurement ended while it sounded
            continue
        own = set(after[-1][1])
        begun = next((at for at, titles in after if own & set(titles) - set(before[-1])), end - cut)
        first.append(begun)
        is_half = (at for at, titles in after if at >= begun and 2 * len(own & set(titles)) >= len(own))
        half.append(next(is_half, end - cut))
    return first, half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--tracks", type=int, default=8)
    parser.add_argument("--skip-browser", action="store_true")
    parser.add_argument("--skip-core", action="store_true")
    parser.add_argument("--real", type=Path, help="a folder of real recordings; the others in it are the catalogue")
    parser.add_argument("--half", choices=SPLITS, default="choose", help="of these, from which some are played")
    chosen = parser.parse_args()
    sounds = real_tracks(chosen.real, chosen.half, chosen.tracks) if chosen.real else tracks(chosen.tracks)
    if not chosen.skip_core and not chosen.real:
        measure_core(sounds)
        print(f"memory of this process at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if not chosen.skip_browser:
        with tempfile.TemporaryDirectory() as home:
            if chosen.real:
                index_others(Path(home), chosen.real, set(sounds))
            measure_browser(list(sounds.values()), chosen.minutes, home)


if __name__ == "__main__":
    main()
