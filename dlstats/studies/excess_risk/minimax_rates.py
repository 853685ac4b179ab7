"""Rates that can be computed: sequence model, Weierstrass, Pinsker, kernel ridge, the torus, linear splines."""

from __future__ import annotations

import pandas as pd

from dlstats.montecarlo import Estimate, exact
from dlstats.plotting.curves import beside, curve, risk_axes, worst_slope
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import kernel_smoothing as kernel
from dlstats.theory import linear_splines as splines
from dlstats.theory import sequence_model as sequence

NOISE_SD = 0.3
"""Of the spline sieve, as in `shallow_rate`."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of one exact part: by method, the risk at n and its ratio to the limit of theory where there is one."""
    part = factors["part"]
    if part not in PARTS:
        raise ValueError(f"`part` must be one of {', '.join(PARTS)}, got {part!r}.")
    rows = PARTS[part](**{name: level for name, level in factors.items() if name != "part"})
    return pd.DataFrame({"replicate": r, **row} for r in streams.replicates for row in rows)


def _sequence(smoothness: float, n: float) -> list[dict]:
    risk = sequence.projection_risk(n, smoothness)
    limit = sequence.projection_constant(smoothness) * n ** -sequence.minimax_exponent(smoothness)
    return [{"method": "projection", "risk": risk, "ratio": risk / limit}]


def _weierstrass(smoothness: float, octave: int) -> list[dict]:
    n = float(sequence.weierstrass_sizes(smoothness, octave + 1)[-1])
    return [{"method": "projection", "size": n, "risk": sequence.weierstrass_risk(n, smoothness)}]


def _pinsker(smoothness: float, n: float) -> list[dict]:
    risk = sequence.pinsker_risk(n, smoothness)
    limit = sequence.pinsker_constant(smoothness) * n ** -sequence.minimax_exponent(smoothness)
    return [{"method": "linear_minimax", "risk": risk, "ratio": risk / limit}]


def _ridge(order: float, smoothness: float, n: float) -> list[dict]:
    return [{"method": "kernel_ridge", "risk": kernel.ridge_risk(n, smoothness, order)}]


def _torus(dimension: int, n: float) -> list[dict]:
    methods = {"isotropic": False, "additive": True}
    return [{"method": m, "risk": kernel.torus_risk(n, dimension, additive)} for m, additive in methods.items()]


def _sieve(n: float) -> list[dict]:
    risk, pieces = splines.sieve_risk(n, NOISE_SD)
    ratio = risk / splines.sieve_limit(n, NOISE_SD)
    return [{"method": "frozen_kinks", "risk": risk, "ratio": ratio, "pieces": pieces}]


def _kinks(pieces_asked: int) -> list[dict]:
    even = {"method": "frozen_kinks", "risk": splines.uniform_error(pieces_asked), "limit": splines.uniform_constant()}
    rows = [even]
    if pieces_asked <= 64:
        rows.append(
            {"method": "free_kinks", "risk": splines.free_error(pieces_asked), "limit": splines.free_constant()}
        )
    return [row | {"ratio": row["risk"] * pieces_asked**4 / row["limit"]} for row in rows]


PARTS = {
    "sequence": _sequence,
    "weierstrass": _weierstrass,
    "pinsker": _pinsker,
    "ridge": _ridge,
    "torus": _torus,
    "sieve": _sieve,
    "kinks": _kinks,
}

MEASURES = (
    Measure("risk", "excess risk", "exact"),
    Measure("ratio", "risk over its limit", "exact"),
    Measure("pieces", "best number of linear pieces", "exact"),
)


def _levels(evidence: Evidence, factor: str, **factors: object) -> list[float]:
    return sorted(evidence.rows(**factors)[factor].unique().tolist())


def _sequence_slopes(evidence: Evidence) -> Estimate:
    levels = _levels(evidence, "smoothness", part="sequence")
    return worst_slope(
        evidence, [({"part": "sequence", "smoothness": b}, -sequence.minimax_exponent(b)) for b in levels]
    )


def _weierstrass_slopes(evidence: Evidence) -> Estimate:
    levels = _levels(evidence, "smoothness", part="weierstrass")
    cases = [({"part": "weierstrass", "smoothness": b}, -sequence.minimax_exponent(b)) for b in levels]
    return worst_slope(evidence, cases, size="size")


def _worst_ratio(evidence: Evidence, size: str, value: float, **factors: object) -> Estimate:
    rows = evidence.rows(**factors, **{size: value})
    gap = (rows["ratio"] - 1).abs()
    return exact(float(gap.max()))


def _ridge_slopes(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="ridge")[["order", "smoothness"]].drop_duplicates()
    pairs = rows.itertuples(index=False, name=None)
    cases = [({"part": "ridge", "order": m, "smoothness": b}, -kernel.ridge_exponent(b, m)) for m, b in pairs]
    return worst_slope(evidence, cases, local=True)


def _saturation(evidence: Evidence) -> Estimate:
    slopes = [sequence.local_slope(*curve(evidence, part="ridge", order=2, smoothness=b)) for b in (4, 5)]
    return exact(slopes[1] - slopes[0], "unsaturated theory predicts -0.020")


def _torus_slopes(evidence: Evidence, method: str) -> Estimate:
    dimensions = [d for d in _levels(evidence, "dimension", part="torus") if d <= 5]
    slopes = [-kernel.torus_exponent(int(d), method == "additive") for d in dimensions]
    factors = [{"part": "torus", "dimension": d, "method": method} for d in dimensions]
    return worst_slope(evidence, list(zip(factors, slopes, strict=True)), local=True)


def _sieve_slope(evidence: Evidence) -> Estimate:
    return exact(sequence.local_slope(*curve(evidence, part="sieve")))


TSYBAKOV = "Tsybakov 2009, sections 1.7 and 3.2"
CLAIMS = (
    Claim(
        "RSK1",
        "In the Gaussian sequence model with θ_k = k^(-b-1/2) the best projection has risk of slope -2b/(2b+1) in n, "
        "n = 10³ to 10⁹, b = 0.5, 1, 2: the largest deviation is at most 0.01.",
        "bound_above", 0.0, 0.01, _sequence_slopes, "Stone 1982; constant elementary", "JSM",
    ),
    Claim(
        "RSK1.constant",
        "n^(2b/(2b+1)) times that risk tends to 1 + 1/(2b): within 2 % at n = 10⁹ for b = 0.5, 1, 2.",
        "bound_above", 0.0, 0.02, lambda e: _worst_ratio(e, "n", 1e9, part="sequence"), "elementary; " + TSYBAKOV,
    ),
    Claim(
        "RSK2",
        "On W_b(x) = Σ_j 2^(-jb) cos(2π 2^j x), of Hölder exponent exactly b, the best projection has slope exactly "
        "-2b/(2b+1) along n = 64 · 2^((2b+1)i): the largest deviation over b = 0.25, 0.5, 0.75, 0.9 is at most 0.003.",
        "bound_above", 0.0, 0.003, _weierstrass_slopes, "Hardy 1916 for the exponent; short proof", "JSM",
    ),
    Claim(
        "RSK3",
        "The linear minimax risk over the Sobolev ellipsoid times n^(2b/(2b+1)) tends to Pinsker's constant: within "
        "10⁻⁴ at n = 10⁷ for b = 1, 2.",
        "bound_above", 0.0, 1e-4, lambda e: _worst_ratio(e, "n", 1e7, part="pinsker"), "Pinsker 1980; " + TSYBAKOV,
    ),
    Claim(
        "RSK4",
        "Kernel ridge with eigenvalues k^(-2m) at its best penalty has slope -2b'/(2b'+1), b' = min(b, 2m): the last "
        "local slopes at n = 10⁷ deviate by at most 0.02.",
        "bound_above", 0.0, 0.02, _ridge_slopes, "Caponnetto and De Vito 2007; Bauer, Pereverzev and Rosasco 2007",
    ),
    Claim(
        "RSK4.saturation",
        "For m = 2 the slope does not steepen from b = 4 to b = 5: kernel ridge saturates at b = 2m.",
        "bound_below", 0.0, 0.01, _saturation, "Bauer, Pereverzev and Rosasco 2007; Li, Zhang and Lin 2023",
    ),
    Claim(
        "RSK5",
        "Isotropic smoothing on the d-torus has slope -4/(4+d) on Σ_j √2 cos 2πx_j: last local slopes deviate by at "
        "most 0.01 for d = 1, 2, 3, 5.",
        "bound_above", 0.0, 0.01, lambda e: _torus_slopes(e, "isotropic"), "Stone 1982", "JSM",
    ),
    Claim(
        "RSK5.additive",
        "The additive estimator has slope -4/5 whatever d: last local slopes deviate by at most 0.01.",
        "bound_above", 0.0, 0.01, lambda e: _torus_slopes(e, "additive"), "Stone 1985", "JSM",
    ),
    Claim(
        "RSK11",
        "A shallow ReLU network with frozen equispaced kinks, the best number of them, has risk of slope -4/5 on "
        "sin 4πx (local slope at n = 10⁸).",
        "identity", -0.8, 0.01, _sieve_slope, "linear-spline sieve; elementary", "JSM",
    ),
    Claim(
        "RSK11.approximation",
        "N⁴ times its squared approximation error tends to ‖f''‖²/720 = 17.317: within 2 % at N = 101.",
        "bound_above", 0.0, 0.02,
        lambda e: _worst_ratio(e, "pieces_asked", 101, part="kinks", method="frozen_kinks"), "elementary",
    ),
    Claim(
        "RSK11.constant",
        "With the best number of frozen kinks the risk is (5/4)(4C)^(1/5)(σ²/n)^(4/5), C = ‖f''‖²/720: within 2 % at n = 10⁸.",
        "bound_above", 0.0, 0.02, lambda e: _worst_ratio(e, "n", 1e8, part="sieve"), "elementary",
    ),
    Claim(
        "RSK11.free",
        "With free kinks N⁴ times the squared error tends to (∫|f''|^(2/5))⁵/720 = 11.181: within 25 % at N = 32.",
        "bound_above", 0.0, 0.25,
        lambda e: _worst_ratio(e, "pieces_asked", 32, part="kinks", method="free_kinks"), "Barrow and Smith 1978",
    ),
)  # fmt: skip


def _draw_rates(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    panels = figure.subplots(1, 3)
    for i, b in enumerate(_levels(evidence, "smoothness", part="sequence")):
        n, risk = curve(evidence, part="sequence", smoothness=b)
        panels[0].plot(n, risk, label=f"$b = {b:g}$", **style.nth(i + 1))
        beside(panels[0], n, risk, -sequence.minimax_exponent(b), style.nth(i + 1)["color"])
    for i, b in enumerate((1, 2, 4)):
        n, risk = curve(evidence, part="ridge", order=1, smoothness=b)
        panels[1].plot(n, risk, label=f"$b = {b:g}$", **style.nth(i + 1))
        if b != 2:  # the same line as for 4, from which it saturates
            beside(panels[1], n, risk, -kernel.ridge_exponent(b, 1), style.nth(i + 1)["color"])
    for i, d in enumerate((1, 3, 10)):
        n, risk = curve(evidence, part="torus", dimension=d, method="isotropic")
        panels[2].plot(n, risk, label=f"$d = {d}$", **style.nth(i + 1))
        beside(panels[2], n, risk, -kernel.torus_exponent(d, False), style.nth(i + 1)["color"])
    for axes, title in zip(panels, ("projection", "kernel ridge, $m = 1$", "isotropic, torus"), strict=True):
        risk_axes(axes, title)
        axes.legend()
    for axes in panels[1:]:
        axes.set_ylabel("")


FIGURES = (
    Figure(
        "minimax_rates",
        "Exact risks against sample size, with the slope of theory beside each (dashed). Left: the best projection in "
        "the sequence model. Middle: kernel ridge with eigenvalues k^(-2), which saturates at b = 2. Right: isotropic "
        "smoothing of an additive target on the d-torus. No Monte Carlo error: nothing here is random.",
        _draw_rates, "two-column", 2.4,
    ),
)  # fmt: skip

STUDY = Study(
    name="minimax_rates",
    family="excess_risk",
    title="Rates that can be computed exactly",
    aims="Show the minimax rates and their constants without Monte Carlo error.",
    mechanisms="Gaussian sequence model, Weierstrass functions, Sobolev ellipsoids, the d-torus, sin 4πx on [0, 1].",
    estimands="Excess risk of the best member of a class of estimators, its slope in n and its constant.",
    methods={
        "projection": "the best projection on the first coefficients",
        "linear_minimax": "Pinsker's linear minimax estimator",
        "kernel_ridge": "kernel ridge regression at its best penalty",
        "isotropic": "Gaussian smoothing in all coordinates at its best bandwidth",
        "additive": "smoothing of every coordinate by itself",
        "frozen_kinks": "linear spline with equal pieces, a shallow ReLU network with frozen kinks",
        "free_kinks": "linear spline with free knots",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Nothing is fitted to data: all risks are sums. Free knots are optimised numerically: an upper bound.",
)
