"""Whether a track is known again: through a phone in a room, and in another encoding.

The phone here is not the one that any encoder of ours was trained with
(:mod:`synesthete.training.augmentation`): other rooms, other noise, other curves.
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
from synesthete.evaluation.ranking import own_ranks
from synesthete.search import SearchEngine, SearchOptions
from synesthete.tracks import Track

PASSAGE_SECONDS = 8.0
CODECS = {"mp3": ("MP3", "MPEG_LAYER_III", 44_100), "opus": ("OGG", "OPUS", 48_000)}
STRONGEST_COMPRESSION = 0.9  # about 50 kbit/s
CUT_SECONDS = 0.2  # another encoding seldom begins at the same sample
IN_TEN = 10
OPTIONS = SearchOptions(k=IN_TEN, compare="passage", hide_duplicates=False)


@dataclass(frozen=True)
class Found:
    """How often a track was known again.

    Attributes
    ----------
    first, in_ten : float in [0, 1]
        Share of the queries whose own track came first, and among the first ten.
    n_queries : int > 0
    """

    first: float
    in_ten: float
    n_queries: int

    @classmethod
    def of(cls, ranks: Sequence[int]) -> Found:
        """From the place, from 1, of each query's own track; any place above ten for one that was not found."""
        if not len(ranks):
            raise OptionError("There is no track to ask for: the catalogue has none that is long enough.")
        places = np.asarray(ranks)
        return cls(float(np.mean(places == 1)), float(np.mean(places <= IN_TEN)), len(places))


def through_phone(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int, snr_db: float) -> np.ndarray:
    """Play a passage in a room and take it up with a phone.

    Parameters
    ----------
    rng : np.random.Generator
    samples : np.ndarray [shape=(n_samples,)], float in [-1, 1]
    sample_rate_hz : int > 0 [Hz]
    snr_db : float [dB]
        Music over noise, before the phone's filter.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32 in [-1, 1]
        Reverberated (0.3 to 0.6 s), over pink noise, from 150 to 7000 Hz, softly clipped.
    """
    n_samples = len(samples)
    decay_seconds = rng.uniform(0.3, 0.6)
    seconds = np.arange(round(decay_seconds * sample_rate_hz)) / sample_rate_hz
    room = rng.standard_normal(len(seconds)) * 10 ** (-3 * seconds / decay_seconds)
    room *= 0.7 / np.linalg.norm(room)  # direct sound 3 dB above the room's
    room[0] += 1.0
    heard = scipy.signal.oaconvolve(samples, room)[:n_samples]
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), n_samples)
    heard = heard + pink * (np.linalg.norm(heard) / np.linalg.norm(pink) * 10 ** (-snr_db / 20))
    highest_hz = min(7_000, 0.45 * sample_rate_hz)
    band = scipy.signal.butter(2, [150, highest_hz], "bandpass", fs=sample_rate_hz, output="sos")
    heard = scipy.signal.sosfilt(band, heard)
    loudest = np.abs(heard).max()
    return (0.5 * np.tanh(2 * heard / max(loudest, 1e-9))).astype(np.float32)


def microphone(
    engine: SearchEngine, snr_db: float, max_tracks: int, on_progress: Callable[[float], None] | None = None
) -> Found:
    """Search for 8 s of tracks of the catalogue, heard through a phone, as the app searches: by passage.

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
    tracks = _some_tracks(engine.catalogue, max_tracks)
    for number, track in enumerate(tracks):
        if on_progress:
            on_progress(number / len(tracks))
        rng = np.random.default_rng([int(track.track_id[:8], 16), 8])
        clip = read_clip(engine.catalogue.audio_path(track), name=track.title)
        passage = _passage(rng, clip)
        heard = through_phone(rng, passage, clip.sample_rate_hz, snr_db)
        result = engine.search(clip_from_samples(heard, clip.sample_rate_hz, name=track.title), OPTIONS)
        ranks.append(_place_of(track, [match.track for match in result.matches]))
    return Found.of(ranks)


def other_encoding(catalogue: Catalogue, encoder: Encoder, codec: str, max_tracks: int) -> Found:
    """Look for tracks of the catalogue by another encoding of them, cut a little differently, as a whole.

    Parameters
    ----------
    catalogue : Catalogue
        Which ``encoder`` has heard.
    encoder : Encoder
    codec : {"mp3", "opus"}
        At the strongest compression but one tenth.
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
    tracks = [track for track in _some_tracks(catalogue, max_tracks) if track.track_id in row_of]
    queries = []
    for track in tracks:
        clip = read_clip(catalogue.audio_path(track), name=track.title)
        queries.append(encoder.embed(_encoded(clip, codec)).vector)
    if not queries:
        return Found.of([])
    return Found.of(own_ranks(np.stack(queries), vectors, [row_of[track.track_id] for track in tracks]).tolist())


def _encoded(clip: Clip, codec: str) -> Clip:
    """The clip as it comes out of a lossy codec, every excerpt by itself."""
    container, subtype, rate_hz = CODECS[codec]
    excerpts = []
    for excerpt in clip.excerpts:
        samples = excerpt.samples[round(CUT_SECONDS * clip.sample_rate_hz) :]
        buffer = io.BytesIO()
        wide = soxr.resample(samples, clip.sample_rate_hz, rate_hz)
        with soundfile.SoundFile(
            buffer, "w", rate_hz, 1, subtype, format=container, compression_level=STRONGEST_COMPRESSION
        ) as file:
            for first in range(0, len(wide), rate_hz):  # libsndfile overflows its stack on long writes
                file.write(wide[first : first + rate_hz])
        decoded, _ = soundfile.read(io.BytesIO(buffer.getvalue()), dtype="float32")
        back = soxr.resample(decoded, rate_hz, clip.sample_rate_hz).astype(np.float32)
        excerpts.append(Excerpt(excerpt.start_seconds + CUT_SECONDS, back))
    return Clip(tuple(excerpts), clip.sample_rate_hz, clip.seconds, clip.name)


def _some_tracks(catalogue: Catalogue, max_tracks: int) -> list[Track]:
    if max_tracks < 1:
        raise OptionError(f"max_tracks is {max_tracks}; at least one track is needed.")
    tracks = [track for track in catalogue.tracks() if track.seconds >= PASSAGE_SECONDS]
    chosen = np.linspace(0, len(tracks) - 1, min(max_tracks, len(tracks))).round().astype(int)
    return [tracks[number] for number in chosen]


def _passage(rng: np.random.Generator, clip: Clip) -> np.ndarray:
    """8 s from somewhere in the longest excerpt, at a place that is not silent if there is one."""
    samples = max((excerpt.samples for excerpt in clip.excerpts), key=len)
    length = min(round(PASSAGE_SECONDS * clip.sample_rate_hz), len(samples))
    starts = rng.integers(0, len(samples) - length + 1, size=3)
    loudest = max(starts, key=lambda start: float(np.square(samples[start : start + length]).sum()))
    return samples[loudest : loudest + length]


def _place_of(track: Track, found: Sequence[Track]) -> int:
    """Place of a track, or of another version of it, from 1; one past the end if it is not there."""
    for place, other in enumerate(found, start=1):
        is_version = other.title == track.title and abs(other.seconds - track.seconds) < 1
        if other.track_id == track.track_id or is_version:
            return place
    return IN_TEN + 1
