"""How a training runs on this machine: device, threads, precision, memory. None of it changes what is learned."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from dataclasses import dataclass

import torch

# Of mallopt: no memory maps (-4), nothing given back below 2 GiB (-1), 1 GiB asked for at a time (-2).
GLIBC_OPTIONS = ((-4, 0), (-1, (1 << 31) - 1), (-2, 1 << 30))


@dataclass(frozen=True)
class RuntimeConfig:
    """Where and how fast, not what.

    Attributes
    ----------
    device : str
        Of torch.
    n_threads : int > 0
    is_bfloat16 : bool, optional
        Use 16-bit arithmetic; by default where the processor has it.
    is_compiled : bool
        Compile the network first.
    report_every, save_every : int > 0 [steps]
    """

    device: str = "cpu"
    n_threads: int = 2
    is_bfloat16: bool | None = None
    is_compiled: bool = False
    report_every: int = 20
    save_every: int = 100


DEFAULT_RUNTIME = RuntimeConfig()


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory instead of giving it back: each step needs the same large tensors again.

    Given back and asked for anew, every page of them is zeroed by the kernel: 20,000 page faults a step instead of
    4,000, and a step takes a quarter longer. Does nothing where there is no glibc.
    """
    with suppress(OSError, AttributeError):
        glibc = ctypes.CDLL("libc.so.6")
        for number, value in GLIBC_OPTIONS:
            glibc.mallopt(number, value)


def has_bfloat16(device: torch.device) -> bool:
    """Whether 16-bit arithmetic is fast there: a processor without it emulates it, eleven times slower."""
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return device.type != "cuda" or torch.cuda.is_bf16_supported()
