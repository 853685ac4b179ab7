"""The statistics over replicates as formulas: what a measure is, and how its Monte Carlo standard error is found.

R replicates x_1, ..., x_R; theta is the true value, y_r a second column of the same replicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

SMOOTH = "influence values; t interval"
LOGARITHMIC = "influence values; t interval of the logarithm"
BINOMIAL = "binomial; Wilson's interval"
ORDER = "bootstrap of order statistics; their interval"
NONE = "none: the replicates cannot tell it"
EXACT = "none: every replicate must obey, so that the extreme one is exact"
NOUGHT = "0: computed without randomness"
EXPLAINED = (
    "Influence values ψ_r are those of the jackknife or the delta method, with mean 0, and give the mcse"
    " (Σ ψ_r^2 / (R (R − 1)))^(1/2) without normal theory. A share p of R replicates has the mcse (p (1 − p) / R)^(1/2),"
    " replaced by the half width of Wilson's interval over its normal quantile when p is 0 or 1. Order statistics have"
    " the exact bootstrap of Maritz and Jarrett (1978)."
)
"""What the short names of the ways to a Monte Carlo standard error mean."""


@dataclass(frozen=True)
class Formula:
    """A statistic in words, as maths for Typst and for LaTeX, and the way to its Monte Carlo standard error."""

    words: str
    typst: str
    latex: str
    mcse: str = SMOOTH


_MEAN = "macron(x)"
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "exact": Formula("a number without randomness", "x", "x", NOUGHT),
        "mean": Formula("mean over replicates", "1/R sum_r x_r", r"\frac1R\sum_r x_r"),
        "median": Formula("median over replicates", 'op("median")_r x_r', r"\operatorname{median}_r x_r", ORDER),
        "quantile": Formula("quantile over replicates", "hat(F)^(-1)(p)", r"\hat F^{-1}(p)", ORDER),
        "best_of": Formula(
            "expected best of k starts drawn from the R",
            "E min(x_(I_1), dots, x_(I_k))",
            r"\mathrm{E}\min(x_{I_1},\dots,x_{I_k})",
            "influence values of the U-statistic; t interval",
        ),
        "trimmed_mean": Formula(
            "mean without the smallest and largest share a",
            "1/((1 - 2 a) R) sum_(r=a R + 1)^(R - a R) x_((r))",
            r"\frac1{(1-2a)R}\sum_{r=aR+1}^{R-aR}x_{(r)}",
        ),
        "geometric_mean": Formula(
            "geometric mean", "exp(1/R sum_r log x_r)", r"\exp\bigl(\frac1R\sum_r\log x_r\bigr)", LOGARITHMIC
        ),
        "minimum": Formula("smallest replicate", "min_r x_r", r"\min_r x_r", NONE),
        "maximum": Formula("largest replicate", "max_r x_r", r"\max_r x_r", NONE),
        "smallest": Formula("smallest replicate, where every one must obey", "min_r x_r", r"\min_r x_r", EXACT),
        "largest": Formula("largest replicate, where every one must obey", "max_r x_r", r"\max_r x_r", EXACT),
        "log10_median": Formula(
            "log₁₀ of the median over replicates",
            'log_10 op("median")_r x_r',
            r"\log_{10}\operatorname{median}_r x_r",
            ORDER,
        ),
        "slope": Formula(
            "slope of the log of the statistic on the log of the size",
            "(sum_k w_k (s_k - macron(s)) log T_k) / (sum_k w_k (s_k - macron(s))^2)",
            r"\sum_k w_k(s_k-\bar s)\log T_k\big/\sum_k w_k(s_k-\bar s)^2",
            "weighted least squares; below 50 replicates the percentile-t bootstrap of replicates",
        ),
        "slope_difference": Formula(
            "difference of two slopes on shared replicates",
            "hat(beta)_x - hat(beta)_y",
            r"\hat\beta_x-\hat\beta_y",
            "covariance of the log estimates at every size; t interval",
        ),
        "bias": Formula("bias", "1/R sum_r (x_r - theta)", r"\frac1R\sum_r(x_r-\theta)"),
        "relative_bias": Formula("relative bias", "1/R sum_r x_r / theta - 1", r"\frac1R\sum_r x_r/\theta-1"),
        "variance": Formula(
            "variance over replicates",
            f"1/(R - 1) sum_r (x_r - {_MEAN})^2",
            r"\frac1{R-1}\sum_r(x_r-\bar x)^2",
            LOGARITHMIC,
        ),
        "empirical_se": Formula(
            "empirical standard error",
            f"sqrt(1/(R - 1) sum_r (x_r - {_MEAN})^2)",
            r"\sqrt{\frac1{R-1}\sum_r(x_r-\bar x)^2}",
            LOGARITHMIC,
        ),
        "coefficient_of_variation": Formula(
            "coefficient of variation",
            f"sqrt(1/(R - 1) sum_r (x_r - {_MEAN})^2) / abs({_MEAN})",
            r"\sqrt{\frac1{R-1}\sum_r(x_r-\bar x)^2}/|\bar x|",
            LOGARITHMIC,
        ),
        "mse": Formula("mean squared error", "1/R sum_r (x_r - theta)^2", r"\frac1R\sum_r(x_r-\theta)^2", LOGARITHMIC),
        "rmse": Formula(
            "root mean squared error",
            "sqrt(1/R sum_r (x_r - theta)^2)",
            r"\sqrt{\frac1R\sum_r(x_r-\theta)^2}",
            LOGARITHMIC,
        ),
        "model_se": Formula(
            "root mean squared reported standard error",
            "sqrt(1/R sum_r x_r^2)",
            r"\sqrt{\frac1R\sum_r x_r^2}",
            LOGARITHMIC,
        ),
        "relative_error_model_se": Formula(
            "relative error of the reported standard error",
            'sqrt(1/R sum_r x_r^2) / op("SE")(y) - 1',
            r"\sqrt{\frac1R\sum_r x_r^2}\big/\mathrm{SE}(y)-1",
        ),
        "se_ratio": Formula(
            "mean reported standard error over the empirical one",
            f'{_MEAN} / op("SE")(y)',
            r"\bar x/\mathrm{SE}(y)",
            LOGARITHMIC,
        ),
        "proportion": Formula("share of replicates", "1/R sum_r x_r", r"\frac1R\sum_r x_r", BINOMIAL),
        "coverage": Formula(
            "share of intervals that hold the truth",
            "1/R sum_r 1{l_r <= theta <= u_r}",
            r"\frac1R\sum_r\mathbf 1\{l_r\le\theta\le u_r\}",
            BINOMIAL,
        ),
        "bias_eliminated_coverage": Formula(
            "share of intervals that hold the mean estimate",
            f"1/R sum_r 1{{l_r <= {_MEAN} <= u_r}}",
            r"\frac1R\sum_r\mathbf 1\{l_r\le\bar x\le u_r\}",
            "jackknife over replicates",
        ),
        "rejection_rate": Formula(
            "share of p-values at or below the level",
            "1/R sum_r 1{p_r <= alpha}",
            r"\frac1R\sum_r\mathbf 1\{p_r\le\alpha\}",
            BINOMIAL,
        ),
        "interval_width": Formula("mean width of intervals", "1/R sum_r (u_r - l_r)", r"\frac1R\sum_r(u_r-l_r)"),
        "ratio": Formula(
            "ratio of means over shared replicates",
            f"{_MEAN} / macron(y)",
            r"\bar x/\bar y",
            LOGARITHMIC,
        ),
        "difference": Formula(
            "mean difference over shared replicates", "1/R sum_r (x_r - y_r)", r"\frac1R\sum_r(x_r-y_r)"
        ),
        "log_ratio": Formula(
            "log₁₀ of the ratio of a statistic of two methods on the same replicates",
            "log_10 (T(x) / T(y))",
            r"\log_{10}(T(x)/T(y))",
            "joint bootstrap of the replicates; t interval",
        ),
        "correlation": Formula("correlation over replicates", 'op("cor")(x, y)', r"\operatorname{cor}(x,y)"),
        "auc": Formula(
            "share of pairs in which x exceeds y",
            "P(x > y) + 1/2 P(x = y)",
            r"P(x>y)+\tfrac12P(x=y)",
            "placement values (DeLong and others 1988)",
        ),
    }
)


PAIRED = ("difference", "ratio", "log_ratio", "slope", "slope_difference")
"""What is taken of another statistic, which stands in parentheses."""


def find(statistic: str) -> Formula:
    """The formula of a statistic, options after its name ignored; its bare name when there is none."""
    name, _, inner = statistic.partition("(")
    words = "".join(c if c.isalnum() else " " for c in name)
    found = FORMULAS.get(name, Formula(words, f'upright("{words}")', rf"\text{{{words}}}", "see the code"))
    of = inner.rstrip(")").replace("_", " ")
    return replace(found, words=f"{found.words}, of the {of}") if name in PAIRED and of else found
