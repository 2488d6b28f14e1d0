"""Robustness: whether a track is retrieved from a phone recording of it, and from another encoding.

The simulated phone is not the one that any encoder of ours was trained with (:mod:`synesthete.training.augmentation`):
other rooms, other noise, other frequency responses.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
import soundfile
import soxr

from synesthete.audio import Clip, Excerpt, clip_from_samples, read_clip
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import OptionError
from synesthete.evaluation.ranking import target_ranks
from synesthete.search import SearchEngine, SearchOptions
from synesthete.tracks import Track

PASSAGE_SECONDS = 8.0
CODECS = {"mp3": ("MP3", "MPEG_LAYER_III", 44_100), "opus": ("OGG", "OPUS", 48_000)}
COMPRESSION_LEVEL = 0.9  # of 1, the strongest: about 50 kbit/s
TRIM_SECONDS = 0.2  # another encoding seldom begins at the same sample
DEPTHS = (1, 10)
SEARCH_OPTIONS = SearchOptions(k=max(DEPTHS), compare="passage", hide_duplicates=False)


@dataclass(frozen=True)
class RecallAtK:
    """Recall of queries that have one relevant track each.

    Attributes
    ----------
    recall_at : dict of int to float in [0, 1]
        For k of 1 and 10, the share of the queries whose track is among the first k.
    n_queries : int > 0
    """

    recall_at: dict[int, float]
    n_queries: int

    @classmethod
    def from_ranks(cls, ranks: Sequence[int]) -> RecallAtK:
        """From the rank, from 1, of each query's track; any rank above ten for one that was not retrieved."""
        if not len(ranks):
            raise OptionError(
                "There is no track to ask for: the catalogue has none that is long enough and has audio here."
            )
        return cls({k: float(np.mean(np.asarray(ranks) <= k)) for k in DEPTHS}, len(ranks))


def through_phone(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int, snr_db: float) -> np.ndarray:
    """Play a passage in a room and record it with a phone.

    Parameters
    ----------
    rng : np.random.Generator
    samples : np.ndarray [shape=(n_samples,)], float in [-1, 1]
    sample_rate_hz : int > 0 [Hz]
    snr_db : float [dB]
        Signal-to-noise ratio, before the phone's band-pass.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32 in [-1, 1]
        Reverberated (0.3 to 0.6 s), over pink noise, from 150 to 7000 Hz, softly clipped.
    """
    n_samples = len(samples)
    decay_seconds = rng.uniform(0.3, 0.6)
    seconds = np.arange(round(decay_seconds * sample_rate_hz)) / sample_rate_hz
    impulse_response = rng.standard_normal(len(seconds)) * 10 ** (-3 * seconds / decay_seconds)
    impulse_response *= 0.7 / np.linalg.norm(impulse_response)  # direct sound 3 dB above the reverberation
    impulse_response[0] += 1.0
    recorded = scipy.signal.oaconvolve(samples, impulse_response)[:n_samples]
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), n_samples)
    recorded = recorded + pink * (np.linalg.norm(recorded) / np.linalg.norm(pink) * 10 ** (-snr_db / 20))
    highest_hz = min(7_000, 0.45 * sample_rate_hz)
    band = scipy.signal.butter(2, [150, highest_hz], "bandpass", fs=sample_rate_hz, output="sos")
    recorded = scipy.signal.sosfilt(band, recorded)
    peak = np.abs(recorded).max()
    return (0.5 * np.tanh(2 * recorded / max(peak, 1e-9))).astype(np.float32)


def phone_recall(
    engine: SearchEngine, snr_db: float, max_tracks: int, on_progress: Callable[[float], None] | None = None
) -> RecallAtK:
    """Search the catalogue for 8 s of its tracks, recorded by a phone, as the app searches: by passage.

    Parameters
    ----------
    engine : SearchEngine
    snr_db : float [dB]
    max_tracks : int > 0
        At most so many tracks, evenly spread over the catalogue, are asked for.
    on_progress : callable(fraction), optional

    Raises
    ------
    AudioError
        An audio file is missing.
    OptionError
        No track is long enough.
    """
    ranks = []
    tracks = _sample_tracks(engine.catalogue, max_tracks)
    for number, track in enumerate(tracks):
        if on_progress:
            on_progress(number / len(tracks))
        rng = np.random.default_rng([int(track.track_id[:8], 16), 8])
        clip = read_clip(engine.catalogue.audio_path(track), name=track.title)
        passage = _draw_passage(rng, clip)
        recorded = through_phone(rng, passage, clip.sample_rate_hz, snr_db)
        result = engine.search(clip_from_samples(recorded, clip.sample_rate_hz, name=track.title), SEARCH_OPTIONS)
        ranks.append(_rank_of(track, [match.track for match in result.matches]))
    return RecallAtK.from_ranks(ranks)


def codec_recall(catalogue: Catalogue, encoder: Encoder, codec: str, max_tracks: int) -> RecallAtK:
    """Search the catalogue for its tracks, as a whole, after lossy compression and a small cut at the beginning.

    Parameters
    ----------
    catalogue : Catalogue
        Which ``encoder`` has embedded.
    encoder : Encoder
    codec : {"mp3", "opus"}
        At ``COMPRESSION_LEVEL``.
    max_tracks : int > 0

    Raises
    ------
    AudioError
        An audio file is missing.
    OptionError
        The codec is unknown, or no track is long enough.
    """
    if codec not in CODECS:
        raise OptionError(f"codec is {codec!r}; known are {', '.join(CODECS)}.")
    ids, vectors = catalogue.vectors(encoder.fingerprint)
    row_of = {track_id: row for row, track_id in enumerate(ids)}
    tracks = [track for track in _sample_tracks(catalogue, max_tracks) if track.track_id in row_of]
    queries = []
    for track in tracks:
        clip = read_clip(catalogue.audio_path(track), name=track.title)
        queries.append(encoder.embed(_recompressed(clip, codec)).vector)
    if not queries:
        return RecallAtK.from_ranks([])
    targets = [row_of[track.track_id] for track in tracks]
    return RecallAtK.from_ranks(target_ranks(np.stack(queries), vectors, targets).tolist())


def _recompressed(clip: Clip, codec: str) -> Clip:
    """The clip as it comes out of a lossy codec, every excerpt by itself."""
    container, subtype, rate_hz = CODECS[codec]
    excerpts = []
    for excerpt in clip.excerpts:
        samples = excerpt.samples[round(TRIM_SECONDS * clip.sample_rate_hz) :]
        buffer = io.BytesIO()
        resampled = soxr.resample(samples, clip.sample_rate_hz, rate_hz)
        with soundfile.SoundFile(
            buffer, "w", rate_hz, 1, subtype, format=container, compression_level=COMPRESSION_LEVEL
        ) as file:
            for first in range(0, len(resampled), rate_hz):  # libsndfile overflows its stack on long writes
                file.write(resampled[first : first + rate_hz])
        decoded, _ = soundfile.read(io.BytesIO(buffer.getvalue()), dtype="float32")
        back = soxr.resample(decoded, rate_hz, clip.sample_rate_hz).astype(np.float32)
        excerpts.append(Excerpt(excerpt.start_seconds + TRIM_SECONDS, back))
    return Clip(tuple(excerpts), clip.sample_rate_hz, clip.seconds, clip.name)


def _sample_tracks(catalogue: Catalogue, max_tracks: int) -> list[Track]:
    if max_tracks < 1:
        raise OptionError(f"max_tracks is {max_tracks}; at least one track is needed.")
    tracks = [track for track in catalogue.tracks() if track.path and track.seconds >= PASSAGE_SECONDS]
    chosen = np.linspace(0, len(tracks) - 1, min(max_tracks, len(tracks))).round().astype(int)
    return [tracks[number] for number in chosen]


def _draw_passage(rng: np.random.Generator, clip: Clip) -> np.ndarray:
    """8 s of the longest excerpt: the loudest of three drawn at random, so that it is hardly ever silent."""
    samples = max((excerpt.samples for excerpt in clip.excerpts), key=len)
    length = min(round(PASSAGE_SECONDS * clip.sample_rate_hz), len(samples))
    starts = rng.integers(0, len(samples) - length + 1, size=3)
    loudest = max(starts, key=lambda start: float(np.square(samples[start : start + length]).sum()))
    return samples[loudest : loudest + length]


def _rank_of(track: Track, retrieved: Sequence[Track]) -> int:
    """Rank of a track, or of another version of it, from 1; one past the last if it was not retrieved."""
    for rank, other in enumerate(retrieved, start=1):
        is_version = other.title == track.title and abs(other.seconds - track.seconds) < 1
        if other.track_id == track.track_id or is_version:
            return rank
    return max(DEPTHS) + 1
