"""What sets the slope of a trained network: its scaling rule, the steps, the starts, or the sample sizes?"""

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
from dlstats.protocol.measure import Contrast, Measure, Slope, SlopeContrast
from dlstats.protocol.origin import Finding, Theorem
from dlstats.protocol.readers import bend, local_slopes, ratio, slope, slope_difference
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.excess_risk._scaling import Decay, Fixed, Isotropic, Prescribed, Shape, Spline
from dlstats.studies.frames import squared_error, stacked

NEW, NOISE_SD, BATCH = 1000, 0.3, 300
LONGER, STARTS = 3, 4
"""Times the steps of the method `longer`, and random starts of the method `starts`."""
DEEP = 5
"""From so many layers on the initialisation is He's and the rate is halved, without which they do not train."""

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
    "schmidt_hieber": Prescribed(4000),
}
"""Tried with the rule that is used."""
PRESCRIPTION = "schmidt_hieber"


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks by every rule, and by the rule that is used with more steps or starts, on the same data."""
    target, n = condition.target, condition.n
    case, most = CASES[target], condition.steps or math.inf
    process = Additive(target, case.d, case.function, normal(NOISE_SD))
    pairs = [process.sample(n, rng) for rng in streams.generators("data", target=target, n=n)]
    x, y = (np.stack(part) for part in zip(*pairs, strict=True))
    at = np.stack([rng.random((NEW, case.d)) for rng in streams.generators("new", target=target)])
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
    depth = len(shape.widths)
    start, learning_rate = _training(case, depth)
    steps = int(min(shape.steps, most)) * times
    recipe = recipes.Recipe(shape.widths, learning_rate, steps, BATCH, starts, start, shape.weight_decay)
    network = recipes.run(recipe, x, y, streams, device, target=target, n=n)
    return {
        "risk": squared_error(network.predict(at), truth),
        "gap": network.losses.mean(axis=1) - network.loss,
        "width": shape.widths[0],
        "depth": depth,
        "steps_done": steps,
        "weight_decay": shape.weight_decay,
        **network.columns,
    }


def _training(case: Case, depth: int) -> tuple[str, float]:
    """Initialisation and learning rate by depth."""
    if depth == 1:
        return case.start, case.learning_rate
    return ("torch_default", 0.01) if depth < DEEP else ("he", 0.005)


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
        "schmidt_hieber": Method(
            "prescribed (theorem 1)", "depth and width of Schmidt-Hieber's theorem 1, constants 1"
        ),
        "spline_2": Method("$2 n^{1/5}$ units", "one layer of 2 n^(1/5) units"),
        "isotropic_1": Method("$n^{d/(4+d)}$ units", "one layer of n^(d/(4+d)) units, blind to structure"),
        "decay_64": Method("64 units, decay", "one layer of 64 units, weight decay 0.1 n^(-4/5)"),
        "longer": Method(f"{LONGER} times the steps", f"the rule that is used with {LONGER} times the steps"),
        "starts": Method(f"best of {STARTS} starts", f"the rule that is used, the best of {STARTS} by training loss"),
    },
    measures=(
        Measure("risk", "excess risk"),
        Measure("risk", "excess risk", "median"),
        Measure("gap", "training loss of one start above the best"),
        Measure("width", "width of the first layer", "exact"),
        Measure("depth", "hidden layers", "exact"),
        Measure("steps_done", "steps", "exact"),
        Measure("weight_decay", "weight decay", "exact"),
    ),
    contrasts=(
        Contrast("risk", PRESCRIPTION, "used", "ratio", "mean"),
        *(Contrast("risk", "used", rule, "ratio", "mean") for rule in (*RULES, "used")),
    ),
    slopes=(Slope("risk"), SlopeContrast("risk", "longer", "used"), SlopeContrast("risk", "starts", "used")),
    block=50,
)


def best_rules(evidence: Evidence, target: str) -> list[tuple[int, str]]:
    """(n, the rule with the smallest mean risk there), the oracle's choice."""
    table = evidence.table(target=target, measure="risk", statistic="mean", method=[*RULES, "used"])
    best = table.loc[table.groupby("n")["estimate"].idxmin()].sort_values("n")
    return list(zip(best["n"].astype(int), best["method"].astype(str), strict=True))


def _oracle(target: str) -> Callable[[Evidence], list[Estimate]]:
    """Mean risk of the rule that is used over that of the best rule at each n."""

    def read(evidence: Evidence) -> list[Estimate]:
        best = best_rules(evidence, target)
        return [ratio("risk", "used", rule, target=target, n=n)(evidence)[0] for n, rule in best]

    return read


def _claims(target: str, case: Case) -> tuple[Claim, ...]:
    words = f"({case.title.replace('$', '')}; n = 200, 800, 3200)"
    return (
        Claim(
            f"RSK19.longer_{target}",
            f"Optimisation does not set the slope: {LONGER} times the steps change it by at most {{margin}} {words}.",
            equals(0.0, 0.1),
            slope_difference("risk", "longer", "used", target=target),
            Finding(),
        ),
        Claim(
            f"RSK19.starts_{target}",
            f"Random starts do not set the slope: the best of {STARTS} by training loss changes it by at most {{margin}} "
            f"{words}.",
            equals(0.0, 0.1),
            slope_difference("risk", "starts", "used", target=target),
            Finding(),
        ),
        Claim(
            f"RSK19.straight_{target}",
            "The sizes are in the asymptotic range: the slopes of the first and the last two differ by at most {margin} "
            f"{words}.",
            equals(0.0, 0.2),
            bend("risk", target=target, method="used"),
            Finding(),
        ),
        Claim(
            f"RSK14.trained_{target}",
            f"The depth and width of theorem 1, constants 1, give at no n a smaller risk than the rule that is used {words}.",
            at_least(1.0),
            ratio("risk", PRESCRIPTION, "used", target=target).each("n"),
            Theorem("schmidthieber2020"),
        ),
        Claim(
            f"RSK12.oracle_{target}",
            f"The rule that is used has at most {{theory}} times the risk of the best rule tried, at every n {words}.",
            at_most(1.5),
            _oracle(target),
            Finding(),
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
    return [("used", whole("used")), *ends, *variants, ("prescribed", whole(PRESCRIPTION))]


STUDY = Study(
    title="Scaling rules, and what limits a trained slope",
    aims="Compare theory's prescription, the rule that is used and the best rule; find out whether steps, starts or sample "
    "sizes set the slope that is measured.",
    mechanisms="sin 4πx; sin(2√(3/d) Σ u_j), d = 10; 1{x > 0.4}; x uniform, normal noise of standard deviation 0.3.",
    estimands="Mean squared error at 1000 new points, and its slope in n.",
    experiments={"risk": RISK},
    claims=tuple(claim for target, case in CASES.items() for claim in _claims(target, case)),
    figures=(
        Figure(
            "scaling_rules",
            "Excess risk of trained networks by scaling rule. Used: the rule of the other studies; prescribed: depth and "
            "width of Schmidt-Hieber's theorem 1 with constants 1; ring: the best of these rules at that n. "
            "Dashed: theory's slope. 95 % Monte Carlo intervals.",
            draw_rules,
            "two-column",
            3.2,
        ),
        Figure(
            "slope_limits",
            "What limits the slope of the rule that is used: slopes over all sizes, between the first two and the last two, "
            "with more steps and with more starts, and of theory's prescription. Dashed: theory. 95 % Monte Carlo intervals.",
            draw_limits,
            "two-column",
            2.6,
        ),
    ),
    limits="Three sizes for each slope (six in the paper design); the best rule is chosen among five on the same replicates, "
    "so that its risk is a little too small. Networks of five layers and more start as He and have half the rate.",
    designs={
        "smoke": grid(target=list(CASES), n=[100, 200, 400], steps=20, replicates=4),
        "standard": grid(target=list(CASES), n=[200, 800, 3200], replicates=50),
        "paper": grid(target=list(CASES), n=[200, 400, 800, 1600, 3200, 6400], replicates=200),
    },
)
