"""The one contract, run over every encoder. Those whose weights are not in the repository get random ones."""

from functools import cache

import numpy as np
import pytest

from synesthete import encoders
from synesthete.encoders.base import unit
from synesthete.encoders.contract import EncoderContract, clip_of, music
from synesthete.encoders.segments import segment_frames, segment_starts

SMALL = {"architecture": {"depth": 10, "width": 16}}


@cache
def encoder_called(name):
    if name.startswith("resnet50-"):
        from synesthete.encoders.resnet50_imagenet import Resnet50Imagenet, Resnet50Pooled

        return (Resnet50Pooled if name == Resnet50Pooled.name else Resnet50Imagenet).untrained()
    if not encoders.is_ready(name):
        if name == "resnet":
            from synesthete.encoders.resnet import Resnet

            return Resnet.untrained(**SMALL)
        pytest.skip(encoders.why_not_ready(name))
    return encoders.load(name)


class TestContract(EncoderContract):
    @pytest.fixture(params=encoders.available())
    def encoder(self, request):
        return encoder_called(request.param)


@pytest.mark.parametrize("name", ["musicnn", "synesthete"])
def test_the_tagger_gives_tags_alone_and_as_a_member(name):
    encoder = encoder_called(name)
    has_tagger = name == "musicnn" or "musicnn" in encoder.members
    assert bool(encoder.embed(clip_of(music(4))).tags) == has_tagger


def test_fingerprints_differ_between_encoders():
    ready = [name for name in encoders.available() if name.startswith("resnet50-") or encoders.is_ready(name)]
    assert len({encoder_called(name).fingerprint for name in ready}) == len(ready) > 1


def test_segments_reach_the_end():
    assert segment_starts(10, 4, 2) == [0, 2, 4, 6]
    assert segment_starts(11, 4, 4) == [0, 4, 7]
    assert segment_starts(9, 4, 4) == [0, 4]
    assert segment_starts(3, 4, 2) == [0]
    assert segment_frames(5.0) == 212 and segment_frames(3.1) == 130 and segment_frames(0.01) == 1


def test_unit_leaves_zero_alone():
    np.testing.assert_array_equal(unit(np.zeros(3)), np.zeros(3))
    np.testing.assert_allclose(unit(np.array([[3.0, 4.0]])), [[0.6, 0.8]], rtol=1e-6)
