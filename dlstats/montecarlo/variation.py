"""Variance components of a nested design: data, initialisation, minibatch order; and how to spend a budget on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import t_interval


def components(frame: pd.DataFrame, column: str, levels: Sequence[str]) -> dict[str, Estimate]:
    """Variance components of a nested random design, outermost level first, and the grand mean as `mean`.

    x = mean + a_data + b_start(data) + c_order(start, data), each level's term with its own variance; when nodes of the
    last level have several rows there is a component `residual`. Estimated by equating nested sums of squares,
    balanced or not, with their expectations [Searle, Casella and McCulloch 1992]; a negative estimate is left as it is,
    so that the average over designs is right. Errors by the jackknife over the units of the outermost level, which
    assumes no normality.
    Rows that failed or are not finite are dropped and counted.
    """
    levels = list(levels)
    values = frame[column].to_numpy(dtype=float)
    keep = np.isfinite(values) & ((frame["status"] == "ok").to_numpy() if "status" in frame else True)
    x, failed = values[keep], int((~keep).sum())
    nodes = _codes([frame[level].to_numpy()[keep] for level in levels])
    units = int(nodes[0].max()) + 1 if len(x) else 0
    if units < 3:
        raise ValueError(f"The jackknife needs three or more units of `{levels[0]}`, got {units}.")
    sums, expected, sizes = _sums(x, nodes)
    # row u of each: everything without unit u; the last row: with all
    sums, sizes, expected = (
        np.concatenate([total.sum(axis=0) - total, total.sum(axis=0)[None]]) for total in (sums, sizes, expected)
    )
    estimates = _solve(sums, sizes, expected)
    names = [*levels, *(["residual"] if sums.shape[1] > len(levels) else []), "mean"]
    return {name: _jackknife(estimates[:, k], units, failed) for k, name in enumerate(names)}


def _codes(columns: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each level the number of the node that a row lies in, nodes being nested in those of the level above."""
    codes, above = [], np.zeros(len(columns[0]), dtype=int)
    for column in columns:
        code = pd.factorize(column, use_na_sentinel=False)[0]
        above = pd.factorize(above * (int(code.max(initial=0)) + 1) + code)[0]
        codes.append(above)
    return codes


def _sums(x: np.ndarray, nodes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per outermost unit u: T[u, k] = sum over nodes g of level k of (sum of x in g)^2 / n_g, and its expectation.

    E T_k = n mean^2 + sum over levels m of variance_m a[k, m], a[k, m] = sum over g of level k, h of level m of
    n_{gh}^2 / n_g. `sizes[u]` holds (n, sum of x, sum over h of level m of n_h^2 ...).
    """
    leaves = np.arange(len(x))
    # a level of single rows is the same as the rows; otherwise the residual is a level of its own
    grids = [*nodes, leaves] if nodes[-1].max() + 1 < len(x) else nodes
    units, depth = int(nodes[0].max()) + 1, len(grids)
    owner = nodes[0]
    sums, expected = np.zeros((units, depth)), np.zeros((units, depth, depth))
    sizes = np.zeros((units, 2 + depth))
    sizes[:, 0], sizes[:, 1] = np.bincount(owner, minlength=units), np.bincount(owner, x, minlength=units)
    for k, g in enumerate(grids):
        count, total = np.bincount(g), np.bincount(g, x)
        home = np.zeros(len(count), dtype=int)
        home[g] = owner
        sums[:, k] = np.bincount(home, total**2 / count, minlength=units)
        sizes[:, 2 + k] = np.bincount(home, count.astype(float) ** 2, minlength=units)
        for m in range(depth):
            if m <= k:
                expected[:, k, m] = sizes[:, 0]
                continue
            deeper = grids[m]
            small = np.bincount(deeper)
            parent = np.zeros(len(small), dtype=int)
            parent[deeper] = g
            expected[:, k, m] = np.bincount(home[parent], small**2 / count[parent], minlength=units)
    return sums, expected, sizes


def _solve(sums: np.ndarray, sizes: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Components (outermost first) and the mean for each row of totals."""
    n, total = sizes[:, :1], sizes[:, 1:2]
    grand, base = total**2 / n, sizes[:, 2:] / n
    left = np.diff(np.concatenate([base[:, None, :], expected], axis=1), axis=1)
    right = np.diff(np.concatenate([grand, sums], axis=1), axis=1)
    return np.concatenate([np.linalg.solve(left, right[..., None])[..., 0], total / n], axis=1)


def _jackknife(estimates: np.ndarray, units: int, failed: int) -> Estimate:
    others, value = estimates[:-1], estimates[-1]
    mcse = np.sqrt((units - 1) / units * ((others - others.mean()) ** 2).sum())
    batch = t_interval(np.asarray(value), np.asarray(mcse), units - 1)
    return Estimate(float(value), float(batch.mcse), units, failed, float(batch.lower), float(batch.upper))


def proportions(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    """Proportion of each component in the variance of one run; negative components count as 0."""
    parts = {name: max(0.0, e.value) for name, e in estimates.items() if name != "mean"}
    total = sum(parts.values())
    return {name: part / total if total else math.nan for name, part in parts.items()}
