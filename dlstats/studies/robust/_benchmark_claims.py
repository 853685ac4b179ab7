"""Claims of the benchmark of conditional quantiles: one verdict a level and rival, on the worst design."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dlstats.protocol.claim import Claim
from dlstats.studies.robust._claims import log_ratio_of, worst_of

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The levels that are reported, of the 19 that are fitted."""
UNIVARIATE: tuple[str, ...] = ("linear_sine_t1", "linear_t1", "wave_exp_t2", "angle_sine_t2")
MULTIVARIATE: tuple[str, ...] = ("S1", "S2", "S3", "S4", "S5")
SIZES: dict[str, int] = {name: 512 if name in UNIVARIATE else 1000 for name in (*UNIVARIATE, *MULTIVARIATE)}
"""The sample size of every design for which claims are made."""
NETWORK = "all_levels"
"""The network that is held against the baselines: in a pilot with another seed the nearest of the four on average."""
FIRST, CENTRED = "non_crossing", "centred"
"""The non-crossing networks, with the first and with the middle output free."""
SHEN = "Shen et al. 2021, arXiv:2107.04907"
ZHU = "Shen, Dai and Zhu 2025, arXiv:2504.08215"
PADILLA = "Padilla, Tansey and Chen 2022, JMLR 23"

_SHEN, _PADILLA = "univariate design of Shen et al., n = 512", "design S1 to S5, n = 1000"
RIVALS = (
    ("linear", "linear quantile regression", _SHEN, UNIVARIATE, SHEN),
    ("kernel", "kernel quantiles", _SHEN, UNIVARIATE, SHEN),
    ("forest", "quantile forests", _PADILLA, MULTIVARIATE, PADILLA),
    ("boosting", "boosted quantiles", _PADILLA, MULTIVARIATE, PADILLA),
)

Place = tuple[str, float, int]
"""Design, level, sample size."""


def _at_most(name: str, first: str, second: str, words: str, places: Iterable[Place], source: str) -> Claim:
    """Median L1 error of `first` at most that of `second` on the same data, at the place that speaks most against it."""
    readers = [log_ratio_of("l1", f"{first}_{q:g}", f"{second}_{q:g}", design=d, n=n) for d, q, n in places]
    measure = worst_of(readers, 0.0, 0.0, "at_most") if len(readers) > 1 else readers[0]
    ending = "worst design, log₁₀ of the ratio" if len(readers) > 1 else "log₁₀ of the ratio"
    return Claim(name, f"{words} (median L1 errors on the same data, {ending}).", "at_most", 0.0, 0.0, measure, source)


def _at(designs: Iterable[str], level: float, n: int | None = None) -> list[Place]:
    return [(design, level, n or SIZES[design]) for design in designs]


def _of(level: float) -> tuple[Claim, ...]:
    """The verdicts at one level."""
    over = "over-reading of"
    return (
        *(
            _at_most(
                f"ROB16.{rival}_{level:g}", NETWORK, rival,
                f"At level {level:g} networks for all levels are at least as near as {words} on every {designs}",
                _at(places, level), f"{over} {source}",
            )
            for rival, words, designs, places, source in RIVALS
        ),
        _at_most(
            f"ROB16.small_{level:g}", "forest", NETWORK,
            f"At n = 100 and level {level:g} quantile forests are at least as near as networks for all levels on every design "
            "S1 to S5",
            _at(MULTIVARIATE, level, 100), f"{PADILLA}, simulations: networks lose at n = 100 almost everywhere",
        ),
        Claim(
            f"ROB16.wave_{level:g}",
            f"On the wave design, which no line can follow, the network for all levels has at most half of the median L1 error "
            f"of linear quantile regression at level {level:g}, n = 512 (log₁₀ of the ratio).",
            "at_most", math.log10(0.5), 0.0,
            log_ratio_of("l1", f"{NETWORK}_{level:g}", f"linear_{level:g}", design="wave_exp_t2", n=512),
            f"{over} {SHEN}",
        ),
        _at_most(
            f"ROB16.order_{level:g}", CENTRED, NETWORK,
            f"The order constraint costs nothing: at level {level:g} the non-crossing network whose middle output is free is at "
            "least as near as the network for all levels without it on all nine designs",
            _at(SIZES, level), ZHU,
        ),
    )  # fmt: skip


CLAIMS = (
    *(claim for level in LEVELS for claim in _of(level)),
    _at_most(
        "ROB16.line", "linear", NETWORK,
        "Where all quantiles are linear (linear_t1, n = 512) linear quantile regression is at least as near as the network "
        "for all levels at all five levels",
        [("linear_t1", level, 512) for level in LEVELS], "the smaller model that holds the truth",
    ),
    _at_most(
        "ROB16.angle", "kernel", NETWORK,
        "On the angle design, n = 512, kernel quantiles are at least as near as the network for all levels at 0.05 and 0.95",
        [("angle_sine_t2", level, 512) for level in (0.05, 0.95)], ZHU,
    ),
    _at_most(
        "ROB16.tail", FIRST, "per_level",
        "Under t(1) noise (linear_t1, n = 512) the order constraint steadies the tail: at level 0.05 the non-crossing network "
        "whose first output is free is at least as near as one network a level",
        [("linear_t1", 0.05, 512)], ZHU,
    ),
    _at_most(
        "ROB16.anchor", FIRST, CENTRED,
        "Which output of a non-crossing network is free does not matter: at level 0.05 the one with its first output free is at "
        "least as near as the one with its middle output free on all nine designs",
        _at(SIZES, 0.05), "an assumption of the usual head; derived here",
    ),
    _at_most(
        "ROB16.centred_tail", CENTRED, "per_level",
        "Under t(1) noise (linear_t1, n = 512) the non-crossing network whose middle output is free is at level 0.05 at least "
        "as near as one network a level",
        [("linear_t1", 0.05, 512)], ZHU,
    ),
    Claim(
        "ROB16.explodes",
        "Under t(1) noise (linear_t1, n = 512) the squared error of forests explodes: at level 0.05 its median is at least 10 "
        "times that of the network for all levels (log₁₀ of the ratio).",
        "at_least", 1.0, 0.0,
        log_ratio_of("squared", "forest_0.05", f"{NETWORK}_0.05", design="linear_t1", n=512), ZHU,
    ),
)  # fmt: skip
