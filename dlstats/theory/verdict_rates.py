"""How often the rule of verdicts is right: power of the equivalence tests, family-wise error."""

from __future__ import annotations

import math

import numpy as np
from scipy import integrate, stats

from dlstats.theory.claims import LEVEL


def tost_power(bias: float, mcse: float, margin: float, df: int) -> float:
    """P(two one-sided t tests of level 5 % support equivalence) for a normal estimate with error of true size `mcse`.

    P(|estimate| <= margin - t s), s = mcse sqrt(chi2_df / df) independent of the estimate, integrated over s
    [Schuirmann 1987].
    """
    t = stats.t.isf(LEVEL, df)

    def given(share: float) -> float:
        room = (margin - t * mcse * share) / mcse
        return 0.0 if room <= 0 else float(stats.norm.cdf(room - bias / mcse) - stats.norm.cdf(-room - bias / mcse))

    law = stats.chi(df, scale=1 / math.sqrt(df))
    return float(integrate.quad(lambda s: given(s) * law.pdf(s), law.ppf(1e-10), law.isf(1e-10), limit=200)[0])


def refutation_power(bias: float, mcse: float, margin: float, df: int) -> float:
    """P(a lone equivalence claim is refuted at the two-sided level 5 %): non-central t tails beyond the margin."""
    t = stats.t.isf(LEVEL / 2, df)
    tails = [stats.nct.sf(t, df, (sign * bias - margin) / mcse) for sign in (1, -1)]
    return float(np.sum(tails))


def familywise(claims: int) -> float:
    """P(one or more of independent true claims is refuted without adjustment), 1 - 0.95^claims."""
    return 1 - (1 - LEVEL) ** claims
