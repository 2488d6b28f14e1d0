"""Is a piece found again at another tempo and in another key, and are its tempo and key told right?

    python benchmarks/tempo_and_key.py --midi FOLDER --cache FOLDER [--half report] [--encoders rhythm harmony ...]
        [--asking N] [--titles FOLDER]

The first 40 s of each MIDI piece of one tempo are rendered with FluidSynth and FluidR3_GM as written, at 0.5, 0.8, 1.25
and 2 times the tempo, and from five semitones down to six up (drums stay as they are). The pieces as written are the
collection, which the encoder is fitted to; each other rendering asks it, and recall@1 is how often the piece itself is
found first. Every other piece, in the folder's order, is for choosing, the rest for reporting; the first N of
these ask, and all are in the collection.

Tempi are asked of what goes at 40 to 240 beats a minute. A tempo is right within 4 %; "or octave": or within 4 % of
a half, double, third or triple of it; "either": one of the two numbers told is right. A key is consistent where that
of the moved piece is that of the piece, moved. With ``--titles``, keys are also held against those that stand in the
titles of recordings ("in C-sharp minor").
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile

from synesthete import encoders, settings
from synesthete.audio import Clip, Excerpt, read_clip
from synesthete.encoders.track_space import Moments, space_in
from synesthete.key import TONICS, Key, estimate_key
from synesthete.spectrogram import compute_spectrogram, compute_spectrograms
from synesthete.tempo import HIGHEST_BPM, LOWEST_BPM, Tempo, estimate_tempo
from synesthete.training.fluidsynth import sound_font, synthesise

RATE_HZ = settings.AUDIO.sample_rate_hz
TEMPI = (0.5, 0.8, 1.25, 2.0)
SHIFTS = (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6)
SCORE_SECONDS = 40.0
SHORTEST_SECONDS = 30.0
TICKS_PER_SECOND = 960  # 480 ticks a beat at 120 beats a minute
DRUM_CHANNEL = 9
ENCODERS = ("rhythm", "harmony", "statistics", "resnet", "synesthete")
TOLERANCE = 0.04
OCTAVES = (1, 2, 1 / 2, 3, 1 / 3)
KEY_IN_TITLE = re.compile(r"in ([A-G])(-sharp|-flat)? (major|minor)")


@dataclass(frozen=True)
class Rendering:
    """A piece at a multiple of its tempo, moved by some semitones."""

    piece: Path
    tempo: float = 1.0
    shift: int = 0

    @property
    def change(self) -> str:
        return f"{self.shift:+d}" if self.shift else f"x{self.tempo:g}"

    @property
    def name(self) -> str:
        return f"{self.piece.stem}@{self.tempo:g}{self.shift:+d}"


def pieces(folder: Path, half: str) -> list[Path]:
    """The MIDI files of one tempo that last long enough, of one half."""
    found = [path for path in sorted(folder.glob("*.mid")) if bpm_of(path)]
    of_half = found[{"choose": 0, "report": 1}[half] :: 2]
    return [*of_half[::2], *of_half[1::2]]  # a few from the beginning are of all kinds too


def bpm_of(path: Path) -> float:
    """The one tempo of a MIDI file [beats/min]; 0 where it has another number of them or is too short."""
    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, LookupError):
        return 0.0
    tempi = {message.tempo for track in file.tracks for message in track if message.type == "set_tempo"}
    if file.type == 2 or len(tempi) != 1 or file.length < SHORTEST_SECONDS:
        return 0.0
    return float(mido.tempo2bpm(tempi.pop()))


def renderings(piece: Path) -> Iterator[Rendering]:
    yield Rendering(piece)
    for tempo in TEMPI:
        yield Rendering(piece, tempo=tempo)
    for shift in SHIFTS:
        yield Rendering(piece, shift=shift)


def score(rendering: Rendering) -> mido.MidiFile:
    """The first ``SCORE_SECONDS`` of a piece, counted at its own tempo, from its first note on."""
    track, clock, written, begin = mido.MidiTrack(), 0.0, 0.0, None
    for message in mido.MidiFile(rendering.piece, clip=True):
        clock += message.time
        is_note = message.type in ("note_on", "note_off")
        if is_note and begin is None:
            begin = clock
        at = clock - (clock if begin is None else begin)
        if message.is_meta or message.type == "sysex" or at > SCORE_SECONDS:
            continue
        if is_note and message.channel != DRUM_CHANNEL:
            message = message.copy(note=min(max(message.note + rendering.shift, 0), 127))
        at /= rendering.tempo
        track.append(message.copy(time=max(round((at - written) * TICKS_PER_SECOND), 0)))
        written = max(at, written)
    for channel in range(16):  # FluidSynth plays on until the last held note is silent
        for control in (64, 120):
            track.append(mido.Message("control_change", channel=channel, control=control, value=0, time=0))
    file = mido.MidiFile(ticks_per_beat=TICKS_PER_SECOND // 2)
    file.tracks.append(track)
    return file


def render(rendering: Rendering, cache: Path) -> np.ndarray:
    """Samples [n_samples], float32, at 22,050 Hz; kept in ``cache``."""
    kept = cache / f"{rendering.name}.flac"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "piece.mid"
            score(rendering).save(source)
            mono = synthesise(
                source, sound_font(), RATE_HZ, ["-g", "0.6", "-o", "synth.dynamic-sample-loading=1"]
            ).mean(axis=1)
        mono = mono[: round(SCORE_SECONDS / rendering.tempo * RATE_HZ)]
        soundfile.write(kept, mono / max(float(np.abs(mono).max()), 1e-6) * 0.9, RATE_HZ)
    return soundfile.read(kept, dtype="float32")[0]


def show_recall(names: Sequence[str], played: Sequence[Rendering], cache: Path) -> None:
    """Print, for each encoder, recall@1 of the pieces at each other tempo and in each other key."""
    changes = list(dict.fromkeys(rendering.change for rendering in played))[1:]
    print(f"{'recall@1':12s}" + "".join(f"{change:>7s}" for change in changes) + "  tempi   keys")
    for name in names:
        encoder = encoders.load(name)
        rows = np.array([embed(encoder, render(rendering, cache)) for rendering in played])
        is_original = np.array([rendering.change == "x1" for rendering in played])
        vectors = space_in(encoder, Moments.of([rows[is_original]], rows.shape[1]))(rows)
        originals = [rendering.piece for rendering in played if rendering.change == "x1"]
        found = (vectors @ vectors[is_original].T).argmax(axis=1)
        is_right = np.array([originals[at] == r.piece for at, r in zip(found, played, strict=True)])
        recall = {c: np.mean([x for x, r in zip(is_right, played, strict=True) if r.change == c]) for c in changes}
        tempi = np.mean([recall[c] for c in changes if c.startswith("x")])
        keys = np.mean([recall[c] for c in changes if not c.startswith("x")])
        print(f"{name:12s}" + "".join(f"{recall[c]:7.2f}" for c in changes) + f"{tempi:7.2f}{keys:7.2f}", flush=True)


def embed(encoder: encoders.Encoder, samples: np.ndarray) -> np.ndarray:
    """Track features of a rendering."""
    clip = Clip((Excerpt(0.0, samples),), RATE_HZ, len(samples) / RATE_HZ, "a rendering")
    return encoder.embed(clip).track_features


def show_told(played: Sequence[Rendering], cache: Path) -> None:
    """Print how often a tempo and a key are told, and how often they are right."""
    tempi: list[tuple[float, Tempo]] = []
    keys: dict[Rendering, Key] = {}
    n_in_range = 0
    for rendering in played:
        spectrogram = compute_spectrogram(render(rendering, cache))
        true = bpm_of(rendering.piece) * rendering.tempo
        if LOWEST_BPM <= true <= HIGHEST_BPM and not rendering.shift:
            n_in_range += 1
            if tempo := estimate_tempo([spectrogram]):
                tempi.append((true, tempo))
        if key := estimate_key([spectrogram]):
            keys[rendering] = key
    strict = np.mean([is_near(tempo.bpm, true) for true, tempo in tempi])
    octave = np.mean([any(is_near(tempo.bpm, true * by) for by in OCTAVES) for true, tempo in tempi])
    either = np.mean([is_near(tempo.bpm, true) or is_near(tempo.other_bpm, true) for true, tempo in tempi])
    told = len(tempi) / n_in_range
    print(f"tempo: told of {told:.2f} of {n_in_range}; right {strict:.2f}, or octave {octave:.2f}, either {either:.2f}")
    moved = [(keys[Rendering(r.piece)], r.shift, key) for r, key in keys.items() if Rendering(r.piece) in keys]
    pairs = [(a, shift, b) for a, shift, b in moved if shift]
    fits = [(a.tonic + shift) % 12 == b.tonic and a.is_minor == b.is_minor for a, shift, b in pairs]
    print(f"key: told of {len(keys) / len(played):.2f} of {len(played)}; consistent {np.mean(fits):.2f} of {len(fits)}")


def is_near(bpm: float, true: float) -> bool:
    """Whether a tempo is right."""
    return abs(bpm / true - 1) <= TOLERANCE


def show_titles(folder: Path) -> None:
    """Print how often the key that stands in the title of a recording is told."""
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        rows = [(row, KEY_IN_TITLE.search(row["title"])) for row in csv.DictReader(lines)]
    answers = []
    for row, title in rows:
        if title:
            letter, sign, mode = title.groups()
            tonic = ("C D EF G A B".index(letter) + {"-sharp": 1, "-flat": -1, None: 0}[sign]) % 12
            key = estimate_key(compute_spectrograms(read_clip(folder / row["file"])))
            answers.append(None if key is None else key.name == f"{TONICS[tonic]} {mode}")
            if not answers[-1]:
                print(f"  {row['title']}: {key.name if key else 'not told'}")
    print(
        f"keys in titles: told of {sum(a is not None for a in answers)} of {len(answers)}; right {answers.count(True)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--midi", type=Path, required=True, help="folder of MIDI files")
    parser.add_argument("--cache", type=Path, required=True, help="folder where renderings are kept")
    parser.add_argument("--half", choices=("choose", "report"), default="report")
    parser.add_argument("--encoders", nargs="*", default=ENCODERS)
    parser.add_argument("--asking", type=int, default=1000, help="how many pieces ask; all are in the collection")
    parser.add_argument("--collection", type=int, default=1000, help="how many pieces are in the collection")
    parser.add_argument("--titles", type=Path, help="folder of recordings with tracks.csv")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    chosen = pieces(options.midi, options.half)[: options.collection]
    played = [rendering for piece in chosen[: options.asking] for rendering in renderings(piece)]
    played += [Rendering(piece) for piece in chosen[options.asking :]]
    print(f"{len(chosen)} pieces, {len(played)} renderings, half {options.half!r}")
    show_told(played, options.cache)
    if options.titles:
        show_titles(options.titles)
    show_recall(options.encoders, played, options.cache)


if __name__ == "__main__":
    main()
