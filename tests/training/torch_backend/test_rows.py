"""Where parameters, gradients and products lie on a GPU, seen on tensors that have shapes and strides and no numbers."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.training.torch_backend import rows
from dlstats.training.torch_backend.backpropagation import Backpropagation

REPS, N, D = 5, 30, 3


def generators():
    return [np.random.default_rng(r) for r in range(REPS)]


class Launched(TorchDispatchMode):
    """The operations that are carried out, and the `factors` of batched products."""

    def __init__(self):
        super().__init__()
        self.names, self.factors = [], []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        self.names.append(str(function))
        if "bmm" in str(function):
            self.factors += [t for t in (*arguments, *(options or {}).values()) if t.shape[1:].numel() > 1]
        return function(*arguments, **(options or {}))


@pytest.mark.parametrize("net", [nets.Mlp(D, (6,), activation="tanh"), nets.Mlp(D, (6, 5), 2, "prelu", skip=True)])
def test_gradients_lie_where_they_are_wanted_on_a_gpu(net):
    """No launch for a copy; and the numbers are those of the CPU's way."""
    start = nets.initialise(net, generators(), dtype="float64").to("meta")
    x, y = torch.zeros(REPS, D, N, dtype=torch.float64, device="meta"), torch.zeros(REPS, N, net.d_out, device="meta")
    gradient = Backpropagation(net, squared, start, N)
    with Launched() as seen:
        gradient(x, y)
    assert "aten.bmm.out" in seen.names
    assert not [name for name in seen.names if "copy" in name]


@pytest.mark.parametrize(("dtype", "apart"), [("float32", 660), ("float64", 658)])
def test_every_matrix_that_a_gpu_multiplies_begins_at_16_bytes(dtype, apart):
    net = nets.Mlp(5, (16, 16, 16))
    start = nets.initialise(net, generators(), dtype=dtype).to("meta")
    x, y = start.new_zeros(REPS, 5, 32), start.new_zeros(REPS, 32, 1)
    parameters = rows.padded(start)
    assert (net.size, parameters.shape[1], parameters.stride(0)) == (657, 657, apart)
    with Launched() as seen:
        Backpropagation(net, squared, parameters, 32)(x, y)
    begins = [place for t in seen.factors for place in (t.storage_offset(), t.stride(0))]
    assert len(begins) >= 2 * 3 * 7
    assert {place * start.element_size() % 16 for place in begins} == {0}
