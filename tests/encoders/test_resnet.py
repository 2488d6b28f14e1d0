"""Our ResNet and the weights files it accepts."""

import json

import numpy as np
import pytest
import torch

from synesthete import settings
from synesthete.encoders import resnet, weights
from synesthete.encoders.resnet import DEFAULT_CARD, REMEDY, STEM, Resnet, build
from synesthete.errors import EncoderError

CARD = DEFAULT_CARD | {"version": "7", "architecture": {"depth": 10, "width": 8}, "embedding_size": 24}


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(1)
    resnet.save(tmp_path, build(10, 8, 24), CARD)
    return tmp_path


def read(folder):
    return Resnet(weights.read(folder, STEM, REMEDY))


def change_card(folder, **changes):
    path = folder / f"{STEM}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def images(rng):
    return rng.random((3, 3, 128, 40), dtype=np.float32)


def test_saved_weights_are_read(folder, images):
    encoder = read(folder)
    vectors = encoder.encode(images)
    assert vectors.shape == (3, 24) and encoder.version == "7" and encoder.segment_seconds == 3.1
    torch.manual_seed(1)
    network = build(10, 8, 24).eval()
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(network((torch.from_numpy(images) - 0.5) / 0.25)).numpy()
    np.testing.assert_allclose(vectors, expected, atol=5e-3)  # stored in 16 bits


def test_the_default_folder_is_read(folder, monkeypatch):
    monkeypatch.setattr(settings, "Paths", lambda: type("Paths", (), {"models": folder})())
    assert Resnet().embedding_size == 24


@pytest.mark.parametrize("changes", [{"architecture": {"depth": 18, "width": 64}}, {"embedding_size": 25}])
def test_weights_of_another_shape_are_refused(folder, changes):
    change_card(folder, **changes)
    with pytest.raises(EncoderError, match="does not fit its settings: the tensor .* expected was"):
        read(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights_sha256": "0" * 64}, "checksum .* damaged or mixed-up pair"),
        ({"spectrogram": {"n_mels": 64}}, "made with spectrogram settings .*'n_mels': 64"),
        (
            {"architecture": {"depth": 19, "width": 8}},
            "depth 19.*cannot be built: the depths are 10, 18, 34, 50",
        ),
        ({"architecture": {"height": 3}}, "architecture .* unknown: {'height': 3}"),
        ({"architecture": None}, "lack a usable 'architecture'"),
        ({"embedding_size": "big"}, "lack a usable 'embedding_size' .found 'big'"),
        ({"segment_seconds": None}, "lack a usable 'segment_seconds'"),
        ({"normalisation": {"mean": [0.5]}}, "no mean and std"),
        ({"normalisation": {"mean": [0, 0, 0], "std": [1, 1, 0]}}, "3 spreads above zero"),
    ],
)
def test_settings_that_do_not_fit_are_refused(folder, changes, message):
    change_card(folder, **changes)
    with pytest.raises(EncoderError, match=message):
        read(folder)


def test_settings_that_are_no_object_are_refused(folder):
    (folder / f"{STEM}.json").write_text("[1]")
    with pytest.raises(EncoderError, match="holds no settings but a list"):
        read(folder)


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_a_missing_file_is_named(folder, ending):
    (folder / f"{STEM}{ending}").unlink()
    with pytest.raises(EncoderError, match=f"lacks the file .*{STEM}{ending}. Take both files"):
        read(folder)


def test_a_broken_settings_file_is_refused(folder):
    (folder / f"{STEM}.json").write_text("{")
    with pytest.raises(EncoderError, match="cannot be read"):
        read(folder)


def test_a_file_cut_short_is_refused(folder):
    path = folder / f"{STEM}.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(EncoderError, match="damaged"):
        read(folder)


def test_a_file_of_another_kind_is_refused(folder):
    import hashlib

    data = b"\x80\x04not safetensors"
    (folder / f"{STEM}.safetensors").write_bytes(data)
    change_card(folder, weights_sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(EncoderError, match="is no safetensors file"):
        read(folder)


def test_the_fingerprint_follows_weights_and_settings(folder):
    prints = {read(folder).fingerprint}
    change_card(folder, normalisation={"mean": [0.4] * 3, "std": [0.25] * 3})
    prints.add(read(folder).fingerprint)
    torch.manual_seed(2)
    resnet.save(folder, build(10, 8, 24), CARD)
    prints.add(read(folder).fingerprint)
    assert len(prints) == 3


def test_untrained_follows_its_seed_and_leaves_the_generator_alone(images):
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, again, other = (Resnet.untrained(seed, architecture=CARD["architecture"]) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(first.encode(images), again.encode(images))
    assert abs(first.encode(images) - other.encode(images)).max() > 1e-3
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_many_segments_go_in_bounded_batches(images, monkeypatch):
    encoder = Resnet.untrained(architecture=CARD["architecture"])
    expected = encoder.encode(images)
    monkeypatch.setattr(resnet, "SEGMENTS_AT_ONCE", 2)
    np.testing.assert_allclose(encoder.encode(images), expected, atol=1e-5)


def test_wrong_images_are_refused():
    with pytest.raises(EncoderError, match=r"'resnet' needs stacked images .*\(2, 166, 40\)"):
        Resnet.untrained(architecture=CARD["architecture"]).encode(np.zeros((2, 166, 40)))


def test_subspaces_are_where_the_settings_say():
    encoder = Resnet.untrained(subspaces={"likeness": [0, 100], "identity": [100, 128], "identity_share": 0.1})
    assert encoder.subspaces == {"likeness": slice(0, 100), "identity": slice(100, 128)}
    assert Resnet.untrained().subspaces == {}


@pytest.mark.parametrize("subspaces", [{"likeness": [0, 100], "identity": [100, 900]}, {"likeness": "all"}])
def test_subspaces_that_do_not_fit_are_refused(subspaces):
    with pytest.raises(EncoderError, match="The subspaces of"):
        Resnet.untrained(subspaces=subspaces)


@pytest.mark.parametrize("depth", [18, 50])
def test_fused_answers_as_before(depth):
    torch.manual_seed(3)
    network = resnet.build(depth, 8, 16)
    for module in network.modules():  # as after a training: every normalisation does something
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.1)
    network.eval()
    images = torch.rand(2, 3, 64, 60)
    with torch.no_grad():
        before = network(images)
        after = resnet.fused(network)(images)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)
