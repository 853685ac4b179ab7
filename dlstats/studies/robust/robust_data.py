"""Published data as checks: Engel's food expenditure (quantile regression) and Brownlee's stack loss (M-estimation)."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Practice, Theorem
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.theory import quantiles as theory

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
PUBLISHED_ENGEL = (81.48225, 0.56018)
"""Intercept and slope of the median regression [Koenker 2005; documentation of R's quantreg]."""
PUBLISHED_STACK = {
    "absolute": (-39.68986, 0.83188, 0.57391, -0.06087),
    "huber": (-41.02653, 0.82937, 0.92611, -0.12785),
    "tukey": (-42.28525, 0.92755, 0.65073, -0.11233),
}
"""Intercept, air flow, water temperature, acid concentration: least absolute deviations as printed by quantreg's `rq`,
Huber and Tukey as printed by `rlm` of MASS [Venables and Ripley 2002, chapter 6]."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """`_fits` of every replicate: no randomness."""
    return pd.DataFrame([{"replicate": r, **row} for r in streams.replicates for row in _fits(device)])


@functools.cache
def _fits(device: str) -> list[dict]:
    """A network without hidden layer, one output per level, and linear programming, on 235 households."""
    from dlstats.losses.domain import constant
    from dlstats.losses.quantile import pinball
    from dlstats.methods.quantile import linear_program

    data = _households()
    x, y = data["income"].to_numpy(), data["foodexp"].to_numpy()
    trained = _affine(x[:, None], y, lambda f, target: pinball(f, target, constant(LEVELS, f)), len(LEVELS), device)
    rows = []
    for k, level in enumerate(LEVELS):
        best = linear_program(x, y, level)
        risk = [_risk(y - c[0] - c[1] * x, level) for c in (trained[:, k], best)]
        negative, zeros = theory.residual_counts(y - best[0] - best[1] * x, 1e-6)
        broken = float(not theory.obeys_optimality(negative, zeros, len(y), level))
        programme = {"method": "linear_program", "level": level, "intercept": best[0], "slope": best[1]}
        rows.append(programme | {"negative": negative, "zeros": zeros, "broken": broken})
        network = {"method": "network", "level": level, "intercept": trained[0, k], "slope": trained[1, k]}
        rows.append(network | {"gap": risk[0] / risk[1] - 1})
    return rows


def _optimality() -> list[float]:
    """1 for a level whose fit by linear programming breaks the condition on its residuals."""
    return [row["broken"] for row in _fits("cpu") if "broken" in row]


def _excess() -> list[float]:
    """Relative excess of the network's training risk over the optimum, by level."""
    return [row["gap"] for row in _fits("cpu") if "gap" in row]


def _households() -> pd.DataFrame:
    """Engel's data: `income` and `foodexp`."""
    import statsmodels.api as sm

    return pd.DataFrame(sm.datasets.engel.load_pandas().data)


def _risk(residual: np.ndarray, level: float) -> float:
    return float(np.maximum(level * residual, (level - 1) * residual).mean())


def _affine(x: np.ndarray, y: np.ndarray, loss, outputs: int, device: str, steps: int = 8000) -> np.ndarray:
    """Coefficients (1 + d, outputs) of a network without hidden layer, trained on standardised data by Adam."""
    import torch

    from dlstats import nets, training

    torch.set_num_threads(1)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    middle, unit = np.median(y), y.std()
    net = nets.Mlp(x.shape[1], (), outputs)
    start = torch.zeros(1, net.size, dtype=torch.float64)
    plan = training.Training(steps, 0.02, schedule=training.schedules.linear, dtype="float64")
    target = ((y - middle) / unit)[None, :, None]
    fit = training.fit(net, loss, start, ((x - centre) / spread)[None], target, plan, device=device)
    tensors = nets.views(net, fit.parameters)
    slopes = tensors["weight.0"][0].numpy() * unit / spread[:, None]
    intercept = tensors["bias.0"][0].numpy() * unit + middle - centre @ slopes
    return np.vstack([intercept, slopes])


def _published_engel() -> list[float]:
    from dlstats.methods.quantile import linear_program

    data = _households()
    return np.abs(linear_program(data["income"].to_numpy(), data["foodexp"].to_numpy(), 0.5) - PUBLISHED_ENGEL).tolist()


def _stackloss() -> dict[str, float]:
    """M-estimates of statsmodels' RLM against print, and networks without hidden layer at RLM's scale against RLM."""
    import statsmodels.api as sm

    from dlstats.losses import robust
    from dlstats.methods.quantile import linear_program

    data = sm.datasets.stackloss.load_pandas()
    x, y = np.asarray(data.exog, dtype=float), np.asarray(data.endog, dtype=float)
    rivals = {
        "huber": (sm.robust.norms.HuberT(), robust.huber, 1.345),
        "tukey": (sm.robust.norms.TukeyBiweight(), robust.tukey, 4.685),
    }
    gaps = {"absolute": _furthest(linear_program(x, y, 0.5), PUBLISHED_STACK["absolute"])}
    for name, (norm, trained, constant) in rivals.items():
        fit = sm.RLM(y, sm.add_constant(x), M=norm).fit(maxiter=500, tol=1e-12)
        loss = functools.partial(trained, threshold=constant * fit.scale / y.std())
        gaps[name] = _furthest(fit.params, PUBLISHED_STACK[name])
        gaps[f"{name}, network"] = _furthest(_affine(x, y, loss, 1, "cpu", 3000)[:, 0], fit.params)
    return gaps


def _furthest(coefficients: np.ndarray, published: tuple | np.ndarray) -> float:
    """Largest difference between coefficients, relative to their size and at least 1."""
    published = np.asarray(published)
    return float((np.abs(coefficients - published) / np.maximum(1, np.abs(published))).max())


CHECKS = (
    Check(
        "ROB17",
        "Linear quantile fits of Engel's data obey N₋ ≤ nτ ≤ N₋ + N₀ at τ = 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, n = 235 "
        "(levels that do not).",
        equals(0),
        _optimality,
        Theorem("koenker1978", "theorem 3.4"),
    ),
    Check(
        "ROB17.network",
        "The mean pinball loss of a network without hidden layer has the linear-programming optimum as its minimum; 8000 steps "
        "of Adam come within 0.1 % of it on Engel's data at seven levels (largest relative excess).",
        at_most(0, 1e-3),
        _excess,
        Derived("quantiles.md#network-without-hidden-layer"),
    ),
    Check(
        "ROB17.published",
        "The median fit of Engel's data has the published coefficients 81.48225 and 0.56018 (largest difference).",
        equals(0, 1e-4),
        _published_engel,
        Practice("koenker2005"),
    ),
    Check(
        "ROB1.stackloss",
        "Least absolute deviations, Huber and Tukey fits of the stack-loss data have the published coefficients, and networks "
        "without hidden layer with the losses as trained reach the M-estimates (largest relative difference).",
        equals(0, 1e-3),
        _stackloss,
        Practice("venables2002", "chapter 6"),
    ),
)


def draw_engel(evidence: Evidence, figure) -> None:
    """Engel's data with the seven fits: lines of linear programming, dots of the network."""
    from dlstats.plotting import labels, style

    data = _households()
    table = evidence.table("engel", measure=["intercept", "slope"])
    lines = table.pivot(index="level", columns=["method", "measure"], values="estimate")
    axis = figure.subplots()
    axis.plot(data["income"], data["foodexp"], ".", color="0.75", markersize=2.5)
    ends, inside = np.array([377.0, 3000.0]), np.linspace(500, 2800, 8)
    for level in lines.index:
        line, dots = (lines.loc[level, method] for method in METHODS)
        color = (style.method("exact") if level == 0.5 else style.nth(1))["color"]
        named = [f"{method.label}, by level" if level == LEVELS[0] else None for method in METHODS.values()]
        axis.plot(ends, line["intercept"] + line["slope"] * ends, color=color, linewidth=0.8, label=named[0])
        labels.at_end(axis, ends[1], line["intercept"] + line["slope"] * ends[1], f"{level:g}", color)
        heights = dots["intercept"] + dots["slope"] * inside
        axis.plot(inside, heights, "o", color=color, markersize=2, label=named[1])
    axis.set(xlabel="household income", ylabel="food expenditure", xlim=(300, 3020), ylim=(200, 2200))
    axis.legend()


METHODS = {
    "linear_program": Method("linear program", "linear programming, one per level", style="exact"),
    "network": Method("network", "network without hidden layer, seven outputs, pinball loss, Adam from 0"),
}

STUDY = Study(
    title="Published fits on Engel's data and the stack-loss data",
    aims="Do the losses as trained give published quantile and M-estimates?",
    mechanisms="Engel's food expenditure (235 households) and Brownlee's stack loss (21 days), as statsmodels ships them.",
    estimands="Coefficients, training risk and counts of residual signs.",
    experiments={
        "engel": Experiment(
            simulate,
            factors={},
            keys={"level": Factor("quantile level", float, symbol=r"\tau", levels=LEVELS)},
            methods=METHODS,
            measures=(
                Measure("gap", "relative excess risk of the network", "exact", where={"method": "network"}),
                Measure("broken", "is the optimality condition broken", "exact", where={"method": "linear_program"}),
                Measure("negative", "negative residuals", "exact", where={"method": "linear_program"}),
                Measure("zeros", "residuals of 0", "exact", where={"method": "linear_program"}),
                Measure("intercept", "intercept", "exact"),
                Measure("slope", "slope", "exact"),
            ),
            title="Engel's food expenditure",
        )
    },
    checks=CHECKS,
    figures=(
        Figure(
            "engel",
            "Engel's 235 households with linear quantile fits at the levels written at their ends, the median in black. Lines: "
            "linear programming. Dots: network without hidden layer, trained on the pinball loss; they lie on the lines, "
            "which fan out: the spread of expenditure grows with income.",
            draw_engel,
        ),
    ),
    limits="Checks of the losses, not a comparison of methods: the models are linear.",
    designs={"smoke": grid(replicates=1)},
)
