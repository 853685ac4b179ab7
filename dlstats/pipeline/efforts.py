"""What more effort changes: a claim's number at three times the steps over that at one, on the same data and starts."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate
from dlstats.pipeline import summaries
from dlstats.protocol.claim import Claim
from dlstats.protocol.evidence import EFFORT, Evidence
from dlstats.protocol.study import Study

MORE = 3
"""The effort at which every claim on trained networks is asked again."""
GROUPS = 12
"""Parts of the replicates that are left out in turn for the error of a ratio."""


class Comparison:
    """The claims of a study on the replicates that were trained with one and with three times the effort."""

    def __init__(self, study: Study, evidence: Evidence) -> None:
        self._study, self._evidence = study, evidence
        self._without = functools.cache(self._left_out)
        self._paired = functools.cache(self._both)

    def ratio(self, claim: Claim, number: Callable[[Claim, Evidence], float]) -> Estimate | None:
        """`number` of the claim at three times the effort over that at one, with a grouped jackknife error.

        Of logarithms of ratios, and of their mean, it is the ratio at three times the effort over that at one: a quotient
        of logarithms says nothing where they are near 0.
        Nothing where the claim reads nothing that was trained with both, or where it has no finite number.
        """
        replicates = self._replicates()
        if replicates < 2:
            return None
        groups = min(GROUPS, replicates)
        whole = self._ratio(claim, number, -1, 1)
        parts = np.array([self._ratio(claim, number, group, groups) for group in range(groups)])
        if not math.isfinite(whole):
            return None
        mcse = math.sqrt((groups - 1) / groups * ((parts - parts.mean()) ** 2).sum())
        return Estimate(whole, mcse if 0 < mcse < math.inf else math.nan, replicates, df=groups - 1)

    def both(self) -> tuple[Evidence, Evidence] | None:
        """The replicates that were trained with one and with three times the effort, as evidence at each of the two.

        Nothing where what the claim read last was not trained with both.
        """
        return self._without(-1, 1) if self._replicates() > 1 else None

    def _replicates(self) -> int:
        """Fewest replicates that have both, of the experiments that the claim read last."""
        names = {name for name, _ in self._evidence.used if EFFORT in self._evidence.summaries[name]}
        return min((self._paired(name)["replicate"].nunique() for name in names), default=0)

    def _ratio(self, claim: Claim, number: Callable[[Claim, Evidence], float], group: int, groups: int) -> float:
        one, more = (number(claim, held) for held in self._without(group, groups))
        if getattr(claim.measure, "logarithmic", False):
            return 10 ** (more - one)
        return more / one if one else math.nan

    def _left_out(self, group: int, groups: int) -> tuple[Evidence, Evidence]:
        """The paired replicates without those of a group (-1: with all), as evidence at one and at more effort."""
        tables = dict(self._evidence.summaries)
        for name, table in tables.items():
            if EFFORT in table:
                rows = self._paired(name)
                rest = rows[rows["replicate"] % groups != group]
                tables[name] = summaries.summarise(self._study.experiments[name], rest)
        return Evidence(tables), Evidence(tables, effort=MORE)

    def _both(self, name: str) -> pd.DataFrame:
        """The rows of the replicates that a condition has at more effort."""
        rows = self._evidence.replicates(name)
        if EFFORT not in rows:
            return rows.iloc[:0]
        factors = [factor for factor in self._study.experiments[name].factors if factor in rows and factor != EFFORT]
        keys = pd.Series(list(map(tuple, rows[[*factors, "replicate"]].astype(str).to_numpy())), index=rows.index)
        return rows[keys.isin(set(keys[rows[EFFORT] == MORE])) & rows[EFFORT].isin([1, MORE])]
