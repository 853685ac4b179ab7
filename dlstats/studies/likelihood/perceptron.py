"""How often does the perceptron err, and does a network that can hold XOR learn it?"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding, Stated, Theorem
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import perceptron as theory

INPUTS = np.array(list(itertools.product((0.0, 1.0), repeat=2)))
XOR = np.array([0.0, 1.0, 1.0, 0.0])
STEPS, RATE = 1000, 0.05
NEAR = 0.01
"""Mean squared error below which XOR counts as learned; that of a constant is 1/4."""
MARGIN = 0.2
"""Of the unit vector that separates."""
PASSES = 400


def simulate_mistakes(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Mistakes of the perceptron until it has every case right, over the bound: cases from N(0, I) beyond a margin."""
    n, d = condition.n, condition.inputs

    def sample(rng: np.random.Generator) -> np.ndarray:
        x = rng.standard_normal((20 * n, d))
        return x[np.abs(x[:, 0]) >= MARGIN][:n]

    x = streams.draw(sample, "cases", n=n, inputs=d)
    signed = x * np.sign(x[..., :1])
    radius, margin = np.linalg.norm(x, axis=2).max(axis=1), signed[..., 0].min(axis=1)
    weights, mistakes = np.zeros((len(x), d)), np.zeros(len(x))
    for _ in range(PASSES):
        before = mistakes.copy()
        for case in signed.transpose(1, 0, 2):
            wrong = (weights * case).sum(axis=1) <= 0
            weights[wrong] += case[wrong]
            mistakes += wrong
        if (mistakes == before).all():
            break
    share = mistakes / (radius / margin) ** 2
    return stacked(streams, {"perceptron": {"mistakes": mistakes, "share": share}})


def simulate_xor(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One hidden layer trained on the four cases of XOR, a random start a replicate."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    net = nets.Mlp(2, (condition.units,), activation=condition.activation)
    start = nets.initialise(net, streams.generators("start", units=condition.units), "torch_default", "float32")
    plan = training.Training(STEPS * condition.effort, RATE)
    fit = training.fit(net, squared, start, INPUTS, XOR[:, None], plan, device=device)
    fitted = training.predict(net, fit.parameters, INPUTS, device)[..., 0].numpy()
    error = ((fitted - XOR) ** 2).mean(axis=1)
    digests = {"data_digest": digest(INPUTS, XOR), "start_digest": [digest(one) for one in start.numpy()]}
    columns = {"error": error, "solved": (error < NEAR).astype(float), "status": fit.status, "epochs": fit.epochs}
    return stacked(streams, {"trained": columns | {"dead_share": fit.dead_share} | digests})


EXPERIMENTS = {
    "xor": Experiment(
        simulate_xor,
        factors={
            "activation": Factor("activation", str, {"relu": "ReLU", "tanh": "tanh"}),
            "units": Factor("hidden units", int, symbol="m", at_least=1),
        }
        | EFFORT,
        methods={
            "trained": Method(
                "trained network",
                f"one hidden layer, {STEPS} steps of Adam at rate {RATE:g} on all four cases, PyTorch's default start",
                "network",
            )
        },
        measures=(
            Measure("solved", "proportion of starts that learn XOR", "proportion"),
            Measure("error", "training error, median start", "median"),
            Measure("epochs", "epochs, a step each", "median"),
            Measure("dead_share", "proportion of hidden units without a slope"),
        ),
        block=500,
    ),
    "mistakes": Experiment(
        simulate_mistakes,
        factors={
            "inputs": Factor("inputs", int, symbol="d", at_least=2),
            "n": Factor("cases", int, symbol="n", at_least=2),
        },
        methods={"perceptron": Method("perceptron", "cases in order, again and again until none is wrong")},
        measures=(
            Measure("mistakes", "mistakes", "mean"),
            Measure("share", "mistakes over the bound", "mean"),
            Measure("share", "largest of mistakes over the bound", "largest"),
        ),
        block=200,
    ),
}


def most_right() -> float:
    """Largest proportion of the four cases of XOR that any line has right, over all labellings that a line can give."""
    labels = [np.array(one) for one in itertools.product((-1.0, 1.0), repeat=4)]
    right = [(one == 2 * XOR - 1).mean() for one in labels if theory.separable(INPUTS, one)]
    return max(right)


def least_squares() -> float:
    """Mean squared error of the best plane on XOR."""
    design = np.column_stack([np.ones(4), INPUTS])
    return float(np.mean((XOR - design @ np.linalg.lstsq(design, XOR)[0]) ** 2))


def two_units() -> float:
    """Largest error on XOR of relu(x + y) − 2 relu(x + y − 1), as torch computes it."""
    import torch

    total = torch.as_tensor(INPUTS).sum(1)
    return float((torch.relu(total) - 2 * torch.relu(total - 1) - torch.as_tensor(XOR)).abs().max())


def orthonormal_mistakes() -> int:
    """Mistakes of the perceptron on the unit vectors of 20 dimensions, all of one class, until it has all right."""
    weights, mistakes, wrong = np.zeros(20), 0, True
    while wrong:
        wrong = False
        for case in np.eye(20):
            if weights @ case <= 0:
                weights, mistakes, wrong = weights + case, mistakes + 1, True
    return mistakes


def counted_cost() -> float:
    """Floating-point operations forwards and backwards over those forwards, as torch counts them: six layers of 128."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    layers = torch.nn.Sequential(
        *(m for _ in range(6) for m in (torch.nn.Linear(128, 128, bias=False), torch.nn.ReLU()))
    )
    x = torch.ones(4, 128)
    with FlopCounterMode(display=False) as forwards:
        y = layers(x)
    with FlopCounterMode(display=False) as backwards:
        y.sum().backward()
    return 1 + backwards.get_total_flops() / forwards.get_total_flops()


def slopes_at(z: float) -> float:
    """Slope of tanh over slope of the sigmoid, by torch."""
    import torch

    at = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    tanh, sigmoid = (torch.autograd.grad(f(at), at)[0] for f in (torch.tanh, torch.sigmoid))
    return float(tanh / sigmoid)


PILOT = Finding("perceptron, seed 777001")
CLAIMS = (
    Claim(
        "FND1",
        "The perceptron makes at most (R/γ)² mistakes before it has every case right, R the largest norm and γ the margin of a "
        "unit vector that separates (largest ratio to that).",
        at_most(1.0),
        value("share", "largest", experiment="mistakes").each("inputs", "n"),
        Theorem("novikoff1962", "the theorem"),
        ("BIOS", "NSTDA", "UNITO"),
    ),
    Claim(
        "FND2.narrow",
        "Two hidden ReLU units, enough to hold XOR, learn it from at most a quarter of random starts "
        f"({STEPS} steps of Adam at rate {RATE:g}).",
        at_most(0.25),
        proportion("solved", experiment="xor", units=2, activation="relu"),
        PILOT,
        ("UNITO", "TUE"),
    ),
    Claim(
        "FND2.wide",
        "Eight hidden ReLU units learn XOR from at least nine tenths of random starts.",
        at_least(0.9),
        proportion("solved", experiment="xor", units=8, activation="relu"),
        PILOT,
        ("UNITO", "TUE"),
    ),
    Claim(
        "FND2.tanh",
        "Two hidden tanh units learn XOR from at least three quarters of random starts.",
        at_least(0.75),
        proportion("solved", experiment="xor", units=2, activation="tanh"),
        PILOT,
        ("UNITO", "TUE"),
    ),
)

CHECKS = (
    Check(
        "FND1.attained",
        "On the unit vectors of 20 dimensions, all of one class, the perceptron makes the 20 mistakes that the bound allows.",
        equals(theory.mistake_bound(1, 1 / math.sqrt(20)), 1e-9), orthonormal_mistakes,
        Derived("perceptron.md#mistakes-on-unit-vectors"), ("BIOS", "NSTDA", "UNITO"),
    ),
    Check(
        "FND2",
        "No line solves XOR: it has at most three of the four cases right (all labellings that a line can give).",
        equals(0.75), most_right,
        Stated("UNITO", "First neural networks winter (1970 -Minsky)", "XOR cannot be solved by a 1-layer perceptron"),
        ("TUE", "BIOS"),
    ),
    Check(
        "FND2.plane", "The best plane through the four cases of XOR is constant: its mean squared error is 1/4.",
        equals(0.25, 1e-12), least_squares, Derived("perceptron.md#xor"), ("UNITO", "TUE", "BIOS"),
    ),
    Check(
        "FND2.two_units", "A multi-layer perceptron solves XOR: relu(x + y) − 2 relu(x + y − 1) equals it (largest error).",
        equals(0), two_units,
        Stated("UNITO", "Feed Forward Neural Network", "Multi-Layer Perceptron (MLP) can solve XOR"), ("BIOS",),
    ),
    Check(
        "FND8",
        "The slope of tanh is that of the sigmoid at |z| = arcosh(1 + √3) = 1.6629: steeper below, four times so at 0, and "
        "flatter above (ratio there).",
        equals(1, 1e-9), lambda: slopes_at(theory.steeper_below()),
        Derived("perceptron.md#slopes-of-tanh-and-sigmoid"), ("BIOS",),
    ),
    Check(
        "FND11",
        "A gradient costs less than three times a prediction, whatever the number of parameters: 17/6 for six layers of 128 "
        "units (operations that torch counts).",
        equals(theory.gradient_cost([128] * 7), 1e-12), counted_cost, Derived("perceptron.md#the-cost-of-a-gradient"), ("JSM",),
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for (number, activation), effort in itertools.product(enumerate(("relu", "tanh"), 1), (1, 3)):
        table = points(
            evidence, "solved", "proportion", "units", "xor", activation=activation, method="trained", effort=effort
        )
        label = f"{EXPERIMENTS['xor'].factors['activation'].describe(activation)}, effort {effort}"
        draw_points(axes, table, label, style.nth(number) | {"linestyle": style.EFFORTS[effort]}, log=False)
    axes.set(xlabel=evidence.axis("units", "xor"), ylabel=evidence.axis("solved", "xor"))
    axes.legend(loc="lower right")


def _design(starts: int, paired: int, sets: int) -> dict:
    cells = {"relu": [2, 3, 4, 8], "tanh": [2, 3, 4, 8]}
    efforts = ((1, starts), (3, paired))
    return {
        "xor": [
            grid(activation=name, units=units, effort=effort, replicates=replicates)
            for name, units in cells.items()
            for effort, replicates in efforts
        ],
        "mistakes": grid(inputs=[2, 10], n=[20, 50], replicates=sets),
    }


STUDY = Study(
    title="The perceptron and XOR",
    aims="Is the bound on the perceptron's mistakes kept, and how often does a network that can hold XOR learn it?",
    mechanisms=f"Cases from N(0, I) with |x₁| ≥ {MARGIN:g}, the class the sign of x₁; the four cases of XOR, without noise.",
    estimands="Mistakes over the bound; the probability over starts that training ends below a mean squared error of "
    f"{NEAR:g}.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "xor_learned",
            "Proportion of random starts from which one hidden layer learns XOR, against its units. Two ReLU units hold XOR "
            "exactly and mostly do not learn it, at either effort; two tanh units mostly do. 95 % Monte Carlo "
            "intervals.",
            _draw,
        ),
    ),
    limits="Four cases, one optimiser and one rate: a statement on this recipe.",
    designs={"smoke": _design(12, 4, 4), "standard": _design(1000, 500, 200), "paper": _design(10000, 2000, 2000)},
)
