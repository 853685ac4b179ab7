"""How far do a training error, and the validation error of a chosen model, lie from the truth?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.likelihood.validation import neighbours
from dlstats.studies.likelihood.validation.neighbours import QUERIES
from dlstats.theory import validation as theory

ACCURACY, CASES = 0.8, 100
"""Of every model that is chosen from, and the validation cases."""
DIMENSION, SIZES = 10, [20, 30, 100, 300]
MODELS = [1, 5, 30, 100]
POPULATION, HELD_OUT, RIGHT, RARE = 1000, 200, (0.95, 0.2), [0.1, 0.2, 0.4]
"""Cases that are split, those held out, the accuracy in the common and in the rare class, and the share of the latter."""


def simulate_least_squares(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Mean squared errors of least squares in `DIMENSION` dimensions, noise N(0, 1): training, same and new inputs."""
    n, d = condition.n, DIMENSION
    x = streams.draw(lambda rng: rng.standard_normal((n, d)), "inputs", n=n)
    noise = streams.draw(lambda rng: rng.standard_normal((2, n)), "noise", n=n)
    new = streams.draw(lambda rng: rng.standard_normal((QUERIES, d + 1)), "new")
    fitted = np.linalg.solve(x.transpose(0, 2, 1) @ x, (x.transpose(0, 2, 1) @ noise[:, 0, :, None]))
    at_old, at_new = (x @ fitted)[..., 0], (new[..., :d] @ fitted)[..., 0]
    gaps = {"training": noise[:, 0] - at_old, "same": noise[:, 1] - at_old, "new": new[..., d] - at_new}
    return stacked(streams, {name: {"error": (gap**2).mean(axis=1)} for name, gap in gaps.items()})


def simulate_choice(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The chosen one of several models of accuracy `ACCURACY`: its accuracy in validation, and in a test of as many cases."""
    correct = streams.draw(
        lambda rng: rng.binomial(CASES, ACCURACY, (2, condition.models)), "cases", models=condition.models
    )
    chosen = correct[:, 0].argmax(axis=1)[:, None]
    shown = np.take_along_axis(correct, chosen[:, None], axis=2)[..., 0] / CASES
    return stacked(streams, {"validation": {"accuracy": shown[:, 0]}, "test": {"accuracy": shown[:, 1]}})


def simulate_split(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Squared error of the accuracy on the part that scikit-learn holds out, at random or by class, of fixed cases."""
    from sklearn.model_selection import train_test_split

    correct, classes = split_cases(condition.rare)

    def one(rng: np.random.Generator) -> np.ndarray:
        seed = int(rng.integers(2**31))
        held = [
            np.mean(train_test_split(correct, test_size=HELD_OUT, random_state=seed, stratify=by)[1])
            for by in (None, classes)
        ]
        return np.array(held)

    gaps = (streams.draw(one, "split") - correct.mean()) ** 2
    return stacked(streams, {"random": {"squared": gaps[:, 0]}, "stratified": {"squared": gaps[:, 1]}})


def split_cases(rare: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether a classifier is right in each of `POPULATION` cases, and their classes: `RIGHT` of the common and rare one."""
    few = round(rare * POPULATION)
    classes = np.repeat([0, 1], [POPULATION - few, few])
    right = [
        np.arange(count) < round(share * count) for count, share in zip((POPULATION - few, few), RIGHT, strict=True)
    ]
    return np.concatenate(right).astype(float), classes


_PARTS = {
    "training": Method("training cases", "the cases that were fitted"),
    "same": Method("new responses", "new responses at the inputs that were fitted"),
    "new": Method("new cases", "new inputs and new responses"),
}
EXPERIMENTS = {
    "least_squares": Experiment(
        simulate_least_squares,
        factors={"n": Factor("sample size", int, symbol="n", at_least=DIMENSION + 2)},
        methods=_PARTS,
        measures=(Measure("error", "mean squared error over the noise variance"),),
        block=500,
    ),
    "neighbours": neighbours.NEIGHBOURS,
    "choice": Experiment(
        simulate_choice,
        factors={"models": Factor("models to choose from", int, symbol="K", at_least=1)},
        methods={
            "validation": Method("validation", "the cases by which the model was chosen"),
            "test": Method("test", "new cases"),
        },
        measures=(Measure("accuracy", "accuracy of the chosen model"),),
        block=1000,
    ),
    "split": Experiment(
        simulate_split,
        factors={"rare": Factor("share of the rare class", float, above=0, below=1)},
        methods={
            "random": Method("random split", "cases held out at random"),
            "stratified": Method("stratified split", "cases held out by class, in proportion"),
        },
        measures=(Measure("squared", "variance of the accuracy that is held out"),),
        block=500,
    ),
}

NSTDA, BOTH = neighbours.NSTDA, ("NSTDA", "UNITO")
EXACT = {"training": theory.training_error, "same": theory.same_inputs_error, "new": theory.new_inputs_error}
WORDS = {
    "training": "the training error of least squares is 1 − d/n times the noise variance",
    "same": "the error of least squares at new responses of the same inputs is 1 + d/n times the noise variance",
    "new": "the error of least squares at new inputs from N(0, I) is 1 + d/(n − d − 1) times the noise variance",
}
OPTIMISM = "validation.md#errors-of-least-squares"


def _split_variance(line) -> float:
    return theory.split_variance(*split_cases(line["rare"]), HELD_OUT, line["method"] == "stratified")


def _taken_off() -> str:
    """What splitting by class takes off the exact variance, in words, by the proportion of the rare class."""
    ratios = []
    for rare in RARE:
        cases = split_cases(rare)
        ratios.append(theory.split_variance(*cases, HELD_OUT, True) / theory.split_variance(*cases, HELD_OUT, False))
    first, second, third = (f"{1 - ratio:.0%}".replace("%", " %") for ratio in ratios)
    return f"{first}, {second} and {third}"


CLAIMS = (
    *(
        Claim(
            f"FND5.{part}",
            f"With d = {DIMENSION} inputs {words} (farthest ratio to that over n = 20, …, 300).",
            equals(1, 0.03),
            value("error", experiment="least_squares", method=part)
            .each("n")
            .over_theory(lambda line, part=part: EXACT[part](line["n"], DIMENSION)),
            Derived(OPTIMISM),
            BOTH,
        )
        for part, words in WORDS.items()
    ),
    *neighbours.CLAIMS,
    Claim(
        "FND4",
        f"The best of several models that all have accuracy {ACCURACY} shows more than that on the {CASES} validation cases by "
        "which it was chosen: with 30 models {theory:.4f}.",
        equals(theory.best_proportion(30, CASES, ACCURACY), 0.004),
        value("accuracy", experiment="choice", method="validation", models=30),
        Derived("validation.md#the-best-of-several-models"),
        NSTDA,
    ),
    Claim(
        "FND15",
        "The accuracy on a held-out part has the variance of sampling without replacement, drawn at random or by class: where a "
        "classifier is right in 95 % of the common and 20 % of the rare class, to split by class takes {off} off it where the "
        "rare class has 10, 20 and 40 % (farthest ratio to the exact variance).",
        equals(1, 0.12),
        value("squared", experiment="split").each("rare", "method").over_theory(_split_variance),
        Theorem("cochran1977", "theorems 2.2 and 5.3"),
        ("UNITO",),
        {"off": _taken_off()},
    ),
    Claim(
        "FND4.test",
        f"On new cases the chosen model has the accuracy {ACCURACY} that all have, from however many it was chosen (farthest "
        "difference).",
        equals(0, 0.003),
        value("accuracy", experiment="choice", method="test").each("models").minus(ACCURACY),
        Derived("validation.md#the-best-of-several-models"),
        NSTDA,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots(1, 3)
    curves = ((axes[0], "least_squares", "error", "n"), (axes[1], "neighbours", "error", "n"))
    for panel, name, column, over in (*curves, (axes[2], "choice", "accuracy", "models")):
        for method, described in EXPERIMENTS[name].methods.items():
            table = points(evidence, column, over=over, experiment=name, method=method)
            draw_points(panel, table, described.label, style.of(method, described), log=False)
            exact = [_exact(name, method, int(at)) for at in table["at"]]
            panel.plot(table["at"], exact, **style.method("limit"))
        levels = [int(at) for at in table["at"]]
        panel.set(xscale="log", xticks=levels, xticklabels=[str(level) for level in levels])
        panel.set(xlabel=evidence.axis(over, name), ylabel=evidence.axis(column, name))
        panel.minorticks_off()
        panel.legend(fontsize="x-small")


def _exact(name: str, method: str, at: int) -> float:
    if name == "least_squares":
        return EXACT[method](at, DIMENSION)
    if name == "neighbours":
        return {"training": 0.0, "new": theory.nearest_neighbour_risk(at)}[method]
    return theory.best_proportion(at, CASES, ACCURACY) if method == "validation" else ACCURACY


def _design(replicates: int, nearest: int) -> dict:
    most, *others = neighbours.SIZES
    return {
        "least_squares": grid(n=SIZES, replicates=replicates),
        "neighbours": [grid(n=most, replicates=4 * nearest), grid(n=others, replicates=nearest)],
        "choice": grid(models=MODELS, replicates=replicates),
        "split": grid(rare=RARE, replicates=replicates),
    }


STUDY = Study(
    title="Training, validation and test errors",
    aims="How much better than the truth are the error of the fitted cases, and the validation error of the model that was "
    "chosen by it?",
    mechanisms=f"Least squares with {DIMENSION} inputs from N(0, I) and noise N(0, 1); labels that are 1 with probability x, x "
    f"uniform on [0, 1]; models that are all right in {ACCURACY:.0%} of independent cases, {CASES} of which choose.",
    estimands="Mean squared error over the noise variance, proportion wrong, accuracy of the chosen model.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=neighbours.CHECKS,
    figures=(
        Figure(
            "optimism",
            f"Left: errors of least squares with {DIMENSION} inputs; what the training error lacks is twice d/n. Middle: the "
            "nearest neighbour makes no error on its own cases and errs a third of the time on new ones. "
            "Right: the best of K equal models looks better the more there are, and is not. Dotted: exact values. "
            "95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            2.6,
        ),
    ),
    limits="The models that are chosen from are independent; those of one course are fitted to the same cases and gain less.",
    designs={"smoke": _design(20, 5), "standard": _design(4000, 2000), "paper": _design(20000, 10000)},
)
