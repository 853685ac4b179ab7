"""The mean-square threshold of SGD with the value of Lyapunov's equation, and escape times against temperature."""

from __future__ import annotations

import numpy as np

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.optimisers.sgd_noise.escapes import ESCAPE, RATE
from dlstats.studies.optimisers.sgd_noise.least_squares import STATIONARY
from dlstats.theory import escape_times, second_moments


def draw_threshold(evidence: Evidence, figure) -> None:
    """Left the stationary excess risk against the learning rate, right its ratio to Lyapunov's value."""
    from dlstats.plotting import style

    table = points(evidence, "excess", "mean", "learning_rate", "stationary", d=10, batch=1, kappa=1.0)
    one, pole = np.ones(10), second_moments.threshold(np.ones(10))
    rates = np.linspace(0.002, 0.97 * pole, 200)
    exact = np.array([second_moments.stationary_excess(one, rate) for rate in rates])
    halved = np.array([second_moments.lyapunov_excess(one, rate) for rate in rates])
    below = np.array([second_moments.lyapunov_excess(one, rate) for rate in table["at"]])
    panels = figure.subplots(1, 2)
    scales = ((1.0, 1.0, STATIONARY.measures[0].axis), (halved, below, "excess risk over Lyapunov's value"))
    for axes, (curve, divisor, label) in zip(panels, scales, strict=True):
        axes.plot(rates, exact / curve, **style.method("theory"), label="exact")
        axes.plot(rates, halved / curve, **style.method("limit"), label="Lyapunov's equation")
        divided = table.assign(estimate=table["estimate"] / divisor, mcse=table["mcse"] / divisor)
        draw_points(axes, divided, "SGD", style.method("sgd") | {"linestyle": ""})
        axes.axvline(pole, color="0.6", linewidth=0.8)
        axes.set(yscale="log", xlabel=STATIONARY.factors["learning_rate"].axis, ylabel=label)
        axes.annotate(
            "2/(d + 2)", (pole, 0.5), xycoords=("data", "axes fraction"), rotation=90, ha="right", va="center"
        )
    panels[1].set(ylim=(0.8, 40), yticks=[1, 2, 5, 10, 20], yticklabels=["1", "2", "5", "10", "20"])
    panels[0].legend(loc="upper left")


def draw_escape(evidence: Evidence, figure) -> None:
    """Mean steps against 1/T with the chain's and the diffusion's exact values."""
    from dlstats.plotting import style

    table = points(evidence, "steps", "mean", "temperature", "escape")
    table = table.assign(at=1 / table["at"])
    axes = figure.subplots()
    inverse = np.linspace(table["at"].min(), table["at"].max(), 25)
    chain = [escape_times.exit_steps(1 / x, RATE) for x in inverse]
    diffusion = [escape_times.exit_time(1 / x) / RATE for x in inverse]
    axes.plot(inverse, chain, **style.method("theory"), label="chain, exact")
    axes.plot(inverse, diffusion, **style.method("limit"), label="diffusion, exact")
    draw_points(axes, table, "SGD", style.method("sgd") | {"linestyle": ""})
    axes.set(yscale="log", xlabel="1 / temperature $1/T$", ylabel=ESCAPE.measures[0].axis)
    axes.legend()


FIGURES = (
    Figure(
        "mean_square_threshold",
        "SGD on least squares with ten normal inputs and one fresh sample in every step. Left: its stationary excess risk leaves "
        "Lyapunov's equation, which knows no threshold, and is infinite from the learning rate 2/(d + 2) = 1/6 on, a twelfth of "
        "the 2 at which gradient descent stops converging. Right: as a multiple of Lyapunov's value, twice as large at half the "
        "threshold. Points with 95 % intervals are simulated.",
        draw_threshold,
        "two-column",
        2.8,
    ),
    Figure(
        "escape_times",
        "Mean number of steps that SGD with learning rate 0.05 takes from a minimum of the double well (x² − 1)²/4 to beyond its "
        "top, against the inverse of the temperature, half the learning rate times the variance of the noise: exponential in "
        "1/T. The exact value of the chain itself is met; the diffusion that it discretises leaves about an eighth sooner, as a "
        "step may overshoot the top and fall back. Bars are 95 % intervals.",
        draw_escape,
        "one-column",
        2.8,
    ),
)
