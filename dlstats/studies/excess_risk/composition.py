"""Composition beats the curse of dimension: a trained network against nearest neighbours and an additive model."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, exact, worst
from dlstats.montecarlo.contrasts import contrast
from dlstats.nets import scaling
from dlstats.plotting.curves import beside, draw_points, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import composition as theory

NOISE_SD, SMOOTHNESS = 0.3, 2.0
LEARNING_RATE, BATCH, RESTARTS = 0.02, 400, 2
NEW, NEAR = 2000, 500
"""New points for the fits, and of these for the oracle nearest neighbours."""
DIMENSIONS = {"single_index": 10, "additive": 5}
RULES = {"single_index": "spline_3_short", "additive": "spline_6_short"}


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of `prescription` (exact) or `trained` (network, additive model, oracle nearest neighbours)."""
    if factors["part"] == "prescription":
        return _prescription(factors["structure"], factors["n"], streams)
    if factors["part"] == "trained":
        return _trained(factors["target"], factors["n"], factors.get("steps"), streams, device)
    raise ValueError(f"`part` must be prescription or trained, got {factors['part']!r}.")


def _prescription(structure: str, n: int, streams: Streams) -> pd.DataFrame:
    found = theory.prescription(theory.STRUCTURES[structure], n)
    row = {"exponent": found.exponent, "width": found.width, "active": found.active, "depth": found.depth}
    return pd.DataFrame({"replicate": r, "method": "prescription"} | row for r in streams.replicates)


def _trained(target: str, n: int, steps: int | None, streams: Streams, device: str) -> pd.DataFrame:
    from dlstats.dgp.regression import design
    from dlstats.methods.regression import BASELINES, oracle_neighbours
    from dlstats.training import recipes

    process = design(target, DIMENSIONS[target], noise_sd=NOISE_SD)
    data = [process.sample(n, rng) for rng in streams.generators("data", target=target, n=n)]
    x, y = (np.stack(part) for part in zip(*data, strict=True))
    new = streams.draw(lambda rng: process.inputs(NEW, rng), "new", target=target)
    truth = process.regression(new)
    shape = scaling.shape(RULES[target], n, process.d, SMOOTHNESS)
    recipe = recipes.Recipe(shape.widths, LEARNING_RATE, steps or shape.steps, BATCH, RESTARTS)
    found = recipes.run(recipe, 2 * x - 1, y, streams, device, target=target, n=n)
    risk = ((found.predict(2 * new - 1) - truth) ** 2).mean(axis=1)
    gap = found.losses.mean(axis=1) - found.loss
    rows = {"replicate": list(streams.replicates), "method": "network", "risk": risk, "gap": gap} | found.columns
    additive, neighbours = [], []
    for i, rng in enumerate(streams.generators("baseline", target=target, n=n)):
        fitted = BASELINES["additive_model"](x[i], y[i], new[i], rng).value
        additive.append(float(((fitted - truth[i]) ** 2).mean()))
        at, value = new[i, :NEAR], truth[i, :NEAR]
        neighbours.append(oracle_neighbours(x[i], process.regression(x[i]), at, value, NOISE_SD, min(n, 400))[0])
    frames = [pd.DataFrame(rows)]
    for method, risks in (("additive_model", additive), ("nearest_neighbours", neighbours)):
        frames.append(pd.DataFrame({"replicate": list(streams.replicates), "method": method, "risk": risks}))
    frame = pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)
    return frame.fillna({"status": "ok", "data_digest": "", "start_digest": ""})


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("risk", "excess risk", "median"),
    Measure("gap", "training loss of one start above the best of 2"),
    Measure("train_loss", "training loss"),
    Measure("exponent", "exponent of the rate", "exact"),
    Measure("width", "least width n φ_n", "exact"),
    Measure("active", "active parameters", "exact"),
    Measure("depth", "least depth", "exact"),
)

EXPONENTS = {
    "generic": 2 / 7, "additive": 0.8, "single_index": 0.8,
    "rough_outer": 0.5, "binary_tree": 2 / 3, "pair_interactions": 0.6,
}  # fmt: skip


def _slope(evidence: Evidence, target: str, method: str = "network") -> Estimate:
    return rate(evidence, part="trained", target=target, method=method).slope


def _steeper(evidence: Evidence, target: str) -> Estimate:
    """Slope of the network minus that of nearest neighbours; their errors are added as if independent."""
    net, near = (_slope(evidence, target, method) for method in ("network", "nearest_neighbours"))
    mcse = math.hypot(net.mcse, near.mcse)
    return Estimate(
        net.value - near.value, mcse, net.replicates, net.failed, note=net.note, lack_of_fit=net.lack_of_fit
    )


def _ratio(evidence: Evidence, target: str, first: str, second: str, n: int) -> Estimate:
    """Mean risk of one method over that of another, paired by replicate; failed ones drop out and count."""
    pair = []
    for method in (first, second):
        rows = evidence.rows(part="trained", target=target, method=method, n=n).sort_values("replicate")
        pair.append(rows["risk"].where(rows["status"] == "ok").to_numpy(float))
    return contrast("mean", *pair, kind="ratio")


def _statistician(evidence: Evidence) -> Estimate:
    sizes = sorted(evidence.rows(part="trained", target="additive")["n"].unique())
    found = [_ratio(evidence, "additive", "additive_model", "network", n) for n in sizes]
    return worst(found, 1.0, 0.0, "at_most")


def _exponents(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="prescription")
    gaps = [abs(r["exponent"] - EXPONENTS[r["structure"]]) for r in rows.to_dict("records")]
    return exact(float(max(gaps)))


def _depth(evidence: Evidence) -> Estimate:
    return exact(float(evidence.rows(part="prescription", n=10000)["depth"].min()), "the networks here have depth 1")


SCHMIDT_HIEBER = "Schmidt-Hieber 2020, theorems 1 and 3"
CLAIMS = (
    *(
        Claim(
            "RSK13" if target == "single_index" else "RSK13.additive",
            f"On the {text} target in d = {DIMENSIONS[target]} the slope of a trained network is below that of oracle "
            "nearest neighbours by more than 0.3.",
            "at_most", -0.3, 0.0, lambda e, t=target: _steeper(e, t), SCHMIDT_HIEBER, "JSM",
        )
        for target, text in (("single_index", "single-index"), ("additive", "additive"))
    ),
    *(
        Claim(
            f"RSK13.rate_{target}",
            f"The slope of the trained network on the {target.replace('_', '-')} target is -4/5 (n = 200 to 6400).",
            "equivalence", -0.8, 0.1, lambda e, t=target: _slope(e, t), SCHMIDT_HIEBER, "JSM",
        )
        for target in DIMENSIONS
    ),
    *(
        Claim(
            f"RSK13.crossover_{target}",
            f"At n = 200 the trained network is worse than oracle nearest neighbours on the {target.replace('_', '-')} "
            "target.",
            "at_least", 1.0, 0.0,
            lambda e, t=target: _ratio(e, t, "network", "nearest_neighbours", 200), "measured here",
        )
        for target in DIMENSIONS
    ),
    Claim(
        "RSK13.statistician",
        "On the additive target an additive spline model has a smaller risk than the trained network at every n.",
        "at_most", 1.0, 0.0, _statistician, "Stone 1985", "JSM",
    ),
    Claim(
        "RSK14",
        "Schmidt-Hieber's exponent min_i 2β*_i/(2β*_i + t_i) is 2/7, 0.8, 0.8, 0.5, 2/3, 0.6 for the generic, additive, "
        "single-index, rough outer, binary tree and pair interaction structures.",
        "bound_above", 0.0, 1e-12, _exponents, SCHMIDT_HIEBER, "JSM",
    ),
    Claim(
        "RSK14.depth",
        "The depth that theorem 1 asks for at n = 10⁴ is at least 66 layers in all of them: sufficient, not practical.",
        "bound_below", 66.0, 0.0, _depth, SCHMIDT_HIEBER, "JSM",
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style
    from dlstats.theory.kernel_smoothing import torus_exponent

    labels = {"network": "network", "additive_model": "additive model", "nearest_neighbours": "nearest neighbours"}
    looks = {"network": "network", "additive_model": "spline", "nearest_neighbours": "knn"}
    for axes, (target, d) in zip(figure.subplots(1, 2), DIMENSIONS.items(), strict=True):
        for method, label in labels.items():
            table = points(evidence, part="trained", target=target, method=method)
            draw_points(axes, table, label, looks[method])
            if method == "network":
                beside(axes, table["n"], table["estimate"], -0.8, style.method("network")["color"])
            if method == "nearest_neighbours":
                beside(axes, table["n"], table["estimate"], -torus_exponent(d, False), style.method("knn")["color"])
        risk_axes(axes, f"{target.replace('_', ' ')}, $d = {d}$")
        axes.legend(loc="lower left", fontsize=7)


FIGURES = (
    Figure(
        "composition",
        "Excess risk of a trained network, an additive spline model and oracle nearest neighbours on a single-index "
        "target in 10 and an additive target in 5 dimensions; dashed: slopes -4/5 and -4/(4+d). 95 % Monte Carlo "
        "intervals.",
        _draw, "two-column", 2.6,
    ),
)  # fmt: skip

STUDY = Study(
    name="composition",
    family="excess_risk",
    title="Composition and the curse of dimension",
    aims="Compare a trained network with methods that do and do not know the structure; compute theory's prescription.",
    mechanisms="x ~ U(0,1)^d, u = 2x - 1; sin(2√(3/d) Σ u_j) with d = 10, d^(-1/2) Σ sin πu_j with d = 5; noise sd 0.3.",
    estimands="Mean squared error at 2000 new points; for nearest neighbours exact given the inputs, at 500 of them.",
    methods={
        "network": "one hidden layer with a linear skip, 3 n^(1/5) or 6 n^(1/5) units, Adam, OneCycle at 0.02, 3000 steps",
        "additive_model": "cubic splines in every coordinate, knots and penalty by leave-one-out",
        "nearest_neighbours": "k-nearest neighbours at the k that is best for the truth (an oracle)",
        "prescription": "depth, width and active parameters of Schmidt-Hieber's theorem 1, constants 1",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The curve of the network is not a line: it falls fast once the structure is found. Local slopes are reported.",
)
