"""How long SGD's noise takes to leave a local minimum, and in which minimum it then stays."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import escape_times as theory

RATE = 0.05
CHUNK = 1024
TILT, BURN_IN, KEPT = 0.1, 10_000, 30_000
TEMPERATURES = [0.064, 0.081, 0.121, 0.169]


def noise_scale(temperature: float) -> float:
    """η s, s² = 2T/η the variance of the gradient's noise."""
    return float(np.sqrt(2 * RATE * temperature))


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Steps from −1 until the path lies above the top of the double well."""
    scale, generators = noise_scale(condition.temperature), streams.generators("noise")
    steps = np.zeros(len(streams))
    x, inside = np.full(len(streams), -1.0), np.arange(len(streams))
    while len(inside):
        noise = scale * np.stack([generators[r].standard_normal(CHUNK) for r in inside])
        out = np.zeros(len(inside), dtype=bool)
        for one in noise.T:
            x = x - RATE * theory.slope(x) + one
            steps[inside[~out]] += 1
            out |= x > 0
            x = np.where(out, 1.0, x)  # the rest of its noise is not looked at
        x, inside = x[~out], inside[~out]
    return stacked(streams, {"sgd": {"steps": steps}})


def simulate_tilted(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The proportion of time in the basin of the lower minimum, from either minimum."""
    scale = noise_scale(condition.temperature)
    noise = streams.draw(lambda rng: rng.standard_normal((len(STARTS), BURN_IN + KEPT)), "noise")
    low, top, high = theory.stationary_points(TILT)
    x = np.repeat([[low], [high]], len(streams), axis=1)
    below = np.zeros_like(x)
    for t in range(BURN_IN + KEPT):
        x = x - RATE * theory.slope(x, TILT) + scale * noise[:, :, t].T
        if t >= BURN_IN:
            below = below + (x < top)
    return stacked(streams, {name: {"share": row / KEPT} for name, row in zip(STARTS, below, strict=True)})


TEMPERATURE = {
    "temperature": Factor(
        "temperature", float, unit="step size × noise variance / 2", symbol="T", above=0.05, at_most=1
    )
}
ESCAPE = Experiment(
    simulate,
    factors=TEMPERATURE,
    methods={"sgd": Method("SGD", "steps of 0.05 times the gradient of (x² − 1)²/4 with normal noise")},
    measures=(Measure("steps", "steps until the top is passed"),),
    block=1000,
    streams="escape",
)
STARTS = {
    "lower": Method("from the lower minimum", "starts in the lower minimum of the tilted double well", "sgd"),
    "higher": Method("from the higher minimum", "starts in the higher one", "adam"),
}
TILTED = Experiment(
    simulate_tilted,
    factors=TEMPERATURE,
    methods=STARTS,
    measures=(Measure("share", "proportion of time in the lower basin"),),
    contrasts=(Contrast("share", "higher", "lower", "difference", "mean"),),
    block=50,
    streams="tilted",
)


def exact_slope(high: float, low: float, mean: Callable[[float], float]) -> float:
    """Slope of the logarithm of a mean escape time in 1/T between two temperatures."""
    return math.log(mean(low) / mean(high)) / (1 / low - 1 / high)


def discrete(temperature: float) -> float:
    """The chain's exact mean time to the top over the diffusion's."""
    return theory.exit_steps(temperature, RATE) * RATE / theory.exit_time(temperature)


WELL = "the double well (x² − 1)²/4 with steps of 0.05 times the gradient plus normal noise"
TILTED_WELL = "the double well (x² − 1)²/4 + x/10"
CLAIMS = (
    Claim(
        "OPT17",
        f"In {WELL} the mean number of steps from −1 to beyond the top is the solution of m = 1 + ∫ p m of the chain itself, "
        f"from {theory.exit_steps(TEMPERATURES[0], RATE):.0f} at T = {TEMPERATURES[0]} to "
        f"{theory.exit_steps(TEMPERATURES[-1], RATE):.0f} at T = {TEMPERATURES[-1]}, {discrete(TEMPERATURES[0]):.3f} and "
        f"{discrete(TEMPERATURES[-1]):.3f} times as long as the diffusion that it discretises, since the diffusion may pass the "
        "top and fall back between two steps, which the chain does not see (ratio to it, farthest of four temperatures).",
        equals(1.0, 0.05),
        value("steps").each("temperature").over_theory(lambda line: theory.exit_steps(line["temperature"], RATE)),
        Derived("stochastic-gradients.md#exit-time-of-the-chain"),
        ("JSM", "BIOS", "TUE"),
    ),
    Claim(
        "OPT17.share",
        f"In the long run SGD in {TILTED_WELL} spends in the lower basin the proportion of time of exp(−V/T): "
        f"{theory.share_below(0.1, TILT):.3f} at T = 0.1 and {theory.share_below(0.2, TILT):.3f} at T = 0.2, started from the "
        "lower minimum (difference, the farther of the two).",
        equals(0.0, 0.02),
        value("share", method="lower")
        .each("temperature")
        .minus(lambda line: theory.share_below(line["temperature"], TILT)),
        Derived("stochastic-gradients.md#stationary-distribution"),
        ("JSM", "BIOS", "TUE"),
    ),
    Claim(
        "OPT17.forgets",
        f"Noise drives SGD out of the better minimum as well: started in either minimum of {TILTED_WELL}, it is in the lower "
        "basin for the same proportion of time after 10,000 steps (T = 0.1 and 0.2; difference, the larger of the two).",
        equals(0.0, 0.02),
        difference("share", "higher", "lower").each("temperature"),
        Derived("stochastic-gradients.md#stationary-distribution"),
        ("JSM", "BIOS", "TUE"),
    ),
)
CHECKS = (
    Check(
        "OPT17.barrier",
        "The logarithm of the diffusion's mean escape time from −1 to the top of (x² − 1)²/4, an exact double integral, rises in "
        "1/T with the height of the barrier, 1/4, at low temperatures: from T = 0.01 to 0.005 to four digits (slope).",
        equals(0.25, 1e-4),
        lambda: exact_slope(0.01, 0.005, theory.exit_time),
        Derived("stochastic-gradients.md#exit-time-of-the-chain"),
        ("JSM", "BIOS", "TUE"),
    ),
)
