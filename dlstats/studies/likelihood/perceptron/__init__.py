"""How often does the perceptron err, and does a network that can hold XOR learn it?"""

from __future__ import annotations

import itertools

import pandas as pd

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.likelihood.perceptron import identities, mistakes
from dlstats.studies.likelihood.perceptron.identities import INPUTS, XOR

STEPS, RATE = 1000, 0.05
STARTS = {"torch_default": "PyTorch's default", "he": "He", "xavier": "Xavier"}
NEAR = 0.01
"""Mean squared error below which XOR counts as learned; that of a constant is 1/4."""


def simulate_xor(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One hidden layer trained on the four cases of XOR, a random start a replicate."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    net = nets.Mlp(2, (condition.units,), activation=condition.activation)
    start = nets.initialise(net, streams.generators("start", units=condition.units), condition.start, "float32")
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
            "start": Factor("start", str, STARTS),
        }
        | EFFORT,
        methods={
            "trained": Method(
                "trained network",
                f"one hidden layer, {STEPS} steps of Adam at rate {RATE:g} on all four cases",
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
    "mistakes": mistakes.MISTAKES,
}

PILOT = Finding("perceptron, seed 777001")
CLAIMS = (
    *mistakes.CLAIMS,
    Claim(
        "FND2.narrow",
        "Two hidden ReLU units, enough to hold XOR, learn it from fewer random starts than not "
        f"({STEPS} steps of Adam at rate {RATE:g}; largest proportion of three kinds of start).",
        at_most(0.5),
        proportion("solved", experiment="xor", units=2, activation="relu").each("start"),
        PILOT,
        ("UNITO", "TUE"),
    ),
    Claim(
        "FND2.wide",
        f"Eight hidden ReLU units learn XOR from more random starts than not ({STEPS} steps of Adam at rate {RATE:g}; smallest "
        "proportion of three kinds of start).",
        at_least(0.5),
        proportion("solved", experiment="xor", units=8, activation="relu").each("start"),
        PILOT,
        ("UNITO", "TUE"),
    ),
    Claim(
        "FND2.tanh",
        f"Two hidden tanh units learn XOR from more random starts than not ({STEPS} steps of Adam at rate {RATE:g}; smallest "
        "proportion of three kinds of start).",
        at_least(0.5),
        proportion("solved", experiment="xor", units=2, activation="tanh").each("start"),
        PILOT,
        ("UNITO", "TUE"),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    panels = figure.subplots(1, len(STARTS), sharey=True)
    for panel, (start, title) in zip(panels, STARTS.items(), strict=True):
        for (number, activation), effort in itertools.product(enumerate(("relu", "tanh"), 1), (1, 3)):
            where = {"activation": activation, "method": "trained", "effort": effort, "start": start}
            table = points(evidence, "solved", "proportion", "units", "xor", **where)
            label = f"{EXPERIMENTS['xor'].factors['activation'].describe(activation)}, effort {effort}"
            draw_points(panel, table, label, style.nth(number) | {"linestyle": style.EFFORTS[effort]}, log=False)
        panel.set(title=title, xlabel=evidence.axis("units", "xor"), ylim=(0, 1.03))
    panels[0].set_ylabel(evidence.axis("solved", "xor"))
    panels[-1].legend(loc="lower right")


def _design(starts: int, paired: int, sets: int) -> dict:
    cells = {"relu": [2, 3, 4, 8], "tanh": [2, 3, 4, 8]}
    efforts = ((1, starts), (3, paired))
    return {
        "xor": [
            grid(activation=name, units=units, start=list(STARTS), effort=effort, replicates=replicates)
            for name, units in cells.items()
            for effort, replicates in efforts
        ],
        "mistakes": grid(inputs=[2, 10], n=[20, 50], replicates=sets),
    }


STUDY = Study(
    title="The perceptron and XOR",
    aims="Is the bound on the perceptron's mistakes kept, and how often does a network that can hold XOR learn it?",
    mechanisms=f"Cases from N(0, I) with |x₁| ≥ {mistakes.MARGIN:g}, the class the sign of x₁; the four cases of XOR, "
    "without noise.",
    estimands="Mistakes over the bound; the probability over starts that training ends below a mean squared error of "
    f"{NEAR:g}.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=(*mistakes.CHECKS, *identities.CHECKS),
    figures=(
        Figure(
            "xor_learned",
            "Proportion of random starts from which one hidden layer learns XOR, against its units, by the kind of start. Two "
            "ReLU units hold XOR exactly and mostly do not learn it, at either effort and from any of the three; two tanh units "
            "mostly do. 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            2.5,
        ),
    ),
    limits="Four cases, one optimiser and one rate: a statement on this recipe.",
    designs={"smoke": _design(12, 4, 4), "standard": _design(600, 300, 200), "paper": _design(4000, 1000, 2000)},
)
