"""Claims on losses and rivals of networks on the Donoho-Johnstone functions."""

from __future__ import annotations

import math

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Finding, Origin, Practice
from dlstats.protocol.readers import log_ratio, value
from dlstats.studies.averages import Average
from dlstats.studies.robust.robust_regression.robust_fits import FUNCTIONS, NOISES, ONCE, SAMPLE

BARRON = Practice("barron2019", "abstract")
SHEN = Practice("shen2021robust", "abstract")
PILOT = Finding("robust_regression, seed 20261127")
LECTURES = ("JSM", "BIOS")
RIVALS = Finding("robust_regression, seed 777001")
RECIPE = (
    "four layers of 48 and 24 units, the first two beginning as a grid of hat functions, 4000 steps of Adam on 64 points, "
    "learning rate on a held-out fifth"
)
LARGE = "five layers of 256, 6000 steps of Adam on 102 points"
MATTERS = math.log10(1.25)
ALIKE = "have median L1 errors within a factor of 1.25"


def _compared(
    name: str,
    words: str,
    expectation: Expectation,
    first: str,
    second: str,
    noise: str,
    origin: Origin = PILOT,
    recipe: str = "small",
) -> Claim:
    """On the mean over two functions of log₁₀ of the ratio of median L1 errors; they share their noise."""
    how = RECIPE if recipe == "small" else LARGE
    statement = f"{words} (same data, n = {SAMPLE}, mean over blocks and doppler of log₁₀ of the ratio; {how})."
    reader = log_ratio("l1", first, second, noise=noise, recipe=recipe).at_least(function=len(FUNCTIONS))
    return Claim(name, statement, expectation, Average(reader), origin, bears_on=LECTURES)


def _better(name: str, words: str, loss: str, noise: str, origin: Origin, recipe: str = "small") -> Claim:
    statement = f"Under {words} have smaller median L1 errors than the same networks trained by squared error"
    return _compared(name, statement, at_most(0.0), loss, "squared", noise, origin, recipe)


def _rival(function: str, other: str, words: str, expectation: Expectation, loss: str, noise: str) -> Claim:
    """On log₁₀ of the ratio of median L1 errors, against the tuned method that was strongest on the function in the pilot."""
    error = {"squared": "squared error", "absolute": "absolute error"}[loss]
    statement = (
        f"Under {NOISES[noise][0]} noise on {function} networks trained by {error} {words} "
        f"(same data, n = {SAMPLE}, log₁₀ of the ratio of median L1 errors; {RECIPE}, a recipe chosen for these functions)."
    )
    reader = log_ratio("l1", loss, other, noise=noise, function=function, recipe="small")
    return Claim(f"ROB7.{other}_{function}", statement, expectation, reader, RIVALS, bears_on=LECTURES)


def _shape(name: str, words: str, expectation: Expectation, origin: Origin, **where: str) -> Claim:
    reader = value("shape", "median", recipe="small", **where)
    return Claim(name, words, expectation, reader, origin, bears_on=LECTURES)


CLAIMS = (
    _better("ROB7.designs", "Cauchy noise networks trained by absolute error", "absolute", "cauchy", SHEN),
    _better(
        "ROB7.designs_large", "Cauchy noise networks trained by absolute error", "absolute", "cauchy", SHEN, "authors"
    ),
    _better(
        "ROB7.mixture",
        "0.8 N(0, 1) + 0.2 N(0, 100²) noise networks trained by absolute error",
        "absolute",
        "contaminated",
        SHEN,
    ),
    _better("ROB7.adaptive", "Cauchy noise networks trained by Barron's adaptive loss", "adaptive", "cauchy", BARRON),
    _compared(
        "ROB7.price_designs",
        f"Under normal noise networks trained by absolute and by squared error {ALIKE}",
        equals(0.0, MATTERS),
        "absolute",
        "squared",
        "normal",
    ),
    _compared(
        "ROB7.tukey_start",
        "Tukey's loss needs a fit to begin with: under normal noise networks trained by it from the initialisation of the "
        "other losses have at least 3 times the median L1 error of networks that begin at the weights of absolute error",
        at_least(math.log10(3)),
        "tukey",
        "mm",
        "normal",
    ),
    _compared(
        "ROB7.tukey_price",
        f"Under normal noise networks trained by squared error and by Tukey's loss from the weights of absolute error {ALIKE}",
        equals(0.0, MATTERS),
        "mm",
        "squared",
        "normal",
    ),
    _rival(
        "blocks",
        "tree",
        "have larger median L1 errors than a regression tree of tuned size",
        at_least(0.0),
        "squared",
        "normal",
    ),
    _rival(
        "doppler",
        "spline",
        f"and a penalised cubic spline of tuned penalty {ALIKE}",
        equals(0.0, MATTERS),
        "squared",
        "normal",
    ),
    _rival(
        "blocks",
        "forest",
        "have larger median L1 errors than medians of a quantile forest with leaves of tuned size",
        at_least(0.0),
        "absolute",
        "cauchy",
    ),
    _rival(
        "doppler",
        "kernel_median",
        "have smaller median L1 errors than a local median of tuned bandwidth",
        at_most(0.0),
        "absolute",
        "cauchy",
    ),
    _shape(
        "ROB7.shape_cauchy",
        f"Fitted to {SAMPLE} Cauchy errors themselves, Barron's adaptive loss finds their shape: the median learned α, in "
        "(0, 2), is within {margin} of {theory}, that of the Cauchy distribution.",
        equals(0.0, 0.5),
        BARRON,
        method="errors",
        noise="cauchy",
        function=ONCE,
    ),
    _shape(
        "ROB7.shape_errors",
        f"Fitted to {SAMPLE} normal errors themselves, Barron's adaptive loss finds their shape: the median learned α, in "
        "(0, 2), is within {margin} of {theory}, that of the normal distribution.",
        equals(2.0, 0.5),
        BARRON,
        method="errors",
        noise="normal",
        function=ONCE,
    ),
    _shape(
        "ROB7.shape_doppler",
        f"In a network on doppler (n = {SAMPLE}, normal noise) the adaptive loss finds the shape of the errors, too: the median "
        f"learned α, in (0, 2), is within {{margin}} of {{theory}} ({RECIPE}).",
        equals(2.0, 0.5),
        PILOT,
        method="adaptive",
        noise="normal",
        function="doppler",
    ),
    _shape(
        "ROB7.shape_blocks",
        f"In a network on blocks (n = {SAMPLE}, normal noise) the adaptive loss does not find the shape of the errors: the "
        f"median learned α is at most {{theory}}, where the normal distribution is α = 2 ({RECIPE}).",
        at_most(1.5),
        PILOT,
        method="adaptive",
        noise="normal",
        function="blocks",
    ),
)
