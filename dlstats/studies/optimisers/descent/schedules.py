"""Schedules of the learning rate under gradient noise: the last iterate on a quadratic, and Robbins and Monro's constant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import scipy.optimize

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Practice
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import schedules as theory

STEPS = 1000
METHODS = {
    "constant": Method("constant rate", "η_t = η₀", "gradient_descent"),
    "linear": Method("linear", f"η_t = η₀ (1 − t/{STEPS})", "turned_sign"),
    "cosine": Method("cosine", f"η_t = η₀ (1 + cos(πt/{STEPS}))/2", "heavy_ball"),
    "inverse_root": Method("1/√t", "η_t = η₀/√(t + 1)", "nesterov"),
    "inverse": Method("1/t", "η_t = η₀/(1 + t/10)", "adagrad"),
}
CURVATURE = Factor("curvature", float, symbol=r"\lambda", above=0, at_most=1)
MSE = Measure("mse", "mean squared distance of the last iterate", "exact")
TO_FLOOR = Measure("to_floor", "mean squared distance relative to the floor", "exact")


def last_iterates(curvature: float, rate: float) -> Iterable[dict]:
    """Mean squared distance after 1000 steps from 1, gradient noise of variance 1, and what of it is the start's."""
    for method in METHODS:
        rates = theory.schedule(method, rate, STEPS)
        bias, variance = theory.bias(rates, curvature), theory.variance(rates, curvature)
        floor = theory.floor(curvature, STEPS)
        yield {"method": method, "mse": bias + variance, "start": bias, "to_floor": (bias + variance) / floor}


def best(curvature: float) -> Iterable[dict]:
    """The least mean squared distance over initial learning rates."""
    constant = np.nan
    for method in METHODS:

        def mse(log_rate: float, method: str = method) -> float:
            rates = theory.schedule(method, math.exp(log_rate), STEPS)
            return theory.bias(rates, curvature) + theory.variance(rates, curvature)

        grid_rates = np.log(np.geomspace(1e-4, 1.9, 60))
        around = grid_rates[np.argmin([mse(x) for x in grid_rates])]
        found = scipy.optimize.minimize_scalar(
            mse, bounds=(around - 0.2, around + 0.2), method="bounded", options={"xatol": 1e-9}
        )
        constant = found.fun if method == "constant" else constant
        floor = theory.floor(curvature, STEPS)
        yield {"method": method, "best_to_floor": found.fun / floor, "best_to_constant": found.fun / constant}


LAST = Experiment(
    tabulated(last_iterates),
    {"curvature": CURVATURE, "rate": Factor("initial learning rate", float, symbol=r"\eta_0", above=0, below=2)},
    METHODS,
    (MSE, Measure("start", "part of the start", "exact"), TO_FLOOR),
)
BEST = Experiment(
    tabulated(best),
    {"curvature": CURVATURE},
    METHODS,
    (
        Measure("best_to_floor", "least mean squared distance relative to the floor", "exact"),
        Measure("best_to_constant", "least mean squared distance relative to that at constant rates", "exact"),
    ),
)


def decays(scale: float, n: int) -> Iterable[dict]:
    """n times the mean square after n steps at learning rates c/(λt) from 1, and its local exponent from n/2 to n."""
    half, whole = theory.robbins_monro(scale, n)
    yield {"method": "robbins_monro", "constant": n * whole, "exponent": math.log2(whole / half)}


DECAY = Experiment(
    tabulated(decays),
    {
        "scale": Factor("c, learning rate c/(λt)", float, symbol="c", above=0, at_most=10),
        "n": Factor("steps", int, symbol="n", at_least=2, at_most=10_000_000),
    },
    {"robbins_monro": Method("c/(λt)", "x ← x − (c/(λt)) (λx + noise)")},
    (
        Measure("constant", "n times the mean square, relative to 1/λ²", "exact"),
        Measure("exponent", "local exponent of the mean square", "exact"),
    ),
)
SCALES = (0.1, 0.25, 0.75, 1.0, 2.0, 4.0)
RATES = [round(10 ** (k / 4), 6) for k in range(-12, 1)]
LONG = 1_000_000


def designs(n: int, rates: list[float]) -> dict:
    """Last iterates at some initial rates, the best ones, and the constants after n steps."""
    return {
        "last": grid(curvature=[1.0, 0.01], rate=rates, replicates=1),
        "best": grid(curvature=1.0, replicates=1),
        "decay": grid(scale=list(SCALES), n=n, replicates=1),
    }


CLAIMS = (
    Claim(
        "OPT18",
        f"At learning rates c/(λt) the mean square of the last iterate falls as n^(−min(1, 2c)) (exponent over the last doubling "
        f"of n, n = {LONG:,}, less that, c from 0.1 to 4, farthest).",
        equals(0.0, 1e-3),
        value("exponent", n=LONG).each("scale").minus(lambda line: theory.robbins_monro_exponent(line["scale"])),
        Derived("schedules.md#learning-rates-that-fall-as-one-over-t"),
        bears_on=("JSM", "BIOS"),
        regime="asymptotic",
    ),
    Claim(
        "OPT18.constant",
        f"For c > 1/2 and learning rates c/(λt) n times the mean square of the last iterate tends to c²/(2c − 1) in units of "
        f"σ²/λ², least at c = 1 (ratio to it at n = {LONG:,}, c from 0.75 to 4, farthest).",
        equals(1.0, 1e-3),
        value("constant", n=LONG, scale=[s for s in SCALES if s > 0.5])
        .each("scale")
        .over_theory(lambda line: theory.robbins_monro_constant(line["scale"])),
        Derived("schedules.md#learning-rates-that-fall-as-one-over-t"),
        bears_on=("JSM", "BIOS"),
        regime="asymptotic",
    ),
    Claim(
        "OPT20",
        "No schedule leaves the last iterate nearer than the floor 1/(λ²T + 1) after T = 1000 steps from 1, noise of variance 1 "
        "(ratio to it over five schedules, initial rates from 0.001 to 1, λ = 1 and 0.01, least).",
        at_least(1.0, 1e-9),
        value("to_floor").each("method", "curvature", "rate"),
        Derived("schedules.md#floor-of-the-last-iterate"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT20.decay",
        "Learning rates that fall, linear, cosine, as 1/√t and as 1/t, leave at most {theory:g} times the mean square that the "
        "best constant one leaves, each at its best initial rate (λ = 1, T = 1000).",
        at_most(0.75),
        value("best_to_constant", method=["linear", "cosine", "inverse_root", "inverse"], curvature=1.0).each("method"),
        Practice("goodfellow2016", "section 8.3.1"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT20.attained",
        "Learning rates η₀/(1 + t/10) come at λ = 1 and their best η₀ within {margin:.0%} of the floor 1/(λ²T + 1) of the mean "
        f"square of the last of T = {STEPS} iterates (ratio to it).",
        equals(1.0, 0.05),
        value("best_to_floor", method="inverse", curvature=1.0),
        Derived("schedules.md#floor-of-the-last-iterate"),
    ),
    Claim(
        "OPT20.flat",
        f"Learning rates that fall as 1/t and 1/√t from η₀ = 0.1 leave after T = {STEPS} steps on λx²/2 with λ = 0.01 at least "
        "{theory:g} of the squared distance of the start, of which a constant one leaves {constant:.2f} (least).",
        at_least(0.8),
        value("start", method=["inverse", "inverse_root"], curvature=0.01, rate=0.1).each("method"),
        Derived("schedules.md#what-a-schedule-leaves-of-the-start"),
        numbers={"constant": theory.bias(theory.schedule("constant", 0.1, STEPS), 0.01)},
    ),
)


def _routes() -> dict[str, float]:
    """The sum for the variance less the recursion for it, by schedule and curvature."""
    gaps = {}
    for method in METHODS:
        for curvature in (1.0, 0.01):
            rates = theory.schedule(method, 0.1, STEPS)
            v = b = 0.0
            for k, rate in enumerate(rates):
                v, b = (1 - rate * curvature) ** 2 * v + rate**2, (1 - rate * curvature) ** 2 * (b if k else 1.0)
            gap = abs(v - theory.variance(rates, curvature)) + abs(b - theory.bias(rates, curvature))
            gaps[f"{method}, λ = {curvature:g}"] = gap
    return gaps


def _torch() -> dict[str, float]:
    """Largest difference of torch's learning rates from those of the schedules, at η₀ = 0.1."""
    import torch

    gaps = {}
    made: dict[str, Callable] = {
        "linear": lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.0, STEPS),
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS),
    }
    for name, scheduled in made.items():
        optimiser, seen = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1), []
        scheduler = scheduled(optimiser)
        for _ in range(STEPS):
            seen.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            scheduler.step()
        gaps[name] = float(np.abs(np.array(seen) - theory.schedule(name, 0.1, STEPS)).max())
    return gaps


def _boundary() -> float:
    """Growth of n times the mean square over the last doubling of n at c = 1/2, in units of (ln 2)/4."""
    half, whole = theory.robbins_monro(0.5, LONG)
    return 4 * LONG * (whole - half / 2) / math.log(2)


def _quarter() -> dict[str, float]:
    """The mean square by the recursion at c = 1/4 over that from gamma functions, and at c = 1 over 1/n, less 1."""
    best, quarter = (theory.robbins_monro(scale, LONG)[1] for scale in (1.0, 0.25))
    return {"best": abs(LONG * best - 1), "quarter": abs(quarter / theory.robbins_monro_by_gamma(0.25, LONG) - 1)}


CHECKS = (
    Check(
        "OPT18.sensitive",
        "At learning rates c/(λt) a quarter of the best one, c = 1/4, multiplies the mean square of the last iterate by "
        f"{LONG * theory.robbins_monro_by_gamma(0.25, LONG):.0f} at n = {LONG:,}, from the start σ/λ, of which at the best rate "
        "nothing is left and here most is (the recursion relative to 1/n and to products of gamma functions, less 1).",
        equals(0, 1e-8),  # a logarithm of a gamma function near 10⁷ is rounded at 2 × 10⁻⁹
        _quarter,
        Derived("schedules.md#learning-rates-that-fall-as-one-over-t"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT18.boundary",
        f"At c = 1/2 in c/(λt) n times the mean square of the last iterate grows as (ln n)/4 in units of σ²/λ², without bound "
        f"but slowly: over the last doubling to n = {LONG:,} by (ln 2)/4 (ratio to that).",
        equals(1, 1e-4),
        _boundary,
        Derived("schedules.md#learning-rates-that-fall-as-one-over-t"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT20.routes",
        "Mean square of the last iterate by the sum over steps and by the recursion, for five schedules and two curvatures "
        "(difference).",
        equals(0, 1e-8),
        _routes,
        Derived("schedules.md#what-a-schedule-leaves-of-the-start"),
    ),
    Check(
        "OPT20.torch",
        "torch's LinearLR (to 0) and CosineAnnealingLR give the learning rates of the linear and the cosine schedule over 1000 "
        "steps (difference).",
        equals(0, 1e-12),
        _torch,
        Practice("paszke2019", "torch.optim.lr_scheduler"),
    ),
)


def draw(evidence: Evidence, figure) -> None:
    """Mean squared distance of the last iterate by initial learning rate, for two curvatures, with the floor."""
    from dlstats.plotting import style

    table = evidence.table("last", measure="mse")
    axes = figure.subplots(1, 2)
    for panel, curvature in zip(axes, (1.0, 0.01), strict=True):
        panel.axhline(theory.floor(curvature, STEPS), **style.method("floor"), label="floor")
        for name, method in METHODS.items():
            line = table[(table["curvature"] == curvature) & (table["method"] == name)].sort_values("rate")
            panel.plot(line["rate"], line["estimate"], label=method.label, **style.of(name, method))
        axis = LAST.factors["rate"].axis
        panel.set(xscale="log", yscale="log", xlabel=axis, title=rf"$\lambda$ = {curvature:g}")
    axes[0].set_ylabel(MSE.axis)
    axes[1].legend(loc="upper left")


FIGURE = Figure(
    "schedules_last_iterate",
    "Mean squared distance of the last of 1000 iterates from the minimum of a quadratic, from 1 and with gradient noise of "
    "variance 1, by initial learning rate. Where the curvature is 1 (left) falling rates come near the floor that no schedule "
    "passes, and a constant one does not. Where it is 0.01 (right) noise outweighs the gradient: the floor itself is near the "
    "start, and large rates only add noise. Exact.",
    draw,
    "two-column",
    2.9,
)
