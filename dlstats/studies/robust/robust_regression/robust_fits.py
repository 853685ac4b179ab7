"""Networks trained by robust losses on the Donoho-Johnstone functions, and four tuned methods beside them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.dgp import donoho_johnstone, noise
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import fitted, stacked
from dlstats.studies.robust.robust_regression.small_recipe import (
    BATCH,
    SAMPLE,
    STEPS,
    TEST,
    UNIT,
    WIDTHS,
    continued,
    loss_of,
    rates_of,
)

FUNCTIONS = {"blocks": donoho_johnstone.blocks, "doppler": donoho_johnstone.doppler}
NOISES = {
    "normal": ("normal", noise.normal()),
    "cauchy": ("Cauchy", noise.cauchy()),
    "contaminated": ("contaminated", noise.contaminated()),
}
"""Label and distribution."""
RECIPES = {
    "small": "layers of 48, 48, 24 and 24 and a line beside, the first two starting as a grid of hats, the others random; "
    "4000 steps of Adam on 64 points, OneCycle, chosen for these functions by training loss over that of the truth on other "
    "data; learning rate of 0.0025, 0.005, 0.01 or 0.02 for every loss on the held-out fifth of the rivals, in trials of a "
    "quarter of the steps",
    "authors": "five layers of 256, at most 6000 steps (1500 epochs) of Adam on minibatches of a quarter, rate 0.001, weights of "
    "the least loss on a held-out fifth",
}
NETWORKS = {
    "squared": Method("squared", "network, squared error"),
    "absolute": Method("absolute", "the same, absolute error"),
    "huber": Method("Huber", "the same, Huber 1.345"),
    "cauchy": Method("Cauchy", "the same, log(1 + r²)"),
    "tukey": Method("Tukey", "the same, Tukey 4.685, from the same initialisation"),
    "mm": Method(
        "Tukey from absolute",
        "Tukey's loss with 4.685 times the median absolute residual over 0.6745 of the network trained by absolute error, begun "
        "at its weights, a quarter of the steps at a tenth of a learning rate of its own",
    ),
    "adaptive": Method(
        "adaptive",
        "the same with three outputs, negative log-likelihood of Barron's family with a location at every x and one shape and "
        "scale, learned together",
    ),
}
"""By loss."""
BASELINES = {
    "spline": Method(
        "spline (squared)",
        "penalised cubic spline of 256 intervals, penalty on a held-out fifth by squared error",
        style="spline",
    ),
    "tree": Method(
        "tree (squared)",
        "regression tree (CART) of at most 64 leaves, their number on the same held-out fifth by squared error",
        style="forest",
    ),
    "kernel_median": Method(
        "kernel median",
        "local median under Gaussian weights, bandwidth on the same held-out fifth by absolute error",
        style="kernel",
    ),
    "forest": Method(
        "forest median",
        "under Cauchy noise: medians of a quantile forest of 100 trees, least leaf of 3 to 300 on the same held-out fifth by "
        "absolute error",
        style="forest",
    ),
}
ORACLE = {
    "errors": Method(
        "adaptive, errors known",
        "the adaptive loss fitted to the errors themselves: one location, shape and scale, no function to learn",
        style="oracle",
    )
}
METHODS = NETWORKS | BASELINES | ORACLE
PLAIN = [name for name in NETWORKS if name not in ("mm", "adaptive")]
"""Networks that begin at no other network's weights and have one output: all that the authors' recipe is run for."""
ONCE = "blocks"
"""The function beside which the errors themselves are fitted: all functions have the same ones."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per replicate and method: mean distance to 5f at fresh points, and how far the training came."""
    data = sample(condition, streams)
    x, y, new, error, parameters = data.x, data.y, data.new, data.about, dict(data.key)
    if condition.recipe == "authors":
        columns = {name: _authors(loss_of(name), x, y, error, new, streams, device) for name in PLAIN}
    else:
        rates = rates_of(x, y, streams, device, parameters)
        columns = _small(condition.effort, rates, x, y, error, new, streams, device)
    rivals = [name for name in BASELINES if name != "forest" or condition.noise == "cauchy"]
    columns |= {name: {"values": _baseline(name, x, y, new, streams, parameters)} for name in rivals}
    for rows in columns.values():
        rows |= judge(rows.pop("values"), data)
    if condition.recipe == "small" and condition.function == ONCE:
        columns["errors"] = _of_errors(condition.effort, error, streams, device)
    return stacked(streams, columns)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates; `about` are the errors."""
    f, (_, errors) = FUNCTIONS[condition.function], NOISES[condition.noise]
    x = streams.draw(lambda rng: rng.random((SAMPLE, 1)), "inputs")
    error = streams.draw(lambda rng: errors.sample(rng, SAMPLE), "noise", noise=condition.noise)
    y = UNIT * f(x[..., 0]) + error
    new = streams.draw(lambda rng: rng.random((TEST, 1)), "test")
    key = {"function": condition.function, "noise": condition.noise}
    return Sample(x, y, new, UNIT * f(new[..., 0]), streams.generators("baseline", **key), key, about=error)


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """The mean distance to 5f."""
    return {"l1": np.abs(values - data.truth).mean(axis=1)}


def train(condition: Condition, data: Sample, loss: Callable, streams: Streams, device: str) -> tuple:
    """Values of networks trained by a loss on y / 5, as the other losses: in the small recipe with the rate of `absolute`."""
    from dlstats.training import recipes

    if condition.recipe == "authors":
        columns = _authors(loss, data.x, data.y, data.about, data.new, streams, device)
        return columns.pop("values"), columns
    rates = rates_of(data.x, data.y, streams, device, dict(data.key), ("absolute",))["absolute"]
    recipe = recipes.Recipe(WIDTHS, rates, STEPS, BATCH, start="hats").at(condition.effort)
    fit = recipes.run(recipe, data.x, data.y / UNIT, streams, device, loss=loss)
    columns = fit.columns | {"misfit": fit.loss / _at_truth(loss, data.about / UNIT), "learning_rate": rates}
    return fit.predict(data.new, device) * UNIT, columns


def _small(effort: int, rates: dict, x, y, error, new, streams: Streams, device: str) -> dict[str, dict]:
    """The columns of all networks of the small recipe."""
    from dlstats.training import recipes

    def recipe(name: str) -> recipes.Recipe:
        return recipes.Recipe(WIDTHS, rates[name], STEPS, BATCH, start="hats").at(effort)

    run = functools.partial(recipes.run, x=x, streams=streams, device=device)
    columns = {}
    for name in PLAIN:
        fit = run(recipe(name), y=y / UNIT, loss=loss_of(name))
        columns[name] = fit.columns | {"values": fit.predict(new, device) * UNIT}
        columns[name]["misfit"] = fit.loss / _at_truth(loss_of(name), error / UNIT)
        if name == "absolute":
            columns["mm"] = _continued(fit, effort, rates["mm"], x, y, error, new, streams, device)
    fit = run(recipe("adaptive"), y=y / UNIT, loss=loss_of("adaptive"), outputs=3)
    columns["adaptive"] = fit.columns | {"values": fit.predict(new, device) * UNIT} | _learned(fit, x, device)
    return {name: rows | {"learning_rate": rates[name]} for name, rows in columns.items()}


def _at_truth(loss: Callable, error: np.ndarray) -> np.ndarray:
    """The mean loss of every replicate at the regression function."""
    import torch

    zero = torch.zeros(*error.shape, 1, dtype=torch.float64)
    return loss(zero, torch.from_numpy(error)[..., None]).mean(dim=(1, 2)).numpy()


def _continued(begun, effort: int, rates: tuple[float, ...], x, y, error, new, streams: Streams, device: str) -> dict:
    """The columns of Tukey's loss from the weights of a fit."""
    fit, unit = continued(begun, rates, effort, x, y, streams, device)
    columns = fit.columns | {"values": fit.predict(new, device) * unit}
    columns |= {"data_digest": begun.data_digest, "epochs": fit.epochs + begun.epochs}
    return columns | {"misfit": fit.loss / _at_truth(loss_of("mm"), error / unit)}


def _authors(loss: Callable, x, y, error, new, streams: Streams, device: str) -> dict:
    """Columns of a network of the recipe of Shen et al."""
    import torch

    from dlstats import nets, training
    from dlstats.training import recipes

    torch.set_num_threads(1)
    net, kept = nets.Mlp(1, (256,) * 5), SAMPLE - SAMPLE // 5
    start = nets.initialise(net, streams.generators("start", widths=list(net.widths)))
    scaled = (y / UNIT)[..., None]
    plan = training.Training(6000, 0.001, batch_size=kept // 4, keep="best", check_every=60)
    order = streams.generators("minibatch")
    held = (x[:, kept:], scaled[:, kept:])
    fit = training.fit(net, loss, start, x[:, :kept], scaled[:, :kept], plan, order, held, device)
    return {
        "values": UNIT * training.predict(net, fit.parameters, new, device)[..., 0].double().numpy(),
        "status": fit.status,
        "data_digest": [recipes.digest(a, b) for a, b in zip(x, y, strict=True)],
        "start_digest": [recipes.digest(row) for row in start.numpy()],
        "train_loss": fit.loss,
        "epochs": fit.epochs,
        "dead_share": fit.dead_share,
        "misfit": fit.loss / _at_truth(loss, error[:, :kept] / UNIT),
    }


def _of_errors(effort: int, error: np.ndarray, streams: Streams, device: str) -> dict:
    """What the adaptive loss learns from the errors alone: a network of no layer that sees no input has one location for all."""
    from dlstats.training import recipes

    blind = np.zeros((*error.shape, 1))
    recipe = recipes.Recipe((), 0.02, 2000, 128).at(effort)
    fit = recipes.run(recipe, blind, error / UNIT, streams, device, loss=loss_of("adaptive"), outputs=3)
    return {"status": fit.status} | _learned(fit, blind, device)


def _learned(fit, x: np.ndarray, device: str) -> dict[str, np.ndarray]:
    """Shape and scale of the adaptive loss, the scale in units of y."""
    from dlstats import training
    from dlstats.losses import barron

    alpha, log_scale = barron.shape_and_log_scale(training.predict(fit.net, fit.parameters, x, device))
    return {"shape": alpha.flatten().double().numpy(), "scale": UNIT * log_scale.exp().flatten().double().numpy()}


def _baseline(
    name: str, x: np.ndarray, y: np.ndarray, new: np.ndarray, streams: Streams, parameters: dict
) -> np.ndarray:
    from dlstats.methods import circle, quantile, regression

    method = {
        "spline": regression.SmoothingSpline(regression.geometric(1e-16, 1.0, 54), intervals=256),
        "tree": circle.RegressionTree((2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64)),
        "kernel_median": quantile.QuantileKernel((0.5,)),
        "forest": quantile.QuantileForest((0.5,)),
    }[name]
    values = fitted(method, x, y, new, streams.generators("baseline", **parameters))
    return values.reshape(len(x), -1)


FITTED: dict = {"method": [*NETWORKS, *BASELINES]}
TRAINED: dict = {"method": list(NETWORKS)}
LEARNED: dict = {"method": ["adaptive", "errors"]}

EXPERIMENT = Experiment(
    simulate,
    factors={
        "recipe": Factor(
            "recipe of the networks", str, levels={"small": "four layers", "authors": "five layers of 256"}
        ),
        "function": Factor("regression function", str, levels=list(FUNCTIONS)),
        "noise": Factor("distribution of the noise", str, levels={name: label for name, (label, _) in NOISES.items()}),
    }
    | EFFORT,
    methods=METHODS,
    measures=(
        Measure("l1", "L1 error", "median", where=FITTED),
        Measure("misfit", "training loss over that of the truth", "median", where={"method": [*PLAIN, "mm"]}),
        Measure("train_loss", "training loss on the scale of y / 5", "median", where=TRAINED),
        Measure("epochs", "epochs", "median", where=TRAINED),
        Measure("learning_rate", "learning rate chosen", "median", where=TRAINED | {"recipe": "small"}),
        Measure("dead_share", "proportion of units without a slope", "mean", where=TRAINED),
        Measure("shape", "learned shape α", "median", where=LEARNED),
        Measure("scale", "learned scale c", "median", where=LEARNED),
    ),
    contrasts=(
        *(Contrast("l1", "absolute", method) for method in ("squared", *BASELINES)),
        *(Contrast("l1", method, "squared") for method in ("adaptive", "mm")),
        Contrast("l1", "tukey", "mm"),
        *(Contrast("l1", "squared", method) for method in BASELINES),
    ),
    block=32,
    plug=Plug(sample, judge, train=train),
)
