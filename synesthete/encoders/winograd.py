"""Convolutions of 3 x 3 with a quarter of the multiplications, for layers of many channels.

A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR, 2016: F(4 x 4, 3 x 3). The maps are cut
into tiles of 6 x 6 that overlap by two; transformed, a convolution is one product of matrices for each of the 36 places
of a tile. Answers differ from those of a plain convolution by rounding, a hundred-thousandth of the largest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_TILE, _STEP = 6, 4
_OF_MAPS = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_OF_KERNELS = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_OF_ANSWERS = (
    (1, 1, 1, 1, 1, 0),
    (0, 1, -1, 2, -2, 0),
    (0, 1, 1, 4, 4, 0),
    (0, 1, -1, 8, -8, 1),
)


class Winograd(nn.Module):
    """A convolution of 3 x 3 with one row and column of zeros around the maps.

    Parameters
    ----------
    weight : Tensor [shape=(n_out, n_in, 3, 3)]
    bias : Tensor [shape=(n_out,)]
    """

    kernels: Tensor
    bias: Tensor
    of_maps: Tensor
    of_answers: Tensor

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        maps, kernels, answers = (_matrix(rows) for rows in (_OF_MAPS, _OF_KERNELS, _OF_ANSWERS))
        made = torch.empty(_TILE**2, weight.shape[1], weight.shape[0])
        for first in range(0, len(weight), 32):  # not all at once in float64
            part = torch.einsum("ai,ocij,bj->abco", kernels, weight[first : first + 32].double(), kernels)
            made[:, :, first : first + 32] = part.flatten(0, 1)
        self.register_buffer("kernels", made)
        self.register_buffer("bias", bias.detach().float())
        self.register_buffer("of_maps", torch.kron(maps, maps).float())
        self.register_buffer("of_answers", torch.kron(answers, answers).float())

    def forward(self, maps: Tensor) -> Tensor:
        """From [n, n_in, n_rows, n_columns] to [n, n_out, n_rows, n_columns], both with the channels last in memory."""
        n, n_in, height, width = maps.shape
        n_down, n_across = -(-height // _STEP), -(-width // _STEP)
        edges = (0, 0, 1, _STEP * n_across + 1 - width, 1, _STEP * n_down + 1 - height)
        padded = functional.pad(maps.permute(0, 2, 3, 1), edges).contiguous()
        of_sound, of_row, of_column, _ = padded.stride()
        tiles = padded.as_strided(
            (_TILE, _TILE, n, n_down, n_across, n_in),
            (of_row, of_column, of_sound, _STEP * of_row, _STEP * of_column, 1),
        )
        seen = (self.of_maps @ tiles.reshape(_TILE**2, -1)).view(_TILE**2, -1, n_in)
        products = torch.bmm(seen, self.kernels)
        n_out = products.shape[2]
        answers = (self.of_answers @ products.view(_TILE**2, -1)).view(_STEP, _STEP, n, n_down, n_across, n_out)
        whole = answers.permute(2, 3, 0, 4, 1, 5).reshape(n, _STEP * n_down, _STEP * n_across, n_out)
        return (whole[:, :height, :width] + self.bias).permute(0, 3, 1, 2)


def _matrix(rows: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)
