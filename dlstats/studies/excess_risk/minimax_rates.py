"""Rates that can be computed: sequence model, Weierstrass, Pinsker, kernel ridge, the torus, linear splines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dlstats.montecarlo import Estimate, exact
from dlstats.plotting.curves import beside, curve, risk_axes
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import last_slope, slope, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import kernel_smoothing as kernel
from dlstats.theory import linear_splines as splines
from dlstats.theory import sequence_model as sequence

NOISE_SD = 0.3
"""Of the spline sieve, as in `shallow_rate`."""
N = {"n": Factor("sample size", int, symbol="n", at_least=1)}
SMOOTHNESS = {"smoothness": Factor("smoothness", float, symbol="b", above=0)}
RISK = Measure("risk", "excess risk", "exact")
RATIO = Measure("ratio", "risk over its limit", "exact")
RATE = Slope("risk", statistic="exact")


def _sequence(smoothness: float, n: int) -> list[dict]:
    risk = sequence.projection_risk(n, smoothness)
    limit = sequence.projection_constant(smoothness) * n ** -sequence.minimax_exponent(smoothness)
    return [{"method": "projection", "risk": risk, "ratio": risk / limit}]


def _weierstrass(smoothness: float, octave: int) -> list[dict]:
    n = float(sequence.weierstrass_sizes(smoothness, octave + 1)[-1])
    return [{"method": "projection", "size": n, "risk": sequence.weierstrass_risk(n, smoothness)}]


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
    "weierstrass": Experiment(
        tabulated(_weierstrass),
        SMOOTHNESS | {"octave": Factor("octave", int, symbol="i", at_least=0)},
        PROJECTION,
        (RISK,),
        slopes=(Slope("risk", over="octave", statistic="exact", size="size"),),
    ),
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
    """The last local slope for b = 5 less that for b = 4, both for m = 2."""
    four, five = (
        last_slope("risk", "exact", experiment="ridge", order=2, smoothness=b)(evidence)[0] for b in (4.0, 5.0)
    )
    return exact(five.value - four.value, "unsaturated theory predicts -0.020")


def _torus_slopes(method: str):
    """How far the last local slopes for d up to 5 are from theory's."""
    slopes = last_slope("risk", "exact", experiment="torus", method=method, dimension=lambda d: d <= 5)
    return slopes.minus(lambda line: -kernel.torus_exponent(int(line["dimension"]), method == "additive")).size()


def _ratio(experiment: str, **where: Any):
    """How far the ratios to the limit are from 1."""
    return value("ratio", experiment=experiment, **where).each().minus(1.0).size()


RATE_CLAIMS = (
    Claim(
        "RSK1",
        "In the Gaussian sequence model with θ_k = k^(-b-1/2) the best projection has risk of slope -2b/(2b+1) in n, "
        "n = 10³ to 10⁹, b = 0.5, 1, 2: the largest deviation is at most {margin}.",
        at_most(0.0, 0.01),
        slope("risk", "exact", experiment="sequence").each("smoothness").minus(_minimax).size(),
        Theorem("stone1982"),
        ("JSM",),
    ),
    Claim(
        "RSK2",
        "On W_b(x) = Σ_j 2^(-jb) cos(2π 2^j x), of Hölder exponent exactly b, the best projection has slope exactly "
        "-2b/(2b+1) along n = 64 · 2^((2b+1)i): the largest deviation over b = 0.25, 0.5, 0.75, 0.9 is at most {margin}.",
        at_most(0.0, 0.003),
        slope("risk", "exact", experiment="weierstrass").each("smoothness").minus(_minimax).size(),
        Derived(),
        ("JSM",),
    ),
    Claim(
        "RSK4",
        "Kernel ridge with eigenvalues k^(-2m) at its best penalty has slope -2b'/(2b'+1), b' = min(b, 2m): the last "
        "local slopes at n = 10⁷ deviate by at most {margin}.",
        at_most(0.0, 0.02),
        last_slope("risk", "exact", experiment="ridge")
        .minus(lambda line: -kernel.ridge_exponent(line["smoothness"], line["order"]))
        .size(),
        Theorem("caponnetto2007"),
    ),
    Claim(
        "RSK4.saturation",
        "For m = 2 the slope does not steepen from b = 4 to b = 5: kernel ridge saturates at b = 2m.",
        at_least(0.0, 0.01),
        _saturation,
        Theorem("li2023"),
    ),
    Claim(
        "RSK5",
        "Isotropic smoothing on the d-torus has slope -4/(4+d) on Σ_j √2 cos 2πx_j: last local slopes deviate by at "
        "most {margin} for d = 1, 2, 3, 5.",
        at_most(0.0, 0.01),
        _torus_slopes("isotropic"),
        Theorem("stone1982"),
        ("JSM",),
    ),
    Claim(
        "RSK5.additive",
        "The additive estimator has slope -4/5 whatever d: last local slopes deviate by at most {margin}.",
        at_most(0.0, 0.01),
        _torus_slopes("additive"),
        Theorem("stone1985"),
        ("JSM",),
    ),
    Claim(
        "RSK11",
        "A shallow ReLU network with frozen equispaced kinks, the best number of them, has risk of slope -4/5 on "
        "sin 4πx (local slope at n = 10⁸).",
        equals(-0.8, 0.01),
        last_slope("risk", "exact", experiment="sieve"),
        Derived(),
        ("JSM",),
    ),
)
CONSTANT_CLAIMS = (
    Claim(
        "RSK1.constant",
        "n^(2b/(2b+1)) times the risk of the best projection in the Gaussian sequence model with θ_k = k^(-b-1/2) tends to "
        "1 + 1/(2b): within 2 % at n = 10⁹ for b = 0.5, 1, 2.",
        at_most(0.0, 0.02),
        _ratio("sequence", n=10**9),
        Derived(),
    ),
    Claim(
        "RSK11.constant",
        "With the best number of frozen kinks the risk is (5/4)(4C)^(1/5)(σ²/n)^(4/5), C = ‖f''‖²/720: within 2 % at n = 10⁸.",
        at_most(0.0, 0.02),
        _ratio("sieve", n=10**8),
        Derived(),
    ),
)


def _pinsker() -> dict[str, float]:
    n = 1e7
    scaled = {b: sequence.pinsker_risk(n, b) * n ** sequence.minimax_exponent(b) for b in (1.0, 2.0)}
    return {f"b = {b:g}": risk / sequence.pinsker_constant(b) for b, risk in scaled.items()}


CHECKS = (
    Check(
        "RSK3",
        "The linear minimax risk over the Sobolev ellipsoid times n^(2b/(2b+1)) tends to Pinsker's constant: within "
        "10⁻⁴ at n = 10⁷ for b = 1, 2.",
        equals(1.0, 1e-4),
        _pinsker,
        Theorem("pinsker1980"),
    ),
    Check(
        "RSK11.approximation",
        "With N equal linear pieces N⁴ times the squared error on sin 4πx tends to ‖f''‖²/720 = 17.317: within 2 % at "
        "N = 101.",
        equals(1.0, 0.02),
        lambda: splines.uniform_error(101) * 101**4 / splines.uniform_constant(),
        Derived(),
    ),
    Check(
        "RSK11.free",
        "With free kinks N⁴ times the squared error tends to (∫|f''|^(2/5))⁵/720 = 11.181: within 25 % at N = 32.",
        equals(1.0, 0.25),
        lambda: splines.free_error(32) * 32**4 / splines.free_constant(),
        Theorem("barrow1978"),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

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
            (n, risk), look = curve(evidence, experiment=experiment, **where), style.nth(i + 1)
            axes.plot(n, risk, label=label, **look)
            if theory is not None:
                beside(axes, n, risk, theory, look["color"])
        risk_axes(axes, title)
        axes.set_ylabel("excess risk" if experiment == "sequence" else "")
        axes.legend()


once = partial(grid, replicates=1)
ROUGH, SMOOTH = [0.25, 0.5, 0.75, 0.9], [0.5, 1.0, 2.0]
SMOKE = {
    "sequence": once(smoothness=SMOOTH, n=[10**3, 10**6, 10**9]),
    "weierstrass": once(smoothness=ROUGH, octave=[0, 1, 7]),
    "ridge": [once(order=m, smoothness=b, n=[10**6, 10**7]) for m, b in ((1, [1.0, 2.0, 4.0]), (2, [3.0, 4.0, 5.0]))],
    "torus": once(dimension=[1, 3, 10], n=[10**4, 10**8, 10**9]),
    "sieve": once(n=[10**3, 10**7, 10**8]),
}
STANDARD = {
    "sequence": once(smoothness=SMOOTH, n=[10**k for k in range(3, 10)]),
    "weierstrass": once(smoothness=ROUGH, octave=range(8)),
    "ridge": [
        once(order=m, smoothness=b, n=[10**k for k in range(4, 8)])
        for m, b in ((1, [0.5, 1.0, 2.0, 3.0, 4.0]), (2, [3.0, 4.0, 5.0]))
    ],
    "torus": once(dimension=[1, 2, 3, 5, 10], n=[10**k for k in range(4, 13)]),
    "sieve": once(n=[10**k for k in range(3, 9)]),
}
STUDY = Study(
    title="Rates that can be computed exactly",
    aims="Show the minimax rates and their constants without Monte Carlo error.",
    mechanisms="Gaussian sequence model, Weierstrass functions, Sobolev ellipsoids, the d-torus, sin 4πx on [0, 1].",
    estimands="Excess risk of the best member of a class of estimators, its slope in n and its constant.",
    experiments=EXPERIMENTS,
    claims=RATE_CLAIMS + CONSTANT_CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "minimax_rates",
            "Exact risks against sample size, with the slope of theory below each (dashed). Left: the best projection in "
            "the sequence model. Middle: kernel ridge with eigenvalues k^(-2), which saturates at b = 2. Right: isotropic "
            "smoothing of an additive target on the d-torus, slower the larger d. No Monte Carlo error: nothing is random.",
            _draw,
            "two-column",
            2.4,
        ),
    ),
    limits="Nothing is fitted to data: all risks are sums. Free knots are optimised numerically: an upper bound.",
    designs={"smoke": SMOKE, "standard": STANDARD},
)
