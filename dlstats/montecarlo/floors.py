"""A rate that levels off: measure = constant size^slope + floor."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import scipy

from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import LEVEL
from dlstats.montecarlo.rates import Rate, rate_of
from dlstats.montecarlo.shapes import Numbers


def rate_with_floor(
    sizes: Numbers,
    values: Numbers,
    mcses: Numbers,
    replicates: Numbers | int = 1,
) -> Rate:
    """measure = exp(intercept) size^slope + floor, floor >= 0, by weighted least squares on the log scale.

    Errors from the Jacobian; at a floor of 0 the floor is dropped and the line is fitted alone.
    """
    line = rate_of(sizes, values, mcses, replicates)
    x, level, error = (np.asarray(a, dtype=float) for a in (np.log(sizes), values, mcses))
    if len(x) < 4 or not (level > 0).all() or not (error > 0).all():
        raise ValueError("A floor needs four sizes or more, and positive measures with positive errors.")
    scale = error / level

    def misfit(p: np.ndarray) -> np.ndarray:
        return (np.log(np.exp(p[0] + p[1] * x) + p[2] * level.min()) - np.log(level)) / scale

    starts = [(line.intercept, line.slope.value, 0.0), (*np.polyfit(x[:2], np.log(level[:2]), 1)[::-1], 0.9)]
    bounds = ([-np.inf, -np.inf, 0.0], [np.inf, np.inf, 1.0])
    fits = [scipy.optimize.least_squares(misfit, np.clip(s, *bounds), bounds=bounds, x_scale="jac") for s in starts]
    fit = min(fits, key=lambda f: f.cost)
    if fit.x[2] < 1e-8:
        return replace(line, floor=Estimate(0.0, math.nan, line.slope.replicates))
    jacobian = np.asarray(fit.jac)
    covariance = np.linalg.inv(jacobian.T @ jacobian)
    free, reps = len(x) - 3, line.slope.replicates
    q = 2 * float(fit.cost)
    fitted = [_wald(fit.x[k] * f, math.sqrt(covariance[k, k]) * f, reps) for k, f in ((1, 1.0), (2, level.min()))]
    p = float(scipy.special.chdtrc(free, q))
    return replace(line, slope=replace(fitted[0], lack_of_fit=p), intercept=float(fit.x[0]), q=q, floor=fitted[1])


def _wald(value: float, mcse: float, reps: int) -> Estimate:
    half = scipy.special.stdtrit(max(1, reps - 1), (1 + LEVEL) / 2) * mcse
    return Estimate(float(value), float(mcse), reps, 0, float(value - half), float(value + half))
