"""What is exact of initialisations: fixed points, the edge of chaos, correlations, symmetry, products of factors."""

from __future__ import annotations

import math

import numpy as np
import scipy

from dlstats.protocol.claim import at_least, at_most, equals
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.study import Check
from dlstats.studies.dynamics.initialisation.signals import VARIANTS
from dlstats.theory import propagation as theory

JSM = ("JSM", "BIOS")
LAYERS = 2000
RECTANGLE = (1000, 250)
"""Units of two layers."""


def tanh_decay() -> float:
    """l q_l after LAYERS layers of tanh with σ_w² = 1."""
    return LAYERS * theory.forward("tanh", 1.0, 1.0, LAYERS)[-1]


def tanh_gradient() -> float:
    """l times the product of χ over l layers of tanh with σ_w² = 1, after LAYERS layers over that after half as many."""
    half, full = (depth * theory.backward("tanh", 1.0, 1.0, depth)[0] for depth in (LAYERS // 2, LAYERS))
    return full / half


def sigmoid_factor() -> float:
    """The largest χ of the sigmoid with σ_w² = 1 in fifty layers."""
    return max(theory.gradient_factor("sigmoid", q, 1.0) for q in theory.forward("sigmoid", 1.0, 1.0, 50))


def selu_slope() -> float:
    """The slope of the variance map of SELU with σ_w² = 1 at its fixed point, by a central difference."""
    ends = (theory.variance_map("selu", q, 1.0) for q in (1 - 1e-4, 1 + 1e-4))
    return float(np.diff(list(ends))[0] / 2e-4)


def rectangular() -> float:
    """n_in times the mean square of Xavier's weights from RECTANGLE[0] units to RECTANGLE[1]."""
    from dlstats.nets.initialisations import xavier

    return RECTANGLE[0] * float((xavier(np.random.default_rng(777001), *RECTANGLE)[0] ** 2).mean())


def leaky() -> dict[str, float]:
    """Mean squares of signal and gradient through ten layers of leaky ReLU with σ_w² = 2/(1 + α²)."""
    weight = 2 / (1 + theory.LEAK**2)
    return {
        "signal": theory.forward("prelu", 1.0, weight, 10)[-1],
        "gradient": theory.backward("prelu", 1.0, weight, 10)[0],
    }


def variants() -> dict[str, float]:
    """Mean squares of the signal after ten layers at He's initialisation, by variants of ReLU."""
    return {label: theory.forward(name, 1.0, 2.0, 10)[-1] for name, (label, _) in VARIANTS.items()}


def selu_factor() -> float:
    """χ of SELU with σ_w² = 1 at the fixed point."""
    return theory.gradient_factor("selu", theory.fixed_point("selu", 1.0), 1.0)


ALIKE = 10_000


def correlation_limit() -> float:
    """l²(1 − c_l) after ALIKE layers, from orthogonal inputs."""
    return ALIKE**2 * float(theory.correlation_gaps(ALIKE)[-1])


def orthogonal_product() -> float:
    """Largest |singular value − 1| of a product of sixteen orthogonal matrices of 32 columns."""
    from dlstats.nets.initialisations import orthogonal

    rng = np.random.default_rng(777001)
    product = np.linalg.multi_dot([orthogonal(rng, 32, 32)[0] for _ in range(16)])
    return float(np.abs(np.linalg.svd(product, compute_uv=False) - 1).max())


def _trained(value: float):
    """Parameters and loss of a tanh network, all weights and biases `value`, after 500 steps on 40 cases; and var(y)."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    rng = np.random.default_rng(777001)
    x = rng.uniform(-1, 1, (1, 40, 2))
    y = np.sin(np.pi * x[..., :1]) + x[..., 1:]
    net = nets.Mlp(2, (8, 8), activation="tanh")
    start = torch.full((1, net.size), value, dtype=torch.float64)
    plan = training.Training(500, 0.1, optimiser="sgd", dtype="float64")
    fit = training.fit(net, squared, start, x, y, plan, device="cpu")
    return nets.views(net, fit.parameters), float(fit.loss[0]), float(y.var())


def zero_weights() -> dict[str, float]:
    """Largest weight after training from zero, and what the loss has more than var(y)."""
    parts, loss, spread = _trained(0.0)
    moved = max(float(p.abs().max()) for name, p in parts.items() if name != "bias.2")
    return {"largest weight": moved, "loss − var(y)": abs(loss - spread)}


def equal_weights() -> float:
    """Largest difference between two units of a layer after training from equal weights."""
    parts, _, _ = _trained(0.3)
    return max(float(np.ptp(parts[f"weight.{k}"][0].numpy(), axis=1).max()) for k in (0, 1))


HERE = "propagation.md#"
ALPHA, SCALE = theory.SELU
SELU_FACTOR = SCALE**2 * (0.5 + ALPHA**2 * math.exp(2) * float(scipy.special.ndtr(-2)))
TABLE = ", ".join(f"{value:.2g} ({label})" for label, value in variants().items())


def _next(coefficient: float, depth: int) -> float:
    """Twice the next term of a limit in the depth, coefficient · ln l / l."""
    return 2 * coefficient * math.log(depth) / depth


CHECKS = (
    Check(
        "DYN3.rectangular",
        f"From {RECTANGLE[0]:,} to {RECTANGLE[1]} units Xavier's initialisation multiplies the mean square of a signal without "
        f"activation by 2n_in/(n_in + n_out) = {2 * RECTANGLE[0] / sum(RECTANGLE):g}: it keeps it in square layers alone "
        "(n_in times the mean square of weights drawn).",
        equals(2 * RECTANGLE[0] / sum(RECTANGLE), 0.02), rectangular,
        Derived(HERE + "signals-and-gradients-of-wide-networks"), JSM,
    ),
    Check(
        "DYN3.leaky",
        f"Leaky ReLU of slope α needs weights of variance 2/{{(1 + α²)n}}: they keep the mean squares of signals and gradients "
        f"(α = {theory.LEAK:g}, ten layers of the recursion).",
        equals(1, 1e-9), leaky, Derived(HERE + "signals-and-gradients-of-wide-networks"), JSM,
    ),
    Check(
        "DYN3.variants",
        "He's initialisation keeps the mean square of the signal with ReLU, with none of the lectures' variants of it: ten "
        f"layers of the recursion multiply it by {TABLE} (smallest factor up or down).",
        at_least(1.5), lambda: {label: max(q, 1 / q) for label, q in variants().items()},
        Derived(HERE + "signals-and-gradients-of-wide-networks"), JSM,
    ),
    Check(
        "DYN4",
        f"With Xavier's initialisation the mean square of tanh networks falls like 1/(2l): l q_l after {LAYERS:,} layers.",
        equals(0.5, _next(5 / 24, LAYERS)), tanh_decay, Derived(HERE + "tanh-networks-forget-slowly"), JSM,
    ),
    Check(
        "DYN4.gradient",
        "With Xavier's initialisation the mean square of the gradient at the input of a tanh network falls as 1/l: l times it "
        f"after {LAYERS:,} layers over that after {LAYERS // 2:,}.",
        equals(1, _next(5 / 12, LAYERS // 2)), tanh_gradient, Derived(HERE + "tanh-networks-forget-slowly"), JSM,
    ),
    Check(
        "DYN5",
        "With Xavier's initialisation every sigmoid layer takes at least 15/16 off the mean square of the gradient (largest "
        "factor of fifty layers).",
        at_most(1 / 16), sigmoid_factor, Derived(HERE + "sigmoid-layers"), (*JSM, "TUE"),
    ),
    Check(
        "DYN6",
        "With LeCun's initialisation SELU keeps a mean square of 1 (fixed point).",
        equals(1, 1e-6), lambda: theory.fixed_point("selu", 1.0), Theorem("klambauer2017", "theorem 1"), JSM,
    ),
    Check(
        "DYN6.attracts",
        "With LeCun's initialisation the fixed point of SELU attracts (slope of the map of mean squares there, by a difference).",
        at_most(1), selu_slope, Theorem("klambauer2017", "theorem 1"), JSM,
    ),
    Check(
        "DYN6.gradient",
        "With LeCun's initialisation SELU multiplies the mean square of gradients by λ²{½ + α²e²Φ(−2)} = "
        f"{SELU_FACTOR:.4f} a layer (factor, by quadrature).",
        equals(SELU_FACTOR, 1e-9), selu_factor, Derived(HERE + "signals-and-gradients-of-wide-networks"), JSM,
    ),
    Check(
        "DYN8",
        "Inputs become alike in deep ReLU networks: l² times one less their correlation tends to 9π²/2 (after "
        f"{ALIKE:,} layers).",
        equals(9 * math.pi**2 / 2, 9 * math.pi**2 / 2 * _next(3, ALIKE)),
        correlation_limit, Derived(HERE + "inputs-become-alike"), JSM,
    ),
    Check(
        "DYN2.orthogonal",
        "Products of orthogonal matrices keep every length (largest difference of a singular value to 1, sixteen factors).",
        equals(0, 1e-12), orthogonal_product, Derived(HERE + "exponents-of-products"), JSM,
    ),
    Check(
        "DYN11",
        "From zero weights and biases gradient descent learns the output's bias alone in a tanh network, and the loss is the "
        "variance of y (larger of the largest weight and the difference).",
        equals(0, 1e-10), zero_weights, Derived(HERE + "equal-weights-stay-equal"), JSM,
    ),
    Check(
        "DYN11.equal",
        "If within every layer all weights are equal and all biases are equal, the units of a layer stay equal (largest "
        "difference after 500 steps).",
        equals(0, 1e-10), equal_weights, Derived(HERE + "equal-weights-stay-equal"), JSM,
    ),
)  # fmt: skip
