"""Risks of least squares and ridge by simulation and by eigenvalues."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dlstats.theory import double_descent as theory


@pytest.mark.parametrize(("n", "p"), [(20, 5), (20, 14), (20, 30), (20, 200)])
def test_the_risk_of_minimum_norm_is_that_of_traces_and_projections(n, p):
    rng = np.random.default_rng(n + p)
    singular = np.array([np.linalg.svd(rng.standard_normal((n, p)), compute_uv=False) for _ in range(3000)])
    noise = (1 / singular**2).sum(axis=1)
    bias = 2.0 * max(0, 1 - n / p)  # the mean square left of |β|² = 2 by a uniform subspace
    error = 5 * 0.7 * noise.std() / math.sqrt(len(noise))
    assert abs(theory.minimum_norm_risk(n, p, 2.0, 0.7) - bias - 0.7 * noise.mean()) < error


def test_near_the_peak_there_is_no_mean():
    assert [theory.minimum_norm_risk(10, p) for p in (9, 10, 11)] == [math.inf] * 3


@pytest.mark.parametrize("p", [50, 100, 300])
def test_the_limit_of_the_ridge_is_near_that_of_large_samples(p):
    n, signal, noise = 100, 3.0, 0.5
    penalty = theory.best_ridge(p, signal, noise)
    rng = np.random.default_rng(p)
    risks = []
    for _ in range(40):
        values = np.linalg.eigvalsh((x := rng.standard_normal((n, p))).T @ x)
        shrunk = penalty / (values + penalty)
        risks.append(signal / p * (shrunk**2).sum() + noise * (values / (values + penalty) ** 2).sum())
    assert theory.ridge_risk_limit(n, p, signal, noise) == pytest.approx(np.mean(risks), rel=0.03)


def test_the_best_penalty_is_the_best():
    n, p = 30, 20
    values = np.linalg.eigvalsh((x := np.random.default_rng(1).standard_normal((n, p))).T @ x)

    def risk(penalty):
        shrunk = penalty / (values + penalty)
        return 2.0 / p * (shrunk**2).sum() + 0.6 * (values / (values + penalty) ** 2).sum()

    best = theory.best_ridge(p, 2.0, 0.6)
    assert risk(best) < min(risk(0.9 * best), risk(1.1 * best))


@pytest.mark.parametrize("p", [6, 40])
def test_inputs_that_are_left_out_are_noise(p):
    n, total, signal, noise, rng = 20, 50, 2.0, 0.3, np.random.default_rng(p)
    risks = []
    for _ in range(3000):
        x, beta = rng.standard_normal((n, total)), rng.standard_normal(total) * math.sqrt(signal / total)
        y = x @ beta + math.sqrt(noise) * rng.standard_normal(n)
        fit = np.linalg.pinv(x[:, :p]) @ y
        risks.append(((fit - beta[:p]) ** 2).sum() + (beta[p:] ** 2).sum())
    error = 5 * np.std(risks) / math.sqrt(len(risks))
    assert abs(theory.selected_risk(n, p, total, signal, noise) - np.mean(risks)) < error
    assert theory.selected_risk(n, total, total, signal, noise) == theory.minimum_norm_risk(n, total, signal, noise)


def test_the_ridge_of_all_inputs_is_the_best_of_all():
    assert theory.selected_ridge(50, 50, 2.0, 0.3) == pytest.approx(theory.best_ridge(50, 2.0, 0.3))
    assert theory.selected_ridge(10, 50, 2.0, 0.3) == pytest.approx(50 * (0.3 + 2.0 * 0.8) / 2.0)


def test_benign_risk_is_first_order_for_large_samples():
    n, k, p = 10**5, 5, 10**9
    assert theory.benign_risk(n, k, p) == pytest.approx(k / n + n / p, rel=1e-3)
