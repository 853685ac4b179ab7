"""How far softmax moves when no logit moves by more than a."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import scipy

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Figure, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import information as theory

MOST = 10
"""Classes at most: every pattern of signs is tried."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Total variation between softmax before and after, for N(0, 1) logits: changes drawn, and the farthest pattern."""
    import torch

    k, change = condition.classes, condition.change
    logits = torch.as_tensor(streams.draw(lambda rng: rng.standard_normal(k), "logits", classes=k))
    drawn = torch.as_tensor(streams.draw(lambda rng: rng.uniform(-1, 1, k), "changes", classes=k)) * change
    patterns = torch.as_tensor(np.array(list(itertools.product((-change, change), repeat=k))))
    before = logits.softmax(1)

    def distance(after: torch.Tensor) -> torch.Tensor:
        return (after.softmax(-1) - before[:, None]).abs().sum(-1) / 2

    farthest = distance(logits[:, None] + patterns).max(1).values
    columns = {"drawn": distance((logits + drawn)[:, None])[:, 0], "farthest": farthest}
    return stacked(streams, {name: {"distance": values.numpy()} for name, values in columns.items()})


SOFTMAX = Experiment(
    simulate,
    factors={
        "change": Factor("largest change of a logit", float, symbol="a", above=0, at_most=20),
        "classes": Factor("classes", int, symbol="K", at_least=2, at_most=MOST),
    },
    methods={
        "drawn": Method("changes drawn", "every logit changed by a draw between −a and a"),
        "farthest": Method("farthest changes", "the farthest of all changes of every logit by a or −a"),
    },
    measures=(
        Measure("distance", "total variation", "mean"),
        Measure("distance", "largest total variation", "largest"),
    ),
    block=200,
    streams="softmax",
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style
    from dlstats.plotting.curves import draw_points, points

    axes = figure.subplots()
    changes = sorted(evidence.table(measure="distance")["change"].unique())
    fine = np.geomspace(changes[0], changes[-1], 200)
    axes.plot(fine, np.tanh(fine / 2), label="tanh(a/2)", **style.method("limit"))
    for number, (method, classes) in enumerate((("farthest", MOST), ("drawn", MOST), ("drawn", 2)), 1):
        table = points(evidence, "distance", over="change", method=method, classes=classes)
        draw_points(axes, table, f"{SOFTMAX.label_of(method)}, K = {classes}", style.nth(number))
    axes.set(xscale="log", yscale="log", xlabel=evidence.axis("change"), ylabel=evidence.axis("distance"))
    labels.at_ends(axes)


FIGURE = Figure(
    "softmax_changes",
    "How far softmax moves, in total variation, when no logit changes by more than a. Dotted: the bound tanh(a/2), at most a/2. "
    "Small changes stay small: of 10 classes with N(0, 1) logits the farthest of all changes all but reaches the bound, and "
    "changes that are drawn move softmax by about half of it or less. Points: means over draws with 95 % Monte Carlo intervals.",
    _draw,
)


def attained() -> float:
    """Largest |total variation − tanh(a/2)| over a, for two classes with logits (0, −a) that change by (−a, a)."""
    import torch

    gaps = []
    for a in (0.1, 0.5, 2.0):
        before = torch.tensor([0.0, -a], dtype=torch.float64)
        after = before + torch.tensor([-a, a], dtype=torch.float64)
        moved = float((after.softmax(0) - before.softmax(0)).abs().sum() / 2)
        gaps.append(abs(moved - theory.total_variation_bound(a)))
    return max(gaps)


def steepest() -> dict[str, float]:
    """Largest spectral norm of the Jacobian of torch's softmax that a search over logits finds, by number of classes."""
    import torch

    found = {}
    for classes in (2, 3, MOST):
        start = np.random.default_rng(classes).standard_normal(classes)

        def norm(z: np.ndarray) -> float:
            jacobian = torch.func.jacrev(lambda at: at.softmax(0))(torch.as_tensor(z))
            return -float(torch.linalg.matrix_norm(jacobian, 2))

        bounds = [(-20.0, 20.0)] * classes
        found[f"{classes} classes"] = -float(scipy.optimize.minimize(norm, start, method="L-BFGS-B", bounds=bounds).fun)
    return found


def bound(line) -> float:
    """tanh(a/2) at the condition of a line."""
    return math.tanh(line["change"] / 2)
