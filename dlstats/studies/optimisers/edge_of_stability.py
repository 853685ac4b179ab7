"""Does gradient descent drive a network's sharpness to 2 over the learning rate, and hold it there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_least, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding, Practice
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import by_replicate

if TYPE_CHECKING:
    from torch import Tensor

    from dlstats.nets import Mlp

N, WIDTHS, STEPS, LONG = 20, (16, 16), 3600, 54_000
CHECKPOINTS = tuple(k / 6 for k in range(7))
"""Proportions of the training at which the sharpness is taken."""
TOLERANCE = 1e-4
"""Relative, of the largest eigenvalue."""


def sharpness(net: Mlp, parameters: Tensor, x: Tensor, y: Tensor) -> float:
    """The largest eigenvalue of the Hessian of the mean squared error, by Lanczos on Hessian-vector products."""
    import torch
    from scipy.sparse.linalg import LinearOperator, eigsh

    from dlstats import nets
    from dlstats.losses.regression import squared

    at = parameters.double()
    gradient = torch.func.grad(lambda p: squared(nets.apply(net, p[None], x[None]), y[None]).mean())

    _, transposed, *_ = torch.func.vjp(gradient, at)  # the Hessian is symmetric

    def product(v: np.ndarray) -> np.ndarray:
        return transposed(torch.as_tensor(v).reshape(-1))[0].numpy()

    hessian = LinearOperator((net.size, net.size), matvec=product, dtype=np.float64)  # type: ignore[call-arg]
    return float(eigsh(hessian, 1, which="LA", tol=TOLERANCE, v0=np.ones(net.size), return_eigenvectors=False)[0])


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Full-batch gradient descent in sixths, with loss and sharpness after each; replicates are initialisations."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    net = nets.Mlp(1, WIDTHS, 1, activation="tanh")
    x = torch.linspace(-1, 1, N, dtype=torch.float64)[:, None]
    y = torch.sin(torch.pi * x)
    weights = nets.initialise(net, streams.generators("start"), "xavier")
    about = {"data_digest": digest(x.numpy(), y.numpy()), "start_digest": [digest(w.numpy()) for w in weights]}
    part = max(1, condition.steps * condition.effort // (len(CHECKPOINTS) - 1))
    plan, frames, first = training.Training(part, condition.learning_rate, optimiser="sgd"), [], {}
    for k, checkpoint in enumerate(CHECKPOINTS):
        if k:
            weights = training.fit(net, squared, weights, x, y, plan, device=device).parameters
        losses = (
            squared(training.predict(net, weights, x, "cpu").double(), y.expand(len(weights), -1, -1))
            .mean(dim=(1, 2))
            .numpy()
        )
        sharp = [sharpness(net, w, x, y) if w.isfinite().all() else np.nan for w in weights]
        columns = {"loss": losses, "sharpness": sharp, "edge": condition.learning_rate / 2 * np.array(sharp)}
        first = first or columns
        columns |= {"rise": sharp / np.array(first["sharpness"]), "fall": first["edge"] - columns["edge"]}
        status = np.where(np.isfinite(sharp), "ok", "diverged")
        columns |= {
            "epochs": float(k * part) if k else np.nan,
            "status": status,
            "reason": np.where(status == "ok", "", "weights diverged"),
        }
        labels = {"replicate": list(streams.replicates), "method": "descent", "checkpoint": checkpoint}
        frames.append(pd.DataFrame(labels | columns | about))
    return by_replicate(frames)


EXPERIMENT = Experiment(
    simulate,
    factors={
        "learning_rate": Factor("learning rate", float, symbol=r"\eta", above=0, at_most=0.5),
        "steps": Factor("steps", int, at_least=6, at_most=10**6),
    }
    | EFFORT,
    keys={"checkpoint": Factor("proportion of the training", float, CHECKPOINTS)},
    methods={
        "descent": Method("tanh network, full batch", "1-16-16-1 with tanh, gradient descent on the mean squared error")
    },
    measures=(
        Measure("edge", "sharpness times η/2"),
        Measure("sharpness", "sharpness", "geometric mean"),
        Measure("rise", "sharpness over that at the start", "geometric mean"),
        Measure("fall", "edge at the start less edge"),
        Measure("loss", "training error", "geometric mean"),
        Measure("epochs", "epochs", where={"checkpoint": lambda part: part > 0}),
    ),
    block=12,
)
NETWORK = "small tanh networks (1-16-16-1) on 20 points of sin πx"
LAST = {"method": "descent", "checkpoint": CHECKPOINTS[-1]}
CLAIMS = (
    Claim(
        "OPT16.edge",
        f"Full-batch gradient descent brings the sharpness of {NETWORK} to 2/η: after 3600 steps the largest eigenvalue of the "
        "Hessian is within 5 % of it, at η = 0.1 and 0.2 (mean of η/2 times it, the farther of the two).",
        equals(1.0, 0.05),
        value("edge", learning_rate=[0.1, 0.2], **LAST).each("learning_rate"),
        Practice("cohen2021", "section 3.2"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT16.slow",
        f"At a small learning rate the sharpness of {NETWORK} rises to more than half of 2/η as well, after more steps: at η = "
        f"0.02 after {LONG:,}, as many times η as 3600 at 0.3 (mean of η/2 times it).",
        at_least(0.5),
        value("edge", learning_rate=0.02, **LAST),
        Finding("edge_of_stability, seed 777001"),
    ),
    Claim(
        "OPT16.above",
        f"At η = 0.3 {NETWORK}, which begin above 2/η in sharpness, are still above it after 3600 steps (mean of η/2 times it).",
        at_least(1.0),
        value("edge", learning_rate=0.3, **LAST),
        Finding("edge_of_stability, seed 777001"),
    ),
    Claim(
        "OPT16.down",
        f"Networks that begin beyond the edge come down towards it: in 3600 steps at η = 0.3 the sharpness of {NETWORK} falls by "
        "more than {theory} of 2/η (mean over networks of the fall, each from its own start).",
        at_least(0.1),
        value("fall", learning_rate=0.3, **LAST),
        Finding("edge_of_stability, seed 777001"),
    ),
    Claim(
        "OPT16.sharpening",
        f"Far below the edge the sharpness of {NETWORK} rises during training: after 3600 steps at η = 0.01 it is at least "
        "{theory:g} times that at the start (geometric mean over networks of the ratio).",
        at_least(1.25),
        value("rise", learning_rate=0.01, **LAST),
        Practice("cohen2021", "section 3.1"),
    ),
)


def draw(evidence: Evidence, figure) -> None:
    """Left sharpness against the learning rate times steps, right as a multiple of 2/η."""
    from dlstats.plotting import style
    from dlstats.plotting.curves import draw_points, points

    left, right = figure.subplots(1, 2)
    table = points(evidence, "edge", "mean", "checkpoint", effort=1)
    for k, rate in enumerate(sorted(table["learning_rate"].unique())):
        for axes, column, statistic in ((left, "sharpness", "geometric_mean"), (right, "edge", "mean")):
            line = points(evidence, column, statistic, "checkpoint", effort=1, learning_rate=rate)
            line = line.assign(at=line["at"] * line["steps"] * rate)
            draw_points(axes, line, f"η = {rate:g}", style.nth(k), log=axes is left)
            if axes is left and rate > 0.05:
                axes.axhline(2 / rate, color=style.nth(k)["color"], linestyle=style.LIMIT, linewidth=0.9)
    right.axhline(1, **style.method("limit"), linewidth=0.9)
    ticks, time = [7, 10, 14, 20, 50, 100], "learning rate times steps"
    left.set(yscale="log", yticks=ticks, yticklabels=[str(tick) for tick in ticks], xlabel=time)
    left.set_ylabel("sharpness, geometric mean")
    left.minorticks_off()
    right.set(xlabel=time, ylabel=EXPERIMENT.measures[0].axis, ylim=(0, None))
    right.legend()


RATES = [0.01, 0.1, 0.2, 0.3]


def _design(steps: int, one: int, three: int, rates: list[float], slow: tuple[int, int] | None = None) -> list[Grid]:
    """`slow` are the replicates of η = 0.02 and 54,000 steps, at the study's effort and at three times the steps."""
    plain = [
        grid(learning_rate=rates, steps=steps, effort=effort, replicates=replicates)
        for effort, replicates in ((1, one), (3, three))
    ]
    return plain + [
        grid(learning_rate=0.02, steps=LONG, effort=effort, replicates=replicates)
        for effort, replicates in zip((1, 3), slow or (), strict=False)
    ]


STUDY = Study(
    title="The edge of stability",
    aims="Does full-batch gradient descent train a network at the learning rate's limit of stability, 2/η, rather than below it?",
    mechanisms=f"{N} equally spaced points of sin πx on [−1, 1] without noise; initialisations of Glorot and Bengio.",
    estimands="The largest eigenvalue of the Hessian of the training error in the course of training, times η/2.",
    compared_by="loss",
    experiments={"sharpness": EXPERIMENT},
    claims=CLAIMS,
    figures=(
        Figure(
            "edge_of_stability",
            "Sharpness, the largest eigenvalue of the Hessian of the training error, of tanh networks under full-batch gradient "
            "descent. Left: it rises, or falls where it starts higher, until it meets 2/η, dotted, and stays there, so that a "
            "larger learning rate ends at a flatter point. Right: as a multiple of 2/η; at η = 0.01 training has not gone far "
            "enough, at 0.02 some networks have fitted before they reach the edge. Bars are 95 % intervals over initialisations.",
            draw,
            "two-column",
            2.8,
        ),
    ),
    limits="One target, one small architecture, squared error and full batches. Whether a network reaches the edge at a "
    "small learning rate depends on its start. Three times the steps say whether it stays so.",
    designs={
        "smoke": _design(60, 2, 1, [0.2]),
        "standard": _design(STEPS, 24, 12, RATES, (24, 12)),
        "paper": _design(STEPS, 100, 50, [*RATES[:1], 0.05, *RATES[1:]], (48, 24)),
    },
)
