"""What encoders made of the tracks of a catalogue, by (track, encoder fingerprint), and its bytes.

Of a whole track its features are kept as the encoder gave them: what fits them to the library is derived
(:mod:`synesthete.catalogue.fitting`), so that adding tracks never re-analyses others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synesthete.catalogue.packing import packed, unpacked
from synesthete.catalogue.schema import CatalogueFile
from synesthete.errors import CatalogueError
from synesthete.tracks import Segment

if TYPE_CHECKING:
    from synesthete.encoders.base import Embedding, Encoder

IDS_A_QUERY = 500  # below SQLite's limit of bound variables, even in old builds


@dataclass(frozen=True)
class EncoderEntry:
    """An encoder that has made vectors for ``n_tracks`` tracks of this catalogue."""

    fingerprint: str
    name: str
    version: str
    embedding_size: int
    n_tracks: int


class VectorStore(CatalogueFile):
    """The vectors of a catalogue; adding an encoder never touches what another one made."""

    def put_embedding(self, track_id: str, encoder: Encoder, embedding: Embedding) -> None:
        """Store what ``encoder`` made of a track, replacing what the same encoder made before.

        Features of tracks are kept as float32, vectors of segments as float16.

        Raises
        ------
        CatalogueError
            The track is unknown, or the embedding does not fit the encoder (fingerprint, size, finite unit
            vectors).
        """
        blobs = packed(track_id, encoder, embedding)
        with self.transaction():
            self._check_known(track_id)
            sizes = encoder.embedding_size, encoder.n_track_features
            self.put_encoder(encoder.fingerprint, encoder.name, encoder.version, sizes)
            self.put_packed(track_id, encoder.fingerprint, blobs)

    def put_encoder(self, fingerprint: str, name: str, version: str, sizes: tuple[int, int]) -> None:
        """Make an encoder known, with its embedding_size and n_track_features; CatalogueError if they were others."""
        with self.transaction():
            self._rows(
                "INSERT OR IGNORE INTO encoders (fingerprint, name, version, embedding_size, n_track_features)"
                " VALUES (?, ?, ?, ?, ?)",
                (fingerprint, name, version, *sizes),
            )
            query = "SELECT embedding_size, n_track_features FROM encoders WHERE fingerprint = ?"
            if (known := self._rows(query, (fingerprint,))[0]) != sizes:
                raise CatalogueError(
                    f"The catalogue {self.path} holds vectors of encoder {fingerprint} of the sizes {known}, not"
                    f" {sizes}. Use a new catalogue."
                )

    def put_packed(self, track_id: str, fingerprint: str, blobs: tuple[bytes, bytes, bytes, bytes]) -> None:
        """Store the bytes of an embedding, as :func:`packed` makes them, of a track and an encoder that are known."""
        digest = hashlib.sha256(b"".join(blobs)).hexdigest()[:16]
        key = (track_id, fingerprint)
        with self.transaction():
            self._rows(
                "INSERT OR REPLACE INTO track_vectors (track_id, fingerprint, digest, features) VALUES (?, ?, ?, ?)",
                (*key, digest, blobs[0]),
            )
            self._rows(
                "INSERT OR REPLACE INTO segment_vectors (track_id, fingerprint, starts, lengths, matrix)"
                " VALUES (?, ?, ?, ?, ?)",
                (*key, *blobs[1:]),
            )
            self._count_change()

    def has_vectors(self, track_id: str, fingerprint: str) -> bool:
        """Whether an encoder has embedded a track; false for an unknown track."""
        query = "SELECT 1 FROM track_vectors WHERE track_id = ? AND fingerprint = ?"
        return bool(self._rows(query, (track_id, fingerprint)))

    def forget_outdated(self, name: str, fingerprint: str) -> int:
        """Delete what other versions of an encoder made of tracks that this one has embedded; of how many tracks."""
        older = {entry.fingerprint for entry in self.encoders() if entry.name == name} - {fingerprint}
        n_tracks = 0
        for other in older:
            both = "fingerprint = ? AND track_id IN (SELECT track_id FROM track_vectors WHERE fingerprint = ?)"
            with self.transaction():
                self._rows(f"DELETE FROM segment_vectors WHERE {both}", (other, fingerprint))
                self._rows(f"DELETE FROM track_vectors WHERE {both}", (other, fingerprint))
                n_tracks += int(self._rows("SELECT changes()")[0][0])
                self._count_change()
        return n_tracks

    def encoders(self) -> tuple[EncoderEntry, ...]:
        """The encoders that have vectors here, by name."""
        rows = self._rows(
            "SELECT fingerprint, name, version, embedding_size, count(track_id) FROM encoders"
            " JOIN track_vectors USING (fingerprint) GROUP BY fingerprint ORDER BY name, version, fingerprint"
        )
        return tuple(EncoderEntry(*row) for row in rows)

    def n_embedded(self, fingerprint: str) -> int:
        """How many tracks one encoder has embedded."""
        return int(self._rows("SELECT count(*) FROM track_vectors WHERE fingerprint = ?", (fingerprint,))[0][0])

    def _embedding_size(self, fingerprint: str) -> int:
        rows = self._rows("SELECT embedding_size FROM encoders WHERE fingerprint = ?", (fingerprint,))
        return int(rows[0][0]) if rows else 0

    def ids(self, fingerprint: str) -> tuple[str, ...]:
        """The tracks that one encoder has embedded, sorted; their order is that of all the arrays below."""
        query = "SELECT track_id FROM track_vectors WHERE fingerprint = ? ORDER BY track_id"
        return tuple(row[0] for row in self._rows(query, (fingerprint,)))

    def track_features(self, fingerprint: str) -> np.ndarray:
        """What one encoder keeps of whole tracks [n, n_track_features], float32; [0, 0] where there are none."""
        query = "SELECT features FROM track_vectors WHERE fingerprint = ? ORDER BY track_id"
        rows = self._rows(query, (fingerprint,))
        flat = np.frombuffer(b"".join(row[0] for row in rows), dtype="<f4").astype(np.float32)
        return flat.reshape(len(rows), len(flat) // max(len(rows), 1))

    def portions_of_track_features(self, fingerprint: str, n_tracks: int) -> Iterator[np.ndarray]:
        """The features of the first ``n_tracks`` tracks by id, some hundreds [n, n_track_features] at a time.

        Ids are hashes of the sound, so that the first are as good as drawn at random.
        """
        query = (
            "SELECT track_id, features FROM track_vectors WHERE fingerprint = ? AND track_id > ?"
            " ORDER BY track_id LIMIT ?"
        )
        last_id = ""
        while n_tracks > 0 and (rows := self._rows(query, (fingerprint, last_id, min(IDS_A_QUERY, n_tracks)))):
            last_id = rows[-1][0]
            n_tracks -= len(rows)
            yield np.stack([np.frombuffer(row[1], dtype="<f4") for row in rows])

    def portions_of_some_features(
        self, ids: Sequence[str], fingerprint: str
    ) -> Iterator[tuple[dict[str, str], np.ndarray]]:
        """The features of those of some tracks that are here, some hundreds at a time, with a hash of each by id."""
        for part in portions(ids):
            marks = ", ".join("?" * len(part))
            query = (
                "SELECT track_id, digest, features FROM track_vectors"
                f" WHERE fingerprint = ? AND track_id IN ({marks}) ORDER BY track_id"
            )
            if rows := self._rows(query, (fingerprint, *part)):
                yield dict(row[:2] for row in rows), np.stack([np.frombuffer(row[2], dtype="<f4") for row in rows])

    def embedded(self, ids: Sequence[str], fingerprint: str) -> list[str]:
        """Those of some tracks that one encoder has embedded, in their order."""
        found: set[str] = set()
        for part in portions(ids):
            marks = ", ".join("?" * len(part))
            query = f"SELECT track_id FROM track_vectors WHERE fingerprint = ? AND track_id IN ({marks})"
            found.update(row[0] for row in self._rows(query, (fingerprint, *part)))
        return [track_id for track_id in ids if track_id in found]

    def segments(self, track_id: str, fingerprint: str) -> tuple[tuple[Segment, ...], np.ndarray]:
        """The segments of one track and their vectors, float32 unit length [n_segments, embedding_size].

        CatalogueError if this encoder has not embedded the track.
        """
        rows = self._rows(
            "SELECT starts, lengths, matrix FROM segment_vectors WHERE track_id = ? AND fingerprint = ?",
            (track_id, fingerprint),
        )
        if not rows:
            raise self._not_embedded(track_id, fingerprint)
        starts, lengths = (np.frombuffer(blob, dtype="<f4") for blob in rows[0][:2])
        pairs = zip(starts.tolist(), lengths.tolist(), strict=True)
        segments = tuple(Segment(start, length) for start, length in pairs)
        return segments, unpacked(rows[0][2], len(segments), self._embedding_size(fingerprint))

    def features_of(self, track_id: str, fingerprint: str) -> np.ndarray:
        """What one encoder keeps of a whole track [n_track_features], float32; CatalogueError if it has nothing."""
        query = "SELECT features FROM track_vectors WHERE track_id = ? AND fingerprint = ?"
        rows = self._rows(query, (track_id, fingerprint))
        if not rows:
            raise self._not_embedded(track_id, fingerprint)
        return np.frombuffer(rows[0][0], dtype="<f4").astype(np.float32)

    def _not_embedded(self, track_id: str, fingerprint: str) -> CatalogueError:
        return CatalogueError(
            f"The catalogue {self.path} holds no vectors of encoder {fingerprint} for track {track_id!r}."
            " Embed it with this encoder first: synesthete.catalogue.embed_missing."
        )

    def all_starts(self, fingerprint: str) -> tuple[np.ndarray, np.ndarray]:
        """Where the segments of all tracks begin, without their vectors; quick.

        Returns
        -------
        rows : np.ndarray [shape=(m,)], int64
            Row number of each segment's track in :meth:`ids`; ascending.
        start_seconds : np.ndarray [shape=(m,)], float32 [s]
        """
        query = "SELECT starts FROM segment_vectors WHERE fingerprint = ? ORDER BY track_id"
        starts = [np.frombuffer(row[0], dtype="<f4") for row in self._rows(query, (fingerprint,))]
        rows = np.repeat(np.arange(len(starts)), [len(part) for part in starts])
        return rows, np.concatenate([np.empty(0, np.float32), *starts])

    def all_segments(self, fingerprint: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The segments of all tracks, for a passage index.

        Returns
        -------
        rows, start_seconds : np.ndarray [shape=(m,)]
            As :meth:`all_starts` gives them.
        matrix : np.ndarray [shape=(m, embedding_size)], float32
            Unit vectors; zero for a silent segment.
        """
        query = (
            "SELECT track_id, matrix FROM segment_vectors WHERE fingerprint = ? AND track_id > ?"
            f" ORDER BY track_id LIMIT {IDS_A_QUERY}"
        )
        with self.snapshot():
            rows, starts = self.all_starts(fingerprint)
            size = self._embedding_size(fingerprint)
            matrix = np.empty((len(rows), size), dtype=np.float32)
            end, last_id = 0, ""
            while portion := self._rows(query, (fingerprint, last_id)):  # all at once would need half as much again
                last_id = portion[-1][0]
                for _, blob in portion:
                    begin, end = end, end + len(blob) // (2 * size)
                    matrix[begin:end] = unpacked(blob, end - begin, size)
        return rows, starts, matrix

    def segments_of(self, ids: Sequence[str], fingerprint: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The segments of some tracks; one query for up to 500.

        Parameters
        ----------
        ids : sequence of str
            At least one; each once.

        Returns
        -------
        rows : np.ndarray [shape=(m,)], int64
            Place in ``ids`` of each segment's track; ascending.
        start_seconds, matrix : np.ndarray
            As :meth:`all_segments` gives them.

        Raises
        ------
        CatalogueError
            The encoder has not embedded one of the tracks.
        """
        found: dict[str, tuple[bytes, bytes]] = {}
        with self.snapshot():
            size = self._embedding_size(fingerprint)
            for part in portions(ids):
                marks = ", ".join("?" * len(part))
                query = (
                    "SELECT track_id, starts, matrix FROM segment_vectors"
                    f" WHERE fingerprint = ? AND track_id IN ({marks})"
                )
                found.update((row[0], row[1:]) for row in self._rows(query, (fingerprint, *part)))
        missing = [track_id for track_id in ids if track_id not in found]
        if missing:
            raise self._not_embedded(missing[0], fingerprint)
        starts = [np.frombuffer(found[track_id][0], dtype="<f4") for track_id in ids]
        rows = np.repeat(np.arange(len(ids)), [len(part) for part in starts])
        blob = b"".join(found[track_id][1] for track_id in ids)
        return rows, np.concatenate(starts), unpacked(blob, len(rows), size)

    def listed(self, fingerprint: str) -> Iterator[tuple[str, float, str, str, str]]:
        """Of the tracks that one encoder has embedded, what searches filter by, in the order of :meth:`ids`.

        Id, length [s], artist, genre and path of each, as tagged. Read in portions.
        """
        query = (
            "SELECT track_id, seconds, artist, genre, path FROM track_vectors JOIN tracks USING (track_id)"
            f" WHERE fingerprint = ? AND track_id > ? ORDER BY track_id LIMIT {20 * IDS_A_QUERY}"
        )
        last_id = ""
        while rows := self._rows(query, (fingerprint, last_id)):
            last_id = rows[-1][0]
            yield from rows

    def revision(self, fingerprint: str) -> str:
        """Hash (16 hexadecimal characters) of which tracks this encoder has embedded, and of their vectors.

        Equal contents give an equal revision in any file and on any machine; any change gives another one. It
        is what derived files are bound to.
        """
        return revision_of(fingerprint, self.digest_lines(fingerprint))

    def digest_lines(self, fingerprint: str) -> bytes:
        """The id of each track and a hash of what one encoder has made of it: ``id hash`` a line, as :meth:`ids`."""
        query = "SELECT track_id || ' ' || digest FROM track_vectors WHERE fingerprint = ? ORDER BY track_id"
        return "\n".join(row[0] for row in self._rows(query, (fingerprint,))).encode()

    def n_changes(self) -> int:
        """A counter that grows when any process writes or removes vectors or words, or changes a track's tags or path.

        Faster than :meth:`revision`, which tells whether vectors are among what changed.
        """
        return int(self._rows("SELECT n FROM changes")[0][0])

    def _count_change(self) -> None:
        self._rows("UPDATE changes SET n = n + 1")


def revision_of(fingerprint: str, lines: bytes) -> str:
    """:meth:`VectorStore.revision` of tracks for which these are the :meth:`VectorStore.digest_lines`."""
    return hashlib.sha256(b"\n".join([fingerprint.encode(), *([lines] if lines else [])])).hexdigest()[:16]


def portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut ids into parts that one query can bind."""
    for first in range(0, len(ids), IDS_A_QUERY):
        yield ids[first : first + IDS_A_QUERY]
