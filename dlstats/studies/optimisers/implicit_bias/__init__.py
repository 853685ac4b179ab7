"""Where optimisers end when there are many minima: the interpolator of least norm, others, and flat minima."""

from __future__ import annotations

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure, Study, grid
from dlstats.studies.optimisers.implicit_bias import flat_minima, interpolators


def draw(evidence: Evidence, figure) -> None:
    """Left the sharpness of minima by learning rate, right the test errors of interpolators."""
    import numpy as np

    from dlstats.plotting import style
    from dlstats.plotting.curves import draw_points, interval, points

    left, right = figure.subplots(1, 2)
    experiment = flat_minima.EXPERIMENT
    for name in ("beyond_flow", "beyond"):
        table = points(evidence, "sharpness", "geometric_mean", "learning_rate", "flat_minima", method=name)
        draw_points(left, table, experiment.methods[name].label, style.of(name, experiment.methods[name]))
    rates = np.geomspace(0.05, 0.25, 50)
    left.plot(rates, 2 / rates, **style.method("bound"), label="2/η")
    left.set(
        xscale="log", yscale="log", xlabel=experiment.factors["learning_rate"].axis, ylabel="sharpness, geometric mean"
    )
    left.set_xticks(flat_minima.RATES, [f"{rate:g}" for rate in flat_minima.RATES])
    left.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    left.minorticks_off()
    left.legend()
    methods = interpolators.METHODS
    for shift, (truth, label) in enumerate(interpolators.TRUTHS.items()):
        experiment = "signs" if truth == "signs" else "interpolators"
        table = evidence.table(experiment, measure="risk", statistic="geometric_mean", truth=truth).set_index("method")
        order = [name for name in methods if name in table.index]
        at, table = np.array([list(methods).index(name) for name in order]) + 0.2 * (shift - 1), table.loc[order]
        bars = interval(table["estimate"], table["mcse"])
        right.errorbar(table["estimate"], at, xerr=bars, label=label, **style.nth(shift) | {"linestyle": ""})
    right.set(xlabel=interpolators.EXPERIMENT.measures[0].axis, ylim=(len(methods) - 0.5, -0.5))
    right.set_yticks(range(len(methods)), [method.label for method in methods.values()])
    right.legend(title="truth")


def _design(interpolated: int, signs: int, starts: int, rates: list[float]) -> dict:
    return {
        "interpolators": grid(truth=["dense", "sparse"], replicates=interpolated),
        "signs": grid(truth="signs", replicates=signs),
        "flat_minima": grid(learning_rate=rates, replicates=starts),
    }


STUDY = Study(
    title="Where optimisers end when there are many minima",
    aims="Does sampling one example in every step choose a better interpolator, do adaptive rates choose another one, and do "
    "large learning rates choose flat minima?",
    mechanisms=f"Least squares with 20 samples, {interpolators.P} normal inputs and no noise, the truth of length 1 in a random "
    "direction or with three entries, and with 40 samples and entries ±1/8; (ab − 1)²/2 from random starts.",
    estimands="Distance to the interpolator of least norm, squared distance to the truth; sharpness of the minimum that is "
    "reached.",
    compared_by="interpolators.risk",
    experiments={
        "interpolators": interpolators.EXPERIMENT,
        "signs": interpolators.SIGNS,
        "flat_minima": flat_minima.EXPERIMENT,
    },
    claims=(*interpolators.CLAIMS, *flat_minima.CLAIMS),
    checks=flat_minima.CHECKS,
    figures=(
        Figure(
            "implicit_bias",
            "Left: geometric mean of the sharpness of the minimum of (ab − 1)²/2 that is reached from starts between 2/η and "
            "3/η. Gradient descent ends far flatter than gradient flow from the same starts, at η = 0.25 at 3, where 2 is the "
            "least, and never beyond 2/η, dotted. Right: test error on least squares with fewer samples than parameters, 20 or, "
            "for entries ±1/8, 40. Gradient descent, SGD on single samples and momentum have one and the same, that of the "
            "interpolator of least norm. Adam and AdaGrad end elsewhere: they pay for it where the truth is sparse, and Adam "
            "gains where its entries have one size. Bars are 95 % intervals.",
            draw,
            "two-column",
            2.8,
        ),
    ),
    limits="Linear models and one product of two numbers. The bias of Adam and AdaGrad depends on the basis: it costs where "
    "the truth is sparse, and for entries of one size and 40 samples the order turns for Adam, not for AdaGrad at 0.1; "
    "other sizes are not tried. Starts from which gradient descent diverges are counted as failures.",
    designs={
        "smoke": _design(2, 2, 50, [0.05, 0.2]),
        "standard": _design(200, 160, 4000, flat_minima.RATES),
        "paper": _design(2000, 800, 40_000, flat_minima.RATES),
    },
)
