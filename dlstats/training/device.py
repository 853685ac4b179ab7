"""Where a block runs: `auto`, `cpu` or `cuda`."""

from __future__ import annotations

import math

import torch

DEVICES = ("auto", "cpu", "cuda")
WORTH = 2**23
"""Multiply-adds of a forward pass of all networks (networks x samples of a step x weights) from which `auto` takes a GPU.

An estimate, not measured: a step of torch on a GPU launches about 50 kernels of 2 us whatever their size, and in that time
16 cores train by lanes about 100 networks of three layers of 16 on 128 samples. `dlstats doctor --gpu` measures where
the two meet on a machine.
"""


def resolve(name: str, work: float = math.inf) -> torch.device:
    """The torch device that `name` asks for; `auto` is the GPU when there is one and `work` reaches `WORTH`.

    Raises ValueError for another word, and for `cuda` on a machine without a usable GPU.
    """
    if name not in DEVICES:
        raise ValueError(f"`device` must be one of {', '.join(DEVICES)}, got {name!r}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("`device` is 'cuda', but torch sees no CUDA device here; use 'cpu' or 'auto'.")
    if name == "cpu" or (name == "auto" and work < WORTH) or not torch.cuda.is_available():
        return torch.device("cpu")
    torch.set_float32_matmul_precision("highest")  # no TF32: a device changes speed and the last digits only
    return torch.device("cuda")
