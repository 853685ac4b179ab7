"""What do ranking measures show of nothing, and how noisy are they? Average precision and the AUC."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._limits import at_limit
from dlstats.theory import ranking as theory

SIZES = {
    (20, 2): 20000,
    (100, 10): 20000,
    (1000, 10): 10000,
    (1000, 100): 2000,
    (10000, 1000): 1000,
    (50000, 5000): 200,
}
"""Points and positives of the random rankings -> replicates."""
LAWS = tuple(SIZES)[:3]
"""Those whose mean is compared with its exact expectation; the prevalence of the others and of the first two is 0.1."""
PREVALENCE, EXCESS = 0.1, 0.05
FEWEST = theory.positives_for(PREVALENCE, EXCESS)
ENUMERATED = ((6, 1), (8, 2), (10, 3), (12, 5))
DISTANCE, POSITIVES, NEGATIVES = 1.5, 100, 900
AUC, SD = theory.auc_gaussians(DISTANCE), theory.auc_sd(DISTANCE, POSITIVES, NEGATIVES)


def simulate_random(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Average precision of random scores with a fixed number of positives."""
    from dlstats.measures import classification as measures

    score = streams.draw(lambda rng: rng.random(condition.n), "data", part="random", **condition)
    y = np.broadcast_to((np.arange(condition.n) < condition.positives).astype(float), score.shape)
    precision = measures.average_precision(score, y, 1 - y)
    ratio = precision * condition.n / condition.positives
    return stacked(streams, {"random": {"average_precision": precision, "over_prevalence": ratio}})


def simulate_gaussians(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The AUC of two Gaussians by their likelihood ratio."""
    from dlstats.measures import classification as measures

    y = np.repeat([1.0, 0.0], [condition.positives, condition.negatives])
    score = streams.draw(
        lambda rng: rng.normal(size=len(y)) + condition.distance * y, "data", part="gaussians", **condition
    )
    y = np.broadcast_to(y, score.shape)
    return stacked(streams, {"bayes": {"auroc": measures.auroc(score, y, 1 - y)}})


RANDOM_SCORES = {"random": Method("random scores", "scores that are independent of the labels")}
RANKING = {
    "n": Factor("points", int, symbol="n", at_least=2),
    "positives": Factor("positive points", int, symbol="P", at_least=1),
}
EXPERIMENTS = {
    "random": Experiment(
        simulate_random,
        RANKING,
        RANDOM_SCORES,
        (
            Measure("average_precision", "average precision"),
            Measure("over_prevalence", "average precision / prevalence"),
        ),
        block=2000,
        requires={"`positives` must be at most `n`": lambda c: c.positives <= c.n},
    ),
    "gaussians": Experiment(
        simulate_gaussians,
        {
            "positives": Factor("positive points", int, symbol="P", at_least=1),
            "negatives": Factor("negative points", int, symbol="N", at_least=1),
            "distance": Factor("distance of the means", float, symbol="D", above=0),
        },
        {"bayes": Method("the Bayes score", "the likelihood ratio of the two Gaussians")},
        (Measure("auroc", "AUC"), Measure("auroc", "AUC", "empirical_se")),
        block=2000,
    ),
}
RANDOM = Derived("average-precision.md#random-ranking")
AREA = Derived("average-precision.md#area-under-the-curve-of-two-gaussians")


def _random(n: int, positives: int) -> Claim:
    average = theory.average_precision_random(n, positives)
    return Claim(
        f"IMB11.{n}_{positives}",
        f"A random ranking of {n} points with {positives} positives has expected average precision {{theory:.5f}} "
        f"(prevalence {positives / n:g}).",
        equals(average, 0.05 * average),
        value("average_precision", experiment="random", n=n, positives=positives),
        RANDOM,
    )


def enumerated() -> dict[str, float]:
    """Largest difference of the formula of the expected average precision from the mean over all rankings."""
    pairs = ((theory.average_precision_enumerated(*s), theory.average_precision_random(*s)) for s in ENUMERATED)
    return {str(size): abs(a - b) for size, (a, b) in zip(ENUMERATED, pairs, strict=True)}


def fewest_positives() -> int:
    """Fewest positives at the prevalence with which the expectation is within the excess of it, one after the other."""
    for positives in itertools.count(1):
        size = round(positives / PREVALENCE)
        if theory.average_precision_random(size, positives) <= (1 + EXCESS) * positives / size:
            return positives
    raise AssertionError


CLAIMS = (
    *(_random(*size) for size in LAWS),
    Claim(
        "IMB11.prevalence",
        f"The average precision of a random ranking over its prevalence, {PREVALENCE}, tends to {{theory}} as points are added.",
        equals(1, 0.01),
        at_limit(value("over_prevalence", n=[n for n, positives in SIZES if positives == PREVALENCE * n]), "n"),
        RANDOM, regime="asymptotic",
    ),
    Claim(
        "IMB12",
        f"The empirical area under the ROC curve of scores N(±{DISTANCE / 2}, 1) has the mean Φ(D/√2) = {{theory:.6f}}, "
        f"D = {DISTANCE:g}.",
        equals(AUC, 0.002), value("auroc", "mean"), AREA,
    ),
    Claim(
        "IMB12.sd",
        f"The empirical area under the ROC curve of {POSITIVES} and {NEGATIVES} scores N(±{DISTANCE / 2}, 1) has the standard "
        "deviation {theory:.6f}.",
        equals(SD, 0.05 * SD), value("auroc", "empirical_se"), AREA,
    ),
)  # fmt: skip


def draw_random(evidence: Evidence, figure) -> None:
    """Average precision of random rankings over the prevalence, theory and simulation."""
    from dlstats.plotting import style

    axes = figure.subplots()
    table = evidence.table("random", measure="over_prevalence", statistic="mean")
    for index, prevalence in enumerate((0.1, 0.01)):
        positives = np.unique(np.geomspace(1, 50000 * prevalence, 400).astype(int))
        sizes = np.round(positives / prevalence).astype(int)
        pairs = zip(sizes.tolist(), positives.tolist(), strict=True)
        ratio = [theory.average_precision_random(n, p) * n / p for n, p in pairs]
        drawn = style.nth(index + 1)
        axes.plot(sizes, ratio, **style.method("theory") | {"color": drawn["color"]})
        own = table[np.isclose(table["positives"] / table["n"], prevalence)]
        bars = interval(own["estimate"], own["mcse"])
        label = f"prevalence {prevalence}"
        axes.errorbar(own["n"], own["estimate"], yerr=bars, label=label, **drawn | {"linestyle": ""})
    axes.axhline(1, color="0.7", linewidth=0.6)
    axes.set(xscale="log", xlabel=evidence.axis("n", "random"), ylabel=evidence.axis("over_prevalence"))
    axes.legend()


def _design(more: float) -> dict:
    random = [grid(n=n, positives=p, replicates=math.ceil(more * r)) for (n, p), r in SIZES.items()]
    gaussians = grid(positives=POSITIVES, negatives=NEGATIVES, distance=DISTANCE, replicates=math.ceil(more * 5000))
    return {"random": random, "gaussians": gaussians}


STUDY = Study(
    title="Ranking measures of random and of Gaussian scores",
    aims="Check the exact expectation of average precision without skill, and the AUC with its sampling error.",
    mechanisms="Random scores with a fixed number of positives; two Gaussians.",
    estimands="Expected average precision; mean and standard deviation of the empirical AUC.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=(
        Check(
            "IMB11",
            "Expected average precision of a random ranking is (1/n)(H_n + (P − 1)(n − H_n)/(n − 1)): largest difference from "
            "the mean over all rankings, four sizes.",
            equals(0, 1e-12), enumerated, RANDOM,
        ),
        Check(
            "IMB11.positives",
            f"At prevalence {PREVALENCE:g} the expected average precision of a random ranking is within {EXCESS:.0%} of the "
            f"prevalence from {FEWEST} positives on.",
            equals(FEWEST), fewest_positives, RANDOM,
        ),
    ),
    figures=(
        Figure(
            "imbalance_average_precision",
            "Expected average precision of a random ranking over its prevalence. It tends to 1 as the sample grows and is "
            "far above it for few points. Dashed: theory; symbols: simulation with 95 % Monte Carlo intervals.",
            draw_random,
        ),
    ),
    limits="The sampling distribution of average precision is simulated, its mean alone is exact.",
    designs={"smoke": _design(0.01), "standard": _design(1), "paper": _design(5)},
)  # fmt: skip
