"""Exact moments of the policy gradient of a bandit, and expected temporal differences with linear values."""

from __future__ import annotations

import numpy as np
import scipy


def gradient(logits: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """∇ E r of a softmax policy: p_a (r_a − r̄), shape (actions,)."""
    p = scipy.special.softmax(logits)
    return p * (rewards - p @ rewards)


def total_variance(logits: np.ndarray, rewards: np.ndarray, noise: float, baseline: float) -> float:
    """Trace of the covariance of (r − b)∇ log π(a), rewards with mean r_a and standard deviation `noise`.

    Σ_a p_a {(r_a − b)² + σ²} |e_a − p|² − |∇|².
    """
    p = scipy.special.softmax(logits)
    squared = ((np.eye(len(p)) - p) ** 2).sum(axis=1)
    second = p @ (((rewards - baseline) ** 2 + noise**2) * squared)
    return float(second - (gradient(logits, rewards) ** 2).sum())


def best_baseline(logits: np.ndarray, rewards: np.ndarray) -> float:
    """The b of least total variance: the mean of r weighted by |∇ log π|² [Greensmith, Bartlett and Baxter 2004]."""
    p = scipy.special.softmax(logits)
    weights = p * ((np.eye(len(p)) - p) ** 2).sum(axis=1)
    return float(weights @ rewards / weights.sum())


def baird() -> tuple[np.ndarray, np.ndarray]:
    """Features of Baird's seven states, shape (7, 8), and where the target policy leads: to the last state, shape (7, 7).

    State i < 7 has the value 2w_i + w_8, the last w_7 + 2w_8 [Baird 1995; Sutton and Barto 2018, section 11.2].
    """
    features = np.zeros((7, 8))
    features[:6, :6], features[:6, 7] = 2 * np.eye(6), 1
    features[6, 6], features[6, 7] = 1, 2
    moves = np.zeros((7, 7))
    moves[:, 6] = 1
    return features, moves


def expected_growth(
    features: np.ndarray, moves: np.ndarray, weights: np.ndarray, rate: float, discount: float
) -> float:
    """Spectral radius of the expected TD(0) step w ← w − α Φ′D(Φ − γPΦ)w with states visited as `weights` say.

    Above 1 it diverges from almost every start, though all rewards are 0.
    """
    step = features.T @ np.diag(weights) @ (features - discount * moves @ features)
    return float(np.abs(np.linalg.eigvals(np.eye(features.shape[1]) - rate * step)).max())


def baird_growth(rate: float, discount: float) -> float:
    """Spectral radius of expected TD(0) in Baird's example, all states visited equally: the larger of 1 and |1 + αz/7|.

    z are the roots of z² − (17γ − 15)z + 26(1 − γ); at γ ≥ 15/17 it is above 1 for every rate α > 0.
    """
    roots = np.roots([1, 15 - 17 * discount, 26 * (1 - discount)])
    return float(max(1.0, np.abs(1 + rate * roots / 7).max()))
