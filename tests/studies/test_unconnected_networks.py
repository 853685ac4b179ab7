"""Sums of unconnected networks are Bauer and Kohler's formula; numbers from elsewhere stand beside those of the same cell."""

import numpy as np
import pandas as pd
import torch

from dlstats.protocol.evidence import Evidence
from dlstats.seeds import Streams
from dlstats.studies.excess_risk.published_designs import _unconnected
from dlstats.studies.excess_risk.published_designs.elsewhere import ELSEWHERE
from dlstats.training import recipes

PARTS, UNITS, INPUTS = 3, 4, 2


def test_the_network_is_the_formula():
    net, rng = _unconnected.network(INPUTS, (PARTS, UNITS)), np.random.default_rng(0)
    row, x = rng.standard_normal(net.size), rng.standard_normal((5, INPUTS))
    named = dict(zip(net.shapes, np.split(row, np.cumsum([np.prod(s) for s in net.shapes.values()])[:-1]), strict=True))
    theta, lam = named["first.weight"].reshape(PARTS, UNITS, INPUTS), named["second"].reshape(PARTS, UNITS)
    inner = 1 / (1 + np.exp(-np.einsum("iju,nu->nij", theta, x) - named["first.bias"].reshape(PARTS, UNITS)))
    outer = 1 / (1 + np.exp(-(lam * inner).sum(axis=2) - named["bias"]))
    found = net.one(torch.from_numpy(row), torch.from_numpy(x))[:, 0].numpy()
    np.testing.assert_allclose(found, outer @ named["outer.weight"] + named["outer.bias"], rtol=1e-12)


def test_a_recipe_trains_what_it_builds_from_starts_within_their_bounds():
    rng, streams = np.random.default_rng(1), Streams(1, "unconnected", [0, 1])
    x = rng.standard_normal((2, 30, INPUTS))
    y, recipe = x[..., 0], recipes.Recipe((PARTS, UNITS), 1e-12, 1, build=_unconnected.network)
    start = recipes.run(recipe, x, y, streams, "cpu", n=30).parameters.abs()
    bounds = np.concatenate(
        [np.full(np.prod(s), s[-1] ** -0.5) for s in _unconnected.network(INPUTS, (PARTS, UNITS)).shapes.values()]
    )
    assert (start.numpy() <= bounds + 1e-6).all()
    assert start.unique().numel() == start.numel()


def test_their_numbers_stand_in_the_row_of_ours():
    lines = [
        {"cell": "c", "cells": "", "target": "m4", "n": 100, "noise": 0.2, "method": "neural_x", "against": "",
         "measure": "with_noise", "statistic": statistic, "estimate": value, "mcse": 0.01}
        for statistic, value in (("median", 0.3), ("quantile(level=0.25)", 0.2), ("quantile(level=0.75)", 0.4))
    ]  # fmt: skip
    (row,) = ELSEWHERE.rows(Evidence({"risk": pd.DataFrame(lines)}))
    assert tuple(row) == ("m4", "20 %", "unconnected", (0.3, 0.01), (0.2, 0.01), (0.4, 0.01), "0.2470", "0.0308")
    assert len(row) == len(ELSEWHERE.columns)
