"""Where in two pictures their cosine lies, and how much of it comes by mel, chroma and tonnetz.

What a place carries is measured by taking it away: it is painted over with the mean of its layer. The gradient of the
cosine tells, to first order, what painting over each place would take; those that promise the most are then painted
over one by one, and the tenth of each picture that took the most is marked. How well that went is measured by painting
over all of it, beside the same marks moved elsewhere. Places are bars, narrow in pitch and long in time: of the shapes
tried they told most (``docs/decisions/why-two-sounds-match.md``).

The share of a layer is its Shapley value: what taking it away costs, averaged over the orders in which the three can
go (L. Shapley, "A value for n-person games", 1953). The three add up to what all of the picture gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from synesthete.encoders.base import Encoder
from synesthete.encoders.fusion import Component, Fusion
from synesthete.encoders.resnet import Resnet

LAYERS = ("mel", "chroma", "tonnetz")
MARKED = 0.1  # share of each picture
PLACE = (8, 32)  # bins and frames: three quarters of a second
N_TRIED = 12  # places of each picture that are painted over
N_ELSEWHERE = 3  # times that marks are moved, to compare

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Attribution:
    """What carries the cosine of two pictures.

    Attributes
    ----------
    maps : tuple of two np.ndarray [shape=(3, n_bins, n_frames)], float32
        For the query's picture and the match's: what of the cosine goes, to first order, with each place of a layer.
    marks : tuple of two np.ndarray [shape=(n_bins, n_frames)], bool
        The tenth of each that carries the most.
    cosine : float in [-1, 1]
        Of the two pictures.
    without_marks, without_others : float in [-1, 1]
        With the marked places painted over; with as many others, the mean of several.
    layers : dict of str to float
        What each of ``LAYERS`` adds to the cosine; the mean of taking them from the one picture and from the other.
    """

    maps: tuple[np.ndarray, np.ndarray]
    marks: tuple[np.ndarray, np.ndarray]
    cosine: float
    without_marks: float
    without_others: float
    layers: dict[str, float]


class PictureSpace:
    """Stacked images to unit vectors, so that it is known how these depend on the images.

    Attributes
    ----------
    network : Resnet
        It says how its pictures are cut.
    """

    def __init__(self, network: Resnet, components: dict[str, Component] | None = None) -> None:
        self.network = network
        self._components = [
            (network.subspaces.get(name.partition("/")[2], slice(None)), *_tensors(component))
            for name, component in (components or {}).items()
        ]

    @classmethod
    def of(cls, encoder: Encoder) -> PictureSpace | None:
        """That of a ResNet, or of the components of one in a fusion's vectors of segments; else None."""
        if isinstance(encoder, Resnet):
            return cls(encoder)
        if not isinstance(encoder, Fusion):
            return None
        for member in encoder.members.values():
            names = member.feature_sizes
            found = {name: part for name, part in encoder.projections.items() if name in names}
            if isinstance(member, Resnet) and found:
                return cls(member, found)
        return None

    def __call__(self, images: Tensor) -> Tensor:
        """Unit vectors [n, size] of stacked images [n, 3, n_bins, n_frames] in [0, 1]."""
        vectors = self.network.differentiable(images)
        if not self._components:
            return vectors
        parts = [
            factor * functional.normalize((vectors[:, at] - mean) @ axes) for at, mean, axes, factor in self._components
        ]
        return functional.normalize(torch.cat(parts, dim=1))


def _tensors(component: Component) -> tuple[Tensor, Tensor, float]:
    mean, axes = (torch.from_numpy(np.array(array, dtype=np.float32)) for array in (component.mean, component.axes))
    return mean, axes, float(component.factor)


def attribute(space: PictureSpace, query: np.ndarray, match: np.ndarray, seed: int = 0) -> Attribution:
    """Find what carries the cosine of two stacked images.

    Parameters
    ----------
    space : PictureSpace
    query, match : np.ndarray [shape=(3, n_bins, n_frames)], float32 in [0, 1]
        They may differ in length.
    seed : int
        Of where marks are moved to, to compare.
    """
    images = [torch.from_numpy(np.ascontiguousarray(image)) for image in (query, match)]
    flat = [image.mean(dim=(1, 2), keepdim=True).expand_as(image) for image in images]
    maps = _first_order(space, images, flat)
    rng = np.random.default_rng(seed)
    with torch.inference_mode():
        whole = [space(image[None]) for image in images]
        first, second = (
            _mark(space, images[side], flat[side], whole[1 - side], maps[side].sum(axis=0)) for side in (0, 1)
        )
        marks = first, second
        elsewhere = [_moved(marks, rng) for _ in range(N_ELSEWHERE)]
        one, other = (
            space(torch.stack([_painted(image, flat[side], chosen[side]) for chosen in (marks, *elsewhere)]))
            for side, image in enumerate(images)
        )
        cosines = (one * other).sum(dim=1).tolist()
        layers = [_layer_shares(space, images[side], flat[side], whole[1 - side]) for side in (0, 1)]
    return Attribution(
        maps=maps,
        marks=marks,
        cosine=float((whole[0] * whole[1]).sum()),
        without_marks=cosines[0],
        without_others=float(np.mean(cosines[1:])),
        layers={name: float(np.mean([side[number] for side in layers])) for number, name in enumerate(LAYERS)},
    )


def _first_order(space: PictureSpace, images: list[Tensor], flat: list[Tensor]) -> Pair:
    """What the cosine loses, to first order, by painting over each place of each layer [3, n_bins, n_frames]."""
    watched = [image.clone().requires_grad_() for image in images]
    if watched[0].shape == watched[1].shape:
        one, other = space(torch.stack(watched))
    else:
        one, other = (space(image[None])[0] for image in watched)
    gradients = torch.autograd.grad((one * other).sum(), watched)
    first, second = (
        (gradient * (image - plain)).numpy() for gradient, image, plain in zip(gradients, images, flat, strict=True)
    )
    return first, second


def _mark(space: PictureSpace, image: Tensor, flat: Tensor, other: Tensor, promised: np.ndarray) -> np.ndarray:
    """The places [n_bins, n_frames] that carry most of the cosine with ``other`` [1, size].

    Parameters
    ----------
    promised : np.ndarray [shape=(n_bins, n_frames)]
        What each place carries to first order.
    """
    sums = _by_place(promised)
    tried = np.argsort(-sums, axis=None, kind="stable")[:N_TRIED]
    masks = [_spread(np.arange(sums.size).reshape(sums.shape) == place, promised.shape) for place in tried]
    left = space(torch.stack([_painted(image, flat, mask) for mask in masks])) @ other[0]
    n_marked = max(1, round(MARKED * sums.size))
    chosen = left.numpy().argsort(kind="stable")[:n_marked]
    return np.logical_or.reduce([masks[number] for number in chosen])


def _painted(image: Tensor, flat: Tensor, mask: np.ndarray) -> Tensor:
    return torch.where(torch.from_numpy(mask)[None], flat, image)


def _spread(grid: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.repeat(grid, PLACE[0], axis=0), PLACE[1], axis=1)[: shape[0], : shape[1]]


def _by_place(values: np.ndarray) -> np.ndarray:
    rows, columns = (np.arange(0, size, step) for size, step in zip(values.shape, PLACE, strict=True))
    return np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)


def _moved(marks: Pair, rng: np.random.Generator) -> Pair:
    """The same marks somewhere else; what leaves a picture on one side comes in on the other."""
    one, other = (np.roll(mask, [rng.integers(size) for size in mask.shape], axis=(0, 1)) for mask in marks)
    return one, other


def _layer_shares(space: PictureSpace, image: Tensor, flat: Tensor, other: Tensor) -> list[float]:
    """Shapley values of the three layers of one picture, in its cosine with the other."""
    kept = [tuple(bool(number >> layer & 1) for layer in range(3)) for number in range(8)]
    images = torch.stack([torch.where(torch.tensor(keep)[:, None, None], image, flat) for keep in kept])
    worth = dict(zip(kept, (space(images) @ other[0]).tolist(), strict=True))
    return shapley(lambda layers: worth[tuple(layer in layers for layer in range(3))], 3)


def shapley(worth: Callable[[frozenset[int]], float], n: int) -> list[float]:
    """Shapley values of ``n`` players, from the worth of each set of them."""
    orders = list(permutations(range(n)))
    values = [0.0] * n
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            values[player] += (worth(before | {player}) - worth(before)) / len(orders)
    return values
