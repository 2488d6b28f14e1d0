"""The clips that quality.py compares encoders by: written once as WAV files, the same for every encoder and peer."""

from __future__ import annotations

import csv
import re
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.real_split import read_split
from synesthete import sampler
from synesthete.audio import read_clip
from synesthete.evaluation.phone import draw_passage
from synesthete.evaluation.robustness import through_phone
from synesthete.training.splits import TEST_COLLECTIONS

RATE_HZ = 22_050
SNIPPET_SECONDS, PASSAGE_SECONDS = 2.5, 8.0
SNR_DB = (12.0, 6.0)
REAL_SNR_DB = (12.0, 6.0, 0.0)
REAL, REAL_SNIPPET, REAL_PASSAGE, REAL_PHONE = "real", "real, 2.5 s", "real passage", "real phone"
TWIN_ALBUMS = ("MineClone2", "phonograph_album_mcl")


@dataclass
class Group:
    """Clips of one kind: their files and what is known of them."""

    files: list[str] = field(default_factory=list)
    known: list[dict[str, str]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """One label of each clip, empty where unknown."""
        return [entry.get(name, "") for entry in self.known]


def write_wav(path: Path, samples: np.ndarray) -> str:
    """16-bit mono, which every encoder reads."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)


def sampler_groups(folder: Path, limit: int | None = None) -> dict[str, Group]:
    """The built-in catalogue, whole and as snippets from the middle."""
    groups = {"style": Group(), "style, 2.5 s": Group()}
    with sampler.open_sampler() as catalogue:
        for track in spread(list(catalogue.tracks()), limit):
            samples = read_clip(catalogue.audio_path(track)).samples
            snippet = samples[len(samples) // 2 :][: round(SNIPPET_SECONDS * RATE_HZ)]
            for name, part in zip(groups, (samples, snippet), strict=True):
                file = write_wav(folder / f"{name.replace(' ', '')}-{track.track_id}.wav", part)
                groups[name].files.append(file)
                groups[name].known.append({"genre": track.genre, "artist": track.artist})
    return groups


def music_groups(music: Path, folder: Path, seconds: float, limit: int | None = None) -> dict[str, Group]:
    """The middle of each track, and passages of the held-out ones, recorded by a phone."""
    groups = {"music": Group()} | {f"phone {snr_db:g} dB": Group() for snr_db in SNR_DB}
    for number, row in enumerate(read_tracks(music, limit)):
        samples = middle(read_clip(music / row["file"]).samples, seconds)
        groups["music"].files.append(write_wav(folder / f"music-{number}.wav", samples))
        recording = recording_of(row["title"], row["album"])
        known = {"artist": row["artist"], "album": row["album"], "recording": recording, "number": str(number)}
        groups["music"].known.append(known)
        if row["album"] not in TEST_COLLECTIONS or len(samples) < 2 * PASSAGE_SECONDS * RATE_HZ:
            continue
        rng = np.random.default_rng([number, 8])
        length = round(PASSAGE_SECONDS * RATE_HZ)
        start = int(rng.integers(len(samples) - length))
        for snr_db in SNR_DB:
            recorded = through_phone(rng, samples[start : start + length], RATE_HZ, snr_db)
            group = groups[f"phone {snr_db:g} dB"]
            group.files.append(write_wav(folder / f"phone-{snr_db:g}-{number}.wav", recorded))
            group.known.append(known)
    return groups


def recording_of(title: str, album: str) -> str:
    """A name that both encodings of a recording share; two collections hold the same music."""
    if album not in TWIN_ALBUMS:
        return f"{album}/{title}".casefold()
    return re.sub(r"^phonograph album mcl |ambience | ch[01]$", "", title.casefold()).strip()


def real_phone(snr_db: float) -> str:
    """The name of the group of real passages by phone."""
    return f"{REAL_PHONE} {snr_db:g} dB"


def read_tracks(folder: Path, limit: int | None) -> list[dict[str, str]]:
    """The rows of a folder's ``tracks.csv``, or some of them, evenly spread."""
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        return spread(list(csv.DictReader(lines)), limit)


def spread(rows: list, limit: int | None) -> list:
    """At most ``limit`` of the rows, evenly spread."""
    n = len(rows) if limit is None else min(limit, len(rows))
    return [rows[number] for number in np.linspace(0, len(rows) - 1, n).round().astype(int)]


def middle(samples: np.ndarray, seconds: float) -> np.ndarray:
    """So many seconds from the middle of a sound, or all of it."""
    first = max(len(samples) - round(seconds * RATE_HZ), 0) // 2
    return samples[first : first + round(seconds * RATE_HZ)]


def real_groups(real: Path, folder: Path, seconds: float, half: str, limit: int | None = None) -> dict[str, Group]:
    """The middle of each real recording; and of those of one half a snippet, a passage, and this passage by phone.

    Every file bears the recording's id as its name.
    """
    names = (REAL, REAL_SNIPPET, REAL_PASSAGE, *map(real_phone, REAL_SNR_DB))
    groups = {name: Group() for name in names}
    halves = read_split()
    for row in read_tracks(real, limit):
        track_id, samples = row["track_id"], middle(read_clip(real / row["file"]).samples, seconds)
        rng = np.random.default_rng([int(track_id[:8], 16), 8])
        parts = {REAL: samples}
        if halves[track_id] == half:
            parts[REAL_SNIPPET] = draw_passage(rng, samples, RATE_HZ, SNIPPET_SECONDS)
            parts[REAL_PASSAGE] = passage = draw_passage(rng, samples, RATE_HZ, PASSAGE_SECONDS)
            parts |= {real_phone(snr_db): through_phone(rng, passage, RATE_HZ, snr_db) for snr_db in REAL_SNR_DB}
        for name, part in parts.items():
            place = folder / name.replace(",", "").replace(" ", "-")
            place.mkdir(exist_ok=True)
            groups[name].files.append(write_wav(place / f"{track_id}.wav", part))
            known = {"track_id": track_id, "genre": row["genre"], "artist": row["artist"], "half": halves[track_id]}
            groups[name].known.append(known)
    return groups
