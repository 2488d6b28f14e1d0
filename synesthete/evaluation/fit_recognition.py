"""How far a recording must lead to be named: measured on recordings whose passages come through a phone in a room.

``python -m synesthete.evaluation.fit_recognition FILES...`` indexes the recordings and asks with passages of them, once
with the recording in the catalogue and once without. It writes ``data/models/recognition.json`` for the encoders of
``ENCODERS``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from synesthete import encoders, settings
from synesthete.audio import clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.indexing import index as index_files
from synesthete.encoders.base import Encoder
from synesthete.errors import OptionError
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import SegmentVectors
from synesthete.search.recognition import FILE_NAME, MOST_WRONG, Evidence, is_one, strongest
from synesthete.training.augmentation import phone_in_room
from synesthete.training.reference_music import audio_files

ENCODERS = ("synesthete", "resnet")
SECONDS = (4.0, 8.0, 15.0, 30.0)
NOISE_DB = (18.0, 12.0, 6.0, 0.0)


def evidence_of(
    files: Sequence[Path], encoder: Encoder, index: EncoderIndex, catalogue: Catalogue
) -> Iterator[tuple[Evidence, Evidence, bool]]:
    """What passages give: with their recording in the index, and without it; and whether the first is right."""
    id_of = catalogue.known_paths()
    for number, file in enumerate(files):
        clip = read_clip(file)
        row = index.row_of[id_of[str(file)]]
        own = index.segment_vectors([row])
        same = [
            other
            for other in range(index.n_tracks)
            if other == row or is_one(own, index.segment_vectors([other]), index.hop_seconds)
        ]
        for passage in passages(np.random.default_rng([number, 11]), clip.excerpts[0].samples, clip.sample_rate_hz):
            segments, vectors = encoder.embed_segments(clip_from_samples(passage, clip.sample_rate_hz, name=clip.name))
            starts = np.array([segment.start_seconds for segment in segments])
            query = SegmentVectors.of(vectors, starts, encoder.hop_seconds)
            found, instead = strongest(query, index), strongest(query, index, same)
            if found and instead:
                yield found, instead, found.row in same
        sys.stderr.write(f"\r{number + 1} of {len(files)}")


def passages(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> Iterator[np.ndarray]:
    """Passages of every length, as they are and through a phone in a room with every noise."""
    for seconds in SECONDS:
        n_samples = min(round(seconds * sample_rate_hz), len(samples))
        for noise_db in (None, *NOISE_DB):
            begin = int(rng.integers(len(samples) - n_samples + 1))
            passage = samples[begin : begin + n_samples]
            yield passage if noise_db is None else phone_in_room(rng, passage, sample_rate_hz, noise_db)


def least_certain_lead(evidence: Sequence[tuple[Evidence, Evidence, bool]]) -> float:
    """The least lead at which no more is wrong than :data:`~synesthete.search.recognition.MOST_WRONG` allows."""
    leads = np.array([found.lead for found, _, _ in evidence])
    is_right = np.array([right for _, _, right in evidence])
    leads_without = np.array([instead.lead for _, instead, _ in evidence])
    for lead in np.sort(np.concatenate([leads, leads_without])):
        is_named = leads >= lead
        if np.mean(leads_without >= lead) <= MOST_WRONG and np.mean(~is_right[is_named]) <= MOST_WRONG:
            return float(lead)
    raise OptionError("No lead tells these recordings apart: name more music, of more than one kind.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure how far a recording must lead to be named, on a collection of real music."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="sound files, or folders of them, that ask")
    parser.add_argument("--others", nargs="+", type=Path, default=[], help="that are in the catalogue beside them")
    parser.add_argument("--made-from", help="which music this is, in words (default: how many files)")
    parser.add_argument("--folder", type=Path, default=settings.Paths().models, help="where to write")
    chosen = parser.parse_args(arguments)
    files = [file.absolute() for file in audio_files(chosen.files)]
    others = [file.absolute() for file in audio_files(chosen.others)] if chosen.others else []
    folder, made_from = chosen.folder, chosen.made_from or f"{len(files)} files"
    made = []
    for encoder in map(encoders.load, ENCODERS):
        with tempfile.TemporaryDirectory() as own, Catalogue.open(Path(own) / "catalogue.sqlite") as catalogue:
            index_files(catalogue, [*files, *others], (encoder.name,))
            evidence = list(evidence_of(files, encoder, EncoderIndex(catalogue, encoder), catalogue))
        lead = least_certain_lead(evidence)
        counts = {
            "n_recordings": len(files) + len(others),
            "n_queries": len(evidence),
            "n_named": sum(found.lead >= lead for found, _, _ in evidence),
        }
        ids = {"encoder": encoder.name, "segment_space_id": encoder.segment_space_id}
        made.append(ids | {"certain_lead": round(lead, 4)} | counts)
    text = json.dumps({"format": 1, "made_from": made_from, "calibrations": made}, indent=2)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(files)} files -> {folder / FILE_NAME}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
