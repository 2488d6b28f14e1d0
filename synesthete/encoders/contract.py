"""The one contract of all encoders as tests, to be run by pytest over any of them, in this package or in another.

A package with an encoder of its own has one test module::

    import pytest
    from mine import Mine
    from synesthete.encoders.contract import EncoderContract

    class TestMine(EncoderContract):
        @pytest.fixture
        def encoder(self):
            return Mine()

Nothing here needs the network or files; see ``docs/encoders.md``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.audio import Clip, Excerpt
from synesthete.encoders.base import Embedding, Encoder
from synesthete.encoders.segments import Segments
from synesthete.encoders.track_space import N_NUISANCE, own_space
from synesthete.spectrogram import compute_spectrograms

RATE = settings.AUDIO.sample_rate_hz


def clip_of(samples: np.ndarray, start_seconds: float = 0.0) -> Clip:
    """A clip of one excerpt."""
    samples = np.asarray(samples, dtype=np.float32)
    return Clip((Excerpt(start_seconds, samples),), RATE, samples.size / RATE, "test")


def music(n_seconds: float, seed: int = 5) -> np.ndarray:
    """Notes with overtones that change twice a second, over a little noise."""
    rng = np.random.default_rng(seed)
    n_samples = round(n_seconds * RATE)
    seconds = np.arange(n_samples) / RATE
    pitch = rng.choice(110 * 2 ** (np.arange(24) / 12), size=int(2 * n_seconds) + 1)[(2 * seconds).astype(int)]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 6)) * np.exp(-4 * (seconds % 0.5))
    return (0.2 * tone + 0.01 * rng.standard_normal(n_samples)).astype(np.float32)


def segments_of(encoder: Encoder, samples: np.ndarray) -> Segments:
    """A sound cut as an encoder wants it."""
    samples = np.asarray(samples, dtype=np.float32)
    return Segments(samples, RATE, *encoder.segment_grid(len(samples), RATE))


def batch_of(encoder: Encoder, samples: np.ndarray) -> np.ndarray:
    """What :meth:`Encoder.encode` is given of a sound."""
    return encoder.inputs(segments_of(encoder, samples))


def vector_of(encoder: Encoder, made: Embedding) -> np.ndarray:
    """In no library: by the shipped reference alone."""
    return own_space(encoder)(made.track_features)


class EncoderContract:
    """What every encoder keeps; a subclass gives the fixture ``encoder``."""

    def test_embedding_has_the_promised_shape(self, encoder: Encoder) -> None:
        seconds = encoder.segment_seconds + 2 * encoder.hop_seconds
        made = encoder.embed(clip_of(music(seconds), start_seconds=30.0))
        assert made.track_features.shape == (encoder.n_track_features,)
        assert made.segment_vectors.shape == (len(made.segments), encoder.embedding_size)
        assert made.track_features.dtype == made.segment_vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vector_of(encoder, made)), 1, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(made.segment_vectors, axis=1), 1, atol=1e-5)
        assert made.fingerprint == encoder.fingerprint
        assert made.segments[0].start_seconds == 30.0
        last = made.segments[-1]
        assert 30 + seconds - encoder.hop_seconds <= last.start_seconds + last.seconds <= 30 + seconds + 1e-6

    def test_the_same_sound_gives_the_same_vector(self, encoder: Encoder) -> None:
        sound = clip_of(music(4))
        np.testing.assert_array_equal(encoder.embed(sound).track_features, encoder.embed(sound).track_features)

    def test_spectrograms_may_be_handed_in(self, encoder: Encoder) -> None:
        sound = clip_of(music(4))
        handed_in = encoder.embed(sound, compute_spectrograms(sound))
        np.testing.assert_array_equal(encoder.embed(sound).track_features, handed_in.track_features)

    def test_a_batch_equals_its_segments_alone(self, encoder: Encoder) -> None:
        batch = batch_of(encoder, music(encoder.segment_seconds + 2 * encoder.hop_seconds))
        alone = np.concatenate([encoder.encode(segment[None]) for segment in batch])
        np.testing.assert_allclose(encoder.encode(batch), alone, atol=1e-5)

    def test_segment_vectors_are_what_encode_gives(self, encoder: Encoder) -> None:
        samples = music(encoder.segment_seconds + 2 * encoder.hop_seconds)
        features = encoder.features(segments_of(encoder, samples))
        made = encoder.embed(clip_of(samples))
        np.testing.assert_array_equal(encoder.segment_vectors(features), made.segment_vectors)
        np.testing.assert_array_equal(encoder.track_features(features), made.track_features)
        segments, vectors = encoder.embed_segments(clip_of(samples))
        assert segments == made.segments
        np.testing.assert_array_equal(vectors, made.segment_vectors)
        cosines = np.einsum("ij,ij->i", encoder.encode(batch_of(encoder, samples)), made.segment_vectors)
        assert cosines.min() > 0.9999  # resampling alone and within a longer sound differs a little
        few = getattr(encoder, "strides", {})  # members that hear some of the segments alone
        assert all(
            len(rows) == len(made.segments) for name, rows in features.items() if name.partition("/")[0] not in few
        )
        assert all(name.partition("/")[0] in (encoder.name, *getattr(encoder, "members", ())) for name in features)

    def test_the_parts_of_a_track_say_where_they_lie(self, encoder: Encoder) -> None:
        """Every number kept of a track belongs to one part, and each part has a weight and an identity."""
        ats = sorted((part.at.start, part.at.stop) for part in encoder.track_parts.values())
        begins, ends = [begin for begin, _ in ats], [end for _, end in ats]
        assert begins == [0, *ends][: len(ats)] and ends[-1:] in ([], [encoder.n_track_features])
        assert all(part.weight > 0 for part in encoder.track_parts.values())
        assert encoder.part_ids.keys() == encoder.track_parts.keys()

    def test_the_parts_of_a_segment_are_all_of_its_vector(self, encoder: Encoder) -> None:
        """Where segments have components, every number belongs to one."""
        ats = sorted((at.start, at.stop) for at in encoder.components.values())
        if ats:
            ends = [end for _, end in ats]
            assert [begin for begin, _ in ats] == [0, *ends[:-1]] and ends[-1] == encoder.embedding_size

    def test_what_can_be_looked_at_are_pictures_of_each_segment(self, encoder: Encoder) -> None:
        """Pictures [n, n_rows, n_columns] in [0, 1]."""
        batch = batch_of(encoder, music(encoder.segment_seconds + 2 * encoder.hop_seconds))
        for picture in encoder.pictures(batch).values():
            assert picture.ndim == 3 and len(picture) == len(batch)
            assert picture.min() >= 0 and picture.max() <= 1 + 1e-6

    def test_a_reference_of_its_own_fits_its_features(self, encoder: Encoder) -> None:
        """What stands in while a library is small."""
        size = encoder.n_track_features
        shapes = {name: array.shape for name, array in encoder.own_reference.items()}
        if shapes:
            mean, variance, nuisance = ("reference.mean", "reference.variance", "reference.nuisance")
            assert shapes == {mean: (size,), variance: (size,), nuisance: (size, N_NUISANCE)}
            assert (encoder.own_reference[variance] >= 0).all()

    def test_silence_has_no_say(self, encoder: Encoder) -> None:
        """Digital silence, and hiss at -75 dB, behind music and inside it: what sounds alone makes the vector."""
        rng = np.random.default_rng(3)
        alone = encoder.embed(clip_of(music(30)))
        hiss = 10 ** (-75 / 20) * rng.standard_normal(20 * RATE)
        for pause in (np.zeros(20 * RATE), hiss):
            made = encoder.embed(clip_of(np.concatenate([music(30), pause])))
            is_silent = np.logical_not(made.segment_vectors.any(axis=1))
            inside = [segment.start_seconds > 30 for segment in made.segments]
            assert is_silent[inside].all() and not is_silent[: len(alone.segments) - 1].any()
            assert vector_of(encoder, made) @ vector_of(encoder, alone) > 0.99
            norms = np.linalg.norm(made.segment_vectors, axis=1)
            np.testing.assert_allclose(norms[~is_silent], 1, atol=1e-5)

    def test_music_with_many_rests_keeps_its_vector(self, encoder: Encoder) -> None:
        """Notes of a fifth of a second, two a second, nothing between them: no segment is called silent."""
        seconds = np.arange(12 * RATE) / RATE
        made = encoder.embed(clip_of(music(12) * (seconds % 0.5 < 0.2)))
        assert made.segment_vectors.any(axis=1).all()

    def test_a_sound_that_is_mostly_silent_is_still_embedded(self, encoder: Encoder) -> None:
        samples = np.zeros(12 * RATE, dtype=np.float32)
        samples[5 * RATE : round(5.5 * RATE)] = music(0.5)
        made = encoder.embed(clip_of(samples))
        np.testing.assert_allclose(np.linalg.norm(vector_of(encoder, made)), 1, atol=1e-5)

    def test_tags_are_probabilities_likeliest_first(self, encoder: Encoder) -> None:
        given = encoder.embed(clip_of(music(4))).tags
        assert set(given) == set(encoder.tag_names)
        tags = list(given.values())
        assert tags == sorted(tags, reverse=True) and all(0 <= probability <= 1 for probability in tags)

    def test_a_passage_sounds_the_same_alone(self, encoder: Encoder) -> None:
        whole = music(encoder.segment_seconds + 2 * encoder.hop_seconds)
        within = encoder.embed(clip_of(whole))
        segment = within.segments[1]
        start = round(segment.start_seconds * RATE)
        alone = encoder.embed(clip_of(whole[start : start + round(segment.seconds * RATE)]))
        assert alone.segment_vectors[0] @ within.segment_vectors[1] > 0.999

    def test_different_sounds_differ(self, encoder: Encoder) -> None:
        noise = np.random.default_rng(1).standard_normal(4 * RATE) * 0.1
        one, other = (vector_of(encoder, encoder.embed(clip_of(samples))) for samples in (music(4), noise))
        assert one @ other < 0.9999

    def test_gain_changes_little(self, encoder: Encoder) -> None:
        sound = music(4)
        one, *others = (vector_of(encoder, encoder.embed(clip_of(gain * sound))) for gain in (1.0, 0.05, 0.5))
        assert min(one @ other for other in others) > 0.9999

    def test_one_second_is_enough(self, encoder: Encoder) -> None:
        made = encoder.embed(clip_of(music(settings.AUDIO.min_seconds)))
        assert len(made.segments) == 1
        assert 0 < made.segments[0].seconds <= 1 + 1e-6
        assert np.isfinite(made.track_features).all()

    def test_silence_gives_a_finite_vector(self, encoder: Encoder) -> None:
        """Digital silence, next to it, and a click alone."""
        noise = np.random.default_rng(2).standard_normal(3 * RATE).astype(np.float32)
        click = np.zeros(3 * RATE, dtype=np.float32)
        click[RATE] = 1
        for samples in (0 * noise, 1e-7 * noise, click):
            vectors = encoder.encode(batch_of(encoder, samples))
            assert np.isfinite(vectors).all()
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_several_excerpts_keep_their_places(self, encoder: Encoder) -> None:
        excerpts = tuple(Excerpt(start, music(3, seed)) for seed, start in enumerate((0.0, 40.0)))
        made = encoder.embed(Clip(excerpts, RATE, 43.0, "long"))
        starts = [segment.start_seconds for segment in made.segments]
        assert starts == sorted(starts) and 0.0 in starts and 40.0 in starts

    def test_the_fingerprint_follows_settings(self, encoder: Encoder, monkeypatch: Any) -> None:
        before = encoder.fingerprint
        assert encoder.fingerprint == before
        monkeypatch.setattr(encoder, "hop_seconds", encoder.hop_seconds / 2, raising=False)
        changed = encoder.fingerprint
        monkeypatch.setattr(settings, "SPECTROGRAM", replace(settings.SPECTROGRAM, top_db=60.0))
        assert len({before, changed, encoder.fingerprint}) == 3
