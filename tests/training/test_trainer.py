"""Seeded, resumable, and its files are what the encoder reads."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from synesthete.encoders import weights
from synesthete.encoders.resnet import STEM, Resnet
from synesthete.errors import OptionError, SynestheteError
from synesthete.spectrogram import compute_spectrogram
from synesthete.training.batches import BatchSampler, stack_images
from synesthete.training.chunks import spectrogram_frames
from synesthete.training.config import TrainingConfig
from synesthete.training.curves import draw_curves
from synesthete.training.runtime import RuntimeConfig, has_bfloat16
from synesthete.training.trainer import CURVE_COLUMNS, Trainer

SLOW_AND_EXACT = RuntimeConfig(n_threads=1, is_bfloat16=False, report_every=1, save_every=2)


def trained(config, data, folder, until=None):
    trainer = Trainer(config, data, data.chunks(), folder, SLOW_AND_EXACT)
    trainer.run(until)
    return trainer


def weights_of(trainer):
    return torch.cat([value.flatten().float() for value in trainer.student.state_dict().values()])


def test_the_same_seed_gives_the_same_weights(tiny_config, tiny_set, tmp_path):
    once, again = (trained(tiny_config, tiny_set, tmp_path / name) for name in "ab")
    assert torch.equal(weights_of(once), weights_of(again))
    other = trained(dataclasses.replace(tiny_config, seed=1), tiny_set, tmp_path / "c")
    assert not torch.equal(weights_of(once), weights_of(other))


def test_resumed_equals_uninterrupted(tiny_config, tiny_set, tmp_path):
    whole = trained(tiny_config, tiny_set, tmp_path / "whole")
    trained(tiny_config, tiny_set, tmp_path / "cut", until=2)
    resumed = trained(tiny_config, tiny_set, tmp_path / "cut")
    assert torch.equal(weights_of(whole), weights_of(resumed))
    assert all(torch.equal(whole.ema[name], resumed.ema[name]) for name in whole.ema)
    steps = [line.split(",")[0] for line in (tmp_path / "cut" / "curves.csv").read_text().splitlines()]
    assert steps == ["step", "1", "2", "3", "4"]
    assert (tmp_path / "cut" / "curves.csv").read_text().splitlines()[0] == ",".join(CURVE_COLUMNS)


def test_another_configuration_does_not_resume(tiny_config, tiny_set, tmp_path):
    trained(tiny_config, tiny_set, tmp_path, until=2)
    with pytest.raises(SynestheteError, match="another configuration"):
        trained(dataclasses.replace(tiny_config, width=8), tiny_set, tmp_path)


def test_a_checkpoint_in_another_format_is_refused(tiny_config, tiny_set, tmp_path):
    torch.save({"plan": {}, "step": 3}, tmp_path / "checkpoint.pt")
    with pytest.raises(SynestheteError, match="another configuration"):
        trained(tiny_config, tiny_set, tmp_path)


def test_the_export_is_what_the_encoder_reads(tiny_config, tiny_set, tmp_path):
    trainer = trained(tiny_config, tiny_set, tmp_path)
    trainer.export(tmp_path / "models", {"teacher": "noise"})
    encoder = Resnet(weights.read(tmp_path / "models", STEM, ""))
    images = BatchSampler(tiny_set, tiny_set.chunks(), tiny_config).draw(0).images.numpy()
    vectors = encoder.encode(images)
    assert vectors.shape == (7, tiny_config.embedding_size)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    card = json.loads((tmp_path / "models" / f"{STEM}.json").read_text())
    assert card["teacher"] == "noise" and card["subspaces"]["identity"] == [128, 256]


def test_a_training_goes_on_from_weights(tiny_config, tiny_set, tmp_path):
    """It begins with their trunk and a last layer that fits it: nearer to the teachers than a random one is."""
    trained(tiny_config, tiny_set, tmp_path / "first").export(tmp_path / "models", {})
    start = weights.read(tmp_path / "models", STEM, "")
    going_on, anew = (
        Trainer(tiny_config, tiny_set, tiny_set.chunks(), tmp_path / name, SLOW_AND_EXACT, given)
        for name, given in (("going-on", start), ("anew", None))
    )
    filters = going_on.student.network.conv1.weight
    np.testing.assert_array_equal(filters.detach().numpy(), start.tensors["conv1.weight"].astype(np.float32))
    first, random = (trainer.train_step() for trainer in (going_on, anew))
    assert first["distillation"] < random["distillation"]
    wider = dataclasses.replace(tiny_config, width=8)
    with pytest.raises(SynestheteError, match="width 8"):
        Trainer(wider, tiny_set, tiny_set.chunks(), tmp_path / "wider", SLOW_AND_EXACT, start)


def test_the_last_layer_alone_is_fitted_anew(tiny_config, tiny_set, tmp_path):
    trained(tiny_config, tiny_set, tmp_path / "first").export(tmp_path / "models", {})
    start = weights.read(tmp_path / "models", STEM, "")
    config = dataclasses.replace(tiny_config, n_steps=0, start=start.card["weights_sha256"], likeness_size=100)
    trainer = Trainer(config, tiny_set, tiny_set.chunks(), tmp_path / "second", SLOW_AND_EXACT, start)
    trainer.run()
    trainer.export(tmp_path / "again", {})
    made = weights.read(tmp_path / "again", STEM, "")
    assert made.card["version"] == "1.4.0" and made.tensors["fc.weight"].shape == (228, 32)
    for name, value in start.tensors.items():
        if not name.startswith("fc."):
            np.testing.assert_array_equal(made.tensors[name], value, err_msg=name)


def test_likeness_and_identity_weigh_what_the_configuration_says(tiny_config, tiny_set, tmp_path):
    config = dataclasses.replace(tiny_config, identity_share=0.25)
    trainer = trained(config, tiny_set, tmp_path)
    drawn = [trainer.batches.draw(10**9 + number).images[: config.batch_size] for number in range(10)]
    images = torch.cat(drawn)
    mean, std = (torch.tensor(v)[:, None, None] for v in ((0.5, 0.4, 0.5), (0.25, 0.3, 0.15)))
    network = trainer.final_network()
    with torch.inference_mode():
        likeness, identity = network((images - mean) / std).split([128, 128], dim=1)
    assert float(identity.norm(dim=1).mean() ** 2) == pytest.approx(0.25, rel=0.02)
    assert float(likeness.norm(dim=1).mean() ** 2) == pytest.approx(0.75, rel=0.02)
    assert float(likeness.mean(dim=0).abs().max()) < 0.02


def test_curves_are_drawn(tiny_config, tiny_set, tmp_path):
    trained(tiny_config, tiny_set, tmp_path)
    draw_curves(tmp_path / "curves.csv", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000
    (tmp_path / "empty.csv").write_text("step\n")
    with pytest.raises(SynestheteError, match="no steps"):
        draw_curves(tmp_path / "empty.csv", tmp_path / "x.png")


def test_batches_hold_the_images_that_the_encoder_takes(rng):
    samples = rng.standard_normal(66_150).astype(np.float32) * 0.1
    spectrogram = compute_spectrogram(samples).inner()
    ours = stack_images(torch.from_numpy(spectrogram_frames(samples)[None]).float().transpose(1, 2))[0].numpy()
    np.testing.assert_allclose(ours, spectrogram.stacked_image(), atol=2e-3)  # 16-bit on disk


def test_ablations_change_the_images(tiny_config, tiny_set):
    mel_only = dataclasses.replace(tiny_config, is_mel_only=True)
    images = BatchSampler(tiny_set, tiny_set.chunks(), mel_only).draw(0).images
    assert images[:, 1:].abs().max() == 0 and images[:, 0].max() > 0
    plain = dataclasses.replace(tiny_config, is_augmented=False)
    images = BatchSampler(tiny_set, tiny_set.chunks(), plain).draw(0).images
    assert images.min() >= 0 and images.max() <= 1


def test_configurations_out_of_range_are_refused():
    with pytest.raises(OptionError, match="n_steps is 0"):
        TrainingConfig(n_steps=0)
    with pytest.raises(OptionError, match="n_pairs is 1"):
        TrainingConfig(n_pairs=1)
    with pytest.raises(OptionError, match="identity_share is 2"):
        TrainingConfig(identity_share=2)
    with pytest.raises(OptionError, match="0.6 and 0.4"):
        TrainingConfig(layer_share=0.6, effect_share=0.4)


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="needs Linux")
def test_sixteen_bits_only_where_the_processor_has_them():
    flags = set(Path("/proc/cpuinfo").read_text().split())
    has_them = bool(flags & {"avx512_bf16", "amx_bf16"})
    assert has_bfloat16(torch.device("cpu")) == has_them


@pytest.mark.parametrize(("asked", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_the_precision_asked_for_is_used(tiny_config, tiny_set, tmp_path, asked, dtype):
    runtime = dataclasses.replace(SLOW_AND_EXACT, is_bfloat16=asked)
    trainer = Trainer(tiny_config, tiny_set, tiny_set.chunks(), tmp_path, runtime)
    dtypes = []
    trainer.student.network.layer4.register_forward_hook(lambda module, given, made: dtypes.append(made.dtype))
    trainer.run(until=1)
    assert dtypes == [dtype]
