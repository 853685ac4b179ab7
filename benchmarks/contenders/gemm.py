"""The best rate of a float32 matrix product that a library reaches: what the machine can do."""

from __future__ import annotations

import numpy as np

SIZES = (256, 512, 1024, 2048)


def _torch_products():
    import torch

    def product(size):
        a, b = torch.randn(size, size), torch.randn(size, size)
        return lambda: torch.mm(a, b)

    return product


def _onednn_products():
    import torch

    linear = torch.ops.mkldnn._linear_pointwise

    def product(size):
        a, b = torch.randn(size, size), torch.randn(size, size)
        return lambda: linear(a, b, None, "none", [], "")

    return product


def _numpy_products():
    def product(size):
        a, b = np.random.default_rng(0).normal(size=(2, size, size)).astype(np.float32)
        return lambda: a @ b

    return product


def _jax_products():
    import jax

    multiply = jax.jit(lambda a, b: a @ b)

    def product(size):
        a, b = jax.random.normal(jax.random.key(0), (2, size, size))
        return lambda: multiply(a, b).block_until_ready()

    return product


PRODUCTS = {
    "MKL (torch)": _torch_products,
    "oneDNN (torch)": _onednn_products,
    "numpy": _numpy_products,
    "XLA": _jax_products,
}
