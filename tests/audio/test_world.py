"""From a file as it is in the world to what the engine makes of it: a turned polarity, and silence around the music."""

import numpy as np
import pytest
import soundfile

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.encoders.track_space import own_space
from synesthete.search import SearchEngine
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.passages import SegmentVectors
from synesthete.settings import AUDIO, Paths
from tests.sounds import encoded, needs_ffmpeg

RATE_HZ = AUDIO.sample_rate_hz
SONG = Paths().sampler / "audio" / "blues" / "boogie-at-the-boatyard.mp3"


@pytest.fixture(scope="module")
def song():
    """A built-in track in stereo, float32 [n, 2] at its own rate, with that rate."""
    return soundfile.read(SONG, dtype="float32", always_2d=True)


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("timbre")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


@needs_ffmpeg
def test_a_recording_with_an_inverted_channel_is_the_same_recording(song, engine, tmp_path):
    samples, rate = song
    path = encoded(samples * np.array([1, -1], np.float32), tmp_path, "inverted.mp3", rate_hz=rate)
    found = engine.search(path)
    assert [match.track.title for match in found.same_recording] == ["Boogie at the Boatyard"]


@pytest.mark.parametrize("name", ["timbre", "resnet"])
def test_silence_behind_music_leaves_its_vector(song, name):
    samples, rate = song
    padded = np.concatenate([samples[: 30 * rate], np.zeros((60 * rate, 2), np.float32)])
    encoder = encoders.load(name)
    one, other = (
        own_space(encoder)(encoder.embed(clip_from_samples(part, rate)).track_features)
        for part in (samples[: 30 * rate], padded)
    )
    assert one @ other > 0.99


@pytest.mark.parametrize("dbfs", [None, -75.0])
def test_two_pieces_that_end_in_silence_are_two(engine, rng, dbfs):
    """A minute of nothing, or of hiss, behind each: alike in that, and not one recording; each is still itself."""
    encoder, tracks = engine.encoder, engine.catalogue.tracks()
    made = []
    for track in (tracks[3], tracks[90]):
        samples = read_clip(engine.catalogue.audio_path(track)).samples[: 20 * RATE_HZ]
        pause = rng.standard_normal(60 * RATE_HZ) * (0 if dbfs is None else 10 ** (dbfs / 20))
        embedding = encoder.embed(clip_from_samples(np.concatenate([samples, pause]), RATE_HZ))
        starts = np.array([segment.start_seconds for segment in embedding.segments])
        made.append(SegmentVectors.of(embedding.segment_vectors, starts, encoder.hop_seconds))
    assert not is_version(made[0], made[1], encoder.hop_seconds) and not is_part(made[0], made[1])
    assert is_version(made[0], made[0], encoder.hop_seconds)
