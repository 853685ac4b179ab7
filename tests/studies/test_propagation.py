"""Passes through random networks, against numpy's and against finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dlstats.studies.dynamics.batch_normalisation import networks
from dlstats.studies.dynamics.initialisation import signals

DEPTH, WIDTH, BATCH = 3, 7, 9


def draws(*batch):
    rng = np.random.default_rng(3)
    weights = rng.standard_normal((DEPTH, WIDTH, WIDTH)) * math.sqrt(2 / WIDTH)
    x, g = rng.standard_normal((2, *batch, WIDTH))
    return weights, x, g, rng.standard_normal((DEPTH, WIDTH))


def test_a_pass_of_tanh_is_the_chain_rule():
    weights, x, g, biases = draws()
    states, gradients = [x], [g]
    for w, b in zip(weights, biases, strict=True):
        states.append(np.tanh(states[-1]) @ w + b)
    for w, h in zip(weights[::-1], states[-2::-1], strict=True):
        gradients.append((w @ gradients[-1]) / np.cosh(h) ** 2)
    made = signals.passes("tanh", weights, x, g, biases)
    assert made["forward"] == pytest.approx([np.mean(h**2) for h in states])
    assert made["backward"] == pytest.approx([np.mean(d**2) / np.mean(g**2) for d in gradients[::-1]])
    assert made["active"] == pytest.approx([np.mean(h > 0) for h in states])


def norm(h):
    return (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-5)


def relu(h):
    return np.maximum(h, 0)


LAYERS = {
    "plain": lambda h, w: relu(h) @ w,
    "normalised": lambda h, w: relu(norm(h)) @ w,
    "linear": lambda h, w: norm(h) @ w,
    "residual": lambda h, w: h + relu(h) @ w,
    "scaled": lambda h, w: h + relu(h) @ w / math.sqrt(DEPTH),
    "normalised_skip": lambda h, w: h + relu(norm(h)) @ w,
}


@pytest.mark.parametrize("method", networks.METHODS)
def test_a_pass_of_a_batch_is_that_of_its_layers_and_of_finite_differences(method):
    weights, x, g, _ = draws(BATCH)
    forward, backward = networks.passes(method, *(torch.from_numpy(a) for a in (weights, x, g)))
    h = x
    for w in weights:
        h = LAYERS[method](h, w)
    assert forward[-1] == pytest.approx((h**2).mean() / (x**2).mean())
    shifts = 1e-6 * np.eye(x.size).reshape(-1, *x.shape)

    def end(h):
        for w in weights:
            h = LAYERS[method](h, w)
        return (h * g).sum()

    slopes = np.array([(end(x + s) - end(x - s)) / 2e-6 for s in shifts])
    assert backward[0] == pytest.approx((slopes**2).mean() / (g**2).mean(), rel=1e-5)
