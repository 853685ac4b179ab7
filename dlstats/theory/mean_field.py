"""Wide two-layer tanh networks under gradient descent: their limit as an average over units, and what is left of it at width m.

The network is f(x) = c Σ_k a_k tanh(w_k·x), the loss (1/2n) Σ_j (f(x_j) − y_j)²; a step of `rate` takes

    a_k − rate s Σ_j tanh(w_k·x_j) r_j / n,    w_k − rate s a_k Σ_j tanh'(w_k·x_j) r_j x_j / n,    r_j = f(x_j) − y_j.

Mean-field scaling is c = 1/m and s = 1 (gradients times m), lazy scaling c = s = 1/√m [Chizat, Oyallon and Bach 2019]. Units
start independently at a = ± amplitude and w uniform on the circle of a radius. Proofs: `docs/proofs/feature-learning.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Weights = np.ndarray | float


@dataclass(frozen=True)
class Descent:
    """Data and steps: x (n, d), y (n,), the learning rate and the number of steps."""

    x: np.ndarray
    y: np.ndarray
    rate: float
    steps: int

    def residual(self, outer: np.ndarray, inner: np.ndarray, share: Weights) -> np.ndarray:
        """(f(x_j) − y_j) / n for outer (..., m) and inner weights (..., m, d); `share` is c, or one for every unit."""
        return (predictions(outer, inner, self.x, share) - self.y) / len(self.y)

    def train(
        self, outer: np.ndarray, inner: np.ndarray, share: Weights, speed: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Outer and inner weights after all steps; `share` is c and `speed` s of the module's formula."""
        for _ in range(self.steps):
            outer, inner = self.step(outer, inner, self.residual(outer, inner, share), speed)
        return outer, inner

    def step(
        self, outer: np.ndarray, inner: np.ndarray, residual: np.ndarray, speed: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Outer and inner weights after a step."""
        hidden = np.tanh(inner @ self.x.T)
        turn = ((1 - hidden**2) * residual[..., None, :]) @ self.x
        change = (hidden @ residual[..., None])[..., 0]
        return outer - self.rate * speed * change, inner - self.rate * speed * outer[..., None] * turn


def predictions(outer: np.ndarray, inner: np.ndarray, x: np.ndarray, share: Weights) -> np.ndarray:
    """c Σ_k a_k tanh(w_k·x_j), shape (..., n)."""
    return ((share * outer)[..., None, :] @ np.tanh(inner @ x.T))[..., 0, :]


def units(amplitude: float, radius: float, angles: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Units of equal weight for the mean over starts: both signs of a at equally spaced angles of w.

    The integrand is periodic and analytic in the angle, so that the error falls exponentially with their number.
    """
    turn = 2 * np.pi * np.arange(angles) / angles
    inner = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.repeat([amplitude, -amplitude], angles), np.concatenate([inner, inner])


def displacement(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Σ_k |w_k' − w_k|² / Σ_k |w_k|² of inner weights (..., m, d)."""
    return ((after - before) ** 2).sum((-1, -2)) / (before**2).sum((-1, -2))


def limit(descent: Descent, outer: np.ndarray, inner: np.ndarray) -> tuple[np.ndarray, float]:
    """Predictions and relative squared displacement under mean-field scaling as m → ∞, from `units`."""
    trained = descent.train(outer, inner, 1 / len(outer))
    return predictions(*trained, descent.x, 1 / len(outer)), float(displacement(inner, trained[1]))


def fluctuation(descent: Descent, outer: np.ndarray, inner: np.ndarray) -> float:
    """The limit of m E mean_j (f_m(x_j) − f(x_j))² after all steps under mean-field scaling.

    It is the mean over j of the variance of the influence of a unit's start on f(x_j): the derivative of the prediction with
    respect to the weight of that start, passed back through all steps.
    """
    share, x, n = 1 / len(outer), descent.x, len(descent.y)
    path = [(outer, inner)]
    for _ in range(descent.steps):
        path.append(descent.step(*path[-1], descent.residual(*path[-1], share)))
    a, w = path.pop()
    hidden = np.tanh(w @ x.T)
    influence = a * hidden.T
    back_a, back_w = share * hidden.T, share * (a[:, None] * (1 - hidden**2)).T[..., None] * x[:, None]
    for a, w in reversed(path):
        hidden, residual = np.tanh(w @ x.T), descent.residual(a, w, share)
        first, second = 1 - hidden**2, -2 * hidden * (1 - hidden**2)
        along = back_w @ x.T
        back = -descent.rate / n * (back_a @ hidden + np.einsum("kj,okj->oj", a[:, None] * first, along))
        influence = influence + a * (back @ hidden.T)
        turned = share * back[:, None] * (a[:, None] * first)
        turned -= descent.rate * residual * (back_a[..., None] * first + along * a[:, None] * second)
        back_a = back_a - descent.rate * (along * first) @ residual + share * back @ hidden.T
        back_w = back_w + turned @ x
    return float(influence.var(axis=1).mean())


def lazy_displacement(descent: Descent, outer: np.ndarray, inner: np.ndarray) -> float:
    """The limit of m E (relative squared displacement of w) after all steps under lazy scaling, from `units`.

    With H = E tanh tanh', Σ = E a² tanh tanh' and K = E a² tanh' tanh'' x·x' at the data, Q = Σ_{t<T} (I − rate (H + K)/n)^t
    and r = rate/n, it is r² {y'QKQy + tr(QKQΣ)} / E|w|².
    """
    x, y, n = descent.x, descent.y, len(descent.y)
    hidden = np.tanh(inner @ x.T)
    slopes = outer[:, None] * (1 - hidden**2)
    features, start = (h.T @ h / len(outer) for h in (hidden, outer[:, None] * hidden))
    moved = slopes.T @ slopes / len(outer) * (x @ x.T)
    values, vectors = np.linalg.eigh(features + moved)
    shrunk = 1 - descent.rate * values / n
    total = (vectors * (shrunk[:, None] ** np.arange(descent.steps)).sum(axis=1)) @ vectors.T
    form = total @ moved @ total
    scale = (descent.rate / n) ** 2 / (inner**2).sum(axis=1).mean()
    return float(scale * (y @ form @ y + np.trace(form @ start)))
