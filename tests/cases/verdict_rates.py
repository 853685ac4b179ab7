"""How often the rule of verdicts is right: power of the equivalence tests, family-wise error."""

from __future__ import annotations

import numpy as np
from scipy import special

from dlstats.protocol.verdict import LEVEL

NODES = (np.arange(2000) + 0.5) / 2000


def _ratios(df: int) -> np.ndarray:
    """s / mcse = sqrt(chi2_df / df) at equally likely nodes; averages over them are right to about 1e-6."""
    return np.sqrt(2 * special.gammaincinv(df / 2, NODES) / df)


def tost_power(bias: float, mcse: float, margin: float, df: int) -> float:
    """P(two one-sided t tests of level 5 % support equivalence) for a normal estimate with error of true size `mcse`.

    P(|estimate| <= margin - t s), s = mcse sqrt(chi2_df / df) independent of the estimate, averaged over s
    [Schuirmann 1987].
    """
    room = margin / mcse - special.stdtrit(df, 1 - LEVEL) * _ratios(df)
    inside = special.ndtr(room - bias / mcse) - special.ndtr(-room - bias / mcse)
    return float(np.where(room > 0, inside, 0.0).mean())


def refutation_power(bias: float, mcse: float, margin: float, df: int) -> float:
    """P(a lone equivalence claim is refuted at the two-sided level 5 %): P(|estimate| > margin + t s), as above."""
    beyond = margin / mcse + special.stdtrit(df, 1 - LEVEL / 2) * _ratios(df)
    return float((special.ndtr(bias / mcse - beyond) + special.ndtr(-bias / mcse - beyond)).mean())


def familywise(claims: int) -> float:
    """P(one or more of independent true claims is refuted without adjustment), 1 - 0.95^claims."""
    return 1 - (1 - LEVEL) ** claims
