"""Published data as checks: Engel's food expenditure (quantile regression) and Brownlee's stack loss (M-estimation)."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._claims import largest, zero
from dlstats.theory import quantiles as theory

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
PUBLISHED_ENGEL = (81.48225, 0.56018)
"""Intercept and slope of the median regression [Koenker 2005; documentation of R's quantreg]."""
PUBLISHED_STACK = {
    "absolute": (-39.68986, 0.83188, 0.57391, -0.06087),
    "huber": (-41.02653, 0.82937, 0.92611, -0.12785),
    "tukey": (-42.28525, 0.92755, 0.65073, -0.11233),
}
"""Intercept, air flow, water temperature, acid concentration: least absolute deviations as printed by quantreg's `rq`,
Huber and Tukey as printed by `rlm` of MASS [Venables and Ripley 2002, chapter 6]."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of `engel` or `stackloss`; there is no randomness: the data are fixed and the networks start at 0."""
    parts = {"engel": _engel, "stackloss": _stackloss}
    if factors["data"] not in parts:
        raise ValueError(f"`data` must be one of {', '.join(parts)}, got {factors['data']!r}.")
    rows = parts[factors["data"]](device)
    return pd.DataFrame([{"replicate": r, **row} for r in streams.replicates for row in rows])


def _engel(device: str) -> list[dict]:
    """ROB17: a network without hidden layer, one output a level, and linear programming, on 235 households."""
    import torch

    from dlstats.losses.quantile import pinball

    data = _households()
    x, y = data["income"].to_numpy(), data["foodexp"].to_numpy()
    levels = torch.tensor(LEVELS, dtype=torch.float64)
    trained = _affine(x[:, None], y, lambda f, target: pinball(f, target, levels), len(LEVELS), device)
    rows = []
    for k, level in enumerate(LEVELS):
        best = theory.linear_program(x, y, level)
        risk = [_risk(y - c[0] - c[1] * x, level) for c in (trained[:, k], best)]
        residual = y - best[0] - best[1] * x
        negative, zeros = theory.residual_counts(residual, 1e-6)
        broken = float(not theory.obeys_optimality(negative, zeros, len(y), level))
        about = {"method": f"level_{level:g}", "gap": risk[0] / risk[1] - 1, "negative": negative, "zeros": zeros}
        rows.append(about | {"broken": broken, "intercept": best[0], "slope": best[1]})
        rows[-1] |= {"network_intercept": trained[0, k], "network_slope": trained[1, k]}
    median = theory.linear_program(x, y, 0.5)
    rows.append({"method": "published", "difference": float(np.abs(median - PUBLISHED_ENGEL).max())})
    return rows


def _households() -> pd.DataFrame:
    """Engel's data: `income` and `foodexp`."""
    import statsmodels.api as sm

    return pd.DataFrame(sm.datasets.engel.load_pandas().data)


def _risk(residual: np.ndarray, level: float) -> float:
    return float(np.maximum(level * residual, (level - 1) * residual).mean())


def _affine(x: np.ndarray, y: np.ndarray, loss, outputs: int, device: str, steps: int = 8000) -> np.ndarray:
    """Coefficients (1 + d, outputs) of a network without hidden layer, trained on standardised data by Adam."""
    import torch

    from dlstats import nets, training

    torch.set_num_threads(1)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    middle, unit = np.median(y), y.std()
    net = nets.Mlp(x.shape[1], (), outputs)
    start = torch.zeros(1, net.size, dtype=torch.float64)
    plan = training.Training(steps, 0.02, schedule="linear", dtype="float64")
    target = ((y - middle) / unit)[None, :, None]
    fit = training.fit(net, loss, start, ((x - centre) / spread)[None], target, plan, device=device)
    named = nets.views(net, fit.parameters)
    slopes = named["weight.0"][0].numpy() * unit / spread[:, None]
    intercept = named["bias.0"][0].numpy() * unit + middle - centre @ slopes
    return np.vstack([intercept, slopes])


def _stackloss(device: str) -> list[dict]:
    """M-estimates of statsmodels' RLM, and networks without hidden layer with the losses of core at RLM's scale."""
    import statsmodels.api as sm

    from dlstats.losses import robust

    data = sm.datasets.stackloss.load_pandas()
    x, y = np.asarray(data.exog, dtype=float), np.asarray(data.endog, dtype=float)
    norms = {"huber": sm.robust.norms.HuberT(), "tukey": sm.robust.norms.TukeyBiweight()}
    unit = y.std()
    rows = []
    for name, norm in norms.items():
        found = sm.RLM(y, sm.add_constant(x), M=norm).fit(maxiter=500, tol=1e-12)
        limit = {"huber": 1.345, "tukey": 4.685}[name] * found.scale / unit
        loss = functools.partial(robust.ROBUST[name].value, threshold=limit)
        trained = _affine(x, y, loss, 1, device, 3000)[:, 0]
        rows.append({"method": name, "difference": _furthest(found.params, PUBLISHED_STACK[name])})
        rows.append({"method": f"{name}_network", "difference": _furthest(trained, found.params)})
    best = theory.linear_program(x, y, 0.5)
    rows.append({"method": "absolute", "difference": _furthest(best, PUBLISHED_STACK["absolute"])})
    trained = _affine(x, y, robust.absolute, 1, device)[:, 0]
    risk = [np.abs(y - c[0] - x @ c[1:]).mean() for c in (trained, best)]
    rows.append({"method": "absolute_network", "gap": float(risk[0] / risk[1] - 1)})
    return rows


def _furthest(found: np.ndarray, published: tuple | np.ndarray) -> float:
    """Largest difference between coefficients, relative to their size and at least 1."""
    published = np.asarray(published)
    return float((np.abs(found - published) / np.maximum(1, np.abs(published))).max())


CLAIMS = (
    zero(
        "ROB17",
        "Linear quantile fits of Engel's data obey N₋ ≤ nτ ≤ N₋ + N₀ at τ = 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, n = 235 "
        "(levels that do not).",
        0.0,
        largest("broken", data="engel"),
        "Koenker and Bassett 1978, theorem 3.4",
    ),
    Claim(
        "ROB17.network",
        "A network without hidden layer and the pinball loss reaches the linear-programming optimum at these seven levels "
        "(largest relative excess of the training risk).",
        "bound_above",
        0.0,
        1e-3,
        largest("gap", data="engel"),
        "convex problem",
    ),
    zero(
        "ROB17.published",
        "The median fit of Engel's data has the published coefficients 81.48225 and 0.56018 (largest difference).",
        1e-4,
        largest("difference", data="engel"),
        "Koenker 2005, Quantile Regression",
    ),
    zero(
        "ROB1.stackloss",
        "Least absolute deviations, Huber and Tukey fits of the stack-loss data have the published coefficients, and networks "
        "without hidden layer with the losses as trained reach the M-estimates (largest relative difference).",
        1e-3,
        largest("difference", data="stackloss"),
        "Venables and Ripley 2002, chapter 6; documentation of quantreg",
    ),
)


def draw_engel(evidence: Evidence, figure) -> None:
    """Engel's data with the seven fits: lines of linear programming, dots of the network."""
    from dlstats.plotting import style

    data = _households()
    rows = evidence.rows(data="engel").dropna(subset=["slope"])
    axis = figure.subplots()
    axis.plot(data["income"], data["foodexp"], ".", color="0.75", markersize=2.5)
    ends, inside = np.array([377.0, 3000.0]), np.linspace(500, 2800, 8)
    for index, row in enumerate(rows.to_dict("records")):
        look = style.method("exact") if row["method"] == "level_0.5" else style.nth(1)
        label = {"0": "linear program"}.get(str(index))
        axis.plot(ends, row["intercept"] + row["slope"] * ends, color=look["color"], linewidth=0.8, label=label)
        dots = row["network_intercept"] + row["network_slope"] * inside
        axis.plot(inside, dots, "o", color=look["color"], markersize=2, label={"0": "network"}.get(str(index)))
    axis.set(xlabel="household income", ylabel="food expenditure", xlim=(300, 3100), ylim=(200, 2200))
    axis.legend()


FIGURES = (
    Figure(
        "engel",
        "Engel's 235 households with linear quantile fits at levels 0.05, 0.1, 0.25, 0.5 (black), 0.75, 0.9 and 0.95. Lines: "
        "linear programming. Dots: network without hidden layer, trained on the pinball loss.",
        draw_engel,
    ),
)

STUDY = Study(
    name="robust_data",
    family="robust",
    title="Published fits on Engel's data and the stack-loss data",
    aims="Do the losses as trained give published quantile and M-estimates?",
    mechanisms="Engel's food expenditure (235 households) and Brownlee's stack loss (21 days), as statsmodels ships them.",
    estimands="Coefficients, training risk and counts of residual signs.",
    methods={
        "level_*": "network without hidden layer, seven outputs, Adam from 0, against linear programming at that level",
        "huber": "statsmodels' RLM against published values; huber_network: network at RLM's scale against RLM",
        "tukey": "likewise with Tukey's loss",
        "absolute": "linear programming against published values",
        "published": "linear programming against published values",
    },
    measures=(
        Measure("gap", "relative excess risk of the network", "exact"),
        Measure("broken", "levels that break the optimality condition", "exact"),
        Measure("difference", "largest difference", "exact"),
        Measure("intercept", "intercept", "exact"),
        Measure("slope", "slope", "exact"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Checks of the losses, not a comparison of methods: the models are linear.",
)
