import subprocess
import sys

import pytest
import torch

from synesthete import settings
from synesthete.encoders.resnet import LAYERS, build


def torchvisions(depth: int, n_out: int) -> torch.nn.Module:
    from synesthete.encoders.torchvision_cpu import BasicBlock, Bottleneck, ResNet

    return ResNet(Bottleneck if depth == 50 else BasicBlock, LAYERS[depth], num_classes=n_out)


@pytest.mark.parametrize("depth", [18, 50])
def test_it_answers_as_torchvisions_with_the_same_weights(depth):
    torch.manual_seed(5)
    theirs, ours = torchvisions(depth, 7).eval(), build(depth, 64, 7).eval()
    ours.load_state_dict(theirs.state_dict())  # strict: the same names and shapes
    images = torch.rand(2, 3, 70, 45)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images), atol=1e-5, rtol=1e-5)


def test_a_training_begins_with_the_same_weights_as_with_torchvisions():
    torch.manual_seed(3)
    theirs = torchvisions(18, 10).state_dict()
    torch.manual_seed(3)
    ours = build(18, 64, 10).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("depth", [10, 34, 50])
def test_another_width_has_its_channels_in_every_stage(depth):
    network = build(depth, 8, 5)
    widening = 4 if depth == 50 else 1
    maps, seen = torch.rand(1, 3, 64, 64), []
    for number in range(1, 5):
        getattr(network, f"layer{number}").register_forward_hook(lambda *call: seen.append(call[2].shape[1]))
    assert network(maps).shape == (1, 5)
    assert seen == [8 * widening * 2**stage for stage in range(4)]


def test_the_default_encoder_does_without_torchvision():
    code = (
        "import sys; from synesthete import encoders; encoders.load('synesthete');"
        "print({'torchvision', 'torch._dynamo', 'sympy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=True
    )
    assert done.stdout.strip() == "set()"
