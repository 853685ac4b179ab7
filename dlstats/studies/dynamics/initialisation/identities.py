"""What is exact of initialisations: fixed points, the edge of chaos, correlations, symmetry, products of factors."""

from __future__ import annotations

import math

import numpy as np
import scipy

from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.study import Check
from dlstats.theory import propagation as theory

JSM = ("JSM", "BIOS")
LAYERS = 2000


def tanh_decay() -> float:
    """l q_l after LAYERS layers of tanh with σ_w² = 1."""
    return LAYERS * theory.forward("tanh", 1.0, 1.0, LAYERS)[-1]


def sigmoid_factor() -> float:
    """χ of the sigmoid with σ_w² = 1 at the fixed point."""
    return theory.gradient_factor("sigmoid", theory.fixed_point("sigmoid", 1.0), 1.0)


def selu_factor() -> float:
    """χ of SELU with σ_w² = 1 at the fixed point."""
    return theory.gradient_factor("selu", theory.fixed_point("selu", 1.0), 1.0)


def correlation_limit() -> float:
    """l²(1 − c_l) after 10,000 layers, from orthogonal inputs."""
    return 1e8 * float(theory.correlation_gaps(10_000)[-1])


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
CHECKS = (
    Check(
        "DYN4",
        f"With Xavier's initialisation the mean square of tanh networks falls like 1/(2l): l q_l after {LAYERS:,} layers.",
        equals(0.5, 1e-3), tanh_decay, Derived(HERE + "tanh-networks-forget-slowly"), JSM,
    ),
    Check(
        "DYN5",
        "With Xavier's initialisation every sigmoid layer takes at least 15/16 off the mean square of the gradient (factor).",
        at_most(1 / 16), sigmoid_factor, Derived(HERE + "sigmoid-layers"), (*JSM, "TUE"),
    ),
    Check(
        "DYN6",
        "With LeCun's initialisation SELU keeps a mean square of 1 (fixed point).",
        equals(1, 1e-6), lambda: theory.fixed_point("selu", 1.0), Theorem("klambauer2017", "theorem 1"), JSM,
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
        "10,000 layers).",
        equals(9 * math.pi**2 / 2, 0.3), correlation_limit, Derived(HERE + "inputs-become-alike"), JSM,
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
