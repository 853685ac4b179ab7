"""The same networks in JAX: a loop over steps of a vmap over networks, Adam, products of matrices at the highest precision."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


class Absent(Exception):
    """JAX is not here, or not on the device that is timed."""


def library(device: str) -> Any:
    """JAX, at the highest precision. Raises Absent where it is not installed or sees no such device."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # torch needs memory too
    try:
        import jax  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise Absent("JAX is not installed") from None
    kind = "gpu" if device == "cuda" else device
    if jax.default_backend() != kind:
        raise Absent(f"JAX {jax.__version__} runs on {jax.default_backend()} here, not on {kind}")
    jax.config.update("jax_default_matmul_precision", "highest")  # as torch here; float32 products are else TF32
    return jax


def network(jax: Any, rate: float) -> tuple[Callable, Callable]:
    """Of one network `loss(layers, x, y)`, and `step(index, (layers, m, v), x, y)` of Adam, which counts steps from 0."""
    jnp = jax.numpy

    def loss(layers, x, y):
        h = x
        for weight, bias in layers[:-1]:
            h = jax.nn.relu(h @ weight + bias)
        weight, bias = layers[-1]
        return jnp.mean((h @ weight + bias - y) ** 2)

    def step(index, state, x, y):
        p, m, v = state
        g = jax.grad(loss)(p, x, y)
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
        first, second = 1 - BETA1 ** (index + 1.0), jnp.sqrt(1 - BETA2 ** (index + 1.0))
        p = jax.tree.map(lambda p, m, v: p - rate * second / first * m / (jnp.sqrt(v) + EPS * second), p, m, v)
        return p, m, v

    return loss, step


def prepare(
    device: str, layers: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, y: np.ndarray, rate: float
) -> Callable[[int], np.ndarray]:
    """`run(steps)`, the losses of networks with these weights and biases after so many steps; compiled at its first call."""
    jax = library(device)
    loss, step = network(jax, rate)

    @jax.jit
    def run(steps, p, x, y):
        nothing = jax.tree.map(jax.numpy.zeros_like, p)
        every = jax.vmap(step, in_axes=(None, 0, 0, 0))
        end = jax.lax.fori_loop(0, steps, lambda i, state: every(i, state, x, y), (p, nothing, nothing))
        return jax.vmap(loss)(end[0], x, y)

    held = jax.tree.map(jax.numpy.asarray, (layers, x, y))
    return lambda steps: np.asarray(run(steps, *held))
