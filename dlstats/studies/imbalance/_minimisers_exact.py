"""The exact checks of the study of minimisers: the library's losses minimised numerically, against theory."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from dlstats.studies.imbalance._settings import GAMMAS
from dlstats.theory import minimisers as theory
from dlstats.theory import overlap

PRIOR = 0.1
"""Prevalence for which the prior-dependent losses of the map are set."""
PAIRS = ((0.1, 2), (0.5, 2), (0.01, 3), (0.1, 1), (0.3, 0.5))
"""Prevalence and distance D of two Gaussians N(±D/2, 1) for which F1 is maximised."""


def _probability(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def fitted_map(probability: float) -> dict[str, float]:
    """The probability that each loss fits where the true one is `probability`."""
    from dlstats.losses import elicitation, imbalance, margins

    counts = (1 - PRIOR, PRIOR)
    losses = {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": partial(imbalance.weighted, weights=imbalance.inverse_frequency(counts)),
        "focal": partial(imbalance.focal, gamma=2.0),
        "alpha_focal": partial(imbalance.focal, gamma=2.0, weights=(0.75, 0.25)),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "ldam": partial(margins.ldam, margins=margins.ldam_margins(counts)),
        "vector_scaling": partial(margins.vector_scaling, scales=(1.0, 0.5)),
    }
    eta = np.array([probability])
    found = {name: _probability(elicitation.minimise_binary(loss, eta))[0] for name, loss in losses.items()}
    linear, squared = overlap.dice_by_root(PRIOR, 2.0), overlap.dice_by_root(PRIOR, 2.0, squared=True)
    return found | {"dice": float(probability > linear / 2), "squared_dice": min(1.0, probability / squared)}


def _weighted() -> dict[str, float]:
    from dlstats.losses import elicitation, imbalance

    def fitted(eta: np.ndarray, weight1: float, weight0: float) -> np.ndarray:
        return _probability(elicitation.minimise_binary(partial(imbalance.weighted, weights=(weight0, weight1)), eta))

    eta = np.arange(1, 1000) / 1000
    gap = max(np.abs(fitted(eta, *w) - theory.weighted_map(eta, *w)).max() for w in ((9, 1), (2, 1), (100, 100 / 99)))
    halves = [fitted(np.array([p]), 1 / p, 1 / (1 - p))[0] for p in (0.01, 0.1, 0.3, 0.5)]
    above = fitted(np.array([0.011]), 100, 100 / 99)[0]
    return {
        "formula": gap,
        "half_at_prior": max(abs(h - 0.5) for h in halves),
        "example": fitted(np.array([0.3]), 2, 1)[0],
        "above_prior": above,
    }


def _focal() -> dict[str, float]:
    from dlstats.losses import elicitation, imbalance

    eta = np.arange(1, 2001) / 2001
    found: dict[str, float] = {"recovery": 0.0, "root": 0.0}
    for gamma in GAMMAS:
        fitted = _probability(elicitation.minimise_binary(partial(imbalance.focal, gamma=gamma), eta))
        roots = np.array([theory.focal_map(e, gamma) for e in eta[::10]])
        found["recovery"] = max(found["recovery"], np.abs(theory.focal_inverse_binary(fitted, gamma) - eta).max())
        again = theory.focal_inverse_binary(roots, gamma)
        found["root"] = max(found["root"], np.abs(again - eta[::10]).max())
        gap = np.where(eta > 0.5, fitted - eta, -np.inf)
        shrunk = np.where(eta > 0.5, eta - fitted, -np.inf)
        found[f"largest_gap_{gamma}"] = gap.max()
        found[f"worst_gap_{gamma}"] = -shrunk.max()
        found[f"worst_at_{gamma}"] = eta[shrunk.argmax()]
    for alpha in (0.25, 0.5, 0.9):
        loss = partial(imbalance.focal, gamma=2.0, weights=(1 - alpha, alpha))
        cut = _crossing(loss)
        found[f"threshold_{alpha}"] = cut
    plain = elicitation.minimise_binary(partial(imbalance.focal, gamma=2.0), eta)
    constant = elicitation.minimise_binary(partial(imbalance.focal, gamma=2.0, weights=(0.25, 0.25)), eta)
    return found | {"constant_alpha": np.abs(_probability(plain) - _probability(constant)).max()}


def _crossing(loss) -> float:
    """The true probability at which the fitted one is 1/2, by a grid that is narrowed three times."""
    from dlstats.losses import elicitation

    lower, upper = 0.0, 1.0
    for _ in range(3):
        grid = np.linspace(lower, upper, 2002)[1:-1]
        above = int(np.searchsorted(elicitation.minimise_binary(loss, grid), 0.0))
        step = grid[1] - grid[0]
        lower, upper = grid[above] - step, grid[above]
    return (lower + upper) / 2


def _multiclass() -> dict[str, float]:
    from dlstats.losses import elicitation, imbalance

    def softmax(z: np.ndarray) -> np.ndarray:
        return np.exp(z) / np.exp(z).sum()

    eta, prior = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.6, 0.25, 0.11, 0.04])
    gaps = []
    for gamma in GAMMAS:
        fitted = softmax(elicitation.minimise_multiclass(partial(imbalance.focal, gamma=gamma), eta))
        gaps.append(np.abs(theory.focal_inverse(fitted, gamma) - eta).max())
    eight = np.array([0.1] + [0.9 / 7] * 7)
    small = [theory.focal_map_multiclass(eight, gamma)[0] for gamma in GAMMAS]
    logits = elicitation.minimise_multiclass(partial(imbalance.logit_adjusted, prior=tuple(prior)), eta)
    score = np.log(eta / prior)
    return {
        "focal_recovery": max(gaps),
        "focal_small_largest": max(small),
        "focal_small_smallest": min(small),
        "adjusted_logits": np.abs(logits - (score - score[0])).max(),
        "adjusted_argmax": float(logits.argmax() == (eta / prior).argmax()),
    }


def _gaussians() -> dict[str, float]:
    found = {}
    for prior in (0.1, 0.01):
        found |= {f"{k}_{prior}": v for k, v in theory.gaussian_rule_numeric(prior, 2.0).items()}
    balanced = [theory.gaussian_rule_numeric(p, 2.0, balanced=True)["balanced_error"] for p in (0.5, 0.1, 0.01)]
    return found | {"balanced": max(balanced, key=lambda v: abs(v - 0.158655254))}


def _class_balanced() -> dict[str, float]:
    from dlstats.losses import imbalance

    counts, betas = (5000, 500, 50), (0, 0.9, 0.99, 0.999, 0.9999, 0.999999)
    gaps, found = [0.0], {}
    for beta in betas:
        raw = imbalance.effective_number_weights(counts, beta, normalise=False)
        exact = [theory.class_balanced_weight(n, beta) for n in counts]
        gaps += [abs(a / b - 1) for a, b in zip(raw, exact, strict=True)]
        scaled = imbalance.effective_number_weights(counts, beta)
        found |= {f"raw_{n}_{beta}": w for n, w in zip(counts, raw, strict=True)}
        found |= {f"scaled_{n}_{beta}": w for n, w in zip(counts, scaled, strict=True)}
    limit = imbalance.effective_number_weights(counts, 1 - 1e-13, normalise=False)
    return found | {
        "formula": max(gaps),
        "zero": max(abs(w - 1) for w in imbalance.effective_number_weights(counts, 0, normalise=False)),
        "limit": max(abs(n * w - 1) for n, w in zip(counts, limit, strict=True)),
        "distinct": max(abs(theory.effective_number(n, 50) - theory.expected_distinct(n, 50)) for n in (1, 10, 100)),
        "mean_weight": imbalance.effective_number_weights((5000, 5000), 0.9999, normalise=False)[0],
    }


def _overlap() -> dict[str, float]:
    found: dict[str, float] = {}
    routes, cuts = [], []
    for prior, distance in PAIRS:
        largest, cut = overlap.tversky_by_search(prior, distance, 0.5, 0.5)
        routes.append(abs(overlap.dice_by_root(prior, distance) - largest))
        cuts.append(abs(cut - largest / 2))
        squared = overlap.dice_by_root(prior, distance, squared=True)
        name = f"{prior}_{distance}"
        found |= {f"f1_{name}": largest, f"cut_{name}": cut, f"squared_{name}": squared}
    weights = ((0.5, 0.5), (0.3, 0.7), (0.7, 0.3), (1, 1))
    tversky = {ab: overlap.tversky_by_search(0.1, 2.0, *ab) for ab in weights}
    gaps = [abs(cut - overlap.tversky_threshold(index, *ab)) for ab, (index, cut) in tversky.items()]
    found |= {f"tversky_{a}_{b}": cut for (a, b), (_, cut) in tversky.items()}
    same = abs(tversky[0.5, 0.5][1] - tversky[1, 1][1])
    return found | {"routes": max(routes), "half": max(cuts), "tversky": max(gaps), "jaccard_is_dice": same}


def _dice() -> dict[str, float]:
    from dlstats.losses import elicitation
    from dlstats.losses import overlap as losses

    eta, share = overlap.LEVELS, overlap.SHARES
    found = {}
    rules = {}
    for name, solve in (("linear", overlap.dice_linear), ("squared", overlap.dice_squared)):
        value, p = solve(eta, share)
        fitted = elicitation.maximise_overlap(partial(losses.dice, denominator=name), eta, share)
        rules[name] = fitted > 0.5
        found |= {f"{name}_gap": np.abs(fitted - p).max(), f"{name}_value": value}
        found |= {f"{name}_at_{level}": f for level, f in zip(eta, fitted, strict=True)}
    return found | {"levels_apart": float((rules["linear"] != rules["squared"]).sum())}


def _ldam() -> dict[str, float]:
    return {f"ratio_{a}_{b}": theory.ldam_ratio_numeric(a, b) for a, b in ((1000, 10), (500, 50))}


def _gradients() -> dict[str, float]:
    import torch
    from torch.nn.functional import binary_cross_entropy

    from dlstats.losses import imbalance

    def slope(loss, z: float, y: float, dtype=torch.float64) -> float:
        leaf = torch.full((1, 1, 1), z, dtype=dtype, requires_grad=True)
        (found,) = torch.autograd.grad(loss(leaf, torch.full((1, 1, 1), y, dtype=dtype)).sum(), leaf)
        return float(found)

    def clamped(z, y):
        return binary_cross_entropy(torch.sigmoid(z), y)

    logits = np.linspace(-30, 30, 61)
    gaps = [
        abs(slope(imbalance.cross_entropy, z, y) - (1 / (1 + math.exp(-z)) - y))
        for z in logits.tolist()
        for y in (0.0, 1.0)
    ]
    example = (0.7, -0.9, -0.4, 0.9, -0.2)

    def entropy(scale: float, shift: float) -> float:
        z = torch.tensor(example, dtype=torch.float64).reshape(1, 1, -1) * scale + shift
        return float(imbalance.cross_entropy(z, torch.ones(1, 1, 1, dtype=torch.int64)))

    single = torch.float32
    return {
        "p_minus_y": max(gaps),
        "cross_entropy_-8": slope(imbalance.cross_entropy, -8, 1),
        "squared_-8": slope(imbalance.squared_probability, -8, 1),
        "squared_-20": slope(imbalance.squared_probability, -20, 1),
        "clamped_20": slope(clamped, 20, 0, single),
        "clamped_-40": slope(clamped, -40, 1, single),
        "logits_20": slope(imbalance.cross_entropy, 20, 0, single),
        "logits_-40": slope(imbalance.cross_entropy, -40, 1, single),
        "entropy": entropy(1, 0),
        "entropy_shifted": entropy(1, 5),
        "entropy_scaled": entropy(2, 0),
    }


PARTS = {
    "weighted": _weighted,
    "focal": _focal,
    "multiclass": _multiclass,
    "gaussians": _gaussians,
    "class_balanced": _class_balanced,
    "overlap": _overlap,
    "dice": _dice,
    "ldam": _ldam,
    "gradients": _gradients,
}
