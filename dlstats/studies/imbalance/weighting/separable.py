"""Weights, offsets and scaled margins on separable data: what is left of them along the ridge path."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import Reader, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.imbalance._limits import at_limit
from dlstats.theory import weighting as theory

PENALTIES = 10.0 ** -np.concatenate([np.arange(13.0), np.arange(16.0, 201.0, 4.0)])
SHOWN = (3, 6, 9, 12, 60, 200)
"""Minus the decimal logarithms of the penalties at which the ridge path is reported."""
ARMS = {"unweighted": (1.0,), "weight": (10.0, 100.0), "offset": (2.0,), "scale": (0.5, 0.25)}
"""What class 1 gets on separable data, and how much of it."""
LOG_RATIO = {"weight": math.log, "offset": float}
"""Arm -> what its size adds to the logarithm of the ratio of the weights."""


def simulate_separable(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Twenty points per class, at least 1 from the line that parts them; ridge paths of every arm."""
    generators = streams.generators("data", part="separable")
    rows = [
        row | {"replicate": r} for r, rng in zip(streams.replicates, generators, strict=True) for row in _paths(rng)
    ]
    return pd.DataFrame(rows)


def _paths(rng: np.random.Generator) -> list[dict]:
    """One row per arm and penalty, of one data set."""
    from dlstats.methods import logistic

    sign = np.repeat([1.0, -1.0], 20)
    x = np.column_stack([sign * (1 + rng.exponential(1, 40)), rng.normal(size=40)])
    one, up, limit = np.ones(40), sign > 0, theory.hard_margin(x, sign)
    plain, rows = np.empty(0), []
    for arm, sizes in ARMS.items():
        for size in sizes:
            given = [np.where(up, size if arm == part else 1.0, one) for part in ("weight", "scale")]
            offset = np.where(up, size if arm == "offset" else 0.0, 0.0)
            path = logistic.ridge_path(x, sign, PENALTIES, given[0], given[1], offset)
            plain = path if arm == "unweighted" else plain
            for digits in SHOWN:
                at = int(np.flatnonzero(np.isclose(np.log10(PENALTIES), -digits))[0])
                row = {"method": arm, "size": size, "digits": digits}
                rows.append(row | _line(arm, size, x, sign, path[at], plain[at], limit))
    return rows


def _line(arm: str, size: float, x, sign, theta, plain, limit: tuple[np.ndarray, float]) -> dict[str, float]:
    """Shift of the boundary against the unweighted fit, ratio of the margins, angle to the hard margin; over theory."""
    normal, norm = limit[0] / np.linalg.norm(limit[0]), float(np.linalg.norm(theta[:2]))
    margin = sign * (x @ theta[:2] + theta[2])
    line = {"shift": float(theta[2] / norm - plain[2] / np.linalg.norm(plain[:2]))}
    line["margin_ratio"] = float(margin[sign > 0].min() / margin[sign < 0].min())
    if arm in LOG_RATIO:
        line["shift_ratio"] = line["shift"] / theory.boundary_shift(LOG_RATIO[arm](size), norm)
    if arm == "scale":
        return line | {"scaled_ratio": line["margin_ratio"] * size}
    across = abs(float(theta[0] * normal[1] - theta[1] * normal[0]))
    return line | {"angle_gap": across - theory.residual_direction(x, sign, *limit)}


SEPARABLE = Experiment(
    simulate=simulate_separable,
    factors={},
    keys={
        "size": Factor("weight, offset or factor of the margin of class 1", float),
        "digits": Factor("decimal digits of the ridge penalty", int),
    },
    methods={
        "unweighted": Method("ridge path", "logistic regression with a ridge penalty", "cross_entropy"),
        "weight": Method("weight", "the loss of class 1 multiplied", "weighted"),
        "offset": Method("offset", "a constant subtracted from the logit of class 1 in the loss", "logit_adjusted"),
        "scale": Method("scale", "the margin of class 1 multiplied by a factor below 1 in the loss", "ldam"),
    },
    measures=(
        Measure("shift", "shift of the boundary"),
        Measure("margin_ratio", "margin of class 1 / class 0"),
        Measure("shift_ratio", "shift of the boundary / theory", where={"method": list(LOG_RATIO)}),
        Measure("scaled_ratio", "margin of class 1 / class 0, times the factor", where={"method": "scale"}),
        Measure(
            "angle_gap", "part of w across the hard margin, less theory", "median",
            where={"method": lambda arm: arm != "scale"},
        ),
    ),
)  # fmt: skip


def _separable(name: str, text: str, expected: float, margin: float, reader: Reader, proof: str, **numbers) -> Claim:
    return Claim(
        name,
        f"On separable data, as the ridge penalty tends to 0, {text} (over data sets, at 10^−{SHOWN[-1]}).",
        equals(expected, margin),
        at_limit(reader, "digits"),
        Derived(f"weighted-logistic.md#{proof}"), ("JSM",), numbers, "asymptotic",
    )  # fmt: skip


CLAIMS = (
    _separable(
        "IMB13",
        "class weights of ratio 10 and 100 move the boundary by ln(ratio)/(2‖w‖), an offset of 2 in the logit by 2/(2‖w‖), and "
        "so not at all in the limit: the mean ratio of the shift to this is {theory:g}",
        1, 0.01, value("shift_ratio", method=["weight", "offset"]).each("method", "size"), "boundary-on-the-ridge-path",
    ),
    _separable(
        "IMB13.direction",
        "the part of w across the hard margin tends to what the dual weights of the hard margin say, whatever the class weights: "
        "the median difference is {theory:g}",
        0, 0.1, value("angle_gap", method=["unweighted", "weight"]).each("method", "size"), "direction-on-the-ridge-path",
    ),
    *(
        _separable(
            f"IMB13.scale_{scale}",
            "multiplying the margin of class 1 by {scale} in the loss keeps its effect: the smallest margins of the classes have "
            "the ratio {ratio:g}; the mean of their ratio over this is {theory:g}",
            1, 0.01, value("scaled_ratio", method="scale", size=scale), "margins-on-the-ridge-path",
            scale=scale, ratio=1 / scale,
        )
        for scale in ARMS["scale"]
    ),
)  # fmt: skip


DRAWN = (("weight", 10.0), ("weight", 100.0), ("offset", 2.0), ("scale", 0.5), ("scale", 0.25))
"""Arms in the order of their styles, one for both panels."""


def draw_path(evidence: Evidence, figure) -> None:
    """Shift of the boundary and ratio of the margins along the ridge path, mean over data sets with their error."""
    from dlstats.plotting import labels, style

    left, right = figure.subplots(1, 2)
    shown = {left: ("shift", ("weight", 10.0), ("weight", 100.0), ("offset", 2.0))}
    shown |= {right: ("margin_ratio", ("scale", 0.5), ("scale", 0.25), ("weight", 100.0))}
    for axes, (column, *arms) in shown.items():
        for arm, size in arms:
            table = evidence.table("separable", measure=column, statistic="mean", method=arm, size=size)
            label = f"{SEPARABLE.label_of(arm)} {size:g}"
            drawn = style.nth(DRAWN.index((arm, size)))
            axes.errorbar(
                table["digits"],
                table["estimate"],
                yerr=interval(table["estimate"], table["mcse"]),
                label=label,
                **drawn,
            )
        axes.set(xscale="log", xlabel=SEPARABLE.keys["digits"].label)
        axes.set_xticks(SHOWN, [str(d) for d in SHOWN])
        axes.minorticks_off()
        labels.at_ends(axes)
    left.set(ylabel=evidence.axis("shift", "separable"), ylim=(0, None))
    right.set_ylabel(evidence.axis("margin_ratio", "separable"))
