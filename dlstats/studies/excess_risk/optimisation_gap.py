"""The lectures assume a global minimiser: here training is seen to stop short of a point of its own class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.readers import proportion, ratio
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import squared_error, stacked

NOISE_SD = 0.5
UNITS = 6
RESTARTS = 4
STEPS = 8
"""Full-batch steps for every observation."""
SIZES = [256, 512, 1024]
LARGEST = SIZES[-1]


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The trained network and the network of its class that is the best segmentation, on the same data."""
    from dlstats.methods import segmentation
    from dlstats.training import recipes

    n, data = condition.n, sample(condition, streams)
    x, y = data.x, data.y
    recipe = recipes.Recipe((UNITS,), 0.05, condition.steps or STEPS * n, restarts=RESTARTS, start="kinks")
    network = recipes.run(recipe.at(condition.effort), x, y, streams, device, n=n)
    arcs = [segmentation.best_arc(v) for v in y]
    built = np.stack([_network_of_arc(x[0, :, 0], v, arc) for v, arc in zip(y, arcs, strict=True)])
    fits = {"network": network.predict(x), "segmentation": built}
    rows: dict[str, dict] = {m: judge(v, data) for m, v in fits.items()}
    gap = rows["network"]["misfit"] - rows["segmentation"]["misfit"]
    rows["network"] |= network.columns | {"gap": gap, "stops_above": (gap > 0).astype(float)}
    rows["segmentation"] |= {"data_digest": network.data_digest}
    return stacked(streams, rows)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The circle of a block of replicates: the points at which methods are judged are those of the design."""
    from dlstats.dgp import jump

    design = jump.CircularJump(condition.n, NOISE_SD)
    drawn = streams.draw(lambda rng: np.stack(design.sample(rng)), "data", n=condition.n)
    x = np.repeat(design.x[None, :, None], len(streams), axis=0)
    return Sample(x, drawn[:, 1], x, drawn[:, 0], streams.generators("baseline", n=condition.n))


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """Training error over the variance of the noise, and risk, both at the points of the design."""
    return {"misfit": squared_error(values, data.y) / NOISE_SD**2, "risk": squared_error(values, data.truth)}


def _network_of_arc(x: np.ndarray, y: np.ndarray, arc: tuple[int, int]) -> np.ndarray:
    """The values at the design of a shallow ReLU network with at most 4 units that is the fit of `arc`.

    A step from point i - 1 to point i is relu(n (x - x_{i-1})) - relu(n (x - x_i)), two units; an arc has two steps, or
    one where it begins or ends with the design.
    """
    inside = np.zeros(len(x), dtype=bool)
    inside[arc[0] : arc[1]] = True
    low, high = y[~inside].mean(), y[inside].mean()
    value = np.full(len(x), high if arc[0] == 0 else low)
    for jump, height in ((arc[0], high - low), (arc[1], low - high)):
        if 0 < jump < len(x):
            ramp = [np.maximum(len(x) * (x - x[i]), 0) for i in (jump - 1, jump)]
            value = value + height * (ramp[0] - ramp[1])
    return value


TRAINING = {"method": "network"}
TRAINED = Experiment(
    simulate=simulate,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=4),
        "steps": Factor("steps", int, at_least=1, default=None),
    }
    | EFFORT,
    methods={
        "network": Method(
            "trained, best of 4",
            "6 ReLU units and a linear skip, Adam, OneCycle at 0.05, 8n full-batch steps, best of 4 random starts with kinks "
            "spread over the data",
        ),
        "segmentation": Method(
            "better point of the class",
            "the best segmentation into an arc and its complement, as a network with at most 4 units",
        ),
    },
    measures=(
        Measure("risk", "excess risk"),
        Measure("misfit", "training error over the noise variance"),
        Measure("gap", "training error above the best segmentation, over the noise variance", where=TRAINING),
        Measure("stops_above", "training error is above the best segmentation", "proportion", where=TRAINING),
        Measure("epochs", "epochs", where=TRAINING),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINING),
    ),
    contrasts=(Contrast("risk", "network", "segmentation", "ratio", "mean"),),
    plug=Plug(sample, judge),
)


def _construction_errors() -> dict[str, float]:
    """The largest |network of 4 units - best segmentation| over the design, on 3 data sets of each size."""
    from dlstats.dgp import jump
    from dlstats.methods import segmentation

    rng, errors = np.random.default_rng(740), {}
    for n in (128, 512):
        design = jump.CircularJump(n, NOISE_SD)
        for data_set in range(3):
            y = design.sample(rng)[1]
            arc = segmentation.best_arc(y)
            gap = _network_of_arc(design.x, y, arc) - segmentation.arc_fit(y, arc)
            errors[f"n = {n}, data set {data_set}"] = float(np.abs(gap).max())
    return errors


CHECKS = (
    Check(
        "RSK8.construction",
        "The best segmentation into an arc and its complement is, at the points of the design, a network of at most 4 ReLU "
        "units, to 10⁻⁹.",
        at_most(0.0, 1e-9),
        _construction_errors,
        Derived("jump.md#two-jumps-with-four-units"),
    ),
)
PILOT = Finding("optimisation_gap, seed 777001")
LECTURES = ("JSM", "BIOS")
RECIPE = (
    f"6 ReLU units and a linear skip connection at two jumps of 2σ (Adam, OneCycle at 0.05, {STEPS}n full-batch steps, best of 4 "
    f"random starts with kinks spread over the data, n = {LARGEST})"
)
CLAIMS = (
    Claim(
        "RSK8",
        f"Training of {RECIPE} stops above the training error of a known network of the same class, the best segmentation, in at "
        "least 80 % of data sets.",
        at_least(0.8),
        proportion("stops_above", method="network", n=LARGEST),
        PILOT,
        LECTURES,
    ),
    Claim(
        "RSK8.excess",
        f"Training of {RECIPE} ends with more than {{theory}} times the mean excess risk of a known network of the same class, "
        "the best segmentation.",
        at_least(3.0),
        ratio("risk", "network", "segmentation", n=LARGEST),
        PILOT,
        LECTURES,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    """Risk of the trained network against that of the better point, a point per data set, one panel per size."""
    from dlstats.plotting import style

    rows = evidence.rows("trained", status="ok", effort=[1, 3])
    sizes = sorted(rows["n"].unique())
    panels = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    look = style.method("network") | {"linestyle": "", "markersize": 3.4}
    for axes, n in zip(panels, sizes, strict=True):
        said = []
        for effort, face in ((1, look["color"]), (3, "none")):
            pairs = rows[(rows["n"] == n) & (rows["effort"] == effort)].pivot(index="replicate", columns="method")
            x, y = pairs["risk", "segmentation"], pairs["risk", "network"]
            axes.plot(x, y, label=f"trained, effort {effort}", **look, markerfacecolor=face)
            above = pairs["stops_above", "network"].dropna()
            said.append(f"effort {effort}: {above.sum():.0f} of {len(above)}")
        axes.text(0.98, 0.98, "training error above\n" + "\n".join(said), fontsize="x-small", ha="right", va="top",
                  transform=axes.transAxes)  # fmt: skip
        axes.set_title(f"$n = {n}$")
    top = rows["risk"].max() * 1.25
    for axes in panels:
        axes.plot([0, top], [0, top], color="0.6", linewidth=0.7, zorder=0)
        axes.set(
            xlim=(-top / 40, 1.05 * rows.loc[rows["method"] == "segmentation", "risk"].max()), ylim=(-top / 40, top)
        )
    panels[0].set_ylabel(f"{evidence.axis('risk')}, trained")
    figure.supxlabel(f"{evidence.axis('risk')}, {TRAINED.label_of('segmentation')}", fontsize="medium")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)


STUDY = Study(
    title="Training stops short of the class",
    aims="Certify that trained networks are not global minimisers, and show what that costs.",
    mechanisms="The jump of linear_suboptimality: y = f_s + N(0, 0.25) on n equally spaced points.",
    estimands="Training error and excess risk at the design points.",
    compared_by="risk",
    experiments={"trained": TRAINED},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "optimisation_gap",
            "Excess risk of a trained network with six ReLU units against that of a network of the same class, the best "
            "segmentation: one point per data set, filled at one and open at three times the steps, and the diagonal on which "
            "both would be alike. Of a point above it the class holds something better on the same data that training did not "
            "find; see whether three times the steps bring points down to the line. Written in each panel: in how many data "
            "sets the training error stays above that of the better point, so that no global minimum was found.",
            _draw,
            "two-column",
            2.7,
        ),
    ),
    limits="The better point is a certificate, no global minimum of the class. The size of the excess depends on the recipe: "
    "other starts and slopes of the first layer were not tried.",
    designs={
        "smoke": [
            grid(n=[128, 256], steps=30, effort=1, replicates=4),
            grid(n=[128, 256], steps=30, effort=3, replicates=2),
        ],
        "standard": [grid(n=SIZES, effort=1, replicates=48), grid(n=SIZES, effort=3, replicates=16)],
        "paper": [grid(n=[*SIZES, 2048], effort=1, replicates=200), grid(n=[*SIZES, 2048], effort=3, replicates=48)],
    },
)
