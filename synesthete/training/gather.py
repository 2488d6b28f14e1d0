"""Collect the sounds to learn from: each source once, as 16-bit arrays in a folder, with names beside them."""

from __future__ import annotations

import itertools
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from synesthete.errors import SynestheteError
from synesthete.training import accompaniment, sources, voices
from synesthete.training.config import TrainingConfig
from synesthete.training.fluidsynth import sound_font
from synesthete.training.sources import Sound
from synesthete.training.track_list import read_track_list

SOURCES = ("music", "midi", "bands", "voices")
VOICES = "voices"  # these are only ever laid over the others
WITHOUT = {"midi": "--n-midi-renders 0", "bands": "--n-bands 0", "voices": "--n-voices 0"}


def gather(config: TrainingConfig, music: Sequence[Path], midi: Path, folder: Path, n_workers: int = 1) -> None:
    """Collect all sounds under ``folder``, each source once; several at a time where there are workers.

    Parameters
    ----------
    config : TrainingConfig
    music : sequence of Path
        Folders with ``tracks.csv``.
    midi : Path
        Folder of MIDI pieces; may be empty.
    folder : Path
    n_workers : int > 0

    Raises
    ------
    SynestheteError
        Before anything is done, if a folder or a program is missing.
    """
    for place in music:
        read_track_list(place)
    if not midi.is_dir():
        raise SynestheteError(f"There is no folder {midi} of MIDI pieces: name one, which may be empty.")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [source for source in SOURCES if not (folder / f"{source}.done").exists()]
    check_programs(config, midi, wanted)
    if n_workers == 1 or len(wanted) < 2:
        for source in wanted:
            gather_source(source, config, music, midi, folder)
        return
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(gather_source, source, config, music, midi, folder) for source in wanted]:
            done.result()


def check_programs(config: TrainingConfig, midi: Path, wanted: Sequence[str]) -> None:
    """Refuse a training for which a program is missing.

    Raises
    ------
    SynestheteError
        That names every missing program, and the options that do without.
    """
    has_midi = config.n_midi_renders > 0 and any(midi.glob("*.mid"))
    checks: dict[str, list[Callable[[], object]]] = {
        "midi": [sound_font] if has_midi else [],
        "bands": [accompaniment.check_installed, sound_font] if config.n_bands else [],
        "voices": [voices.check_installed] if config.n_voices else [],
    }
    problems: dict[str, str] = {}  # each with the option that does without
    for source in wanted:
        for check in checks.get(source, []):
            try:
                check()
            except SynestheteError as error:
                problems[str(error)] = " ".join(filter(None, (problems.get(str(error)), WITHOUT[source])))
    if problems:
        raise SynestheteError(" ".join(f"{problem} Or do without: {without}." for problem, without in problems.items()))


def gather_source(source: str, config: TrainingConfig, music: Sequence[Path], midi: Path, folder: Path) -> None:
    """Collect the sounds of one of :data:`SOURCES`."""
    streams: dict[str, Callable[[], Iterator[Sound]]] = {
        "music": lambda: itertools.chain.from_iterable(map(sources.music, music)),
        "midi": lambda: sources.midi_renders(midi, config.n_midi_renders, config.seed),
        "bands": lambda: sources.bands(config.n_bands, config.seed),
        "voices": lambda: (
            Sound(str(number), "voice", "", voice)
            for number, voice in enumerate(voices.voices(config.n_voices, config.seed))
        ),
    }
    save_sounds(streams[source](), folder / source)
    (folder / f"{source}.done").touch()


def save_sounds(stream: Iterator[Sound], folder: Path) -> None:
    """Write sounds as 16-bit arrays, ``COLLECTION--NAME.npy``, and what is known of each as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for sound in stream:
        pcm = np.round(np.clip(sound.samples, -1, 1) * 32767).astype(np.int16)
        stem = f"{sound.collection}--{sound.name}"
        np.save(folder / f"{stem}.npy", pcm)
        about = {"name": sound.name, "collection": sound.collection, "artist": sound.artist, "n_samples": len(pcm)}
        (folder / f"{stem}.json").write_text(json.dumps(about))
