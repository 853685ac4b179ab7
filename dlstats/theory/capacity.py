"""Shattering by shallow networks in one dimension, linear dichotomies, Rademacher complexity in the plane, memorising."""

from __future__ import annotations

import itertools
import math

import numpy as np
import scipy


def shallow_vc(units: int) -> int:
    """VC dimension of the sign of a constant and N ReLU units on the line: 2, 3, and N + 2 from N = 3 on.

    Proved in `docs/proofs/complexity.md`. Raises ValueError for no unit.
    """
    if units < 1:
        raise ValueError(f"`units` must be at least 1, got {units}.")
    return {1: 2, 2: 3}.get(units, units + 2)


def alternates(units: int, points: int) -> bool:
    """Whether a constant and N ReLU units take alternating signs at 1, 2, ..., `points`: linear programmes over all cases.

    A case says of every unit to which side it opens, between which points its kink lies and which sign its weight has;
    given that, values are linear in weights and offsets, which the kink's interval bounds.
    """
    at = np.arange(1.0, points + 1)
    edges = np.concatenate([[0.0], at, [points + 1.0]])
    cases = list(itertools.product((1, -1), range(points + 1), (1, -1)))
    signs = (-1.0) ** np.arange(points)
    for chosen in itertools.combinations_with_replacement(cases, units):
        columns, limits = [np.ones(points)], []
        for number, (side, place, sign) in enumerate(chosen):
            active = (at >= edges[place + 1]) if side > 0 else (at <= edges[place])
            columns += [active * at, active.astype(float)]
            # a relu(side (x − t)) = side a x − side a t on its side: slope u = side a, offset v = −u t, t between edges
            slope = np.zeros(1 + 2 * units)
            slope[1 + 2 * number] = -side * sign
            limits.append(slope)
            for edge, way in ((edges[place], 1), (edges[place + 1], -1)):
                row = np.zeros(1 + 2 * units)
                row[1 + 2 * number], row[2 + 2 * number] = way * side * sign * edge, way * side * sign
                limits.append(row)
        values = np.column_stack(columns) * signs[:, None]
        above = np.vstack([-values, np.array(limits)])
        right = np.concatenate([-np.ones(points), np.zeros(len(limits))])
        if scipy.optimize.linprog(np.zeros(above.shape[1]), above, right, bounds=(None, None)).status == 0:
            return True
    return False


def separable_probability(points: int, dimension: int) -> float:
    """P that random labels of N points in general position are separated by a hyperplane through 0 [Cover 1965, (7)].

    2^(1 − N) Σ over k < d of C(N − 1, k).
    """
    return sum(math.comb(points - 1, k) for k in range(dimension)) / 2 ** (points - 1)


def largest_correlation(x: np.ndarray, signs: np.ndarray) -> float:
    """max over |w| = 1 of |Σ εᵢ relu(w·xᵢ)| in the plane, by arcs: x of shape (n, 2), signs of shape (n,).

    On an arc between two directions at right angles to inputs the sum is s·w with a constant s, so that it is largest at
    an end or along s.
    """
    angles = np.arctan2(x[:, 1], x[:, 0])
    edges = np.sort(np.concatenate([angles + math.pi / 2, angles - math.pi / 2]) % (2 * math.pi))
    arcs = np.diff(np.append(edges, edges[0] + 2 * math.pi))
    middle = edges + arcs / 2
    active = np.cos(middle[:, None] - angles) > 0
    sums = (active * signs) @ x
    ends = np.concatenate([edges, edges + arcs])
    at_ends = np.abs((np.tile(sums, (2, 1)) * np.column_stack([np.cos(ends), np.sin(ends)])).sum(axis=1)).max()
    towards = np.arctan2(sums[:, 1], sums[:, 0])
    inside = [
        np.abs((towards + turn - middle + math.pi) % (2 * math.pi) - math.pi) <= arcs / 2 for turn in (0, math.pi)
    ]
    peaks = np.where(inside[0] | inside[1], np.hypot(sums[:, 0], sums[:, 1]), 0.0)
    return float(max(at_ends, peaks.max()))


def frobenius_bound(layers: int, x: np.ndarray) -> float:
    """(√(2 ln 2 L) + 1) ‖X‖/n: Rademacher complexity of ReLU networks of L weight matrices of Frobenius norm 1, at most.

    [Golowich, Rakhlin and Shamir 2018, theorem 1]; x of shape (n, d), ‖X‖ the root of the sum of all its squares.
    """
    return (math.sqrt(2 * math.log(2) * layers) + 1) * float(np.linalg.norm(x)) / len(x)


def memorising(x: np.ndarray, y: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Outputs at x of the ReLU network with 2n + d weights that has y at x [Zhang et al. 2017, theorem 1]: shape (n,).

    Σⱼ aⱼ relu(v·x − bⱼ) with one direction v, which must tell the inputs apart, offsets between their projections, and a
    triangular system for a.
    """
    projected = x @ direction
    order = np.argsort(projected)
    sorted_ = projected[order]
    if (np.diff(sorted_) <= 0).any():
        raise ValueError("`direction` must tell all inputs apart, got two with one projection.")
    offsets = np.concatenate([[sorted_[0] - 1], (sorted_[1:] + sorted_[:-1]) / 2])
    hidden = np.maximum(sorted_[:, None] - offsets, 0)
    weights = scipy.linalg.solve_triangular(hidden, y[order], lower=True)
    return np.maximum(projected[:, None] - offsets, 0) @ weights
