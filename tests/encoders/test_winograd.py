"""Winograd's convolution answers as torch's own."""

import pytest
import torch

from synesthete.encoders.winograd import Winograd


@pytest.mark.parametrize("size", [(12, 12), (25, 24), (4, 5), (1, 1), (7, 3)])
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_it_equals_the_plain_convolution(size, n, memory_format):
    torch.manual_seed(0)
    convolution = torch.nn.Conv2d(24, 40, 3, padding=1).double()
    maps = torch.randn(n, 24, *size, dtype=torch.float64)
    with torch.inference_mode():
        expected = convolution(maps)
        made = Winograd(convolution.weight, convolution.bias)(maps.float().contiguous(memory_format=memory_format))
    assert made.shape == expected.shape
    assert (made - expected).abs().max() < 3e-5 * expected.abs().max()


def test_a_sound_has_the_same_answer_alone_and_among_others():
    torch.manual_seed(1)
    layer = Winograd(torch.randn(16, 8, 3, 3), torch.randn(16))
    maps = torch.randn(5, 8, 10, 9)
    torch.testing.assert_close(layer(maps)[3:4], layer(maps[3:4]), rtol=1e-5, atol=1e-4)
