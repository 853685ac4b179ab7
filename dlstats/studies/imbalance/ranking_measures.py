"""What do ranking measures show of nothing, and how noisy are they? Average precision and the AUC."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Control, Derived, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked, tabulated
from dlstats.theory import ranking as theory

SIZES = ((20, 2), (100, 10), (1000, 10))
"""Points and positives of the random rankings."""
ENUMERATED = ((6, 1), (8, 2), (10, 3), (12, 5))
DISTANCE, POSITIVES, NEGATIVES = 1.5, 100, 900
AUC, SD = theory.auc_gaussians(DISTANCE), theory.auc_sd(DISTANCE, POSITIVES, NEGATIVES)


def simulate_random(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Average precision of random scores with a fixed number of positives."""
    from dlstats.measures import classification as measures

    score = streams.draw(lambda rng: rng.random(condition.n), "data", part="random", **condition)
    y = np.broadcast_to((np.arange(condition.n) < condition.positives).astype(float), score.shape)
    return stacked(streams, {"random": {"average_precision": measures.average_precision(score, y, 1 - y)}})


def simulate_gaussians(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The AUC of two Gaussians by their likelihood ratio."""
    from dlstats.measures import classification as measures

    y = np.repeat([1.0, 0.0], [condition.positives, condition.negatives])
    score = streams.draw(
        lambda rng: rng.normal(size=len(y)) + condition.distance * y, "data", part="gaussians", **condition
    )
    y = np.broadcast_to(y, score.shape)
    return stacked(streams, {"bayes": {"auroc": measures.auroc(score, y, 1 - y)}})


def expected(n: int, positives: int) -> list[dict]:
    """The expected average precision of a random ranking, by its formula."""
    precision = theory.average_precision_random(n, positives)
    return [{"method": "random", "average_precision": precision, "over_prevalence": precision / (positives / n)}]


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
        (Measure("average_precision", "average precision"),),
        block=2000,
    ),
    "expectation": Experiment(
        tabulated(expected),
        RANKING,
        RANDOM_SCORES,
        (
            Measure("average_precision", "expected average precision", "exact"),
            Measure("over_prevalence", "expected average precision / prevalence", "exact"),
        ),
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
JSM = ("JSM",)


def _random(n: int, positives: int) -> Claim:
    average = theory.average_precision_random(n, positives)
    return Claim(
        f"IMB11.{n}_{positives}",
        f"A random ranking of {n} points with {positives} positives has expected average precision {{theory:.5f}} "
        f"(prevalence {positives / n:g}).",
        equals(average, 0.05 * average),
        value("average_precision", experiment="random", n=n, positives=positives),
        Derived(),
        JSM,
    )


def enumerated() -> dict[str, float]:
    """Largest difference of the formula of the expected average precision from the mean over all rankings."""
    pairs = ((theory.average_precision_enumerated(*s), theory.average_precision_random(*s)) for s in ENUMERATED)
    return {str(size): abs(a - b) for size, (a, b) in zip(ENUMERATED, pairs, strict=True)}


CLAIMS = (
    *(_random(*size) for size in SIZES),
    Claim(
        "IMB11.prevalence",
        "The average precision of a random classifier is its prevalence: their ratio at 20 points with 2 positives is {theory}.",
        equals(1, 0.05), value("over_prevalence", n=20, positives=2), Control(), JSM,
    ),
    Claim(
        "IMB12",
        f"The AUC of N(±{DISTANCE / 2}, 1) is Φ(D/√2) = {{theory:.6f}}.",
        equals(AUC, 0.05 * AUC), value("auroc", "mean"), Theorem("hanley1982"), JSM,
    ),
    Claim(
        "IMB12.sd",
        f"The empirical AUC of {POSITIVES} and {NEGATIVES} points has standard deviation {{theory:.6f}}, exactly from its "
        "U-statistic.",
        equals(SD, 0.05 * SD), value("auroc", "empirical_se"), Theorem("hoeffding1948"), JSM,
    ),
)  # fmt: skip


def draw_random(evidence: Evidence, figure) -> None:
    """Average precision of random rankings over the prevalence, theory and simulation."""
    from dlstats.plotting import style

    axes = figure.subplots()
    table = evidence.table("random", measure="average_precision", statistic="mean")
    for index, prevalence in enumerate((0.1, 0.01)):
        positives = np.unique(np.geomspace(1, 5000 * prevalence, 40).astype(int))
        sizes = np.round(positives / prevalence).astype(int)
        pairs = zip(sizes.tolist(), positives.tolist(), strict=True)
        ratio = [theory.average_precision_random(n, p) * n / p for n, p in pairs]
        look = style.nth(index) | {"marker": ""}
        axes.plot(sizes, ratio, label=f"theory, prevalence {prevalence}", **look)
    share = table["positives"] / table["n"]
    look = style.method("exact") | {"linestyle": ""}
    axes.errorbar(table["n"], table["estimate"] / share, yerr=2 * table["mcse"] / share, label="simulated", **look)
    axes.axhline(1, color="0.7", linewidth=0.6)
    axes.set(xscale="log", xlabel="points", ylabel="average precision / prevalence")
    axes.legend()


def _design(*replicates: int) -> dict:
    *random, gaussians = replicates
    return {
        "random": [grid(n=n, positives=p, replicates=r) for (n, p), r in zip(SIZES, random, strict=True)],
        "expectation": grid(n=20, positives=2, replicates=1),
        "gaussians": grid(positives=POSITIVES, negatives=NEGATIVES, distance=DISTANCE, replicates=gaussians),
    }


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
            equals(0, 1e-12), enumerated, Derived(), JSM,
        ),
    ),
    figures=(
        Figure(
            "imbalance_average_precision",
            "Expected average precision of a random ranking over its prevalence. It tends to 1 as the sample grows and is "
            "far above it for few points. Bars: two Monte Carlo standard errors.",
            draw_random,
        ),
    ),
    limits="The sampling distribution of average precision is simulated, its mean alone is exact.",
    designs={
        "smoke": _design(200, 200, 100, 100),
        "standard": _design(20000, 20000, 10000, 5000),
        "paper": _design(100000, 100000, 100000, 20000),
    },
)  # fmt: skip
