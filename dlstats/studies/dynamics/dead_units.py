"""Do dead ReLU units recover, and how long do other activations take to leave the flat side?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding, Stated
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import propagation as theory

CASES, WIDTHS, BELOW = 50, (16, 16), 0.1
STEPS = 2000
RATES = {"sgd": 0.05, "adam": 0.003}
DEPTHS = [2.0, 5.0, 10.0]


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks with one unit whose pre-activation is at most −BELOW in all cases: is it positive in one after training?"""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    x = streams.draw(lambda rng: rng.uniform(-1, 1, (CASES, 2)), "inputs")
    y = 2 * np.sin(np.pi * x[..., :1]) + x[..., 1:]
    net = nets.Mlp(2, WIDTHS)
    start = nets.initialise(net, streams.generators("start"), "he")
    inputs = torch.from_numpy(x).float()
    names = (f"weight.{condition.layer - 1}", f"bias.{condition.layer - 1}")

    def unit(parameters: torch.Tensor) -> torch.Tensor:
        """Pre-activation of the first unit of the layer, shape (reps, n)."""
        of, h = nets.views(net, parameters), inputs
        for k in range(condition.layer - 1):
            h = (h @ of[f"weight.{k}"] + of[f"bias.{k}"][:, None]).relu()
        return (h @ of[names[0]] + of[names[1]][:, None])[..., 0]

    nets.views(net, start)[names[1]][:, 0] -= unit(start).amax(dim=1) + BELOW
    dead = unit(start).amax(dim=1) < 0
    columns = {}
    for name, rate in RATES.items():
        plan = training.Training(STEPS * condition.effort, rate, optimiser=name)
        fit = training.fit(net, squared, start, x, y, plan, device=device)
        before, after = (nets.views(net, p.cpu()) for p in (start, fit.parameters))
        moved = torch.stack([(after[n] - before[n])[..., 0].reshape(len(x), -1).abs().amax(dim=1) for n in names])
        columns[name] = {
            "revived": (dead & (unit(fit.parameters.cpu()).amax(dim=1) > 0)).numpy().astype(float),
            "moved": moved.amax(dim=0).numpy().astype(float),
            "loss": fit.loss.astype(float), "status": fit.status, "epochs": fit.epochs,
            "data_digest": [digest(*both) for both in zip(x, y, strict=True)],
            "start_digest": [digest(s) for s in start.numpy()],
        }  # fmt: skip
    return stacked(streams, columns)


REVIVAL = Experiment(
    simulate,
    factors={"layer": Factor("hidden layer of the dead unit", int, (1, 2))} | EFFORT,
    methods={
        "sgd": Method("gradient descent", f"full batch, learning rate {RATES['sgd']:g}"),
        "adam": Method("Adam", f"full batch, learning rate {RATES['adam']:g}"),
    },
    measures=(
        Measure("revived", "units alive after training", "proportion"),
        Measure("moved", "largest movement of the unit's incoming weights", "largest"),
        Measure("loss", "training error", "geometric mean"),
        Measure("epochs", "epochs"),
    ),
)
UNIT = (
    "In ReLU networks 2-16-16-1 with He's initialisation and one unit whose pre-activation is at most "
    f"−{BELOW:g} in each of {CASES} cases,"
)
CLAIMS = (
    Claim(
        "DYN12",
        f"{UNIT} a dead unit of the second hidden layer can never recover through gradient descent (proportion alive after "
        f"{STEPS:,} full steps).",
        at_most(0.0),
        proportion("revived", method="sgd", layer=2),
        Stated(
            "TUE",
            "2.5.3 Network Design",
            "a neuron giving negative output to its ReLU will have a zero gradient from which it can never recover through "
            "gradient descent",
        ),
    ),
    Claim(
        "DYN12.adam",
        f"{UNIT} Adam revives dead units of the second hidden layer (proportion alive after {STEPS:,} full steps at least "
        "{theory}).",
        at_least(0.05),
        proportion("revived", method="adam", layer=2),
        Finding("dead_units, seed 777001"),
        ("TUE",),
    ),
    Claim(
        "DYN12.still",
        f"{UNIT} the incoming weights of a dead unit of the first hidden layer do not move, so that it stays dead (largest "
        "movement, gradient descent and Adam).",
        equals(0.0),
        value("moved", "largest", layer=1).each("method"),
        Derived("propagation.md#dead-units"),
        ("TUE",),
    ),
)


def _times(name: str) -> dict[str, float]:
    """∫ dh/φ'(h) from −s to 0, relative to the closed form, with the slopes of torch's activation."""
    import torch

    from dlstats.nets.activations import ACTIVATIONS

    def pace(h: float) -> float:
        at = torch.tensor(h, dtype=torch.float64, requires_grad=True)
        return 1 / float(torch.autograd.grad(ACTIVATIONS[name].value(at), at)[0])

    return {f"{name}, s = {s:g}": scipy.integrate.quad(pace, -s, -1e-13)[0] / theory.climb(name, s) - 1 for s in DEPTHS}


def all_times() -> dict[str, float]:
    """Relative differences for leaky ReLU, ELU and softplus."""
    return _times("leaky_relu") | _times("elu") | _times("softplus")


CHECKS = (
    Check(
        "FND9",
        "Under a constant pull a unit at −s needs the time s/0.01 with leaky ReLU, eˢ − 1 with ELU of α = 1 and eˢ + s − 1 with "
        "softplus to reach 0 (largest relative difference to the integral of torch's slopes, s = 2, 5, 10).",
        equals(0, 1e-6), all_times, Derived("propagation.md#leaving-the-flat-side"), ("TUE",),
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for k, (name, described) in enumerate(REVIVAL.methods.items()):
        table = evidence.table("revival", measure="revived", statistic="proportion", method=name, effort=1)
        table = table.sort_values("layer")
        ends = np.stack([table["estimate"] - table["lower"], table["upper"] - table["estimate"]]).clip(min=0)
        marks = style.of(name, described) | {"linestyle": "none"}
        left.errorbar(table["layer"] + 0.1 * (k - 0.5), table["estimate"], yerr=ends, label=described.label, **marks)
    left.set(xticks=[1, 2], xlim=(0.5, 2.5), ylim=(-0.03, 1.03), xlabel=evidence.axis("layer"))
    left.set_ylabel(evidence.axis("revived"))
    left.legend(fontsize="x-small")
    s = np.linspace(0.1, 12, 200)
    for k, (name, label) in enumerate((("leaky_relu", "leaky ReLU"), ("elu", "ELU"), ("softplus", "softplus"))):
        curve = style.nth(k) | {"marker": "", "linestyle": ["-", "--", ":"][k]}
        right.plot(s, [theory.climb(name, float(one)) for one in s], label=label, **curve)
    right.set(yscale="log", xlabel="pre-activation below zero, s", ylabel="time to reach zero")
    right.legend(fontsize="x-small")


def _design(replicates: int, more: int) -> list:
    return [grid(layer=[1, 2], effort=1, replicates=replicates), grid(layer=[1, 2], effort=3, replicates=more)]


STUDY = Study(
    title="Dead units",
    aims="Do dead ReLU units recover, and how long do other activations take to leave the flat side?",
    mechanisms=f"{CASES} cases uniform on the square [−1, 1]², y = 2 sin(πx₁) + x₂ without noise. The bias of one unit is "
    f"lowered until its largest pre-activation is −{BELOW:g}.",
    estimands="Whether the unit is positive in some case after training; how far its incoming weights moved.",
    experiments={"revival": REVIVAL},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "revival",
            "Left: proportion of dead ReLU units alive after training. Those of the first hidden layer stay dead; beyond it the "
            "layers below move, and units come back. 95 % intervals. Right: time to climb to 0 from −s under a constant pull; "
            "ELU and softplus, which do not die, need exponentially long, leaky ReLU with slope 0.01 linearly.",
            _draw,
            "two-column",
        ),
    ),
    limits="One network, target and depth of death; full batches without weight decay, which would move even a dead unit.",
    designs={"smoke": _design(2, 2), "standard": _design(100, 24), "paper": _design(1000, 200)},
)
