"""XOR, slopes of activations and the cost of a gradient: what is exact, as torch computes it."""

from __future__ import annotations

import itertools

import numpy as np
import scipy

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Derived, Practice, Stated
from dlstats.protocol.study import Check
from dlstats.theory import perceptron as theory

INPUTS = np.array(list(itertools.product((0.0, 1.0), repeat=2)))
XOR = np.array([0.0, 1.0, 1.0, 0.0])


def most_right() -> float:
    """Largest proportion of the four cases of XOR that any line has right, over all labellings that a line can give."""
    labels = [np.array(one) for one in itertools.product((-1.0, 1.0), repeat=4)]
    right = [(one == 2 * XOR - 1).mean() for one in labels if theory.separable(INPUTS, one)]
    return max(right)


def least_squares() -> float:
    """Mean squared error of the best plane on XOR."""
    design = np.column_stack([np.ones(4), INPUTS])
    return float(np.mean((XOR - design @ np.linalg.lstsq(design, XOR)[0]) ** 2))


def two_units() -> float:
    """Largest error on XOR of relu(x + y) − 2 relu(x + y − 1), as torch computes it."""
    import torch

    total = torch.as_tensor(INPUTS).sum(1)
    return float((torch.relu(total) - 2 * torch.relu(total - 1) - torch.as_tensor(XOR)).abs().max())


def counted_cost() -> float:
    """Floating-point operations forwards and backwards over those forwards, as torch counts them: six layers of 128."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    layers = torch.nn.Sequential(
        *(m for _ in range(6) for m in (torch.nn.Linear(128, 128, bias=False), torch.nn.ReLU()))
    )
    x = torch.ones(4, 128)
    with FlopCounterMode(display=False) as forwards:
        y = layers(x)
    with FlopCounterMode(display=False) as backwards:
        y.sum().backward()
    return 1 + backwards.get_total_flops() / forwards.get_total_flops()


def slopes_at(z: float) -> float:
    """Slope of tanh over slope of the sigmoid, by torch."""
    import torch

    at = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    tanh, sigmoid = (torch.autograd.grad(f(at), at)[0] for f in (torch.tanh, torch.sigmoid))
    return float(tanh / sigmoid)


def activations() -> dict[str, float]:
    """Largest |torch − formula| over z from −8 to 8, by activation; softplus by its slope."""
    import torch
    from torch.nn import functional

    z = torch.linspace(-8, 8, 161, dtype=torch.float64, requires_grad=True)
    at = z.detach().numpy()
    sigmoid, normal = scipy.special.expit, scipy.special.ndtr
    (slope,) = torch.autograd.grad(functional.softplus(z).sum(), z)
    pairs = {
        "tanh": (torch.tanh(z), 2 * sigmoid(2 * at) - 1),
        "GELU": (functional.gelu(z), at * normal(at)),
        "SiLU": (functional.silu(z), at * sigmoid(at)),
        "softplus": (slope, sigmoid(at)),
    }
    return {name: float(np.abs(theirs.detach().numpy() - ours).max()) for name, (theirs, ours) in pairs.items()}


CHECKS = (
    Check(
        "FND2",
        "No line solves XOR: it has at most three of the four cases right (all labellings that a line can give).",
        equals(0.75), most_right,
        Stated("UNITO", "First neural networks winter (1970 -Minsky)", "XOR cannot be solved by a 1-layer perceptron"),
        ("TUE", "BIOS"),
    ),
    Check(
        "FND2.plane", "The best plane through the four cases of XOR is constant: its mean squared error is 1/4.",
        equals(0.25, 1e-12), least_squares, Derived("perceptron.md#xor"), ("UNITO", "TUE", "BIOS"),
    ),
    Check(
        "FND2.two_units", "A multi-layer perceptron solves XOR: relu(x + y) − 2 relu(x + y − 1) equals it (largest error).",
        equals(0), two_units,
        Stated("UNITO", "Feed Forward Neural Network", "Multi-Layer Perceptron (MLP) can solve XOR"), ("BIOS",),
    ),
    Check(
        "FND8",
        "The slope of tanh is that of the sigmoid at |z| = arcosh(1 + √3) = 1.6629: steeper below, four times so at 0, and "
        "flatter above (ratio there).",
        equals(1, 1e-9), lambda: slopes_at(theory.steeper_below()),
        Derived("perceptron.md#slopes-of-tanh-and-sigmoid"), ("BIOS",),
    ),
    Check(
        "FND8.activations",
        "torch's tanh is 2σ(2z) − 1, GELU zΦ(z), SiLU (Swish) zσ(z) and the slope of softplus σ, with σ the sigmoid and Φ the "
        "normal distribution function (z from −8 to 8; largest difference).",
        equals(0, 1e-12), activations, Practice("paszke2019", "torch.nn.functional"), ("BIOS",),
    ),
    Check(
        "FND11",
        "A gradient costs less than three times a prediction, whatever the number of parameters: 17/6 for six layers of 128 "
        "units (operations that torch counts).",
        equals(theory.gradient_cost([128] * 7), 1e-12), counted_cost, Derived("perceptron.md#the-cost-of-a-gradient"), ("JSM",),
    ),
)  # fmt: skip
