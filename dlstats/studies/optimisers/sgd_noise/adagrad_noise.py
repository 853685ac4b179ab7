"""AdaGrad under gradient noise: slow, not stopped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import by_replicate

TIMES = (600, 1500, 4000, 9000, 20_000)


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """√t x² on x²/2 with noise of variance 1, from 0, averaged over the second half of the steps to each time."""
    noise = streams.draw(lambda rng: rng.standard_normal(TIMES[-1]), "noise")
    x, squares = np.zeros(len(streams)), np.zeros(len(streams))
    totals = np.zeros((len(TIMES), len(streams)))
    for step, one in enumerate(noise.T, start=1):
        gradient = x + one
        squares = squares + gradient * gradient
        x = x - condition.learning_rate * gradient / np.sqrt(squares)
        for row, time in enumerate(TIMES):
            if time // 2 < step <= time:
                totals[row] += np.sqrt(step) * x * x / (time // 2)
    return by_replicate(
        pd.DataFrame({"replicate": list(streams.replicates), "method": "adagrad", "time": time, "scaled": total})
        for time, total in zip(TIMES, totals, strict=True)
    )


ADAGRAD = Experiment(
    simulate,
    factors={"learning_rate": Factor("learning rate", float, symbol=r"\eta", above=0, at_most=2)},
    keys={"time": Factor("steps taken", int, TIMES)},
    methods={"adagrad": Method("AdaGrad", "G ← G + g², x ← x − ηg/√G")},
    measures=(Measure("scaled", "√t times the mean squared distance"),),
    block=1000,
    streams="adagrad",
)
CLAIMS = (
    Claim(
        "OPT13.noise",
        "Under gradient noise AdaGrad does not stop: on x²/2 with noise of variance 1 the mean of √t x² is η/2 to within 5 % "
        "over the second half of 600, 1500, 4000, 9000 and 20,000 steps (η = 0.5; ratio, farthest).",
        equals(1.0, 0.05),
        value("scaled").each("time", "learning_rate").over_theory(lambda line: line["learning_rate"] / 2),
        Finding("sgd_noise, seed 777001"),
        ("JSM", "BIOS"),
    ),
)
