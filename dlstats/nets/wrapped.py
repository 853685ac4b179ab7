"""Any torch.nn.Module as a network with a leading replicate axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Wrapped:
    """f(x; θ) of a module that maps (n, d_in) to (n, d_out); all parameters of a replicate are one row, θ.

    The module's own parameters give names and shapes only. Trained, a replicate alone is what it is among others to rounding;
    to the bit where the module's sums do not depend on how many there are, as in dense layers. What `torch.func.vmap` refuses
    is refused: dropout, whose masks would depend on the company, and batch normalisation with running statistics.
    """

    module: torch.nn.Module
    d_in: int
    d_out: int = 1

    def __post_init__(self) -> None:
        """Raise ValueError for a module without parameters, or whose outputs have another shape."""
        if not self.shapes:
            raise ValueError(f"`module` must have parameters, got {type(self.module).__name__} without.")
        with torch.no_grad():
            made = tuple(self.one(torch.zeros(self.size), torch.zeros(2, self.d_in)).shape)
        if made != (2, self.d_out):
            raise ValueError(f"`module` must map (2, {self.d_in}) to (2, {self.d_out}), got {made}.")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter, in the order in which they lie in a row."""
        return {name: tuple(p.shape) for name, p in self.module.named_parameters()}

    @property
    def size(self) -> int:
        """Number of parameters of one replicate."""
        return sum(prod(shape) for shape in self.shapes.values())

    @property
    def widths(self) -> tuple[int, ...]:
        """None: which of its numbers are units is the module's own affair."""
        return ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """As many numbers a sample as it may hold: the first axes of its parameters, which in torch are outputs."""
        return (self.d_in, *(shape[0] for shape in self.shapes.values() if shape), self.d_out)

    def one(self, row: Float[Tensor, " p"], x: Float[Tensor, "n d"]) -> Float[Tensor, "n d_out"]:
        """One network, differentiable in its row."""
        parts = row.split([prod(shape) for shape in self.shapes.values()])
        named = {name: part.view(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}
        return torch.func.functional_call(self.module, named, (x,))

    def apply(self, parameters: Float[Tensor, "reps p"], x: Float[Tensor, "reps n d"]) -> Float[Tensor, "reps n d_out"]:
        """The networks at `x`."""
        return torch.func.vmap(self.one)(parameters, x)
