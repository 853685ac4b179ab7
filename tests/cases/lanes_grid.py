"""Every kind of problem that the compiled kernel meets, one small training each: what sanitizers are run over.

`PYTHONPATH=tests python tests/cases/lanes_grid.py float32 7` trains every 7th of them in single precision.
"""

import ctypes
import functools
import itertools
import os
import sys
from dataclasses import dataclass, replace

import torch

from cases.lanes import problem, user_squared
from dlstats import nets
from dlstats.losses import imbalance
from dlstats.training.lanes import backend, layout
from dlstats.training.lanes.losses import KNOWN
from dlstats.training.optimisers import OPTIMISERS

OUTPUTS = range(1, 11)
SAMPLES = 40
"""More than a block of the narrow kernel, and no multiple of one."""
REPLICATES = 5


def first_columns(prediction, y):
    """A loss that reads some of the outputs: y may have any number of columns up to theirs."""
    return (prediction[..., : y.shape[2]] - y).square().sum(dim=2, keepdim=True)


def of_labels(outputs):
    """The losses of class labels, which have one column of y, ready for a number of outputs."""
    classes = max(2, outputs)
    weights = [1.0 + k for k in range(classes)]
    costs = [[float(a != b) for b in range(classes)] for a in range(classes)]
    return {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": functools.partial(imbalance.weighted, weights=weights),
        "expected_cost": functools.partial(imbalance.expected_cost, costs=costs),
        "focal": functools.partial(imbalance.focal, gamma=2.0, weights=weights),
        "logit_adjusted": functools.partial(imbalance.logit_adjusted, prior=[w / sum(weights) for w in weights]),
        "balanced_softmax": functools.partial(imbalance.balanced_softmax, counts=weights),
        "squared_probability": imbalance.squared_probability,
    }


def targets():
    """(name of a loss, outputs, columns of y): class labels have one column, other losses as many as they can read."""
    names = [loss.__name__ for loss in KNOWN if loss is not imbalance.cross_entropy]
    yield from ((name, k, k) for name in (*names, "user_squared") for k in OUTPUTS)
    yield from ((name, k, 1) for name in of_labels(2) for k in OUTPUTS)
    yield from (("first_columns", k, columns) for k in OUTPUTS for columns in range(1, k + 1))


FACTORS = {
    "target": list(targets()),
    "batch_size": [None, 8, 7],  # of 40 samples: all, a divisor, no divisor
    "keep": ["last", "best", "patience"],
    "validation": [False, True],
    "restarts": [1, 3],
    "shared": [False, True],
    "wide": [False, True],
}
TURNS = {
    "optimiser": [name for name in layout.OPTIMISERS if name in OPTIMISERS],
    "activation": list(layout.ACTIVATIONS),
    "widths": [(), (9,), (17, 6)],
    "skip": [False, True],
}
"""What takes turns from case to case."""


@dataclass(frozen=True)
class Case:
    """One problem of the grid."""

    target: tuple[str, int, int]
    batch_size: int | None
    keep: str
    validation: bool
    restarts: int
    shared: bool
    wide: bool
    turn: int

    def train(self, dtype):
        """Train it by the kernel."""
        name, outputs, columns = self.target
        turn = {factor: levels[self.turn % len(levels)] for factor, levels in TURNS.items()}
        net = nets.Mlp(3, turn["widths"], outputs, turn["activation"], skip=turn["skip"])
        changes = {"batch_size": self.batch_size, "optimiser": turn["optimiser"], "dtype": dtype}
        if self.keep != "last":
            changes |= {"keep": "best", "check_every": 2, "patience": 1 if self.keep == "patience" else None}
        task = problem(
            net,
            rows=REPLICATES,
            n=SAMPLES,
            restarts=self.restarts,
            shared=self.shared,
            checked=13 if self.validation else 0,
            **changes,
        )
        y = responses(name, task.y, outputs, columns)
        validation = task.validation
        if validation is not None:
            validation = (validation[0], responses(name, validation[1], outputs, columns))
        task = replace(task, loss=loss_of(name, outputs), y=y, validation=validation)
        before, layout.wide = layout.wide, lambda net: self.wide
        try:
            return backend.run(task)
        finally:
            layout.wide = before


def loss_of(name, outputs):
    """The loss of a target."""
    pointwise = {loss.__name__: loss for loss in (*KNOWN, user_squared, first_columns)}
    return of_labels(outputs).get(name) or pointwise[name]


def responses(name, y, outputs, columns):
    """Class labels or as many columns of numbers as asked for, in memory of their own, without slack."""
    if name in of_labels(2):
        draw = torch.Generator().manual_seed(1)
        return torch.randint(max(2, outputs), (*y.shape[:2], 1), generator=draw)
    return y[..., :columns].clone()


def cases():
    """The whole grid, in an order in which any stride without a common divisor with a factor's levels covers all."""
    for turn, levels in enumerate(itertools.product(*FACTORS.values())):
        yield Case(*levels, turn=turn)


def main(dtype, every):
    """Train every so many of the cases; prints how many."""
    chosen = list(itertools.islice(cases(), 0, None, every))
    for case in chosen:
        try:
            fit = case.train(dtype)
        except Exception as error:
            raise RuntimeError(f"{case}, {dtype}") from error
        assert len(fit.status) == REPLICATES * case.restarts, case
    print(f"{len(chosen)} problems trained in {dtype}")


if __name__ == "__main__":
    if "fsanitize" in os.environ.get("DLSTATS_LANES_FLAGS", ""):
        assert hasattr(ctypes.CDLL(None), "__asan_init"), "the sanitizers are not loaded"
    torch.set_num_threads(1)
    main(sys.argv[1], int(sys.argv[2]))
