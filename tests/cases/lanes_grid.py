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
from dlstats.losses import barron, imbalance, margins, overlap, quantile, robust
from dlstats.training.lanes import backend, layout
from dlstats.training.lanes.losses import KNOWN
from dlstats.training.optimisers import OPTIMISERS

OUTPUTS = range(1, 11)
REPLICATES = 7
"""With three restarts more rows than any register has lanes, and no multiple of them."""


def first_columns(prediction, y):
    """A loss that reads some of the outputs: y may have any number of columns up to theirs."""
    return (prediction[..., : y.shape[2]] - y).square().sum(dim=2, keepdim=True)


NUMBERS = {
    loss.__name__: loss
    for loss in (
        *(loss for loss in KNOWN if loss is not imbalance.cross_entropy),
        *(robust.hampel, robust.andrews, quantile.smooth_pinball, quantile.lectures_pinball, barron.barron),
        user_squared,
    )
}
"""The losses of as many columns of numbers as there are outputs."""
FIXED = {
    "adaptive": (barron.adaptive, 3),
    "adaptive_shared": (barron.adaptive_shared, 3),
    "dice": (overlap.dice, 1),
    "tversky": (functools.partial(overlap.tversky, false_positive=0.3, false_negative=0.7), 1),
    "generalised_dice": (overlap.generalised_dice, 1),
    "dice_cross_entropy": (overlap.dice_cross_entropy, 1),
    "pairwise_squared": (margins.pairwise_squared, 1),
    "squared_probability": (imbalance.squared_probability, 1),
}
"""The losses of one number of outputs only, with it; y has one column."""


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
        "ldam": functools.partial(margins.ldam, margins=margins.ldam_margins(weights)),
        "vector_scaling": functools.partial(margins.vector_scaling, scales=weights),
    }


def targets():
    """(name of a loss, outputs, columns of y): class labels have one column, other losses as many as they can read."""
    yield from ((name, k, k) for name in NUMBERS for k in OUTPUTS)
    yield from ((name, k, 1) for name in ("pinball", "expectile") for k in OUTPUTS if k > 1)
    yield from ((name, k, 1) for name in of_labels(2) for k in OUTPUTS)
    yield from (("first_columns", k, columns) for k in OUTPUTS for columns in range(1, k + 1))


FACTORS = {
    "target": list(targets()),
    "batch_size": [None, 8, 39],  # of 40 or 104 samples: all, a divisor, no divisor and more than a narrow block
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
    "samples": [40, 104],  # more than a block of the narrow kernel, and of the wide one; no multiple of either
    "calls": ["one", "several"],  # of the kernel, where there are minibatches
}
"""What takes turns from case to case."""
SLOW = {"optimiser": 720, "activation": 1440, "widths": 360, "skip": 288, "samples": 1008, "calls": 576}
"""Cases after which a turn falls back by one: without it, a factor would always meet the same levels of another."""


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

    def turns(self):
        """The levels of the factors that take turns."""
        return {
            factor: levels[(self.turn + self.turn // SLOW[factor]) % len(levels)] for factor, levels in TURNS.items()
        }

    def train(self, dtype):
        """Train it by the kernel."""
        name, outputs, columns = self.target
        turn = self.turns()
        net = nets.Mlp(3, turn["widths"], outputs, turn["activation"], skip=turn["skip"])
        changes = {"batch_size": self.batch_size, "optimiser": turn["optimiser"], "dtype": dtype}
        if self.keep != "last":
            changes |= {"keep": "best", "check_every": 2, "patience": 1 if self.keep == "patience" else None}
        task = problem(
            net,
            rows=REPLICATES,
            n=turn["samples"],
            restarts=self.restarts,
            shared=self.shared,
            checked=turn["samples"] // 2 - 7 if self.validation else 0,
            **changes,
        )
        y = responses(name, task.y, outputs, columns)
        validation = task.validation
        if validation is not None:
            validation = (validation[0], responses(name, validation[1], outputs, columns))
        task = replace(task, loss=loss_of(name, outputs), y=y, validation=validation)
        before, layout.wide = layout.wide, lambda net: self.wide
        span, backend.SPAN = backend.SPAN, 1 if turn["calls"] == "several" else backend.SPAN
        try:
            return backend.run(task)
        finally:
            layout.wide, backend.SPAN = before, span


def loss_of(name, outputs):
    """The loss of a target."""
    if name in FIXED:
        return FIXED[name][0]
    return (of_labels(outputs) | NUMBERS | {"first_columns": first_columns})[name]


def responses(name, y, outputs, columns):
    """Class labels or as many columns of numbers as asked for, in memory of their own, without slack."""
    if name in of_labels(2) or (name in FIXED and FIXED[name][1] == 1):
        draw = torch.Generator().manual_seed(1)
        return torch.randint(max(2, outputs), (*y.shape[:2], 1), generator=draw)
    return y[..., :columns].clone()


def cases():
    """The whole grid, in an order in which any stride without a common divisor with a factor's levels covers all."""
    for turn, levels in enumerate(itertools.product(*FACTORS.values())):
        yield Case(*levels, turn=turn)


def cases_of_fixed():
    """The losses of one number of outputs only, each over all samples and in minibatches, narrow and wide."""
    settings = itertools.product(FIXED, FACTORS["batch_size"], FACTORS["wide"])
    for turn, (name, batch_size, wide) in enumerate(settings):
        target = (name, FIXED[name][1], 1)
        yield Case(target, batch_size, FACTORS["keep"][turn % 3], turn % 4 < 2, 1, False, wide, turn)


def main(dtype, every):
    """Train every so many of the cases and those of losses with a fixed number of outputs; prints how many."""
    chosen = [*itertools.islice(cases(), 0, None, every), *cases_of_fixed()]
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
