"""Replicates -> estimate, Monte Carlo standard error, count and failures; usable on any frame of replicates.

>>> from dlstats.core import montecarlo
>>> montecarlo.estimate("empirical_se", [1.2, 0.9, 1.4, 1.1])
"""

from dlstats.core.montecarlo.estimates import Estimate, exact, worst
from dlstats.core.montecarlo.intervals import clopper_pearson, wilson
from dlstats.core.montecarlo.statistics import STATISTICS, Statistic, estimate
from dlstats.core.montecarlo.stopping import enough, reached, schedule
from dlstats.core.montecarlo.summaries import summarise

__all__ = [
    "STATISTICS",
    "Estimate",
    "Statistic",
    "clopper_pearson",
    "enough",
    "estimate",
    "exact",
    "reached",
    "schedule",
    "summarise",
    "wilson",
    "worst",
]
