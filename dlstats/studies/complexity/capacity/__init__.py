"""What can networks of a size shatter, separate, follow and memorise?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.complexity.capacity import deep
from dlstats.studies.frames import stacked
from dlstats.theory import capacity as theory
from dlstats.theory import perceptron

LOADS = {5: [8, 10, 12], 10: [16, 20, 24]}
"""Inputs -> points that are to be separated."""
SAMPLES = [10, 30, 100, 300]


def simulate_dichotomies(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Whether a hyperplane through 0 separates random labels of normal points, by a linear programme."""
    n, d = condition.points, condition.inputs

    def one(rng: np.random.Generator) -> np.ndarray:
        found = perceptron.separable(rng.standard_normal((n, d)), rng.choice([-1.0, 1.0], n), bias=False)
        return np.asarray(found, dtype=float)

    return stacked(streams, {"hyperplane": {"separated": streams.draw(one, "points", points=n, inputs=d)}})


def simulate_correlation(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Largest correlation of random signs with a ReLU unit in the plane, over its bound."""
    n = condition.n

    def one(rng: np.random.Generator) -> np.ndarray:
        x, signs = rng.standard_normal((n, 2)), rng.choice([-1.0, 1.0], n)
        return np.asarray(theory.largest_correlation(x, signs) / (2 * np.linalg.norm(x)))

    return stacked(streams, {"unit": {"share": streams.draw(one, "points", n=n)}})


EXPERIMENTS = {
    "dichotomies": Experiment(
        simulate_dichotomies,
        factors={
            "inputs": Factor("inputs", int, symbol="d", at_least=1),
            "points": Factor("points", int, symbol="N", at_least=1),
        },
        methods={"hyperplane": Method("hyperplane", "a hyperplane through 0, found by a linear programme")},
        measures=(Measure("separated", "proportion of labellings separated", "proportion"),),
        block=500,
    ),
    "correlation": Experiment(
        simulate_correlation,
        factors={"n": Factor("sample size", int, symbol="n", at_least=2)},
        methods={"unit": Method("one unit", "the ReLU unit that follows the signs best, exactly, arc by arc")},
        measures=(Measure("share", "complexity over its bound"),),
        block=500,
    ),
    "deep": deep.DEEP,
}

JSM = ("JSM", "BIOS")
CLAIMS = (
    Claim(
        "CPX8",
        "Random labels of N points in d dimensions are separated by a hyperplane through 0 with probability 2^(1 − N) Σ_(k < d) "
        "C(N − 1, k), a half at N = 2d (farthest difference, d = 5 and 10).",
        equals(0, 0.05),
        value("separated", experiment="dichotomies")
        .each("inputs", "points")
        .minus(lambda line: theory.separable_probability(line["points"], line["inputs"])),
        Theorem("cover1965", "theorem 1"),
        JSM,
    ),
    Claim(
        "CPX9",
        "The Rademacher complexity of ReLU units with weights on the unit circle is at most 2‖X‖/n, ‖X‖ the root of the sum of "
        "all squared inputs (largest mean ratio, n = 10, …, 300).",
        at_most(1.0),
        value("share", experiment="correlation").each("n"),
        Theorem("bartlett2002", "theorem 12 and lemma 22"),
        JSM,
    ),
    *deep.CLAIMS,
)


def shattered() -> dict[str, float]:
    """0 where linear programmes over all cases agree with the VC dimension that is proved, 1 where not."""
    found = {}
    for units in (1, 2, 3):
        most = theory.shallow_vc(units)
        for points_, there in ((most, True), (most + 1, False)):
            found[f"{units} units, {points_} points"] = float(theory.alternates(units, points_) is not there)
    return found


def memorised() -> dict[str, float]:
    """Largest error at random labels of networks with 2n + d weights."""
    rng = np.random.default_rng(0)
    found = {}
    for n, d in ((50, 5), (200, 20)):
        x, y, direction = rng.standard_normal((n, d)), rng.standard_normal(n), rng.standard_normal(d)
        found[f"{2 * n + d} weights"] = float(np.abs(theory.memorising(x, y, direction) - y).max())
    return found


CHECKS = (
    Check(
        "CPX7",
        "On the line the sign of a constant and N ReLU units gives 2 points alternating signs "
        "for N = 1, 3 for N = 2 and 5 for N = 3, and one point more does not (linear programmes over all places of the kinks; "
        "disagreements).",
        equals(0), shattered, Derived("complexity.md#shattering-on-the-line"), JSM,
    ),
    Check(
        "CPX10",
        "One hidden layer with 2n + d weights holds any n labels in d dimensions: 105 weights 50, and 420 weights 200 (normal "
        "points and labels; largest error).",
        equals(0, 1e-6), memorised, Theorem("zhang2017", "theorem 1"), JSM,
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    fine = np.arange(1, 4.01, 0.1)
    for number, inputs in enumerate(LOADS):
        table = points(evidence, "separated", "proportion", "points", "dichotomies", inputs=inputs)
        marks = style.nth(number)
        draw_points(
            left, table.assign(at=table["at"] / inputs), f"$d = {inputs}$", marks | {"linestyle": "none"}, log=False
        )
        loads = [max(1, round(load * inputs)) for load in fine]
        exact = [theory.separable_probability(n, inputs) for n in loads]
        left.plot([n / inputs for n in loads], exact, **(style.method("limit") | {"color": marks["color"]}))
    left.set(xlabel="$N / d$", ylabel=evidence.axis("separated", "dichotomies"))
    left.legend()
    table = points(evidence, "share", over="n", experiment="correlation")
    described = EXPERIMENTS["correlation"].methods["unit"]
    draw_points(right, table, described.label, style.of("unit", described), log=False)
    right.axhline(1, **style.method("limit"))
    right.set(
        xscale="log",
        ylim=(0, 1.1),
        xlabel=evidence.axis("n", "correlation"),
        ylabel=evidence.axis("share", "correlation"),
    )


def _design(replicates: int, searches: int, longer: int) -> dict:
    return {
        "dichotomies": [grid(inputs=d, points=counts, replicates=replicates) for d, counts in LOADS.items()],
        "correlation": grid(n=SAMPLES, replicates=replicates),
        "deep": [
            grid(layers=[1, 2, 3, 4], effort=1, replicates=searches),
            grid(layers=[2, 4], effort=3, replicates=longer),
        ],
    }


STUDY = Study(
    title="What networks of a size can do",
    aims="How many points can shallow networks shatter, hyperplanes separate, a unit follow, and small networks memorise?",
    mechanisms="Normal points, and labels or signs that are random and independent of them.",
    estimands="The probability that labels are separated; the largest correlation with signs, over its bound.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "capacity",
            "Left: proportion of random labellings that a hyperplane separates, against points per input; dotted: Cover's "
            "formula, a half at N = 2d and steeper with more inputs. Right: Rademacher complexity of one unit in the plane over "
            "its bound, which is not attained: two fifths at every n shown. 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            2.6,
        ),
    ),
    limits="The VC dimension of deep networks, of which only the order is known, cannot be found by enumeration; the "
    "Rademacher complexity of networks of three and more layers is only searched for, which finds a lower bound of it: a "
    "poorer search would find less.",
    designs={"smoke": _design(12, 2, 2), "standard": _design(2500, 100, 40), "paper": _design(10000, 400, 160)},
)
