"""A loss asks the device nothing and sends it nothing after the first step: on `meta`, which has no numbers to ask for."""

from functools import partial

import pytest
import torch
from cases.loss_options import HELPERS, OPTIONS, OUTPUTS
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from dlstats import losses
from dlstats.losses import domain


class Sent(TorchDispatchMode):
    """Notes tensors of the CPU that meet those of another device."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        flat = [a for a in tree_leaves(arguments) if isinstance(a, torch.Tensor)]
        if isinstance(result, torch.Tensor) and result.is_meta and any(a.device.type == "cpu" for a in flat):
            self.seen.append(str(function))
        return result


def _sent(loss, outputs=1, columns=1):
    prediction = torch.zeros(2, 5, outputs, device="meta", requires_grad=True)
    y = torch.zeros(2, 5, columns, device="meta")
    loss(prediction, y).sum().backward()  # what is made once is made here
    with Sent() as watched:
        loss(prediction, y).sum().backward()
    return watched.seen


@pytest.mark.parametrize("name", sorted(set(dir(losses)) - HELPERS))
def test_a_loss_neither_asks_nor_sends(name):
    assert _sent(partial(getattr(losses, name), **OPTIONS.get(name, {})), OUTPUTS.get(name, 1)) == []


def test_levels_are_made_on_the_device_once():
    levels = (0.1, 0.5, 0.9)
    assert _sent(lambda f, y: losses.pinball(f, y, domain.constant(levels, f)), 3) == []
    tau = torch.tensor(levels)
    assert _sent(lambda f, y: losses.pinball(f, y, tau.to(f)), 3) != []


def test_a_constant_is_that_of_torch_in_type_and_device_and_the_same_tensor_again():
    for like in (torch.zeros(1), torch.zeros(1, dtype=torch.float64)):
        made = domain.constant([[0.1, 0.2], [1 / 3, 4]], like)
        assert torch.equal(made, torch.tensor([[0.1, 0.2], [1 / 3, 4]], dtype=like.dtype))
        assert domain.constant([[0.1, 0.2], [1 / 3, 4]], like) is made
