"""Where a block runs: `auto`, `cpu` or `cuda`."""

from __future__ import annotations

import torch

DEVICES = ("auto", "cpu", "cuda")


def resolve(name: str) -> torch.device:
    """The torch device that `name` asks for; `auto` is the GPU when there is one.

    Raises ValueError for another word, and for `cuda` on a machine without a usable GPU.
    """
    if name not in DEVICES:
        raise ValueError(f"`device` must be one of {', '.join(DEVICES)}, got {name!r}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("`device` is 'cuda', but torch sees no CUDA device here; use 'cpu' or 'auto'.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    torch.set_float32_matmul_precision("highest")  # no TF32: a device changes speed and the last digits only
    return torch.device("cuda")
