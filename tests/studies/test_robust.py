import functools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from cases import study_results as results

from dlstats import nets
from dlstats.losses import quantile, regression
from dlstats.losses.barron import barron
from dlstats.methods import tuning
from dlstats.montecarlo import Estimate
from dlstats.pipeline import registry
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import Contrast
from dlstats.protocol.plug import Sample
from dlstats.protocol.readers import value
from dlstats.seeds import Streams
from dlstats.studies.averages import Average
from dlstats.studies.robust import _quadrature, deep_quantile
from dlstats.studies.robust.efficiency import asymptotics, loss_shapes
from dlstats.studies.robust.quantile_benchmark import published_quantiles
from dlstats.studies.robust.robust_regression import small_recipe
from dlstats.theory import efficiency

TRAINED = ("heavy_tails", "robust_regression", "deep_quantile", "quantile_benchmark")


def test_the_loss_that_the_lectures_print_is_refuted_exactly():
    line = results.verdicts("quantile_descent").to_dict("index")["ROB18.bounded"]
    assert line["verdict"] == "refuted"
    assert line["mcse"] == 0


def test_descent_starts_outside_what_its_claim_allows():
    (claim,) = [c for c in registry.load("quantile_descent").claims if c.id == "ROB18.correct"]
    assert abs(0 - claim.expectation.theory) > claim.expectation.margin


@pytest.mark.parametrize("level", deep_quantile.LEVELS)
def test_an_infinite_quantile_is_not_calibrated(level):
    (claim,) = [c for c in deep_quantile.CLAIMS if c.id == "ROB16"]
    lines = [
        {
            "measure": "miscalibration",
            "statistic": "mean",
            "against": "",
            "cell": "c",
            "cells": "",
            "method": "per_level",
        }
        | {"n": deep_quantile.LARGEST, "level": level}
        | Estimate(distance, 1e-9, 20).line()
        for distance in (level, 1 - level)
    ]
    for line in lines:
        found = claim.measure(Evidence({"quantiles": pd.DataFrame([line])}))
        assert isinstance(found, list)
        assert found[0].value > claim.expectation.theory + claim.expectation.margin


def test_quantile_networks_are_judged_on_the_fifth_that_tunes_their_rivals_and_trained_again_on_all(monkeypatch):
    def fit(method, loss, key, device, x, y, new, setting, streams):
        seen.append((x, y, new, setting.steps, list(streams.replicates)))
        off = np.array([setting.steps != best[r] for r in streams.replicates])  # the best predicts without error
        values = np.repeat((new[..., 0] + off[:, None])[..., None], len(published_quantiles.LEVELS), axis=2)
        return values, {"train_loss": off.astype(float)}

    seen, streams, parameters = [], Streams(1, "quantile_benchmark", [0, 3, 4]), {"n": 23, "design": "S1"}
    grid = [setting.steps for setting in published_quantiles.GRID]
    best = dict(zip(streams.replicates, (grid[1], grid[0], grid[1]), strict=True))
    x = np.random.default_rng(0).random((3, 23, 2))
    monkeypatch.setattr(published_quantiles, "_fit", fit)
    data = Sample(x, x[..., 0], x + 1, x[..., 0], streams.generators("baseline", **parameters), parameters)
    found, columns = published_quantiles._networks("all", Condition({"n": 23, "effort": 3}), data, streams, "cpu")
    for k, rng in enumerate(streams.generators("baseline", **parameters)):
        split = tuning.held_out(23, rng)
        for inputs, responses, ahead, _, _ in seen[: len(grid)]:
            np.testing.assert_array_equal(inputs[k], x[k, split.rest])
            np.testing.assert_array_equal(responses[k], x[k, split.rest, 0])
            np.testing.assert_array_equal(ahead[k], x[k, split.held])
    assert [(steps, rows) for *_, steps, rows in seen[len(grid) :]] == [(3 * grid[0], [3]), (3 * grid[1], [0, 4])]
    assert all(len(inputs[0]) == 23 for inputs, *_ in seen[len(grid) :])
    assert columns["steps"].tolist() == list(best.values())
    np.testing.assert_array_equal(
        found[..., 0], x[..., 0] + 2
    )  # fitted with other steps than at effort 1, in their order


@pytest.mark.parametrize("study", TRAINED)
def test_networks_of_a_replicate_share_their_data_and_their_initialisations_are_recorded(study):
    (name,) = registry.load(study).experiments
    rows = results.raw(study, name)
    networks = rows[rows["data_digest"] != ""]
    assert (networks.groupby("replicate")["data_digest"].nunique() == 1).all()
    assert networks["data_digest"].nunique() == rows["replicate"].nunique()
    assert (networks["start_digest"].str.len() == 12).all()


@pytest.mark.parametrize("study", TRAINED)
def test_every_contrast_is_in_the_summary(study):
    ((name, experiment),) = registry.load(study).experiments.items()
    lines = results.tables(study)[name]
    held = set(lines.loc[lines["against"] != "", ["measure", "method", "against"]].itertuples(index=False, name=None))
    assert held == {(c.column, c.method, c.against) for c in experiment.contrasts if isinstance(c, Contrast)}


def test_dividing_the_weights_of_a_network_divides_its_values():
    net = nets.Mlp(1, (5, 4), skip=True)
    weights = nets.initialise(net, [np.random.default_rng(r) for r in range(3)])
    x, scale = torch.linspace(0, 1, 7)[:, None], np.array([0.5, 1.0, 3.0])
    divided = small_recipe.divided(net, weights, scale)
    expected = nets.apply(net, weights, x) / torch.tensor(scale).float()[:, None, None]
    torch.testing.assert_close(nets.apply(net, divided, x), expected)


@pytest.mark.parametrize(
    ("group", "label"), [(group, label) for group, members in loss_shapes.SHAPES.items() for label in members]
)
def test_the_shapes_that_are_drawn_are_those_of_the_losses_that_are_trained(group, label):
    by_name = {"squared": lambda f, y: regression.squared(f[None, :, None], y[None, :, None])[0, :, 0] / 2}
    by_name |= {"quantile": quantile.pinball, "expectile": quantile.expectile}
    by_name |= {"smooth quantile": functools.partial(quantile.smooth_pinball, width=loss_shapes.WIDTH)}
    if group.startswith("Barron"):
        loss = functools.partial(barron, alpha=float(label.removeprefix("α = ").replace("−", "-").replace("∞", "inf")))
    elif group.startswith("level"):
        loss = functools.partial(by_name[label], level=loss_shapes.LEVEL)
    else:
        name = label.lower().replace("–", "_").replace("-", "_")
        constant = efficiency.ESTIMATORS["mean" if name == "squared" else name].constant
        loss = by_name.get(name) or asymptotics.loss_of(name, constant)
    r, rho, psi, weight = loss_shapes.curves(group, label)
    away = np.abs(r) > 1e-6
    np.testing.assert_allclose(psi[away], _quadrature.psi_of(loss, r)[away], atol=1e-12)
    value = loss(torch.zeros(len(r)).double(), torch.as_tensor(r)).numpy()
    # a jump of psi at 0 costs the trapezoid half a step
    np.testing.assert_allclose(rho, value - value[len(r) // 2], atol=3e-3)
    np.testing.assert_allclose(weight[away] * r[away], psi[away], atol=1e-12)


def test_the_rule_of_the_exact_tables_integrates_tails():
    x, w = _quadrature.rule((1.0, 5.0))
    assert (w * 2 / (math.pi * (1 + x**2))).sum() == pytest.approx(1, abs=1e-12)
    assert (w * np.exp(-(x**2) / 2)).sum() * math.sqrt(2 / math.pi) == pytest.approx(1, abs=1e-12)


def test_the_pinball_loss_of_arrays_broadcasts_its_three_arguments():
    np.testing.assert_allclose(_quadrature.pinball_loss(0.0, np.array([-1.0, 2.0]), 0.9), [0.1, 1.8])


def test_the_fewest_points_that_break_an_estimate_do_not_depend_on_the_sample():
    rows = results.raw("location_tails", "breakdown")
    assert (rows.groupby("method")["fewest"].nunique() == 1).all()


def test_an_average_adds_variances_of_separate_data_and_errors_of_shared_data():
    lines = [
        {
            "measure": "x",
            "statistic": "mean",
            "against": "",
            "cell": c,
            "cells": "",
            "method": "m",
            "design": d,
            "level": v,
        }
        | Estimate(value, mcse, 20).line()
        for c, d, v, value, mcse in (("a", "A", 1, 1.0, 3.0), ("a", "A", 2, 2.0, 1.0), ("b", "B", 1, 6.0, 3.0))
    ]
    evidence = Evidence({"e": pd.DataFrame(lines)})
    found = Average(value("x", "mean"), independent="design")(evidence)
    assert found.value == pytest.approx(3.0)
    assert found.mcse == pytest.approx(5 / 3)
    assert found.degrees == pytest.approx(25**2 / (4**4 / 19 + 3**4 / 19))
    assert Average(value("x", "mean"))(evidence).mcse == pytest.approx(7 / 3)
    assert Average(value("x", "mean"), independent=("design", "level"))(evidence).mcse == pytest.approx(19**0.5 / 3)
