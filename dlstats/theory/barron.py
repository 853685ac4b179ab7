"""Random cosine features for a Gaussian: f(x) = exp(-|x|²/2) = E cos(w·x), w ~ N(0, I), inputs x ~ N(0, I_d)."""

from __future__ import annotations

import numpy as np


def feature_variance(dimension: int) -> float:
    """m E‖f - f_m‖² = (1 + 5^(-d/2)) / 2 - 3^(-d/2) for the mean f_m of m independent features [Barron 1993; Maurey].

    E cos²(w·x) - E f²(x); no dimension stands in the rate 1/m, and the constant is below 1/2.
    """
    return (1 + 5 ** (-dimension / 2)) / 2 - 3 ** (-dimension / 2)


def squared_error(frequencies: np.ndarray) -> float:
    """‖f - f_m‖² in L2(N(0, I)) for frequencies (m, d), in closed form.

    E cos(a·x) cos(b·x) = (e^(-|a-b|²/2) + e^(-|a+b|²/2)) / 2, E f(x) cos(a·x) = 2^(-d/2) e^(-|a|²/4), E f² = 3^(-d/2).
    """
    d = frequencies.shape[1]
    norm = (frequencies**2).sum(axis=1)
    inner = frequencies @ frequencies.T
    total = norm[:, None] + norm[None, :]
    pairs = (np.exp(-np.maximum(total / 2 - inner, 0)) + np.exp(-np.maximum(total / 2 + inner, 0))) / 2
    cross = 2 ** (-d / 2) * np.exp(-norm / 4)
    return float(pairs.mean() - 2 * cross.mean() + 3 ** (-d / 2))
