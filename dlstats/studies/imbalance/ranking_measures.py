"""What do ranking measures show of nothing, and how noisy are they? Average precision and the AUC."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.imbalance._claims import statistic_of, value_of
from dlstats.theory import ranking as theory

SIZES = ((20, 2), (100, 10), (1000, 10))
"""Points and positives of the random rankings."""
ENUMERATED = ((6, 1), (8, 2), (10, 3), (12, 5))
DISTANCE, POSITIVES, NEGATIVES = 1.5, 100, 900


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Part `random`: AP of random scores; `gaussians`: AUC of two Gaussians; `enumerated`: exact means."""
    replicates = list(streams.replicates)
    if factors["part"] == "enumerated":
        pairs = [
            (theory.average_precision_enumerated(n, p), theory.average_precision_random(n, p)) for n, p in ENUMERATED
        ]
        worst = max(abs(a - b) for a, b in pairs)
        over = theory.average_precision_random(20, 2) / 0.1
        values = {"formula": worst, "over_prevalence": over}
        return pd.DataFrame([{"replicate": r, "method": m, "value": v} for r in replicates for m, v in values.items()])
    from dlstats.measures import classification as measures

    if factors["part"] == "random":
        n, positives = factors["n"], factors["positives"]
        score = streams.draw(lambda rng: rng.random(n), "data", **factors)
        y = np.broadcast_to((np.arange(n) < positives).astype(float), score.shape)
        found = {"average_precision": measures.average_precision(score, y, 1 - y)}
    else:
        positives, negatives, distance = factors["positives"], factors["negatives"], factors["distance"]
        y = np.repeat([1.0, 0.0], [positives, negatives])
        score = streams.draw(lambda rng: rng.normal(size=len(y)) + distance * y, "data", **factors)
        y = np.broadcast_to(y, score.shape)
        found = {"auroc": measures.auroc(score, y, 1 - y)}
    method = "random" if factors["part"] == "random" else "bayes"
    return pd.DataFrame({"replicate": replicates, "method": method, **found})


def _random(n: int, positives: int) -> Claim:
    value = theory.average_precision_random(n, positives)
    return Claim(
        f"IMB11.{n}_{positives}",
        f"A random ranking of {n} points with {positives} positives has expected average precision {value:.5f} "
        f"(prevalence {positives / n:g}).",
        "equivalence", value, 0.05 * value,
        statistic_of("mean", "average_precision", "random", part="random", n=n, positives=positives),
        "derived here, short proof", "JSM",
    )  # fmt: skip


AUC, SD = theory.auc_gaussians(DISTANCE), theory.auc_sd(DISTANCE, POSITIVES, NEGATIVES)
CLAIMS = (
    Claim(
        "IMB11",
        "Expected average precision of a random ranking is (1/n)(H_n + (P − 1)(n − H_n)/(n − 1)): largest difference from "
        "the mean over all rankings, four sizes.",
        "identity", 0, 1e-12, value_of("formula", part="enumerated"), "derived here, short proof", "JSM",
    ),
    *(_random(*size) for size in SIZES),
    Claim(
        "IMB11.prevalence",
        "The average precision of a random classifier is its prevalence: their ratio at 20 points with 2 positives is 1.",
        "identity", 1, 0.05, value_of("over_prevalence", part="enumerated"), "the statement of the lectures", "JSM",
    ),
    Claim(
        "IMB12",
        f"The AUC of N(±{DISTANCE / 2}, 1) is Φ(D/√2) = {AUC:.6f}.",
        "equivalence", AUC, 0.05 * AUC, statistic_of("mean", "auroc", "bayes", part="gaussians"),
        "Hanley and McNeil 1982", "JSM",
    ),
    Claim(
        "IMB12.sd",
        f"The empirical AUC of 100 and 900 points has standard deviation {SD:.6f}, exactly from its U-statistic.",
        "equivalence", SD, 0.05 * SD, statistic_of("empirical_se", "auroc", "bayes", part="gaussians"),
        "Hoeffding 1948; bivariate normal probability", "JSM",
    ),
)  # fmt: skip


def draw_random(evidence: Evidence, figure) -> None:
    """Average precision of random rankings over the prevalence, theory and simulation."""
    from dlstats.plotting import style

    axes = figure.subplots()
    table = evidence.table(part="random", measure="average_precision", statistic="mean")
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
    axes.set_xscale("log")
    axes.set_xlabel("points")
    axes.set_ylabel("average precision / prevalence")
    axes.legend()


STUDY = Study(
    name="ranking_measures",
    family="imbalance",
    title="Ranking measures of random and of Gaussian scores",
    aims="Check the exact law of average precision without skill and of the AUC with its sampling error.",
    mechanisms="Random scores with a fixed number of positives; two Gaussians.",
    estimands="Expected average precision; mean and standard deviation of the empirical AUC.",
    methods={"random": "random scores", "bayes": "the Bayes score"},
    measures=(
        Measure("average_precision", "average precision"),
        Measure("auroc", "AUC"),
        Measure("auroc", "AUC", "empirical_se"),
        Measure("value", "value of the check", "exact"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=(
        Figure(
            "imbalance_average_precision",
            "Expected average precision of a random ranking over its prevalence. It tends to 1 as the sample grows and is "
            "far above it for few points. Bars: two Monte Carlo standard errors.",
            draw_random,
        ),
    ),
    limits="The sampling law of average precision is simulated, its mean alone is exact.",
    block=2000,
)
