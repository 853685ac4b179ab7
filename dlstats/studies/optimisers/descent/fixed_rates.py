"""Gradient descent with a fixed learning rate on a quadratic: a spectral filter, its threshold and its best rate."""

from __future__ import annotations

import numpy as np
import scipy.optimize

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.study import Check
from dlstats.theory import quadratics, update_rules

STEPS = (1, 2, 5, 20, 100, 500)
DIMENSION = 6
PRINTED = {
    0.5: (2.0, 0.0, 0.0, 0.0),
    0.25: (2.0, 1.0, 0.5, 0.25, 0.125, 0.0625),
    1.0: (2.0, -2.0, 2.0, -2.0, 2.0, -2.0),
}
"""Learning rate -> the iterates of w² that the lecture prints."""


def _filter() -> dict[str, float]:
    """Largest difference of the fit from the filter, by steps: torch.optim.SGD on a rotated quadratic, from 0."""
    import torch

    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((DIMENSION, DIMENSION)))[0]
    values, target = np.geomspace(0.01, 1, DIMENSION), rng.standard_normal(DIMENSION)
    hessian, centre = torch.as_tensor(basis @ np.diag(values) @ basis.T), torch.as_tensor(target)
    w = torch.zeros(DIMENSION, dtype=torch.float64, requires_grad=True)
    optimiser, rate = torch.optim.SGD([w], lr=1.9), 1.9
    gaps = {}
    for step in range(1, max(STEPS) + 1):
        optimiser.zero_grad()
        ((w - centre) @ hessian @ (w - centre) / 2).backward()
        optimiser.step()
        if step in STEPS:
            expected = basis @ (quadratics.spectral_filter(rate * values, step) * (basis.T @ target))
            gaps[f"{step} steps"] = float(np.abs(w.detach().numpy() - expected).max())
    return gaps


def _printed() -> dict[str, float]:
    """Largest difference of gradient descent on w² from the iterates printed, by learning rate."""
    return {
        f"rate {rate:g}": float(np.abs(_descent(2 * rate, 2.0, len(path) - 1) - path).max())
        for rate, path in PRINTED.items()
    }


def _descent(product: float, start: float, steps: int) -> np.ndarray:
    return update_rules.descend(update_rules.gradient_descent(1.0), lambda w: product * w, np.array(start), steps)


def _threshold() -> dict[str, float]:
    """log10 of |w| after 20,000 steps from 1, beside the closed form, at ηL just below, at and just above 2."""
    return {
        f"ηL = {product}": abs(np.log10(abs(_descent(product, 1.0, 20_000)[-1])) - 20_000 * np.log10(abs(1 - product)))
        for product in (1.999, 2.0, 2.001)
    }


def _best() -> dict[str, float]:
    """Best fixed rate and factor for spectra in [1, κ], by search, less the closed forms."""
    gaps = {}
    for condition in (2.0, 10.0, 1000.0):
        found = scipy.optimize.minimize_scalar(
            lambda rate, k=condition: max(abs(1 - rate), abs(1 - rate * k)), bounds=(0, 2), method="bounded",
            options={"xatol": 1e-12},
        )  # fmt: skip
        gaps[f"rate, κ = {condition:g}"] = abs(found.x - quadratics.best_rate(1, condition))
        gaps[f"factor, κ = {condition:g}"] = abs(found.fun - quadratics.best_factor(condition))
    return gaps


CHECKS = (
    Check(
        "OPT1",
        f"Gradient descent from 0 (torch.optim.SGD, float64) on a quadratic in {DIMENSION} dimensions is after t steps the "
        "spectral filter 1 − (1 − ηλ)ᵗ of the solution, for t from 1 to 500 (largest difference).",
        equals(0, 1e-10),
        _filter,
        Derived("gradient-descent.md#spectral-filter"),
        bears_on=("JSM", "BIOS", "TUE", "NSTDA", "UNITO"),
    ),
    Check(
        "OPT1.printed",
        "Gradient descent on w² from 2 takes the values printed: 0 after one step at learning rate 0.5, halves at 0.25, and "
        "alternates between 2 and −2 at 1 (largest difference).",
        equals(0, 1e-12),
        _printed,
        Stated("NSTDA", "Example: Optimization", "w(0) = 2, … = 0.25 … = 1 … = 0.5 … = 0.25 … = 0.125 … = 0.0625"),
    ),
    Check(
        "OPT1.threshold",
        "Gradient descent converges if and only if the learning rate is below 2/L: after 20,000 steps from 1 it is at "
        "|1 − ηL|²⁰⁰⁰⁰, which is 2 × 10⁻⁹ at ηL = 1.999, 1 at 2 and 5 × 10⁸ at 2.001 (difference of log₁₀).",
        equals(0, 1e-8),
        _threshold,
        Derived("gradient-descent.md#spectral-filter"),
        bears_on=("TUE",),
    ),
    Check(
        "OPT1.best",
        "The best fixed learning rate for a spectrum in [μ, L] is 2/(L + μ), with the factor (κ − 1)/(κ + 1) per step (found by "
        "search at κ = 2, 10 and 1000; largest difference).",
        equals(0, 1e-6),
        _best,
        Derived("gradient-descent.md#best-fixed-rate"),
        bears_on=("TUE",),
    ),
)  # fmt: skip
