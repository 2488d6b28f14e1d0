"""Robustness: a sound through a phone in a room, and whether a track is retrieved from another encoding of it.

What a phone recording finds is measured in :mod:`synesthete.evaluation.phone`. The simulated phone is not the one that
any encoder of ours was trained with (:mod:`synesthete.training.augmentation`): other rooms, other noise, other
frequency responses.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
import soundfile
import soxr

from synesthete.audio import Clip, Excerpt, read_clip
from synesthete.catalogue import Catalogue
from synesthete.errors import OptionError
from synesthete.evaluation.ranking import target_ranks
from synesthete.search import SearchEngine
from synesthete.tracks import Track

PASSAGE_SECONDS = 8.0  # a track must be so long to be asked for
CODECS = {"mp3": ("MP3", "MPEG_LAYER_III", 44_100), "opus": ("OGG", "OPUS", 48_000)}
COMPRESSION_LEVEL = 0.9  # of 1, the strongest: about 50 kbit/s
TRIM_SECONDS = 0.2  # another encoding seldom begins at the same sample
DEPTHS = (1, 10)


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


def codec_recall(engine: SearchEngine, codec: str, max_tracks: int) -> RecallAtK:
    """Search the catalogue for its tracks, as a whole, after lossy compression and a small cut at the beginning.

    Parameters
    ----------
    engine : SearchEngine
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
    ids, vectors = engine.vectors()
    row_of = {track_id: row for row, track_id in enumerate(ids)}
    tracks = [track for track in sample_tracks(engine.catalogue, max_tracks) if track.track_id in row_of]
    queries = []
    for track in tracks:
        clip = read_clip(engine.catalogue.audio_path(track), name=track.title)
        queries.append(engine.vector_of(engine.encoder.embed(_recompressed(clip, codec))))
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


def sample_tracks(catalogue: Catalogue, max_tracks: int) -> list[Track]:
    """At most ``max_tracks`` tracks that are long enough, evenly spread over the catalogue."""
    if max_tracks < 1:
        raise OptionError(f"max_tracks is {max_tracks}; at least one track is needed.")
    tracks = [track for track in catalogue.tracks() if track.path and track.seconds >= PASSAGE_SECONDS]
    chosen = np.linspace(0, len(tracks) - 1, min(max_tracks, len(tracks))).round().astype(int)
    return [tracks[number] for number in chosen]
