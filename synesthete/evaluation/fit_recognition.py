"""How certain evidence makes that a sound is a recording: measured on real recordings, through a phone in a room.

``python -m synesthete.evaluation.fit_recognition FILES... --cohort FILES...`` indexes the recordings and asks with
passages of them, once with the recording in the catalogue and once without. A logistic regression weighs the evidence;
from which log-odds a recording is named is told by recordings that the regression has not seen. It writes
``data/models/recognition.json`` and ``recognition.safetensors`` for the encoders of ``ENCODERS``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synesthete import encoders, settings
from synesthete.audio import Clip, clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.catalogue.indexing import index as index_files
from synesthete.encoders import weights
from synesthete.encoders.base import Encoder
from synesthete.errors import OptionError
from synesthete.search.calibration import STEM, WHOLE, cohort_tensors
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import LONGEST_RUN, SegmentVectors
from synesthete.search.recognition import MOST_WRONG, Evidence, is_one, strongest
from synesthete.terminal import show_progress
from synesthete.training.augmentation import phone_in_room
from synesthete.training.reference_music import audio_files

ENCODERS = ("synesthete", "resnet")
SECONDS = (4.0, 8.0, 15.0, 30.0)
NOISE_DB = (18.0, 12.0, 6.0, 0.0)
N_FOLDS = 8
NOT_TOLD_APART = "No evidence tells these recordings apart: name more music, of more than one kind."


@dataclass(frozen=True)
class Asked:
    """What a passage gives: with its recording in the index, and without it.

    Attributes
    ----------
    recording : int
        Which recording the passage is from.
    found, instead : Evidence
    is_right : bool
        Whether ``found`` is that recording, or the same under another name.
    """

    recording: int
    found: Evidence
    instead: Evidence
    is_right: bool


def evidence_of(
    files: Sequence[Path], encoder: Encoder, index: EncoderIndex, catalogue: Catalogue, cohort: SegmentVectors
) -> Iterator[Asked]:
    """Ask with passages of every recording."""
    id_of = catalogue.known_paths()
    components = encoder.components or WHOLE
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
            query = segments_of(clip_from_samples(passage, clip.sample_rate_hz, name=clip.name), encoder)
            found = strongest(query, index, components, cohort)
            instead = strongest(query, index, components, cohort, same)
            if found and instead:
                yield Asked(number, found, instead, found.row in same)
        show_progress(clip.name, (number + 1) / len(files))


def segments_of(clip: Clip, encoder: Encoder) -> SegmentVectors:
    """The segments of a sound."""
    segments, vectors = encoder.embed_segments(clip)
    return SegmentVectors.of(vectors, np.array([segment.start_seconds for segment in segments]), encoder.hop_seconds)


def cohort_of(files: Sequence[Path], encoder: Encoder) -> SegmentVectors:
    """The longest run in the middle of each recording, as one collection."""
    parts = []
    for file in files:
        whole = segments_of(read_clip(file), encoder)
        begin = max((len(whole.vectors) - LONGEST_RUN) // 2, 0)
        part = slice(begin, begin + LONGEST_RUN)
        if whole.is_sounding[part].all():
            parts.append(SegmentVectors.of(whole.vectors[part], whole.start_seconds[part], encoder.hop_seconds))
    if not parts:
        empty = np.empty((0, encoder.embedding_size), np.float32)
        return SegmentVectors.lay(empty, np.empty(0), np.empty(0, np.int64), encoder.hop_seconds)
    return SegmentVectors.join(parts)


def passages(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> Iterator[np.ndarray]:
    """Passages of every length, as they are and through a phone in a room with every noise."""
    for seconds in SECONDS:
        n_samples = min(round(seconds * sample_rate_hz), len(samples))
        for noise_db in (None, *NOISE_DB):
            begin = int(rng.integers(len(samples) - n_samples + 1))
            passage = samples[begin : begin + n_samples]
            yield passage if noise_db is None else phone_in_room(rng, passage, sample_rate_hz, noise_db)


def fit(asked: Sequence[Asked]) -> tuple[np.ndarray, float, float]:
    """How much each number of the evidence counts, the intercept, and the least log-odds that is certain.

    Raises
    ------
    OptionError
        The recordings cannot be told apart, or are too few to ask with some that were not learned from.
    """
    numbers = np.array([one.found.numbers for one in asked] + [one.instead.numbers for one in asked])
    is_right = np.array([one.is_right for one in asked] + [False] * len(asked))
    recordings = np.array([one.recording for one in asked] * 2)
    n_folds = min(N_FOLDS, len(np.unique(recordings)))
    if n_folds < 2 or not is_right.any():
        raise OptionError(NOT_TOLD_APART)
    held_out = np.zeros(len(numbers))
    for learned, others in GroupKFold(n_folds).split(numbers, groups=recordings):
        if not is_right[learned].any():
            raise OptionError(NOT_TOLD_APART)
        held_out[others] = _regression().fit(numbers[learned], is_right[learned]).decision_function(numbers[others])
    certain = least_certain(held_out[: len(asked)], held_out[len(asked) :], is_right[: len(asked)])
    scaler, regression = _regression().fit(numbers, is_right).named_steps.values()
    coefficients = regression.coef_[0] / scaler.scale_
    return coefficients, float(regression.intercept_[0] - coefficients @ scaler.mean_), certain


def _regression() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def least_certain(found: np.ndarray, instead: np.ndarray, is_right: np.ndarray) -> float:
    """The least log-odds at which no more is wrong than :data:`~synesthete.search.recognition.MOST_WRONG` allows.

    Parameters
    ----------
    found, instead : np.ndarray [shape=(n,)]
        Log-odds with the recording in the catalogue, and without it.
    is_right : np.ndarray [shape=(n,)], bool
        Whether ``found`` is of the right recording.
    """
    for least in np.sort(np.concatenate([found, instead])):
        is_named = found >= least
        if is_named.any() and np.mean(instead >= least) <= MOST_WRONG and np.mean(~is_right[is_named]) <= MOST_WRONG:
            return float(least)
    raise OptionError(NOT_TOLD_APART)


def calibrate(
    encoder: Encoder, files: Sequence[Path], others: Sequence[Path], cohort: SegmentVectors
) -> dict[str, Any]:
    """The entry of the settings for one encoder."""
    with tempfile.TemporaryDirectory() as own, Catalogue.open(Path(own) / "catalogue.sqlite") as catalogue:
        index_files(catalogue, [*files, *others], (encoder.name,))
        asked = list(evidence_of(files, encoder, EncoderIndex(catalogue, encoder), catalogue, cohort))
    coefficients, intercept, certain = fit(asked)
    log_odds = np.array([coefficients @ one.found.numbers + intercept for one in asked])
    return {
        "encoder": encoder.name,
        "segment_space_id": encoder.segment_space_id,
        "components": list(encoder.components or WHOLE),
        "coefficients": coefficients.round(4).tolist(),
        "intercept": round(intercept, 4),
        "certain": round(certain, 4),
        "n_recordings": len(files) + len(others),
        "n_cohort": cohort.n_recordings,
        "n_queries": len(asked),
        "n_named": int(np.count_nonzero(log_odds >= certain)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure from which evidence a recording is named, on a collection of real music."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="sound files, or folders of them, that ask")
    parser.add_argument("--others", nargs="+", type=Path, default=[], help="that are in the catalogue beside them")
    parser.add_argument("--cohort", nargs="+", type=Path, default=[], help="that compete in every catalogue")
    parser.add_argument("--made-from", help="which music this is, in words (default: how many files)")
    parser.add_argument("--folder", type=Path, default=settings.Paths().models, help="where to write")
    chosen = parser.parse_args(arguments)
    files, others, competing = (
        [file.absolute() for file in audio_files(named)] if named else []
        for named in (chosen.files, chosen.others, chosen.cohort)
    )
    entries: list[dict[str, Any]] = []
    tensors: dict[str, np.ndarray] = {}
    for encoder in map(encoders.load, ENCODERS):
        cohort = cohort_of(competing, encoder)
        tensors |= cohort_tensors(encoder.name, cohort)
        entries.append(calibrate(encoder, files, others, cohort))
    card = {"format": 2, "made_from": chosen.made_from or f"{len(files)} files", "calibrations": entries}
    weights.write(chosen.folder, STEM, tensors, card)
    sys.stdout.write(f"{len(files)} files -> {chosen.folder / STEM}.json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
