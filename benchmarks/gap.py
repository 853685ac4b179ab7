"""Time to a given optimisation gap, where the optimum is known: `python -m benchmarks.gap`.

Two problems: a shallow network on the sawtooth (its least squared error is known in closed form) and a jump under
noise (the best segmentation is a network of the class, so that its error bounds the optimum from above). Every method
gets more and more steps from the same starts until its time is up; the gap is that of the best of the restarts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from dlstats import nets, training
from dlstats.dgp import jump
from dlstats.losses.regression import squared
from dlstats.methods import segmentation
from dlstats.theory.sawtooth_floors import l2_floor

RESTARTS = 16
METHODS: dict[str, dict] = {
    "Adam": {"learning_rate": 0.01, "schedule": training.schedules.cosine, "keep": "best"},
    "Adam, last layer exact": {
        "learning_rate": 0.01,
        "schedule": training.schedules.cosine,
        "keep": "best",
        "projection": True,
    },
    "L-BFGS": {"optimiser": "lbfgs"},
    "L-BFGS, last layer exact": {"optimiser": "lbfgs", "projection": True},
    "Levenberg-Marquardt": {"optimiser": "levenberg_marquardt"},
}


@dataclass(frozen=True)
class Problem:
    name: str
    net: nets.Mlp
    x: np.ndarray
    y: np.ndarray
    """(reps, n, 1)"""
    optimum: np.ndarray
    """(reps,): mean squared error that a network of the class reaches."""


def sawtooth(units: int = 5, compositions: int = 3, n: int = 1024) -> Problem:
    """The sawtooth by fewer pieces than it has; midpoints of a fine grid stand for the integral."""
    x = (np.arange(n) + 0.5) / n
    y = 1 - np.abs(1 - np.mod(x * 2**compositions, 2))
    optimum = np.array([l2_floor(compositions, units + 1)])
    return Problem(f"sawtooth, {units} units", nets.Mlp(1, (units,)), x[None, :, None], y[None, :, None], optimum)


def jumps(units: int = 6, n: int = 512, reps: int = 8) -> Problem:
    """An arc of another level under noise."""
    design = jump.CircularJump(n, 0.5)
    y = np.stack([design.sample(np.random.default_rng([8, r]))[1] for r in range(reps)])
    optimum = np.array([np.mean((segmentation.arc_fit(v, segmentation.best_arc(v)) - v) ** 2) for v in y])
    x = np.repeat(design.x[None, :, None], reps, axis=0)
    return Problem(f"jump, {units} units", nets.Mlp(1, (units,)), x, y[..., None], optimum)


def path(problem: Problem, options: dict, seconds: float) -> list[dict]:
    """Gap after more and more steps, until a fit takes longer than `seconds`; a first step that warms up is not timed."""
    reps, rows, steps = len(problem.y), [], 16
    generators = [np.random.default_rng([9, r]) for r in range(reps)]
    start = nets.initialise(problem.net, generators, dtype="float64", restarts=RESTARTS)
    training.fit(
        problem.net,
        squared,
        start,
        problem.x,
        problem.y,
        training.Training(1, dtype="float64", **options),
        device="cpu",
    )
    while True:
        plan = training.Training(steps, dtype="float64", **options)
        begin = time.perf_counter()
        fit = training.fit(problem.net, squared, start, problem.x, problem.y, plan, device="cpu")
        taken = time.perf_counter() - begin
        best = training.best_of(fit, RESTARTS).loss - problem.optimum
        every = fit.loss.reshape(reps, RESTARTS) - problem.optimum[:, None]
        rows.append({"steps": steps, "seconds": taken, "gap": np.median(best), "typical gap": np.median(every)})
        if taken > seconds or steps > 10**6 or fit.steps.max() < steps:
            return rows
        steps *= 2


def draw(rows: pd.DataFrame, out: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    problems = list(rows["problem"].unique())
    figure, axes = plt.subplots(1, len(problems), figsize=(3.6 * len(problems), 3), layout="constrained", squeeze=False)
    for axis, name in zip(axes[0], problems, strict=True):
        for (method, of), marker in zip(rows[rows["problem"] == name].groupby("method"), "osv^D", strict=False):
            axis.plot(of["seconds"], of["gap"].clip(lower=1e-7), marker=marker, markersize=3, label=method)
        axis.set(xscale="log", yscale="log", xlabel="seconds", title=name)
    axes[0, 0].set_ylabel("error above the optimum")
    axes[0, -1].legend(fontsize=6)
    figure.savefig(out)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="after which a method gets no more steps")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    made: list[Callable[[], Problem]] = [sawtooth, jumps]
    rows = []
    for problem in (make() for make in made):
        for method, chosen in METHODS.items():
            found = path(problem, chosen, options.seconds)
            rows += [{"problem": problem.name, "method": method} | row for row in found]
            print(pd.DataFrame(rows[-len(found) :]).to_string(index=False, float_format="%.3g"), flush=True)
    frame = pd.DataFrame(rows)
    frame.to_csv(options.out / "gap.csv", index=False)
    draw(frame, options.out / "gap.pdf")


if __name__ == "__main__":
    main()
