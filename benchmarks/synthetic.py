"""A large catalogue for benchmarks: mixtures of the built-in tracks, with every row that indexing writes.

Rows go into the catalogue's tables in bulk, a block in one transaction: tags, lists and their full-text index, files
and the place they came from, vectors of tracks and segments, tags that an encoder gives and the words of these. The
audio is nowhere.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np

from synesthete import sampler
from synesthete.catalogue import Catalogue
from synesthete.catalogue.schema import sort_key
from synesthete.catalogue.words import LEAST
from synesthete.encoders.base import Encoder, unit

BLOCK = 1_000
GENRES, TRACKS_AN_ARTIST, TRACKS_A_FOLDER = 40, 30, 12
PLACE = "/music"
SYLLABLES = ("ka", "lo", "mi", "ren", "ta", "vu", "sol", "ber", "an", "dri", "el", "fo", "gar", "nu", "wen")
TAGS = ("jazz", "rock", "guitar", "female vocals", "ambient", "80s", "electronic", "soul", "folk", "metal")


class Mixtures:
    """Tracks that are mixtures of real ones."""

    def __init__(self, encoder: Encoder) -> None:
        with sampler.open_for(encoder) as catalogue:
            self.features = catalogue.track_features(encoder.fingerprint)
            rows, _, self.segments = catalogue.all_segments(encoder.fingerprint)
        self.bounds = np.searchsorted(rows, np.arange(len(self.features) + 1))
        self.is_fitted = bool(encoder.track_parts)

    def block(self, rng: np.random.Generator, n: int, n_segments: int) -> tuple[np.ndarray, np.ndarray]:
        """Features [n, n_track_features] of new tracks, and their segments [n, n_segments, embedding_size]."""
        real, n_real = self.features, len(self.features)
        first, second = rng.integers(0, n_real, (2, n))
        made = real[first] + 0.5 * rng.random((n, 1), dtype=np.float32) * (real[second] - real[first])
        for _ in range(3):
            one, other = rng.integers(0, n_real, (2, n))
            made += 0.2 * rng.standard_normal((n, 1), dtype=np.float32) * (real[one] - real[other])
        made += 0.15 * real.std(axis=0) * rng.standard_normal(made.shape, dtype=np.float32)
        starts = (rng.random(n) * (np.diff(self.bounds)[first])).astype(int)
        at = (
            self.bounds[first][:, None]
            + (starts[:, None] + np.arange(n_segments)) % np.diff(self.bounds)[first][:, None]
        )
        own = (
            self.segments[rng.integers(0, len(self.segments), n)]
            - self.segments[rng.integers(0, len(self.segments), n)]
        )
        segments = self.segments[at] + 0.7 * own[:, None]
        size = segments.shape[2]
        segments += (0.5 / np.sqrt(size)) * rng.standard_normal(segments.shape, dtype=np.float32)
        return made if self.is_fitted else unit(made), unit(segments)


def fill(path: Path, encoder: Encoder, first: int, n_tracks: int, n_segments: int) -> None:
    """Add tracks number ``first`` … to a catalogue, which is made if it is not there."""
    mixtures, rng = Mixtures(encoder), np.random.default_rng(first)
    tags = encoder.tag_names or TAGS
    with Catalogue.open(path) as catalogue:
        catalogue.put_encoder(
            encoder.fingerprint, encoder.name, encoder.version, (encoder.embedding_size, encoder.n_track_features)
        )
        catalogue.note_places([PLACE], is_complete=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("INSERT OR IGNORE INTO tag_names VALUES (?, ?)", (encoder.fingerprint, json.dumps(list(tags))))
    vocabulary = ["".join(rng.choice(SYLLABLES, rng.integers(1, 4))).capitalize() for _ in range(6_000)]
    for begin in range(first, first + n_tracks, BLOCK):
        numbers = range(begin, min(begin + BLOCK, first + n_tracks))
        features, segments = mixtures.block(rng, len(numbers), n_segments)
        connection.execute("BEGIN IMMEDIATE")
        write_tags(connection, numbers, vocabulary, rng)
        write_vectors(connection, numbers, encoder, features.astype("<f4"), segments.astype("<f2"))
        write_words(connection, numbers, encoder.fingerprint, tags, rng)
        connection.execute("UPDATE changes SET n = n + 1")
        connection.execute("COMMIT")
    connection.close()


def id_of(number: int) -> str:
    """The id of a track: spread as a hash is."""
    return f"{(number * 0x9E3779B97F4A7C15) % 2**64:016x}"


def write_tags(connection: sqlite3.Connection, numbers: range, vocabulary: list[str], rng: np.random.Generator) -> None:
    """What is written in the files, and the files."""
    lengths = rng.integers(1, 5, len(numbers)).tolist()
    words = rng.integers(0, len(vocabulary), (len(numbers), 4)).tolist()
    rows = []
    for number, length, chosen in zip(numbers, lengths, words, strict=True):
        folder = number // TRACKS_A_FOLDER
        title = " ".join(vocabulary[at] for at in chosen[:length])
        artist, album = f"Artist {number // TRACKS_AN_ARTIST}", f"{vocabulary[folder % len(vocabulary)]} {folder}"
        path = f"{PLACE}/{folder}/{number}.ogg"
        tagged = (title, artist, album, f"Genre {number % GENRES}", "")
        placed = (number % TRACKS_A_FOLDER + 1, 1960 + folder % 66, float(60 + number % 500))
        rows.append((id_of(number), tagged, placed, path))
    connection.executemany(
        "INSERT INTO tracks (track_id, title, artist, album, genre, album_artist, track_number, year, seconds, path,"
        " isrc, licence, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '')",
        [(track_id, *tagged, *placed, path) for track_id, tagged, placed, path in rows],
    )
    connection.executemany(
        "INSERT INTO listing (track_id, title, artist, album, genre, album_artist, track_number, year, seconds)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(track_id, *map(sort_key, tagged), *placed) for track_id, tagged, placed, _ in rows],
    )
    connection.executemany(
        "INSERT INTO files (path, n_bytes, mtime_ns, track_id) VALUES (?, 5000000, 1, ?)",
        [(path, track_id) for track_id, _, _, path in rows],
    )


def write_vectors(
    connection: sqlite3.Connection, numbers: range, encoder: Encoder, features: np.ndarray, segments: np.ndarray
) -> None:
    """What the encoder makes of the sound."""
    n_segments = segments.shape[1]
    starts = (encoder.hop_seconds * np.arange(n_segments)).astype("<f4").tobytes()
    lengths = np.full(n_segments, encoder.segment_seconds, "<f4").tobytes()
    connection.executemany(
        "INSERT INTO track_vectors (track_id, fingerprint, digest, features) VALUES (?, ?, ?, ?)",
        [
            (id_of(number), encoder.fingerprint, f"{number:016x}", row.tobytes())
            for number, row in zip(numbers, features, strict=True)
        ],
    )
    connection.executemany(
        "INSERT INTO segment_vectors (track_id, fingerprint, starts, lengths, matrix) VALUES (?, ?, ?, ?, ?)",
        [
            (id_of(number), encoder.fingerprint, starts, lengths, matrix.tobytes())
            for number, matrix in zip(numbers, segments, strict=True)
        ],
    )


def write_words(
    connection: sqlite3.Connection, numbers: range, fingerprint: str, tags: tuple[str, ...], rng: np.random.Generator
) -> None:
    """What the encoder calls the tracks: of each tag a probability, most of them near 0; likely ones are words."""
    probabilities = (rng.random((len(numbers), len(tags))) ** (2 * np.sqrt(len(tags)))).astype("<f2")
    connection.executemany(
        "INSERT INTO track_tags (track_id, fingerprint, probabilities) VALUES (?, ?, ?)",
        [(id_of(number), fingerprint, row.tobytes()) for number, row in zip(numbers, probabilities, strict=True)],
    )
    rows, columns = np.nonzero(probabilities >= LEAST)
    connection.executemany(
        "INSERT OR IGNORE INTO track_words (track_id, word, probability) VALUES (?, ?, ?)",
        [
            (id_of(numbers[row]), tags[column].lower(), float(probabilities[row, column]))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ],
    )
