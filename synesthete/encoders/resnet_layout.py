"""How a ResNet is laid out: its convolutions and the tensors of its weights, named as torchvision names them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synesthete.errors import EncoderError

LAYERS = {10: [1, 1, 1, 1], 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3]}
_WIDENING = 4  # of the last convolution in a block of three


@dataclass(frozen=True)
class Convolution:
    """A convolution and the normalisation behind it.

    Attributes
    ----------
    name, norm : str
    n_in, n_out : int > 0
        Channels.
    size, stride : int > 0
    """

    name: str
    norm: str
    n_in: int
    n_out: int
    size: int
    stride: int


@dataclass(frozen=True)
class Block:
    """What is added to its own input: convolutions one after another; the input goes through ``shortcut``, if any."""

    convolutions: tuple[Convolution, ...]
    shortcut: Convolution | None


def check(depth: int, width: int, embedding_size: int) -> None:
    """Refuse what cannot be built.

    Raises
    ------
    EncoderError
        If the depth is none of ``LAYERS``, or a size is not above zero.
    """
    if depth not in LAYERS or width < 1 or embedding_size < 1:
        raise EncoderError(
            f"A ResNet of depth {depth}, width {width} and embedding size {embedding_size} cannot be built: "
            f"the depths are {', '.join(map(str, LAYERS))}, the sizes start at 1."
        )


def stem(width: int) -> Convolution:
    """The convolution that sees the picture."""
    return Convolution("conv1", "bn1", 3, width, 7, 2)


def blocks(depth: int, width: int) -> Iterator[Block]:
    """All blocks, from the picture on; blocks of three convolutions in a network of depth 50, of two in the others."""
    n_in = width
    for stage, n_blocks in enumerate(LAYERS[depth]):
        n = width * 2**stage
        for number in range(n_blocks):
            stride = 2 if stage and not number else 1
            place = f"layer{stage + 1}.{number}"
            sizes = [(n, 1, 1), (n, 3, stride), (_WIDENING * n, 1, 1)] if depth == 50 else [(n, 3, stride), (n, 3, 1)]
            parts, entering = [], n_in
            for order, (n_out, size, step) in enumerate(sizes, 1):
                parts.append(Convolution(f"{place}.conv{order}", f"{place}.bn{order}", entering, n_out, size, step))
                entering = n_out
            is_changed = stride > 1 or n_in != entering
            shortcut = (
                Convolution(f"{place}.downsample.0", f"{place}.downsample.1", n_in, entering, 1, stride)
                if is_changed
                else None
            )
            yield Block(tuple(parts), shortcut)
            n_in = entering


def tensor_shapes(depth: int, width: int, embedding_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of the weights, by name."""
    check(depth, width, embedding_size)
    shapes: dict[str, tuple[int, ...]] = {}
    convolutions = [stem(width)]
    for block in blocks(depth, width):
        convolutions += [*block.convolutions, *([block.shortcut] if block.shortcut else [])]
    for one in convolutions:
        shapes[f"{one.name}.weight"] = (one.n_out, one.n_in, one.size, one.size)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{one.norm}.{part}"] = (one.n_out,)
        shapes[f"{one.norm}.num_batches_tracked"] = ()
    last = convolutions[-1].n_out if not block.shortcut else block.shortcut.n_out
    return shapes | {"fc.weight": (embedding_size, last), "fc.bias": (embedding_size,)}
