"""Rates that can be computed: sequence model, Weierstrass, Pinsker, kernel ridge, the torus, linear splines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dlstats.montecarlo import Estimate, exact
from dlstats.plotting.curves import beside, curve, risk_axes
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import Reader, last_slope, slope, value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.studies.excess_risk.minimax_rates.identities import CHECKS, LECTURES
from dlstats.studies.frames import tabulated
from dlstats.theory import kernel_smoothing as kernel
from dlstats.theory import linear_splines as splines
from dlstats.theory import sequence_model as sequence

NOISE_SD = 0.3
"""Of the spline sieve, as in `trained_slopes`."""
N = {"n": Factor("sample size", int, symbol="n", at_least=1, at_most=10**15)}
SMOOTHNESS = {"smoothness": Factor("smoothness", float, symbol="b", above=0)}
RISK = Measure("risk", "excess risk", "exact")
RATIO = Measure("ratio", "risk over its limit", "exact")
RATE = Slope("risk", statistic="exact")


def _sequence(smoothness: float, n: int) -> list[dict]:
    risk = sequence.projection_risk(n, smoothness)
    limit = sequence.projection_constant(smoothness) * n ** -sequence.minimax_exponent(smoothness)
    return [{"method": "projection", "risk": risk, "ratio": risk / limit}]


def _ridge(order: int, smoothness: float, n: int) -> list[dict]:
    return [{"method": "kernel_ridge", "risk": kernel.ridge_risk(n, smoothness, order)}]


def _torus(dimension: int, n: int) -> list[dict]:
    methods = {"isotropic": False, "additive": True}
    return [{"method": m, "risk": kernel.torus_risk(n, dimension, additive)} for m, additive in methods.items()]


def _sieve(n: int) -> list[dict]:
    risk, pieces = splines.sieve_risk(n, NOISE_SD)
    ratio = risk / splines.sieve_limit(n, NOISE_SD)
    return [{"method": "frozen_kinks", "risk": risk, "ratio": ratio, "pieces": pieces}]


PROJECTION = {"projection": Method("projection", "the best projection on the first coefficients")}
FROZEN = Method("frozen kinks", "linear spline with equal pieces, a shallow ReLU network with frozen kinks")
EXPERIMENTS = {
    "sequence": Experiment(tabulated(_sequence), SMOOTHNESS | N, PROJECTION, (RISK, RATIO), slopes=(RATE,)),
    "ridge": Experiment(
        tabulated(_ridge),
        {"order": Factor("order of the kernel", int, symbol="m", at_least=1)} | SMOOTHNESS | N,
        {"kernel_ridge": Method("kernel ridge", "kernel ridge regression at its best penalty")},
        (RISK,),
        slopes=(RATE,),
    ),
    "torus": Experiment(
        tabulated(_torus),
        {"dimension": Factor("dimension", int, symbol="d", at_least=1)} | N,
        {
            "isotropic": Method("isotropic", "Gaussian smoothing in all coordinates at its best bandwidth"),
            "additive": Method("additive", "smoothing of every coordinate by itself"),
        },
        (RISK,),
        slopes=(RATE,),
    ),
    "sieve": Experiment(
        tabulated(_sieve),
        N,
        {"frozen_kinks": FROZEN},
        (RISK, RATIO, Measure("pieces", "best number of linear pieces", "exact")),
        slopes=(RATE,),
    ),
}


def _minimax(line: Mapping) -> float:
    return -sequence.minimax_exponent(line["smoothness"])


def _saturation(evidence: Evidence) -> Estimate:
    """The last local slope for b = 6 less that for b = 5, both for m = 2."""
    five, six = (
        last_slope("risk", "exact", experiment="ridge", order=2, smoothness=b).at_least(n=5)(evidence)[0]
        for b in (5.0, 6.0)
    )
    return exact(six.value - five.value)


def _torus_slopes(method: str) -> Reader:
    """How far the last local slopes for d up to 5 are from theory's."""
    slopes = last_slope("risk", "exact", experiment="torus", method=method, dimension=lambda d: d <= 5).at_least(n=5)
    return slopes.minus(lambda line: -kernel.torus_exponent(int(line["dimension"]), method == "additive")).size()


def _ratio(experiment: str, **where: Any) -> Reader:
    """How far the ratios to the limit are from 1."""
    return value("ratio", experiment=experiment, **where).each().minus(1.0).size()


def _limit(name: str, statement: str, margin: float, measure: Callable, proof: str) -> Claim:
    """A statement on a limit, exact at every n: the largest deviation is within the margin."""
    return Claim(name, statement, at_most(0.0, margin), measure, Derived(proof), LECTURES, regime="asymptotic")


RIDGE, TORUS = "sequence-model.md#kernel-ridge", "sequence-model.md#smoothing-on-the-torus"
PROJECTIONS, SIEVE = "sequence-model.md#projection-constant", "splines.md#sieve-of-linear-splines"
UNSATURATED = 12 / 13 - 10 / 11
"""How much steeper the slope for b = 6 would be than that for b = 5."""
CLAIMS = (
    _limit(
        "RSK1",
        "In the Gaussian sequence model with θ_k = k^(−b−1/2) the best projection has risk of slope −2b/(2b+1) in n: over "
        "n = 10³ to 10⁹ the farthest of b = 0.5, 1, 2 deviates by at most {margin}.",
        0.01,
        slope("risk", "exact", experiment="sequence").each("smoothness").at_least(n=5).minus(_minimax).size(),
        PROJECTIONS,
    ),
    _limit(
        "RSK1.constant",
        "n^(2b/(2b+1)) times the risk of the best projection in the Gaussian sequence model with θ_k = k^(−b−1/2) tends to "
        "1 + 1/(2b): within 2 % at n = 10⁹ for b = 0.5, 1, 2.",
        0.02,
        _ratio("sequence", n=10**9),
        PROJECTIONS,
    ),
    _limit(
        "RSK4",
        "Kernel ridge regression with eigenvalues k^(−2m) at its best penalty has slope −2b'/(2b'+1), b' = min(b, 2m), for "
        "θ_k = k^(−b−1/2): at n = 10⁷ the farthest last local slope deviates by at most {margin} (b = 2m, where a logarithm "
        "stands, is left out).",
        0.02,
        last_slope("risk", "exact", experiment="ridge", line=lambda line: line["smoothness"] != 2 * line["order"])
        .at_least(n=5)
        .minus(lambda line: -kernel.ridge_exponent(line["smoothness"], line["order"]))
        .size(),
        RIDGE,
    ),
    Claim(
        "RSK4.saturation",
        "Kernel ridge regression with eigenvalues k^(−4) saturates: from b = 5 to b = 6 its last local slope at n = 10⁷ becomes "
        "steeper by less than half of the {unsaturated:.3f} by which an estimator without saturation would.",
        at_least(0.0, UNSATURATED / 2),
        _saturation,
        Derived(RIDGE),
        LECTURES,
        {"unsaturated": UNSATURATED},
        "asymptotic",
    ),
    _limit(
        "RSK5",
        "Isotropic smoothing of Σ_j √2 cos 2πx_j on the d-torus has a risk of slope −4/(4+d): at n = 10¹² the farthest local "
        "slope for d = 1, 2, 3, 5 deviates by at most {margin}.",
        0.01,
        _torus_slopes("isotropic"),
        TORUS,
    ),
    _limit(
        "RSK5.additive",
        "Smoothing every coordinate of Σ_j √2 cos 2πx_j on the d-torus by itself has a risk of slope −4/5 whatever d: at "
        "n = 10¹² the farthest local slope for d = 1, 2, 3, 5 deviates by at most {margin}.",
        0.01,
        _torus_slopes("additive"),
        TORUS,
    ),
    _limit(
        "RSK11",
        "A shallow ReLU network with frozen equispaced kinks, the best number of them, has risk of slope −4/5 on sin 4πx: the "
        "last local slope at n = 10⁸ deviates by at most {margin}.",
        0.01,
        last_slope("risk", "exact", experiment="sieve").at_least(n=5).minus(-0.8).size(),
        SIEVE,
    ),
    _limit(
        "RSK11.constant",
        "With the best number of frozen equispaced kinks a shallow ReLU network has the risk (5/4)(4C)^(1/5)(σ²/n)^(4/5), "
        "C = ‖f''‖²/720, on f = sin 4πx in the limit: within 2 % at n = 10⁸.",
        0.02,
        _ratio("sieve", n=10**8),
        SIEVE,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style

    smoothness = sorted(evidence.table("sequence", measure="risk", statistic="exact")["smoothness"].unique())
    sequences = [(f"$b = {b:g}$", {"smoothness": b}, -sequence.minimax_exponent(b)) for b in smoothness]
    # no line for b = 2, where kernel ridge saturates: it is that of b = 4
    slopes = {1.0: -kernel.ridge_exponent(1.0, 1), 2.0: None, 4.0: -kernel.ridge_exponent(4.0, 1)}
    ridges = [(f"$b = {b:g}$", {"order": 1, "smoothness": b}, s) for b, s in slopes.items()]
    tori = [
        (f"$d = {d}$", {"dimension": d, "method": "isotropic"}, -kernel.torus_exponent(d, False)) for d in (1, 3, 10)
    ]
    panels = {"sequence": sequences, "ridge": ridges, "torus": tori}
    titles = ("projection", "kernel ridge, $m = 1$", "isotropic, torus")
    for axes, (experiment, lines), title in zip(figure.subplots(1, 3), panels.items(), titles, strict=True):
        for i, (label, where, theory) in enumerate(lines):
            (n, risk), marks = curve(evidence, experiment=experiment, **where), style.nth(i + 1)
            axes.plot(n, risk, label=label, **marks)
            if theory is not None:
                beside(axes, n, risk, theory, marks["color"])
        risk_axes(axes, evidence, title)
        if experiment != "sequence":
            axes.set_ylabel("")
        labels.at_ends(axes)


once = partial(grid, replicates=1)
SMOOTH = [0.5, 1.0, 2.0]
LEVELS = {
    "sequence": once(smoothness=SMOOTH, n=[10**k for k in range(3, 10)]),
    "ridge": [
        once(order=m, smoothness=b, n=[10**k for k in range(3, 8)])
        for m, b in ((1, [0.5, 1.0, 2.0, 3.0, 4.0]), (2, [3.0, 5.0, 6.0]))
    ],
    "torus": once(dimension=[1, 2, 3, 5, 10], n=[10**k for k in range(4, 13)]),
    "sieve": once(n=[10**k for k in range(3, 9)]),
}
"""Nothing is random: the same sizes in every design."""
STUDY = Study(
    title="Rates that can be computed exactly",
    aims="Show the minimax rates and their constants without Monte Carlo error.",
    mechanisms="Gaussian sequence model, Weierstrass functions, Sobolev ellipsoids, the d-torus, sin 4πx on [0, 1].",
    estimands="Excess risk of the best member of a class of estimators, its slope in n and its constant.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "minimax_rates",
            "Exact risks against sample size, with the slope of theory below each (dashed). Left: the best projection in "
            "the sequence model. Middle: kernel ridge with eigenvalues k^(−2), which saturates at b = 2. Right: isotropic "
            "smoothing of an additive target on the d-torus, slower the larger d. Panels have scales of their own. "
            "No Monte Carlo error: nothing is random.",
            _draw,
            "two-column",
            2.4,
        ),
    ),
    limits="Nothing is fitted to data: all risks are sums. Knots of RSK11.free are those of known density: an upper bound.",
    designs={"smoke": LEVELS},
)
