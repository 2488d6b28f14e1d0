"""Where in two pictures their likeness lies: what is said of it is measured again, with the encoder itself."""

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.audio import read_clip
from synesthete.encoders.base import unit
from synesthete.encoders.resnet import Resnet
from synesthete.explain.picture import LAYERS, MARKED, PLACE, PictureSpace, attribute, shapley
from synesthete.spectrogram import compute_spectrogram

ENCODER = encoders.load("synesthete")
SPACE = PictureSpace.of(ENCODER)
RESNET = SPACE.network


@pytest.fixture(scope="module")
def pictures():
    """Three seconds from the middle of some tracks of the built-in catalogue, two of each style."""
    with sampler.open_sampler() as catalogue:
        tracks = sorted(catalogue.tracks(), key=lambda track: track.genre)[:8]
        clips = [read_clip(catalogue.audio_path(track)) for track in tracks]
    middles = [clip.samples[len(clip.samples) // 2 :][: 3 * clip.sample_rate_hz] for clip in clips]
    return [compute_spectrogram(samples).inner().stacked_image() for samples in middles]


def in_space(images):
    """Vectors by the public ways of the encoders alone."""
    vectors = RESNET.encode(np.stack(images))
    parts = []
    for name, projection in ENCODER.projections.items():
        if name.startswith("resnet/"):
            parts.append(projection.segment_vectors(vectors[:, RESNET.subspaces[name.partition("/")[2]]]))
    return unit(np.concatenate(parts, axis=1))


def cosine(one, other):
    vectors = [in_space([image])[0] for image in (one, other)]
    return float(vectors[0] @ vectors[1])


def painted(image, marks):
    return np.where(marks, image.mean(axis=(1, 2), keepdims=True), image)


def test_a_tenth_is_marked_and_what_is_said_of_it_is_so(pictures):
    one, other = pictures[:2]
    found = attribute(SPACE, one, other)
    assert found.cosine == pytest.approx(cosine(one, other), abs=1e-4)
    without = cosine(painted(one, found.marks[0]), painted(other, found.marks[1]))
    assert found.without_marks == pytest.approx(without, abs=1e-4)
    for marks, image in zip(found.marks, pictures, strict=False):
        assert marks.shape == image.shape[1:]
        assert marks.mean() == pytest.approx(MARKED, abs=0.02)


def test_the_marks_carry_more_than_as_much_elsewhere(pictures):
    rng = np.random.default_rng(5)
    lost, lost_elsewhere = [], []
    for one, other in zip(pictures[::2], pictures[1::2], strict=True):
        found = attribute(SPACE, one, other)
        lost.append(found.cosine - found.without_marks)
        cells = [rng.permuted(_places(found.marks[0].shape)) for _ in range(2)]
        masks = [_spread(chosen, found.marks[0].shape) for chosen in cells]
        lost_elsewhere.append(found.cosine - cosine(painted(one, masks[0]), painted(other, masks[1])))
    assert np.mean(lost) >= 2 * max(np.mean(lost_elsewhere), 0.0)
    assert np.mean(lost) > 0.05


def _places(shape):
    n = int(np.prod([-(-size // step) for size, step in zip(shape, PLACE, strict=True)]))
    return np.arange(n) < round(MARKED * n)


def _spread(chosen, shape):
    grid = chosen.reshape([-(-size // step) for size, step in zip(shape, PLACE, strict=True)])
    return grid.repeat(PLACE[0], axis=0).repeat(PLACE[1], axis=1)[: shape[0], : shape[1]]


def test_the_maps_are_the_first_order_of_painting_over(pictures):
    """A small step of every place towards the mean changes the cosine by as much as the map says."""
    one, other = pictures[2:4]
    found = attribute(SPACE, one, other)
    step = 1e-2
    flat = one.mean(axis=(1, 2), keepdims=True)
    lost = cosine(one, other) - cosine((one + step * (flat - one)).astype(np.float32), other)
    assert lost / step == pytest.approx(found.maps[0].sum(), abs=0.05)


def test_the_layers_add_up_to_what_the_pictures_give(pictures):
    one, other = pictures[:2]
    found = attribute(SPACE, one, other)
    everywhere = np.ones(one.shape[1:], dtype=bool)
    given = [
        cosine(one, other) - cosine(painted(one, everywhere), other),
        cosine(one, other) - cosine(one, painted(other, everywhere)),
    ]
    assert set(found.layers) == set(LAYERS)
    assert sum(found.layers.values()) == pytest.approx(np.mean(given), abs=1e-4)


def test_shapley_values_by_hand():
    """A left glove and two right ones: a pair is worth 1."""
    assert shapley(lambda who: float(0 in who and (1 in who or 2 in who)), 3) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert shapley(lambda who: float(sum(who)), 3) == pytest.approx([0, 1, 2])


def test_pictures_of_different_and_very_short_lengths(pictures):
    for n_frames in (20, 1):
        found = attribute(SPACE, pictures[0][:, :, :n_frames], pictures[1])
        assert found.marks[0].shape == (128, n_frames) and found.marks[1].shape == pictures[1].shape[1:]
        assert found.marks[0].any() and np.isfinite(found.cosine)


def test_a_flat_picture_has_nothing_to_take_away(pictures):
    flat = np.zeros_like(pictures[0])
    found = attribute(SPACE, flat, pictures[1])
    assert not found.maps[0].any() and np.isfinite(list(found.layers.values())).all()


def test_which_encoders_look_at_a_picture():
    assert PictureSpace.of(encoders.load("statistics")) is None
    assert PictureSpace.of(encoders.load("timbre")) is None
    alone = Resnet.untrained(architecture={"depth": 10, "width": 8}, embedding_size=16)
    assert PictureSpace.of(alone).network is alone
