"""What changes the risk of a trained network and its slope: the scaling rule, the steps, or the random starts?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlstats.dgp import regression
from dlstats.dgp.additive import Additive
from dlstats.dgp.noise import normal
from dlstats.montecarlo import Estimate
from dlstats.plotting.curves import beside, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure, Slope
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import Reader, local_slopes, log_ratio, ratio, slope, unpaired
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.excess_risk._scaling import Decay, Fixed, Isotropic, Shape, Spline
from dlstats.studies.frames import squared_error, stacked

NEW, NOISE_SD, BATCH = 1000, 0.3, 300
LONGER, STARTS = 3, 4
"""Times the steps of the method `longer`, and random starts of the method `starts`."""

Rule = Callable[[float, int, float], Shape]


@dataclass(frozen=True)
class Case:
    """A target: its function, inputs, the rule that the other studies use, initialisation and rate of one hidden layer."""

    title: str
    function: Callable[[np.ndarray], np.ndarray]
    d: int
    rule: Rule
    start: str
    learning_rate: float
    slope: float
    """Of theory."""


CASES = {
    "smooth": Case("smooth, $d = 1$", regression.sine, 1, Spline(6, 3000), "kinks", 0.05, -0.8),
    "composed": Case(
        "single index, $d = 10$", regression.single_index, 10, Spline(3, 3000), "torch_default", 0.02, -0.8
    ),
    "jump": Case("jump, $d = 1$", regression.step, 1, Fixed((16, 16, 16), 8000), "kinks", 0.05, -1.0),
}
RULES: dict[str, Rule] = {
    "spline_2": Spline(2, 4000),
    "isotropic_1": Isotropic(1, 4000),
    "decay_64": Decay(64, 0.1, 4000),
}
"""Tried with the rule that is used."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks by every rule, and by the rule that is used with more steps or starts, on the same data."""
    target, n = condition.target, condition.n
    case, most = CASES[target], condition.steps or math.inf
    process = Additive(target, case.d, case.function, normal(NOISE_SD))
    pairs = [process.sample(n, rng) for rng in streams.generators("data", target=target, n=n)]
    x, y = (np.stack(part) for part in zip(*pairs, strict=True))
    at = np.stack([rng.random((NEW, case.d)) for rng in streams.generators("new", target=target, n=n)])
    data = (_inputs(case, x), y, _inputs(case, at), case.function(at))
    methods = {name: (rule, 1, 1) for name, rule in RULES.items()}
    methods |= {"used": (case.rule, 1, 1), "longer": (case.rule, LONGER, 1), "starts": (case.rule, 1, STARTS)}
    rows = {name: _columns(case, how, data, most, streams, device, target) for name, how in methods.items()}
    return stacked(streams, rows)


def _inputs(case: Case, x: np.ndarray) -> np.ndarray:
    """As the network sees them: centred in several dimensions."""
    return 2 * x - 1 if case.d > 1 else x


def _columns(case: Case, how: tuple[Rule, int, int], data, most, streams, device, target) -> dict:
    from dlstats.training import recipes

    rule, times, starts = how
    x, y, at, truth = data
    n = x.shape[1]
    shape = rule(n, case.d, 2.0)
    shallow = len(shape.widths) == 1
    start, learning_rate = (case.start, case.learning_rate) if shallow else ("torch_default", 0.01)
    steps = int(min(shape.steps, most)) * times
    recipe = recipes.Recipe(shape.widths, learning_rate, steps, BATCH, starts, start, shape.weight_decay)
    network = recipes.run(recipe, x, y, streams, device, target=target, n=n)
    return {
        "risk": squared_error(network.predict(at), truth),
        "gap": network.losses.mean(axis=1) - network.loss,
        **network.columns,
    }


RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, {name: case.title for name, case in CASES.items()}),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "steps": Factor("steps at most", int, at_least=1, default=None),
    },
    methods={
        "used": Method(
            "used", "the rule of the studies rates, shallow_rate and linear_suboptimality for this target; one start"
        ),
        "spline_2": Method("$2 n^{1/5}$ units", "one layer of 2 n^(1/5) units"),
        "isotropic_1": Method("$n^{d/(4+d)}$ units", "one layer of n^(d/(4+d)) units, blind to structure"),
        "decay_64": Method("64 units, decay", "one layer of 64 units, weight decay 0.1 n^(−4/5)"),
        "longer": Method(f"{LONGER} times the steps", f"the rule that is used with {LONGER} times the steps"),
        "starts": Method(f"best of {STARTS} starts", f"the rule that is used, the best of {STARTS} by training loss"),
    },
    measures=(
        Measure("risk", "excess risk"),
        Measure("risk", "excess risk", "median"),
        Measure("gap", "training loss of one start above the best"),
    ),
    contrasts=(
        *(Contrast("risk", method, "used", statistic="geometric_mean") for method in ("longer", "starts", "decay_64")),
        Contrast("risk", "starts", "used", "ratio", "mean"),
    ),
    slopes=(Slope("risk"),),
    block=50,
)


def best_rules(evidence: Evidence, target: str) -> list[tuple[int, str]]:
    """(n, the rule with the smallest mean risk there), the oracle's choice."""
    table = evidence.table(target=target, measure="risk", statistic="mean", method=[*RULES, "used"])
    best = table.loc[table.groupby("n")["estimate"].idxmin()].sort_values("n")
    return list(zip(best["n"].astype(int), best["method"].astype(str), strict=True))


FACTOR = math.log10(1.25)
"""A ratio of risks within this is no difference that a reader would act upon."""
PILOT = Finding("slope_limits, seed 20261120")
WORDS = {
    "smooth": "one layer of 6 n^(1/5) units on sin 4πx (linear skip connection, Adam, OneCycle at 0.05, 3000 steps on "
    "minibatches of 300, one start)",
    "composed": "one layer of 3 n^(1/5) units on a single-index target in d = 10 (linear skip connection, Adam, OneCycle at "
    "0.02, 3000 steps on minibatches of 300, one start)",
    "jump": "three layers of 16 at a jump (linear skip connection, Adam, OneCycle at 0.01, 8000 steps on minibatches of 300, one "
    "start)",
}


def _log_ratio(method: str, target: str, n: int | list[int] | Callable[[int], bool]) -> Reader:
    """log₁₀ of the geometric mean of the risk of a method over that of the rule that is used."""
    return log_ratio("risk", method, "used", "geometric_mean", target=target, n=n)


def _steady(target: str) -> Claim:
    return Claim(
        f"RSK19.longer_{target}",
        f"With {WORDS[target]} three times the steps change the geometric mean of the risk as much at n = 3200 as at n = 200, "
        "up to a factor of 1.25: a slope between these sizes changes by less than 0.08.",
        equals(0.0, FACTOR),
        unpaired(_log_ratio("longer", target, 3200), _log_ratio("longer", target, 200)),
        PILOT,
    )


CLAIMS = (
    _steady("smooth"),
    _steady("composed"),
    Claim(
        "RSK19.early_stopping",
        f"With {WORDS['jump']} three times the steps raise the geometric mean of the risk more than 1.25-fold at n = 200 and "
        "800 (log₁₀ of the ratio): there longer training harms.",
        at_least(FACTOR),
        _log_ratio("longer", "jump", [200, 800]).each("n"),
        PILOT,
    ),
    Claim(
        "RSK19.starts_few_data",
        f"With {WORDS['composed']} at n = 200 the best of four starts by training loss has less than 1/1.25 of the mean risk "
        "of one start.",
        at_most(0.8),
        ratio("risk", "starts", "used", target="composed", n=200),
        PILOT,
    ),
    Claim(
        "RSK12.decay",
        f"One layer of 64 units with weight decay 0.1 n^(−4/5) (4000 steps) has a smaller geometric mean of the risk than "
        f"{WORDS['smooth']}, at every n from 200 to 3200 (log₁₀ of the ratio).",
        at_most(0.0),
        _log_ratio("decay_64", "smooth", lambda n: n >= 200).each("n"),
        PILOT,
    ),
)


def draw_rules(evidence: Evidence, figure) -> None:
    """Risk against n by rule, theory's slope below the rule that is used, a ring around the best."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 3, sharey=False)
    for axes, (target, case) in zip(panels, CASES.items(), strict=True):
        tables = {m: points(evidence, target=target, method=m) for m in RISK.methods if m == "used" or m in RULES}
        for i, (method, table) in enumerate(tables.items()):
            draw_points(axes, table, RISK.methods[method].label, style.nth(i))
        beside(axes, tables["used"]["at"], tables["used"]["estimate"], case.slope)
        for n, best in best_rules(evidence, target):
            height = float(tables[best].loc[tables[best]["n"] == n, "estimate"].iloc[0])
            axes.plot(n, height, "o", markersize=9, markerfacecolor="none", markeredgecolor="0.4", zorder=0)
        risk_axes(axes, case.title)
        if axes is not panels[0]:
            axes.set_ylabel("")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)


def draw_limits(evidence: Evidence, figure) -> None:
    """The slope as it is, over halves of the sizes, and with more steps or starts."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 3, sharey=True)
    for axes, (target, case) in zip(panels, CASES.items(), strict=True):
        slopes = dict(_slopes(evidence, target))
        values, errors = ([getattr(e, part) for e in slopes.values()] for part in ("value", "mcse"))
        bars = [1.96 * error for error in errors]
        axes.errorbar(values, range(len(slopes)), xerr=bars, **(style.nth(0) | {"linestyle": ""}))
        axes.axvline(case.slope, **(style.method("theory") | {"marker": ""}), linewidth=0.8)
        axes.set_title(case.title)
        axes.set_xlabel("slope of log risk")
        axes.set_yticks(range(len(slopes)), list(slopes))
    panels[0].invert_yaxis()


def _slopes(evidence: Evidence, target: str) -> list[tuple[str, Estimate]]:
    """(label, slope) of the rule that is used, of it between neighbouring sizes, and of its variants."""

    def whole(method: str) -> Estimate:
        return slope("risk", target=target, method=method)(evidence)[0]

    local = local_slopes("risk", target=target, method="used")(evidence)
    ends = [("between the first sizes", local[0]), ("between the last sizes", local[-1])]
    variants = [(RISK.methods[name].label, whole(name)) for name in ("longer", "starts")]
    return [("used", whole("used")), *ends, *variants]


STUDY = Study(
    title="Scaling rules, and what limits a trained slope",
    aims="Compare the scaling rule that is used with others; find out whether steps or starts change the risk, and with it the "
    "slope that is measured.",
    mechanisms="sin 4πx; sin(2√(3/d) Σ u_j), d = 10; 1{x > 0.4}; x uniform, normal noise of standard deviation 0.3.",
    estimands="Mean squared error at 1000 new points, its geometric mean over data sets, and its slope in n.",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "scaling_rules",
            "Excess risk of trained networks by scaling rule. Used: the rule of the other studies; ring: the best of these "
            "rules at that n. Dashed: the slope of theory for the best estimator of such a function. 95 % Monte Carlo intervals.",
            draw_rules,
            "two-column",
            3.2,
        ),
        Figure(
            "slope_limits",
            "What limits the slope of the rule that is used: slopes over all sizes, between the first two and the last two, "
            "with more steps and with more starts. Dashed: theory. 95 % Monte Carlo intervals.",
            draw_limits,
            "two-column",
            2.6,
        ),
    ),
    limits="Three sizes (six in the paper design): where the local slopes differ there is no slope, and none is claimed. The "
    "ring is chosen among four rules on the same replicates. One learning rate; no validation part stops the training.",
    designs={
        "smoke": grid(target=list(CASES), n=[100, 200, 400], steps=20, replicates=4),
        "standard": grid(target=list(CASES), n=[200, 800, 3200], replicates=80),
        "paper": grid(target=list(CASES), n=[200, 400, 800, 1600, 3200, 6400], replicates=200),
    },
)
