"""The mean of many lines of a summary as one number, where an intersection over all of them would say nothing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from dlstats.montecarlo import Estimate
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.readers import Reader


@dataclass(frozen=True)
class Average:
    """The mean over the lines of a reader: of log ratios of two methods over designs and levels.

    Lines at different levels of `independent`, a factor or several, have data of their own, so that their variances add, with
    the degrees of freedom of Welch and Satterthwaite; the others share replicates, and their errors add as if they were one,
    which is an upper bound. The errors of log ratios of medians are bootstrapped over replicates, both methods together.
    """

    reader: Reader
    independent: str | tuple[str, ...] = ()

    @property
    def check(self) -> Callable:
        """That of the reader."""
        return self.reader.check

    @property
    def logarithmic(self) -> bool:
        """That of the reader."""
        return self.reader.logarithmic

    def __call__(self, evidence: Evidence) -> Estimate:
        """The mean with its error. Raises LookupError where the reader does."""
        pairs = self.reader.each().pairs(evidence)
        independent = (self.independent,) if isinstance(self.independent, str) else self.independent
        groups = defaultdict(list)
        for line, one in pairs:
            groups[tuple(line[name] for name in independent)].append(one)
        errors = [sum(one.mcse for one in group) for group in groups.values()]
        variance = sum(e**2 for e in errors)
        spread = sum(e**4 / min(one.degrees for one in g) for e, g in zip(errors, groups.values(), strict=True))
        estimates = [one for _, one in pairs]
        return Estimate(
            sum(one.value for one in estimates) / len(estimates),
            math.sqrt(variance) / len(estimates),
            min(one.replicates for one in estimates),
            sum(one.failed for one in estimates),
            df=variance**2 / spread if spread > 0 else math.nan,
        )
