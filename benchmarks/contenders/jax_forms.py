"""JAX: a scan over steps of a vmap over networks, or lax.map over networks of a scan over steps."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.problem import LEARNING_RATE, unpacked
from dlstats.machine.acceptance import jax_form

LOSS, STEP = jax_form.network(jax, LEARNING_RATE)


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
            step = jax.vmap(STEP, in_axes=(None, 0, 0, 0))
            state, _ = lax.scan(lambda s, i: (step(i, s, x, y), None), _state(layers), jnp.arange(steps))
            return jax.vmap(LOSS)(state[0], x, y)

        return run

    return lambda steps: np.asarray(compiled(steps)(layers, x, y))


def prepare_map(shape, x, y, start):
    layers = [tuple(map(jnp.asarray, layer)) for layer in unpacked(shape, start)]
    x, y = jnp.asarray(x), jnp.asarray(y)

    @cache
    def compiled(steps):
        def one(arguments):
            layers, x, y = arguments
            state, _ = lax.scan(lambda s, i: (STEP(i, s, x, y), None), _state(layers), jnp.arange(steps))
            return LOSS(state[0], x, y)

        return jax.jit(lambda layers, x, y: lax.map(one, (layers, x, y)))

    return lambda steps: np.asarray(compiled(steps)(layers, x, y))


FORMS = {"jax vmap": prepare_vmap, "jax map": prepare_map}
