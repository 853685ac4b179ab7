"""torch.optim's own optimisers beside the recursions, step by step on a smooth loss that is no quadratic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Practice
from dlstats.protocol.study import Check
from dlstats.theory import update_rules

STEPS = 200
RATE = 0.05
DECAY = 0.1
"""Weight decay of AdamW."""
SLOPES = np.random.default_rng(0).standard_normal((9, 5))
SHIFTS = np.random.default_rng(1).standard_normal(9)
"""Of the loss Σ log cosh(SLOPES w − SHIFTS), which is convex with a bounded gradient."""


def gradient(w: np.ndarray) -> np.ndarray:
    """The gradient of the loss."""
    return np.tanh(SLOPES @ w - SHIFTS) @ SLOPES


def _shrunk(rule: update_rules.Rule) -> np.ndarray:
    """The path of a rule with decoupled weight decay [Loshchilov and Hutter 2019, algorithm 2]: w ← (1 − η λ) w first."""
    w, state = np.zeros(SLOPES.shape[1]), (np.zeros(SLOPES.shape[1]),) * rule.states
    path = [w]
    for t in range(1, STEPS + 1):
        change, state = rule.update(gradient(w), state, t)
        w = (1 - RATE * DECAY) * w + change
        path.append(w)
    return np.array(path)


def _gap(name: str, path: Callable[[], np.ndarray], **options: object) -> Callable[[], float]:
    """Largest difference of torch's path from that of a recursion, in float64, from 0."""

    def compute() -> float:
        import torch

        w = torch.zeros(SLOPES.shape[1], dtype=torch.float64, requires_grad=True)
        slopes, shifts = torch.as_tensor(SLOPES), torch.as_tensor(SHIFTS)
        optimiser = getattr(torch.optim, name)([w], lr=RATE, **options)
        expected, gap = path(), 0.0
        for t in range(1, STEPS + 1):
            optimiser.zero_grad()
            torch.log(torch.cosh(slopes @ w - shifts)).sum().backward()
            optimiser.step()
            gap = max(gap, float(np.abs(w.detach().numpy() - expected[t]).max()))
        return gap

    return compute


def _path(rule: update_rules.Rule) -> Callable[[], np.ndarray]:
    return lambda: update_rules.descend(rule, gradient, np.zeros(SLOPES.shape[1]), STEPS)


def _states() -> dict[str, float]:
    """Numbers that torch keeps per parameter after two steps, less those of the recursion, by optimiser."""
    import torch

    kept: dict[str, tuple[str, dict, update_rules.Rule]] = {
        "SGD": ("SGD", {}, update_rules.gradient_descent(RATE)),
        "SGD, momentum": ("SGD", {"momentum": 0.9}, update_rules.heavy_ball(RATE, 0.9)),
        "SGD, nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}, update_rules.nesterov(RATE, 0.9)),
        "Adagrad": ("Adagrad", {}, update_rules.adagrad(RATE)),
        "RMSprop": ("RMSprop", {}, update_rules.rmsprop(RATE)),
        "Adam": ("Adam", {}, update_rules.adam(RATE)),
        "AdamW": ("AdamW", {}, update_rules.adam(RATE)),
        "AMSGrad": ("Adam", {"amsgrad": True}, update_rules.amsgrad(RATE)),
    }
    gaps = {}
    for label, (name, options, rule) in kept.items():
        w = torch.ones(SLOPES.shape[1], dtype=torch.float64, requires_grad=True)
        optimiser = getattr(torch.optim, name)([w], lr=RATE, **options)
        for _ in range(2):
            optimiser.zero_grad()
            (w**4).sum().backward()
            optimiser.step()
        numbers = [one for one in optimiser.state[w].values() if torch.is_tensor(one) and one.shape == w.shape]
        gaps[label] = abs(len(numbers) - rule.states)
    return gaps


def _check(name: str, words: str, place: str, compute: Callable[[], float], *lectures: str) -> Check:
    statement = (
        f"{place} computes {words}: {STEPS} steps on a smooth convex loss in {SLOPES.shape[1]} dimensions are those of the "
        "recursion to rounding (float64, largest difference)."
    )
    return Check(name, statement, equals(0, 1e-10), compute, Practice("paszke2019", place), lectures)


CHECKS = (
    Check(
        "OPT15.state",
        "Besides each parameter torch.optim keeps no number in SGD, 1 with momentum, 1 in Adagrad and in RMSprop, 2 in Adam and "
        "AdamW, and 3 in AMSGrad, as many as the recursions need (largest difference).",
        equals(0), _states, Practice("paszke2019", "torch.optim"), ("JSM", "BIOS"),
    ),
    _check(
        "OPT5.torch_momentum", "v ← b v + g, w ← w − η v, at a fixed rate the rule v ← b v − η g, w ← w + v of two lectures",
        "torch.optim.SGD(momentum=0.9)", _gap("SGD", _path(update_rules.heavy_ball(RATE, 0.9)), momentum=0.9), "JSM", "BIOS",
    ),
    _check(
        "OPT5.torch_nesterov", "Nesterov's momentum at the point where the gradient is taken",
        "torch.optim.SGD(momentum=0.9, nesterov=True)",
        _gap("SGD", _path(update_rules.nesterov(RATE, 0.9)), momentum=0.9, nesterov=True), "JSM", "BIOS",
    ),
    _check(
        "OPT12.torch", "G ← G + g², w ← w − η g/(√G + ε), the rule that one lecture prints",
        "torch.optim.Adagrad", _gap("Adagrad", _path(update_rules.adagrad(RATE))), "BIOS",
    ),
    _check(
        "OPT15.torch_rmsprop", "v ← α v + (1 − α) g², w ← w − η g/(√v + ε), without momentum",
        "torch.optim.RMSprop", _gap("RMSprop", _path(update_rules.rmsprop(RATE))), "JSM", "BIOS", "NSTDA",
    ),
    _check(
        "OPT15.torch_adam", "η m̂/(√v̂ + ε) with both moving averages corrected", "torch.optim.Adam",
        _gap("Adam", _path(update_rules.adam(RATE))), "JSM", "BIOS", "NSTDA",
    ),
    _check(
        "OPT15.torch_adamw", "Adam's step on weights that were multiplied by 1 − η λ before", "torch.optim.AdamW",
        _gap("AdamW", lambda: _shrunk(update_rules.adam(RATE)), weight_decay=DECAY),
    ),
    _check(
        "OPT21.torch_amsgrad", "Adam with the largest v so far, corrected after the maximum is taken",
        "torch.optim.Adam(amsgrad=True)", _gap("Adam", _path(update_rules.amsgrad(RATE)), amsgrad=True),
    ),
)  # fmt: skip
