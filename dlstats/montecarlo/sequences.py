"""Anytime-valid inference: confidence sequences and e-processes keep their level at all replicates at once."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy

from dlstats.montecarlo.shapes import Values


class Running(NamedTuple):
    """Intervals after 1, 2, ... replicates, along the last axis."""

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def running_moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (divisor t) of the first t = 1, 2, ... replicates of (..., reps)."""
    x = np.asarray(values, dtype=float)
    t = np.arange(1, x.shape[-1] + 1)
    # about the first replicate, which loses fewer digits
    shift = x[..., :1]
    first, second = np.cumsum(x - shift, axis=-1) / t, np.cumsum((x - shift) ** 2, axis=-1) / t
    return shift + first, np.sqrt(np.maximum(second - first**2, 0.0))


def tuning(tightest_at: float, alpha: float = 0.05) -> float:
    """r = (-W_{-1}(-alpha^2 / e) - 1) / t: the boundary is tightest after t replicates."""
    return (-float(np.real(scipy.special.lambertw(-(alpha**2) / math.e, -1))) - 1) / tightest_at


def boundary(t: np.ndarray, tightest_at: float, alpha: float = 0.05) -> Values:
    """Half width / standard deviation of the normal-mixture confidence sequence after t replicates.

    sqrt(2 (t r + 1) / (t^2 r) log(sqrt(t r + 1) / alpha)) [Robbins 1970; Waudby-Smith et al. 2024].
    """
    r = tuning(tightest_at, alpha)
    return np.sqrt(2 * (t * r + 1) / (t**2 * r) * np.log(np.sqrt(t * r + 1) / alpha))


def confidence_sequence(values: np.ndarray, tightest_at: float, alpha: float = 0.05) -> Running:
    """Intervals for the mean that hold it at all t at once with probability 1 - alpha, in the limit of late starts.

    The standard deviation is that of the replicates seen so far; start to look after some tens of them.
    """
    mean, sd = running_moments(values)
    half = sd * boundary(np.arange(1, mean.shape[-1] + 1), tightest_at, alpha)
    return Running(mean, mean - half, mean + half)


def log_e_process(hits: np.ndarray, null: float, a: float, b: float) -> np.ndarray:
    """log of the likelihood ratio of the Beta(a, b) mixture against a success probability `null`, after each replicate.

    E_t = B(a + successes, b + failures) / B(a, b) / null^successes / (1 - null)^failures has mean at most 1 at every stopping
    time when `null` is the truth, so that P(sup E_t >= 1 / alpha) <= alpha [Ville 1939; Ramdas et al. 2023].
    """
    good = np.cumsum(hits, axis=-1)
    bad = np.arange(1, good.shape[-1] + 1) - good
    return (
        scipy.special.betaln(a + good, b + bad)
        - scipy.special.betaln(a, b)
        - good * math.log(null)
        - bad * math.log1p(-null)
    )
