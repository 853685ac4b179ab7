"""What sets the slope of a trained network: its scaling rule, the steps, the starts, or the sample sizes?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, worst
from dlstats.montecarlo.contrasts import contrast
from dlstats.montecarlo.rates import Rate, rate_of
from dlstats.nets import scaling
from dlstats.plotting.curves import beside, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams

NEW, NOISE_SD, BATCH = 1000, 0.3, 300
LONGER, STARTS = 3, 4
"""Times the steps of the arm `longer`, and starts of the arm `starts`."""
DEEP = 5
"""From so many layers on the start is He's and the rate is halved, without which they do not train."""


@dataclass(frozen=True)
class Case:
    """A target: its function, inputs, the rule that the other studies use, rate and start of one hidden layer."""

    title: str
    function: str
    d: int
    rule: str
    learning_rate: float
    start: str
    slope: float
    """Of theory."""


CASES = {
    "smooth": Case("smooth, $d = 1$", "sine", 1, "spline_6_short", 0.05, "kinks", -0.8),
    "composed": Case("single index, $d = 10$", "single_index", 10, "spline_3_short", 0.02, "torch_default", -0.8),
    "jump": Case("jump, $d = 1$", "step", 1, "deep_16", 0.01, "torch_default", -1.0),
}
PRESCRIPTION = "schmidt_hieber"
RULES = ("spline_2", "isotropic_1", "decay_64", PRESCRIPTION)
"""Tried beside the rule that is used."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Networks by every rule, and by the rule that is used with more steps or starts, on the same data."""
    from dlstats.dgp import regression

    target, n = factors["target"], factors["n"]
    if target not in CASES:
        raise ValueError(f"`target` must be one of {', '.join(CASES)}, got {target!r}.")
    case, most = CASES[target], factors.get("steps", math.inf)
    process = regression.design(case.function, case.d, noise_sd=NOISE_SD)
    pairs = [process.sample(n, rng) for rng in streams.generators("data", target=target, n=n)]
    x, y = (np.stack(part) for part in zip(*pairs, strict=True))
    at = np.stack([rng.random((NEW, case.d)) for rng in streams.generators("new", target=target)])
    data = (_inputs(case, x), y, _inputs(case, at), regression.TARGETS[case.function](at))
    arms = {rule: (rule, 1, 1) for rule in RULES}
    arms |= {"used": (case.rule, 1, 1), "longer": (case.rule, LONGER, 1), "starts": (case.rule, 1, STARTS)}
    frames = [_arm(case, name, arm, data, most, streams, device, target) for name, arm in arms.items()]
    frame = pd.concat(frames, ignore_index=True)
    return frame.sort_values("replicate", kind="stable", ignore_index=True)


def _inputs(case: Case, x: np.ndarray) -> np.ndarray:
    """As the network sees them: centred in several dimensions."""
    return 2 * x - 1 if case.d > 1 else x


def _arm(case: Case, name: str, arm: tuple[str, int, int], data, most, streams, device, target) -> pd.DataFrame:
    from dlstats.training import recipes

    rule, times, starts = arm
    x, y, at, value = data
    n = x.shape[1]
    shape = scaling.shape(rule, n, case.d, 2.0)
    depth = len(shape.widths)
    start, learning_rate = (case.start, case.learning_rate) if depth == 1 else ("torch_default", 0.01)
    if depth == 1 and case.rule == "deep_16":
        start, learning_rate = "kinks", 0.05
    if depth >= DEEP:
        start, learning_rate = "he", 0.005
    steps = int(min(shape.steps, most)) * times
    recipe = recipes.Recipe(shape.widths, learning_rate, steps, BATCH, starts, start, shape.weight_decay)
    found = recipes.run(recipe, x, y, streams, device, target=target, n=n)
    risk = ((found.predict(at) - value) ** 2).mean(axis=1)
    gap = found.losses.mean(axis=1) - found.loss
    about = {"width": shape.widths[0], "depth": depth, "steps_done": steps, "weight_decay": shape.weight_decay}
    rows = {"replicate": list(streams.replicates), "method": name, "risk": risk, "gap": gap} | about | found.columns
    return pd.DataFrame(rows)


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("risk", "excess risk", "median"),
    Measure("gap", "training loss of one start above the best"),
    Measure("width", "width of the first layer", "exact"),
    Measure("depth", "hidden layers", "exact"),
    Measure("steps_done", "steps", "exact"),
    Measure("weight_decay", "weight decay", "exact"),
)


def _rate(evidence: Evidence, target: str, method: str) -> Rate:
    return rate(evidence, target=target, method=method)


def _change(target: str, method: str):
    """Slope of an arm less that of the rule as it is used: the slope of the log ratio of their risks on shared data."""

    def measure(evidence: Evidence) -> Estimate:
        sizes = sorted(evidence.rows(target=target)["n"].unique().tolist())
        ratios = [_over_at(evidence, target, n, method, "used") for n in sizes]
        values, errors, reps = zip(*((r.value, r.mcse, r.replicates) for r in ratios), strict=True)
        return rate_of(sizes, values, errors, reps, sum(r.failed for r in ratios)).slope

    return measure


def _bend(target: str):
    """Slope between the last two sizes less that between the first two."""

    def measure(evidence: Evidence) -> Estimate:
        local = _rate(evidence, target, "used").local
        first, last = local[0], local[-1]
        return Estimate(last.value - first.value, math.hypot(first.mcse, last.mcse), last.replicates, last.failed)

    return measure


def _over(target: str, above: str, below: str, kind: str):
    """Mean risk of one method over that of another on the same data, the worst n."""

    def measure(evidence: Evidence) -> Estimate:
        sizes = sorted(evidence.rows(target=target)["n"].unique())
        return worst([_over_at(evidence, target, n, above, below) for n in sizes], 1.0, 0.0, kind)

    return measure


def _oracle(target: str):
    """Mean risk of the rule that is used over that of the best rule at each n, the worst n."""

    def measure(evidence: Evidence) -> Estimate:
        best = best_rules(evidence, target)
        return worst([_over_at(evidence, target, n, "used", name) for n, name in best], 1.5, 0.0, "at_most")

    return measure


def _over_at(evidence: Evidence, target: str, n: int, above: str, below: str) -> Estimate:
    rows = [evidence.rows(target=target, method=m, n=n).sort_values("replicate") for m in (above, below)]
    return contrast("mean", *(r["risk"].where(r["status"] == "ok").to_numpy(float) for r in rows), kind="ratio")


def best_rules(evidence: Evidence, target: str) -> list[tuple[int, str]]:
    """(n, the rule with the smallest mean risk there), the oracle's choice."""
    table = evidence.table(target=target, measure="risk", statistic="mean", method=[*RULES, "used"])
    best = table.loc[table.groupby("n")["estimate"].idxmin()].sort_values("n")
    return list(zip(best["n"].astype(int), best["method"].astype(str), strict=True))


def _claims(target: str) -> tuple[Claim, ...]:
    case = CASES[target]
    words = f"({case.title.replace('$', '')}; n = 200, 800, 3200)"
    return (
        Claim(
            f"RSK19.longer_{target}",
            f"Optimisation does not set the slope: {LONGER} times the steps change it by at most 0.1 {words}.",
            "equivalence", 0.0, 0.1, _change(target, "longer"), "measured here",
        ),
        Claim(
            f"RSK19.starts_{target}",
            f"Nor do the starts: the best of {STARTS} by training loss changes the slope by at most 0.1 {words}.",
            "equivalence", 0.0, 0.1, _change(target, "starts"), "measured here",
        ),
        Claim(
            f"RSK19.straight_{target}",
            f"The sizes are in the asymptotic range: the slopes of the first and the last two differ by at most 0.2 {words}.",
            "equivalence", 0.0, 0.2, _bend(target), "measured here",
        ),
        Claim(
            f"RSK14.trained_{target}",
            f"The depth and width of theorem 1, constants 1, give at no n a smaller risk than the rule that is used {words}.",
            "at_least", 1.0, 0.0, _over(target, PRESCRIPTION, "used", "at_least"), "Schmidt-Hieber 2020",
        ),
        Claim(
            f"RSK12.oracle_{target}",
            f"The rule that is used has at most 1.5 times the risk of the best rule tried, at every n {words}.",
            "at_most", 1.5, 0.0, _oracle(target), "measured here",
        ),
    )  # fmt: skip


CLAIMS = tuple(claim for target in CASES for claim in _claims(target))

LABELS = {
    "used": "used",
    PRESCRIPTION: "prescribed (theorem 1)",
    "spline_2": "$2 n^{1/5}$ units",
    "isotropic_1": "$n^{d/(4+d)}$ units",
    "decay_64": "64 units, decay",
}
ARMS = {
    "used": "used",
    "first": "between the first sizes",
    "last": "between the last sizes",
    "longer": f"{LONGER} times the steps",
    "starts": f"best of {STARTS} starts",
    PRESCRIPTION: "prescribed",
}


def draw_rules(evidence: Evidence, figure) -> None:
    """Risk against n by rule, theory's slope beside the rule that is used, a ring around the best."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 3, sharey=False)
    for axes, (target, case) in zip(panels, CASES.items(), strict=True):
        for i, (method, label) in enumerate(LABELS.items()):
            table = points(evidence, target=target, method=method)
            bars = 1.96 * table["mcse"]
            axes.errorbar(table["n"], table["estimate"], yerr=bars, label=label, **style.nth(i))
            if method == "used":
                beside(axes, table["n"], table["estimate"], case.slope)
        for n, best in best_rules(evidence, target):
            table = points(evidence, target=target, method=best)
            height = float(table.loc[table["n"] == n, "estimate"].iloc[0])
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
        used = _rate(evidence, target, "used")
        slopes = {"used": used.slope, "first": used.local[0], "last": used.local[-1]}
        slopes |= {arm: _rate(evidence, target, arm).slope for arm in ("longer", "starts", PRESCRIPTION)}
        values = [slopes[name].value for name in ARMS]
        bars = [1.96 * slopes[name].mcse for name in ARMS]
        axes.errorbar(values, range(len(ARMS)), xerr=bars, **(style.nth(0) | {"linestyle": ""}))
        axes.axvline(case.slope, **(style.method("theory") | {"marker": ""}), linewidth=0.8)
        axes.set_title(case.title)
        axes.set_xlabel("slope of log risk")
    panels[0].set_yticks(range(len(ARMS)), list(ARMS.values()))
    panels[0].invert_yaxis()


FIGURES = (
    Figure(
        "scaling_rules",
        "Excess risk of trained networks by scaling rule. Used: the rule of the other studies; prescribed: depth and width of "
        "Schmidt-Hieber's theorem 1 with constants 1; ring: the best of these rules at that n. Dashed: theory's slope. 95 % "
        "Monte Carlo intervals.",
        draw_rules, "two-column", 3.2,
    ),
    Figure(
        "slope_limits",
        "What limits the slope of the rule that is used: slopes over all sizes, between the first two and the last two, with "
        "more steps and with more starts, and of theory's prescription. Dashed: theory. 95 % Monte Carlo intervals.",
        draw_limits, "two-column", 2.6,
    ),
)  # fmt: skip

STUDY = Study(
    name="slope_limits",
    family="excess_risk",
    title="Scaling rules, and what limits a trained slope",
    aims="Compare theory's prescription, the rule that is used and the best rule; find out whether steps, starts or sample "
    "sizes set the slope that is measured.",
    mechanisms="sin 4πx; sin(2√(3/d) Σ u_j), d = 10; 1{x > 0.4}; x uniform, normal noise of standard deviation 0.3.",
    estimands="Mean squared error at 1000 new points, and its slope in n.",
    methods={
        "used": "the rule of the studies rates, shallow_rate and linear_suboptimality for this target; one start",
        "longer": f"the same with {LONGER} times the steps",
        "starts": f"the same, the best of {STARTS} starts by training loss",
        **{name: scaling.RULES[name].source for name in RULES},
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Three sizes a slope; the best rule is chosen among five on the same replicates, so that its risk is a little too "
    "small. Networks of five layers and more start as He and have half the rate.",
    block=50,
)
