"""What rsimsum and simhelpers print for their own sample data, from samples that have the moments which they print.

The data themselves (3,000, 1,200 and 16,000 rows) are not copied. Every printed error but coverage's is a function of a
few moments of the data by the formulas of those packages, so a sample with these moments must give the printed numbers,
up to the digits printed and to divisors: n, n - 1 or n - 2 below the squares, which for a kurtosis near 3 is a relative
3.1 / n of the error of a variance, the most of all. Sources:

- rsimsum (github.com/ellessenne/rsimsum), docs/articles/A-introduction.md, table of `tidy(summary(s1))`, data MIsim, and
  `summary(s2)`, data relhaz; its formulas: R/performance.R. Its error of the empirical standard error is that of normal
  estimates, and its error of the relative error takes estimates and standard errors as independent: so are the samples.
- simhelpers (github.com/meghapsimatrix/simhelpers), README.md, `calc_abs` on the data welch_res; its formulas:
  tests/testthat/test_perfm_mcse.R. Its MSE was bias² + variance there, with n - 1 below, a relative 1 / n more.
"""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from dlstats import montecarlo

# bias, its error, variance, its error, MSE, its error, RMSE, its error; 1,000 replicates
WELCH_RES = {
    "Two Sample t-test, 0.0": (0.0089008, 0.0099994, 0.0999874, 0.0042486, 0.1000667, 0.0042500, 0.3163332, 0.0067175),
    "Welch t-test, 0.0": (0.0072647, 0.0098822, 0.0976587, 0.0042312, 0.0977115, 0.0042348, 0.3125884, 0.0067738),
    "Welch t-test, 0.5": (0.0130957, 0.0099863, 0.0997258, 0.0041311, 0.0998973, 0.0041468, 0.3160654, 0.0065600),
}
RSIMSUM = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "rsimsum.py"))
"""The page of the documentation: what rsimsum prints, and samples with these moments."""
standard = RSIMSUM["standard"]


def with_moments(z, skewness, kurtosis):
    """A cubic of normal scores with mean 0, variance 1, and these moments, the sums of powers over n."""

    def bent(c):
        return standard(z + c[0] * (z**2 - 1) + c[1] * z**3)

    def misses(c):
        return [np.mean(bent(c) ** 3) - skewness, np.mean(bent(c) ** 4) - kurtosis]

    return bent(optimize.fsolve(misses, [skewness / 6, 0.0], xtol=1e-13))


def close(line, value, mcse, half, n, above=0.0):
    assert float(line["estimate"]) == pytest.approx(value / (1 + above / n), abs=half, rel=1e-3 / n)
    assert float(line["mcse"]) == pytest.approx(mcse, abs=half, rel=4 / n)


@pytest.mark.parametrize("name", WELCH_RES)
def test_simhelpers_prints_these_numbers(name):
    bias, bias_mcse, variance, variance_mcse, mse, mse_mcse, rmse, rmse_mcse = WELCH_RES[name]
    n = 1000
    kurtosis = 1 + n * (variance_mcse / variance) ** 2
    skewness = (n * mse_mcse**2 - variance**2 * (kurtosis - 1) - 4 * variance * bias**2) / (4 * variance**1.5 * bias)
    x = bias + np.sqrt(variance) * with_moments(stats.norm.ppf((np.arange(n) + 0.5) / n), skewness, kurtosis)
    truth = {"truth": 0.0}
    measures = [("x", "bias", truth), ("x", "variance"), ("x", "mse", truth), ("x", "rmse", truth)]
    table = montecarlo.summarise(pd.DataFrame({"x": x}), measures).set_index("statistic")
    close(table.loc["bias"], bias, bias_mcse, 5e-8, n)
    close(table.loc["variance"], variance, variance_mcse, 5e-8, n)
    close(table.loc["mse"], mse, mse_mcse, 1e-7, n, above=1)
    close(table.loc["rmse"], rmse, rmse_mcse, 1.5e-7, n, above=0.5)


def test_rsimsum_prints_these_numbers():
    frame = pd.concat([RSIMSUM["sample"](name) for name in RSIMSUM["PRINTED"]])
    measures = [*RSIMSUM["STATISTICS"].values(), ("b", "relative_bias", {"truth": "truth"})]
    table = montecarlo.summarise(frame, measures, by="data").set_index(["data", "statistic"])
    for name, (n, truth, digits, printed) in RSIMSUM["PRINTED"].items():
        half = 0.5 * 10.0**-digits
        bias, empse, modelse, relerror, *proportions = printed
        assert table.loc[(name, "bias"), "replicates"] == n
        close(table.loc[(name, "bias")], *bias, half, n)
        close(table.loc[(name, "relative_bias")], bias[0] / truth, bias[1] / abs(truth), 2 * half, n)
        close(table.loc[(name, "empirical_se")], *empse, half, n)
        close(table.loc[(name, "model_se")], *modelse, half, n)
        row = table.loc[(name, "relative_error_model_se")].to_dict()  # type: ignore
        rounded = 100 * half * (1 / empse[0] + modelse[0] / empse[0] ** 2)  # what printed moments leave open
        assert 100 * row["estimate"] == pytest.approx(relerror[0], abs=rounded)
        assert 100 * row["mcse"] == pytest.approx(relerror[1], rel=4 / n, abs=rounded)
        for statistic, (share, mcse) in zip(("coverage", "proportion", "rejection_rate"), proportions, strict=True):
            close(table.loc[(name, statistic)], share, mcse, half, n)


def test_where_rsimsum_prints_no_error_there_is_one():
    """Bias-eliminated coverage of relhaz, Weibull, 50, Exp is printed as 1.0000 (0.0000) from 100 replicates."""
    always = montecarlo.estimate("coverage", np.ones(100))
    assert always.value == 1
    assert 0.005 < always.mcse < 0.03
