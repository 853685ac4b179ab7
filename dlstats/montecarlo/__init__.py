"""Replicates -> estimate, Monte Carlo standard error, count and failures; usable on any frame of replicates.

It stands alone: numpy, scipy and pandas are all it needs. `summarise` takes a frame with one row per replicate, and is to
Python what simsum of rsimsum and calc_absolute of simhelpers are to R; `estimate` takes one column.

>>> from dlstats import montecarlo
>>> print(montecarlo.estimate("empirical_se", [1.2, 0.9, 1.4, 1.1]))
0.2082 (mcse 0.083, 4 replicates, 0 failed)

`Estimate.line`, `Estimate.of_line`: an estimate as a line of a summary, and back.
`paired`: difference, ratio or log₁₀ ratio of a statistic of two columns indexed by replicate.
`slope_lines`: slope, local slopes and bend of a measure over sizes, as lines of a summary.
`slope_difference`: slope of one method minus that of another that shares its replicates, with the joint error.
"""

from dlstats.montecarlo import failures, sequences, variation
from dlstats.montecarlo.contrasts import compare, contrast, leaders, log_ratio, log_ratios
from dlstats.montecarlo.estimates import Estimate, exact
from dlstats.montecarlo.floors import rate_with_floor
from dlstats.montecarlo.intervals import clopper_pearson, wilson
from dlstats.montecarlo.multiplicity import holm
from dlstats.montecarlo.pairs import paired
from dlstats.montecarlo.rates import ENOUGH, Rate, rate, rate_of, replicates_for, slope
from dlstats.montecarlo.resampling import bootstrap, jackknife
from dlstats.montecarlo.sequences import confidence_sequence
from dlstats.montecarlo.slopes import slope_difference, slope_lines
from dlstats.montecarlo.statistics import STATISTICS, Statistic, estimate
from dlstats.montecarlo.stopping import enough, outcome, reached, schedule
from dlstats.montecarlo.summaries import summarise
from dlstats.montecarlo.variation import components

__all__ = [
    "ENOUGH",
    "STATISTICS",
    "Estimate",
    "Rate",
    "Statistic",
    "bootstrap",
    "clopper_pearson",
    "compare",
    "components",
    "confidence_sequence",
    "contrast",
    "enough",
    "estimate",
    "exact",
    "failures",
    "holm",
    "jackknife",
    "leaders",
    "log_ratio",
    "log_ratios",
    "outcome",
    "paired",
    "rate",
    "rate_of",
    "rate_with_floor",
    "reached",
    "replicates_for",
    "schedule",
    "sequences",
    "slope",
    "slope_difference",
    "slope_lines",
    "summarise",
    "variation",
    "wilson",
]
