"""Initialisations: named schemes, drawn by numpy so that one has the same bits on every device."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlstats.nets.activations import ACTIVATIONS
from dlstats.nets.mlp import Mlp, views

Scheme = Callable[[np.random.Generator, int, int], tuple[np.ndarray, np.ndarray]]
"""(generator, fan_in, fan_out) -> weight (fan_in, fan_out) and bias (fan_out,)."""


def zero(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Everything 0: no symmetry is ever broken."""
    return np.zeros((fan_in, fan_out)), np.zeros(fan_out)


def normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights N(0, 0.01²) whatever the width [Krizhevsky, Sutskever and Hinton 2012, section 5]; biases 0."""
    return rng.normal(0.0, 0.01, (fan_in, fan_out)), np.zeros(fan_out)


def xavier(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights U(±√(6 / (fan_in + fan_out))) [Glorot and Bengio 2010, eq. 16]; biases 0."""
    bound = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, (fan_in, fan_out)), np.zeros(fan_out)


def he(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights N(0, 2 / fan_in) [He, Zhang, Ren and Sun 2015, eq. 10]; biases 0."""
    return rng.normal(0.0, math.sqrt(2 / fan_in), (fan_in, fan_out)), np.zeros(fan_out)


def lecun(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights N(0, 1 / fan_in) [LeCun, Bottou, Orr and Müller 1998, eq. 16]; biases 0."""
    return rng.normal(0.0, math.sqrt(1 / fan_in), (fan_in, fan_out)), np.zeros(fan_out)


def orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal rows or columns, uniform on them [Saxe, McClelland and Ganguli 2014; Mezzadri 2007]; biases 0."""
    q, r = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))
    q = q * np.sign(np.diag(r))
    return q if fan_in >= fan_out else q.T, np.zeros(fan_out)


def torch_default(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases U(±1 / √fan_in), the distribution of torch.nn.Linear."""
    bound = 1 / math.sqrt(fan_in)
    return rng.uniform(-bound, bound, (fan_in, fan_out)), rng.uniform(-bound, bound, fan_out)


INITIALISATIONS: dict[str, Scheme] = {
    "zero": zero,
    "normal": normal,
    "xavier": xavier,
    "he": he,
    "lecun": lecun,
    "orthogonal": orthogonal,
    "torch_default": torch_default,
}
"""Name -> scheme, which draws the weights and the biases of a layer by its fan-in and fan-out."""


def initialise(
    net: Mlp,
    generators: Sequence[np.random.Generator],
    scheme: str = "torch_default",
    dtype: str = "float32",
    restarts: int = 1,
) -> Float[Tensor, "starts p"]:
    """Starts, one row for each generator and restart: the restarts of a replicate are consecutive rows.

    The first start of a replicate does not depend on `restarts`. A trained slope starts at its activation's value.
    """
    if scheme not in INITIALISATIONS:
        raise ValueError(f"`scheme` must be one of {', '.join(INITIALISATIONS)}, got {scheme!r}.")
    if restarts < 1:
        raise ValueError(f"`restarts` must be at least 1, got {restarts}.")
    start = torch.zeros(len(generators) * restarts, net.size, dtype=torch.float64)
    for row in range(len(start)):
        _fill(net, start[row : row + 1], generators[row // restarts], INITIALISATIONS[scheme])
    return start.to(getattr(torch, dtype))


def _fill(net: Mlp, row: Tensor, rng: np.random.Generator, draw: Scheme) -> None:
    arrays = views(net, row)
    for layer, (fan_in, fan_out) in enumerate(zip(net.sizes, net.sizes[1:], strict=False)):
        weight, bias = draw(rng, fan_in, fan_out)
        arrays[f"weight.{layer}"][0] = torch.from_numpy(np.ascontiguousarray(weight))
        arrays[f"bias.{layer}"][0] = torch.from_numpy(bias)
        slope = ACTIVATIONS[net.activation].slope
        if slope is not None and f"slope.{layer}" in arrays:
            arrays[f"slope.{layer}"].fill_(slope)
    if net.skip:
        weight, _ = draw(rng, net.d_in, net.d_out)
        arrays["skip"][0] = torch.from_numpy(np.ascontiguousarray(weight))
