"""How the index of a large catalogue is made, and added to.

All vectors depend on the mean and spread of the library. While these are kept (:mod:`synesthete.catalogue.fitting`),
new tracks are appended, each drawn to its neighbours as a sound that asks is; those that are gone leave a gap. When the
moments are renewed, or much has changed, everything is made anew.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.build_lock import one_builder
from synesthete.catalogue import Catalogue
from synesthete.catalogue.vectors import portions, revision_of
from synesthete.encoders.base import Encoder, unit
from synesthete.encoders.track_space import Moments, space_in
from synesthete.search import smoothing
from synesthete.search.digests import Digests
from synesthete.search.nearest import CodeIndex, IndexMismatchError
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.search.smoothing import N_NEIGHBOURS, drawn_to
from synesthete.search.store_state import Header, StoreState
from synesthete.search.track_ids import TrackIds
from synesthete.search.track_store import TrackStore, state_path
from synesthete.search.vector_file import VectorFile, append

MOST_CHANGED = 0.25  # share of the tracks made at once: where more have come or gone since, all are made anew
WANTED_RECALL = 0.9925  # of the ten nearest, measured on the catalogue itself: .99, and what so few queries may err
TRACK_DIMS = 128  # of the codes of tracks, a byte each
PASSAGE_DIMS, PASSAGE_BYTES = 256, 32
SAMPLE_TRACKS, SAMPLE_TRACKS_BY_PASSAGE = 160_000, 10_000  # what indexes are learned from
_SMOOTHING_CANDIDATES, _SMOOTHING_PROBES = 16, 16
_QUERIES, _K = 96, 10  # for measuring recall
_CANDIDATES = (64, 128, 256, 512)
_LEAST_PROBES = 16
_SCALE_TRACKS = 4_000
_SEGMENTS_A_TRACK = 16  # or so
_AT_ONCE = 4_096

_log = logging.getLogger(__name__)


def bring_up_to_date(catalogue: Catalogue, encoder: Encoder, folder: Path) -> TrackStore:
    """The index of the catalogue as it is now: as kept, added to, or made anew.

    Of several threads and processes one builds, and the others wait for it. What is found in the meantime comes from
    the last state.

    Parameters
    ----------
    catalogue : Catalogue
        With at least one track that the encoder has embedded.
    encoder : Encoder
    folder : Path

    Raises
    ------
    OSError
        The folder cannot be written to, or the disk is full.
    """
    with one_builder(state_path(folder, encoder.fingerprint)):
        try:
            last = TrackStore.open(folder, encoder)
        except IndexMismatchError as mismatch:
            _log.info("%s", mismatch)
            last = None
        lines = catalogue.digest_lines(encoder.fingerprint)
        if last is not None and last.state.header.revision == revision_of(encoder.fingerprint, lines):
            return last
        builder = _Builder(catalogue, encoder, folder)
        now = Digests.of_lines(lines)
        state = builder.added_to(last, now) if last is not None else None
        state = state or builder.anew(now.track_ids())
        state.save(state_path(folder, encoder.fingerprint))
        _remove_others(folder, encoder.fingerprint, state)
    return TrackStore.open(folder, encoder)


def _remove_others(folder: Path, fingerprint: str, state: StoreState) -> None:
    """What no state needs any more: of the last one, of a builder that was stopped, and of when all was in memory."""
    kinds = ("*.vectors", "*.codes*", "*.passages*", "*.plain", "tracks.index", "passages.index")
    for path in [path for kind in kinds for path in folder.glob(f"{fingerprint}.{kind}")]:
        if path.name not in state.files:
            path.unlink(missing_ok=True)


class _Builder:
    def __init__(self, catalogue: Catalogue, encoder: Encoder, folder: Path) -> None:
        self._catalogue, self._encoder, self._folder = catalogue, encoder, folder
        self._fingerprint = encoder.fingerprint
        moments = catalogue.moments(encoder) if encoder.track_parts else None
        self._space = space_in(encoder, moments)
        self._moments = moments or Moments(0, np.empty(0), np.empty(0))

    def _new_path(self, kind: str) -> Path:
        return self._folder / f"{self._fingerprint}.{secrets.token_hex(4)}.{kind}"

    # ---- anew ---------------------------------------------------------------------------------------------

    def anew(self, ids: Sequence[str]) -> StoreState:
        """Everything, from the features of all tracks."""
        digests: dict[str, str] = {}
        path = self._new_path("vectors")
        fitted_path = self._new_path("plain") if self._space.is_fitted else path
        size = len(self._space(np.zeros(self._encoder.n_track_features, np.float32)))
        n_tracks = append(fitted_path, 0, size, self._fitted(ids, digests))
        file = VectorFile(fitted_path, n_tracks, size, is_kept=True)
        codes = _learned(file)
        if self._space.is_fitted:
            append(path, 0, size, _smoothed(file, codes))
            file = VectorFile(path, n_tracks, size)
            fitted_path.unlink()
            codes.clear()
            _add_all(codes, file)
        n_probes, n_candidates = _tuned(file, codes)
        slots = np.arange(n_tracks)
        codes_path, passages_path = self._new_path("codes"), self._new_path("passages")
        found = Digests.of_mapping(digests)
        revision = revision_of(self._fingerprint, found.lines())
        header = Header(
            revision=revision,
            vectors_revision=settings.fingerprint(revision, self._space.fingerprint, smoothing.VERSION),
            space=self._space.fingerprint,
            size=size,
            n_slots=n_tracks,
            n_built=n_tracks,
            vectors=path.name,
            codes=codes_path.name,
            codes_crc32=codes.save(codes_path),
            passages=passages_path.name,
            passages_crc32=self._passages(tuple(digests)).save(passages_path),
            n_probes=n_probes,
            n_candidates=n_candidates,
            n_fitted=self._moments.n_tracks,
        )
        moments = self._moments.mean, self._moments.variance
        return StoreState(header, TrackIds(found.ids), found.hashes, slots, *moments, _scale(file))

    def _fitted(self, ids: Sequence[str], digests: dict[str, str]) -> Iterator[np.ndarray]:
        """The fitted vectors of those of the tracks that are still there, whose digests are noted."""
        for found, features in self._catalogue.portions_of_some_features(ids, self._fingerprint):
            digests.update(found)
            yield self._space(features)

    def _passages(self, ids: Sequence[str]) -> CodeIndex:
        sampled = ids[:SAMPLE_TRACKS_BY_PASSAGE]  # ids are hashes of the sound, so that these are as good as drawn
        silence = np.zeros((1, self._encoder.embedding_size), np.float32)  # where there is nothing else
        sample = (vectors for _, vectors in self._segments(sampled, np.arange(len(sampled))))
        codes = CodeIndex.train(chain([silence], sample), _SEGMENTS_A_TRACK * len(ids), PASSAGE_DIMS, PASSAGE_BYTES)
        for slots, vectors in self._segments(ids, np.arange(len(ids))):
            codes.add(vectors, slots)
        return codes

    def _segments(self, ids: Sequence[str], slots: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Of some hundreds of tracks at a time: the slot of each segment that is not silent, and its vector."""
        slot_of = dict(zip(ids, slots.tolist(), strict=True))
        for part in portions(ids):
            with self._catalogue.snapshot():
                if here := self._catalogue.embedded(part, self._fingerprint):
                    numbers, _, vectors = self._catalogue.segments_of(here, self._fingerprint)
                else:
                    continue
            is_sounding = vectors.any(axis=1)
            of_segments = np.array([slot_of[track_id] for track_id in here])[numbers]
            yield of_segments[is_sounding], vectors[is_sounding]

    # ---- added to -----------------------------------------------------------------------------------------

    def added_to(self, last: TrackStore, now: Digests) -> StoreState | None:
        """The last state, less what is gone, and the new tracks behind it; None where all has to be made anew.

        That is where the vectors that are kept are not right any more, or few of the tracks are among them.
        """
        header = last.state.header
        rows = now.rows_in(Digests(last.state.ids.array, last.state.hashes))
        new = np.flatnonzero(rows < 0)
        n_gaps = header.n_slots + len(new) - len(rows)
        n_changed = header.n_slots + len(new) - header.n_built + n_gaps
        if self._space.fingerprint != header.space or n_changed > MOST_CHANGED * header.n_built:
            return None
        slots = np.where(rows >= 0, last.state.slots[rows], -1)
        hashes = now.hashes.copy()
        if len(new):
            ids = [str(each, "utf-8") for each in now.ids[new].tolist()]
            added = self._append(last, ids)  # without those that have gone meanwhile
            row_of = dict(zip(ids, new.tolist(), strict=True))
            at = [row_of[track_id] for track_id in added]
            slots[at] = np.arange(header.n_slots, header.n_slots + len(added))
            hashes[at] = [digest.encode() for digest in added.values()]
            header = self._with_codes(header, list(added), slots[at])
        is_there = slots >= 0
        found = Digests(now.ids[is_there], hashes[is_there])
        revision = revision_of(self._fingerprint, found.lines())
        vectors_revision = settings.fingerprint(header.vectors_revision, revision)
        header = replace(header, revision=revision, vectors_revision=vectors_revision)
        return replace(last.state, header=header, ids=TrackIds(found.ids), hashes=found.hashes, slots=slots[is_there])

    def _append(self, last: TrackStore, ids: Sequence[str]) -> dict[str, str]:
        """Write the vectors of new tracks behind the others."""
        added: dict[str, str] = {}
        header = last.state.header
        path, n_slots = self._folder / header.vectors, header.n_slots
        for fitted in self._fitted(ids, added):
            vectors = _drawn_in(last, fitted) if self._space.is_fitted else fitted
            n_slots = append(path, n_slots, header.size, [vectors])
        return added

    def _with_codes(self, header: Header, ids: Sequence[str], slots: np.ndarray) -> Header:
        """Codes of new tracks and of their segments, in files of their own."""
        codes = CodeIndex.load(self._folder / header.codes, header.codes_crc32, is_mapped=False)
        passages = CodeIndex.load(self._folder / header.passages, header.passages_crc32, is_mapped=False)
        n_slots = header.n_slots + len(ids)
        file = VectorFile(self._folder / header.vectors, n_slots, header.size)
        for first in range(0, len(slots), _AT_ONCE):
            codes.add(file.some(slots[first : first + _AT_ONCE]), slots[first : first + _AT_ONCE])
        for numbers, vectors in self._segments(ids, slots):
            passages.add(vectors, numbers)
        codes_path, passages_path = self._new_path("codes"), self._new_path("passages")
        return replace(
            header,
            n_slots=n_slots,
            codes=codes_path.name,
            codes_crc32=codes.save(codes_path),
            passages=passages_path.name,
            passages_crc32=passages.save(passages_path),
        )


def _learned(file: VectorFile) -> CodeIndex:
    """Codes of all vectors of a file."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(file.n_rows)[:SAMPLE_TRACKS]
    sample = (file.some(np.sort(rows[first : first + _AT_ONCE])) for first in range(0, len(rows), _AT_ONCE))
    codes = CodeIndex.train(sample, file.n_rows, TRACK_DIMS)
    _add_all(codes, file)
    return codes


def _add_all(codes: CodeIndex, file: VectorFile) -> None:
    for rows, vectors in file.portions():
        codes.add(vectors, rows)


def _smoothed(file: VectorFile, codes: CodeIndex) -> Iterator[np.ndarray]:
    """Each vector drawn to its nearest neighbours among the others; as :func:`synesthete.search.smoothing.smoothed`."""
    n_neighbours = min(N_NEIGHBOURS, file.n_rows - 1)
    for rows, vectors in file.portions():
        if n_neighbours:
            _, likely = codes.search(vectors, _SMOOTHING_CANDIDATES, _SMOOTHING_PROBES, is_one_thread=False)
            nearest = np.stack([_nearest(file, *one, n_neighbours) for one in zip(rows, vectors, likely, strict=True)])
            neighbours = file.some(nearest.ravel()).reshape(len(rows), n_neighbours, file.size)
            vectors = drawn_to(vectors, neighbours) * vectors.any(axis=1, keepdims=True)
        yield vectors


def _nearest(file: VectorFile, row: int, vector: np.ndarray, likely: np.ndarray, n: int) -> np.ndarray:
    others = likely[(likely >= 0) & (likely != row)]
    if len(others) < n:
        found = file.best(vector[None], n + 1)[1][0]
        return found[found != row][:n]
    return others[np.lexsort((others, -file.cosines(others, vector)))[:n]]


def _drawn_in(last: TrackStore, fitted: np.ndarray) -> np.ndarray:
    """New vectors drawn to their nearest among the kept and among each other; as a sound that asks is."""
    cosines, rows = last.search(fitted, N_NEIGHBOURS)
    among = fitted @ fitted.T
    np.fill_diagonal(among, -np.inf)
    nearest = np.argsort(-among, axis=1)[:, :N_NEIGHBOURS]
    made = np.empty_like(fitted)
    for number, vector in enumerate(fitted):
        own = nearest[number][np.isfinite(among[number, nearest[number]])]
        all_cosines = np.concatenate([cosines[number], among[number, own]])
        all_vectors = np.concatenate([last.some_vectors(rows[number]), fitted[own]])
        best = np.argsort(-all_cosines, kind="stable")[:N_NEIGHBOURS]
        made[number] = drawn_to(vector, all_vectors[best])
    return made * fitted.any(axis=1, keepdims=True)


def _tuned(file: VectorFile, codes: CodeIndex) -> tuple[int, int]:
    """How many lists to look into and how many candidates to compare, so that the ten nearest are found.

    Measured with sounds that lie between two tracks: a track finds itself and its neighbours more easily.
    """
    rng = np.random.default_rng(1)
    rows, others = rng.integers(0, file.n_rows, (2, _QUERIES))
    queries = unit(file.some(rows) + np.float32(0.5) * file.some(others))
    _, nearest = file.best(queries, min(_K, file.n_rows))
    n_probes = min(_LEAST_PROBES, codes.n_lists)
    while True:
        _, likely = codes.search(queries, _CANDIDATES[-1], n_probes, is_one_thread=False)
        for n_candidates in _CANDIDATES:
            found = [np.isin(true, some[:n_candidates]).mean() for true, some in zip(nearest, likely, strict=True)]
            if np.mean(found) >= WANTED_RECALL:
                return n_probes, n_candidates
        if n_probes == codes.n_lists:
            return n_probes, _CANDIDATES[-1]
        n_probes = min(2 * n_probes, codes.n_lists)


def _scale(file: VectorFile) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(file.n_rows, min(file.n_rows, _SCALE_TRACKS), replace=False))
    return SimilarityScale.from_vectors(file.some(rows)).cosines
