"""Networks, lines, kernels, forests and boosting fitted to the quantiles of published designs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from dlstats.dgp import quantile_designs
from dlstats.methods.quantile import QUANTILE_BASELINES, mean_pinball
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies import tuned
from dlstats.studies.frames import TEXT, by_level, by_replicate
from dlstats.studies.frames import fitted as fitted_by

LEVELS = (0.05, 0.5, 0.95)
"""The levels that are reported and tuned by, of those that are fitted."""
FITTED = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""The levels of a network for all levels."""
WRITTEN = {
    "linear_sine_t1": "linear, sine × Cauchy",
    "linear_t1": "linear, Cauchy",
    "wave_exp_t2": "wave, growing × t(2)",
    "angle_sine_t2": "angle, sine × t(2)",
    "S1": "S1, d = 2",
    "S2": "S2, d = 5",
    "S3": "S3, d = 10",
    "S4": "S4, d = 2",
    "S5": "S5, d = 2",
}
"""Function, and scale × noise; or number and inputs as published."""
DESIGNS = {name: quantile_designs.DESIGNS[name] for name in WRITTEN}
SAMPLE = 512
"""The sample size of claims."""
TEST = 1000
WIDTHS, BATCH = (32, 32), 64


class Setting(NamedTuple):
    """What of a network is chosen."""

    steps: int
    """At effort 1."""
    learning_rate: float = 0.03


GRID = tuple(map(Setting, (25, 100, 400, 1200)))
NETWORKS = {
    "per_level": Method(
        "network per level",
        "one network per level, two layers of 32, Adam on 64 points, cosine from rate 0.03; 25 to 1200 steps, "
        "those of the least pinball loss on the fifth that tunes the rivals; then trained on all data",
    ),
    "all_levels": Method("network for all", "one such network with 7 outputs, levels 0.05 to 0.95"),
    "non_crossing": Method(
        "non-crossing, 0.05 free",
        "the same with first output free and cumulative softplus increments, all outputs random at the start",
    ),
    "centred": Method(
        "non-crossing, 0.5 free", "the same with the output of level 0.5 free and increments up and down from it"
    ),
    "placed": Method(
        "non-crossing, 0.05 free, placed",
        "non-crossing, 0.05 free, from biases that put every level at its quantile in the sample",
    ),
    "centred_placed": Method("non-crossing, 0.5 free, placed", "non-crossing, 0.5 free, from such biases"),
}
REARRANGED = {
    "rearranged": Method("network per level, sorted", "the quantiles of one network per level, sorted at every x")
}
FREE = {"non_crossing": 0, "placed": 0, "centred": FITTED.index(0.5), "centred_placed": FITTED.index(0.5)}
"""The free output of a head that cannot cross."""
BASELINES = {name: method(LEVELS) for name, method in QUANTILE_BASELINES.items()}
METHODS = NETWORKS | REARRANGED | BASELINES
NETWORK = "all_levels"
"""The network that is held against the other methods."""
TRAINED: dict = {"method": list(NETWORKS)}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per replicate, method and level: errors to the true quantile at fresh points, calibration, crossing."""
    data, frames = sample(condition, streams), []

    def add(method: str, fitted: np.ndarray, columns: Mapping) -> None:
        frames.append(by_level(streams, method, LEVELS, {**columns, **judge(fitted, data)}))

    for method in NETWORKS:
        fitted, columns = _networks(method, condition, data, streams, device)
        columns["misfit"] /= _at_truth(data, LEVELS if method == "per_level" else FITTED)
        add(method, fitted, columns)
        if method == "per_level":
            add("rearranged", np.sort(fitted, axis=2), {name: columns[name] for name in TEXT})
    for method, fit in BASELINES.items():
        add(method, fitted_by(fit, data.x, data.y, data.new, streams.generators("baseline", **data.key)), TEXT)
    return by_replicate(frames)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates; the truth are the quantiles at the new points, `about` is the design."""
    n, design = condition.n, DESIGNS[condition.design]
    key = {"n": n, "design": condition.design}
    samples = [design.sample(n, rng) for rng in streams.generators("data", **key)]
    x, y = np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])
    new = streams.draw(lambda rng: design.inputs(TEST, rng), "test", **key)
    truth = np.stack([design.quantile(new, level) for level in LEVELS], axis=2)
    return Sample(x, y, new, truth, streams.generators("baseline", **key), key, about=design)


def train(condition: Condition, data: Sample, loss: Callable, streams: Streams, device: str) -> tuple:
    """Fitted quantiles of one network per level, trained by a loss of (prediction, y, level), and what is recorded."""
    fitted, columns = _networks("per_level", condition, data, streams, device, loss)
    return fitted, {name: column for name, column in columns.items() if name != "misfit"}


def _networks(
    method: str, condition: Condition, data: Sample, streams: Streams, device: str, loss: Callable | None = None
) -> tuple:
    """Quantiles at `LEVELS`, (reps, points, levels), and what is recorded, by the settings that the held-out fifth chooses."""
    from dlstats.training import recipes

    fit = functools.partial(_fit, method, loss, data.key, device)
    settings = tuned.chosen(
        GRID, fit, functools.partial(mean_pinball, levels=LEVELS), data.x, data.y, streams, **data.key
    )
    longer = [one._replace(steps=one.steps * condition.effort) for one in settings]
    fitted, columns = tuned.refitted(longer, fit, data.x, data.y, data.new, streams)
    columns["steps"] = np.array([one.steps for one in settings])
    return fitted, columns | {"data_digest": [recipes.digest(a, b) for a, b in zip(data.x, data.y, strict=True)]}


def _fit(
    method: str, loss: Callable | None, key: Mapping, device: str, x, y, new, setting: Setting, streams: Streams
) -> tuple[np.ndarray, dict]:
    """Quantiles at the new points of networks of one setting, and what is recorded; responses over their quartile range."""
    import torch

    from dlstats import nets, training
    from dlstats.losses import domain, quantile
    from dlstats.training import outcome, recipes

    torch.set_num_threads(1)
    low, middle, high = np.quantile(y, [0.25, 0.5, 0.75], axis=1)[..., None]
    scaled = ((y - middle) / (high - low))[..., None]
    schedule, batch = training.schedules.cosine, min(BATCH, x.shape[1])
    plan = training.Training(setting.steps, setting.learning_rate, schedule=schedule, batch_size=batch)

    def run(loss, outputs: int):
        net = nets.Mlp(x.shape[2], WIDTHS, outputs)
        start = nets.initialise(net, streams.generators("start", outputs=outputs, **key), "he")
        if method.endswith("placed"):
            _place(nets.views(net, start)[f"bias.{len(WIDTHS)}"], scaled[..., 0], FREE[method])
        fit = training.fit(net, loss, start, x, scaled, plan, streams.generators("minibatch", **key), device=device)
        return training.predict(net, fit.parameters, new, device), fit, start

    if method == "per_level":
        parts = [run(functools.partial(loss or quantile.pinball, level=level), 1) for level in LEVELS]
        fitted = torch.cat([part[0] for part in parts], dim=2)
    else:
        head = _head(method)
        parts = [run(lambda f, target: quantile.pinball(head(f), target, domain.constant(FITTED, f)), len(FITTED))]
        fitted = head(parts[0][0])[..., [FITTED.index(level) for level in LEVELS]]
    means = {"train_loss": "loss", "epochs": "epochs", "dead_share": "dead_share"}
    columns = {column: np.mean([getattr(part[1], name) for part in parts], axis=0) for column, name in means.items()}
    columns["misfit"] = columns["train_loss"] * (high - low)[:, 0]
    columns["status"] = outcome.gravest([part[1].status for part in parts])
    columns["start_digest"] = np.array([recipes.digest(row) for row in parts[0][2].numpy()])
    return fitted.double().numpy() * (high - low)[..., None] + middle[..., None], columns


def _at_truth(data: Sample, levels: Sequence[float]) -> np.ndarray:
    """The training loss of the true quantiles in every replicate."""
    truth = np.stack([data.about.quantile(data.x, level) for level in levels], axis=2)
    return mean_pinball(data.y, truth, levels)


def _head(method: str):
    """What turns raw outputs into quantiles at `FITTED`."""
    from dlstats.losses import quantile

    return functools.partial(quantile.in_order, free=FREE[method]) if method in FREE else (lambda raw: raw)


def _place(bias, y: np.ndarray, free: int) -> None:
    """Write into `bias` (reps, outputs) what makes a head with raw outputs 0 give the sample quantiles of y at `FITTED`."""
    import torch

    quantiles = np.quantile(y, FITTED, axis=1).T
    steps = np.maximum(np.diff(quantiles, axis=1), 1e-3)
    raw = np.log(np.expm1(steps))  # the inverse of softplus
    placed = np.concatenate([raw[:, :free], quantiles[:, free : free + 1], raw[:, free:]], axis=1)
    bias.copy_(torch.from_numpy(placed))


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """Errors to the true quantile, excess risk and calibration, (reps, levels), and crossing, (reps,)."""
    design, new = data.about, data.new
    columns: dict[str, list] = {name: [] for name in ("l1", "squared", "pinball", "miscalibration")}
    for k, level in enumerate(LEVELS):
        gap = values[:, :, k] - data.truth[:, :, k]
        below = design.noise.distribution((values[:, :, k] - design.regression(new)) / design.scale(new))
        columns["l1"].append(np.abs(gap).mean(axis=1))
        columns["squared"].append((gap**2).mean(axis=1))
        columns["pinball"].append(design.excess_pinball(new, values[:, :, k], level).mean(axis=1))
        columns["miscalibration"].append(np.abs(below - level).mean(axis=1))
    crossed = (np.diff(values, axis=2) < 0).any(axis=2).mean(axis=1)
    return {name: np.stack(column, axis=1) for name, column in columns.items()} | {"crossed": crossed}


EXPERIMENT = Experiment(
    simulate,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "design": Factor("design", str, levels=WRITTEN),
    }
    | EFFORT,
    keys={"level": Factor("quantile level", float, symbol=r"\tau", levels=LEVELS)},
    methods=METHODS,
    measures=(
        Measure("l1", "absolute error to the quantile", "median"),
        Measure("squared", "squared error to the quantile", "median"),
        Measure("pinball", "excess pinball risk", "median"),
        Measure("miscalibration", "mean distance of conditional coverage from the level", "median"),
        Measure("crossed", "proportion of points with crossing", "mean"),
        Measure("train_loss", "training loss", "median", where=TRAINED),
        Measure("misfit", "training loss over that of the truth", "median", where=TRAINED),
        Measure("steps", "steps chosen, at effort 1", "median", where=TRAINED),
        Measure("epochs", "epochs", "median", where=TRAINED),
        Measure("dead_share", "proportion of units without a slope", "mean", where=TRAINED),
    ),
    contrasts=(
        *(Contrast("l1", NETWORK, rival) for rival in BASELINES),
        Contrast("l1", "centred_placed", NETWORK),
        Contrast("l1", "non_crossing", "centred"),
        Contrast("l1", "placed", "non_crossing"),
        Contrast("l1", "rearranged", "centred_placed"),
    ),
    block=200,
    plug=Plug(sample, judge, "quantiles", LEVELS, train),
)
