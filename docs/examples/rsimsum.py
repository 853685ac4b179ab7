"""`summarise` beside the numbers that rsimsum prints for its own data, MIsim and relhaz.

The data are not copied. All that rsimsum computes from them are functions of a few of their moments: a sample with the
printed bias, standard errors and proportions must give the printed Monte Carlo errors.
"""

import numpy as np
import pandas as pd
from scipy import optimize, stats

from dlstats import montecarlo

STATISTICS = {
    "bias": ("b", "bias", {"truth": "truth"}),
    "empirical SE": ("b", "empirical_se"),
    "model-based SE": ("se", "model_se"),
    "relative error": ("se", "relative_error_model_se", {"estimate": "b"}),
    "coverage": ("covers", "coverage"),
    "bias-eliminated coverage": ("covers_mean", "proportion"),
    "power": ("p_value", "rejection_rate"),
}
# Of each data set and method: replicates, truth, digits, and (estimate, error) of every statistic as printed in
# docs/articles/A-introduction.md of github.com/ellessenne/rsimsum; the relative error is in percent.
PRINTED = {
    "MIsim, CC": (1000, 0.5, 7, [(0.0167662, 0.0047787), (0.1511150, 0.0033807), (0.1470963, 0.0005274),
        (-2.6593842, 2.2054817), (0.943, 0.0073315), (0.94, 0.0075100), (0.946, 0.0071473)]),
    "MIsim, MI_LOGT": (1000, 0.5, 7, [(0.0009231, 0.0041744), (0.1320064, 0.0029532), (0.1349413, 0.0006046),
        (2.2232593, 2.3323382), (0.949, 0.0069569), (0.949, 0.0069569), (0.969, 0.0054808)]),
    "MIsim, MI_T": (1000, 0.5, 7, [(-0.0011908, 0.0042510), (0.1344277, 0.0030074), (0.1338346, 0.0005856),
        (-0.4412233, 2.2695216), (0.943, 0.0073315), (0.943, 0.0073315), (0.963, 0.0059692)]),
    "relhaz, exponential, 50, Cox": (100, -0.5, 4, [(0.0215, 0.0328), (0.3285, 0.0233), (0.3185, 0.0013),
        (-3.0493, 6.9011), (0.95, 0.0218), (0.95, 0.0218), (0.36, 0.0480)]),
    "relhaz, Weibull, 250, exponential": (100, -0.5, 4, [(0.1482, 0.0093), (0.0929, 0.0066), (0.1281, 0.0001),
        (37.7762, 9.7917), (0.85, 0.0357), (0.99, 0.0099), (0.86, 0.0347)]),
}  # fmt: skip


def standard(values):
    """Mean 0, variance 1 with divisor n - 1."""
    return (values - values.mean()) / values.std(ddof=1)


def normal_scores(n):
    """n values with mean 0, variance 1 and, by a cubic term, the kurtosis 3 of a normal distribution."""
    z = stats.norm.ppf((np.arange(n) + 0.5) / n)
    return standard(z + optimize.brentq(lambda c: np.mean(standard(z + c * z**3) ** 4) - 3, 0, 0.1, xtol=1e-15) * z**3)


def sample(name):
    """Replicates with the printed moments; estimates and squared standard errors are uncorrelated, as rsimsum has it."""
    n, truth, _, ((bias, _), (empirical, _), (model, model_mcse), _, *proportions) = PRINTED[name]
    z = normal_scores(n)
    away = np.column_stack([np.ones(n), z, z**2])
    other = np.random.default_rng(1).permutation(z)
    other = standard(other - away @ np.linalg.lstsq(away, other, rcond=None)[0])
    squares = model**2 + 2 * model * model_mcse * np.sqrt(n) * other
    covers, covers_mean, rejects = (np.arange(n) < round(share * n) for share, _ in proportions)
    columns = {"b": truth + bias + empirical * z, "se": np.sqrt(squares), "truth": truth}
    columns |= {"covers": covers * 1.0, "covers_mean": covers_mean * 1.0, "p_value": np.where(rejects, 0.01, 0.5)}
    return pd.DataFrame(columns).assign(data=name)


def table():
    """Of every data set and statistic what rsimsum prints and what `summarise` gives, each with its Monte Carlo error."""
    frame = pd.concat([sample(name) for name in PRINTED])
    lines = iter(montecarlo.summarise(frame, list(STATISTICS.values()), by="data").to_dict("records"))
    rows = []
    for name, (_, _, digits, printed) in PRINTED.items():
        for statistic, (estimate, mcse) in zip(STATISTICS, printed, strict=True):
            line = next(lines)
            scale = 100 if statistic == "relative error" else 1
            ours = [round(scale * line[key], digits) for key in ("estimate", "mcse")]
            rows.append((name, statistic, estimate, ours[0], mcse, ours[1]))
    columns = ["data", "statistic", "rsimsum", "dlstats", "rsimsum's mcse", "dlstats' mcse"]
    return pd.DataFrame(rows, columns=columns).set_index("data")


if __name__ == "__main__":
    for name, part in table().groupby("data", sort=False):
        print(name, part.to_string(index=False), sep="\n", end="\n\n")
