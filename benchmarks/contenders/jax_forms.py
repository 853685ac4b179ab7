"""JAX: a scan over steps of a vmap over networks, or lax.map over networks of a scan over steps."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.problem import LEARNING_RATE, unpacked

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def _loss(layers, x, y):
    h = x
    for weight, bias in layers[:-1]:
        h = jax.nn.relu(h @ weight + bias)
    weight, bias = layers[-1]
    return jnp.mean((h @ weight + bias - y) ** 2)


def _step(state, index, x, y):
    """Adam on one network."""
    parameters, first, second = state
    gradient = jax.grad(_loss)(parameters, x, y)
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradient)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradient)
    t = index + 1.0
    rate, correct = LEARNING_RATE / (1 - BETA1**t), 1 / jnp.sqrt(1 - BETA2**t)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * correct + EPS), parameters, first, second)
    return parameters, first, second


def _state(layers):
    nothing = jax.tree.map(jnp.zeros_like, layers)
    return layers, nothing, nothing


def prepare_vmap(shape, x, y, start):
    layers = [tuple(map(jnp.asarray, layer)) for layer in unpacked(shape, start)]
    x, y = jnp.asarray(x), jnp.asarray(y)

    @cache
    def compiled(steps):
        @jax.jit
        def run(layers, x, y):
            step = jax.vmap(_step, in_axes=(0, None, 0, 0))
            state, _ = lax.scan(lambda s, i: (step(s, i, x, y), None), _state(layers), jnp.arange(steps))
            return jax.vmap(_loss)(state[0], x, y)

        return run

    return lambda steps: np.asarray(compiled(steps)(layers, x, y))


def prepare_map(shape, x, y, start):
    layers = [tuple(map(jnp.asarray, layer)) for layer in unpacked(shape, start)]
    x, y = jnp.asarray(x), jnp.asarray(y)

    @cache
    def compiled(steps):
        def one(arguments):
            layers, x, y = arguments
            state, _ = lax.scan(lambda s, i: (_step(s, i, x, y), None), _state(layers), jnp.arange(steps))
            return _loss(state[0], x, y)

        return jax.jit(lambda layers, x, y: lax.map(one, (layers, x, y)))

    return lambda steps: np.asarray(compiled(steps)(layers, x, y))


FORMS = {"jax vmap": prepare_vmap, "jax map": prepare_map}
