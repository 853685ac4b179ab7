"""Claims of the benchmark of conditional quantiles: one verdict per level and rival, on the worst design."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.origin import Derived, Finding, Origin, Practice
from dlstats.protocol.readers import Reader, log_ratio
from dlstats.studies.robust.quantile_benchmark.published_quantiles import (
    LEVELS,
    MULTIVARIATE,
    NETWORK,
    RIVALS,
    SIZES,
    UNIVARIATE,
)

SHEN, PADILLA = Practice("shen2021quantile", "over-read"), Practice("padilla2022", "over-read")
ZHU = Practice("shen2025")
_SHEN, _PADILLA = "univariate design of Shen et al., n = 512", "design S1 to S5, n = 1000"
WORDS = (
    ("linear", "linear quantile regression", _SHEN, UNIVARIATE, SHEN),
    ("kernel", "kernel quantiles", _SHEN, UNIVARIATE, SHEN),
    ("forest", "quantile forests", _PADILLA, MULTIVARIATE, PADILLA),
    ("boosting", "boosted quantiles", _PADILLA, MULTIVARIATE, PADILLA),
)


def _error(first: str, second: str, **where: Any) -> Reader:
    """log₁₀ of the ratio of the median L1 errors, in the direction in which the summary holds it or the other."""
    if second == NETWORK and first in RIVALS:
        return log_ratio("l1", second, first, **where).times(-1)
    return log_ratio("l1", first, second, **where)


def _on_every(first: str, second: str, designs: Iterable[str], level: float, n: int = 0) -> Reader:
    """The errors on every one of the designs, at the sample size for which claims are made or at n."""
    names = list(designs)
    size = {"n": n} if n else {"line": lambda line: line["n"] == SIZES[line["design"]]}
    return _error(first, second, level=level, design=names, **size).each("design").at_least(design=len(names))


def _at_most(name: str, words: str, reader: Reader, origin: Origin) -> Claim:
    ending = "worst design, log₁₀ of the ratio" if "design" in reader.over else "log₁₀ of the ratio"
    return Claim(name, f"{words} (median L1 errors on the same data, {ending}).", at_most(0.0), reader, origin)


def _of(level: float) -> tuple[Claim, ...]:
    """The verdicts at one level."""
    return (
        *(
            _at_most(
                f"ROB16.{rival}_{level:g}",
                f"At level {level:g} networks for all levels are at least as near as {words} on every {where}",
                _on_every(NETWORK, rival, designs, level),
                origin,
            )
            for rival, words, where, designs, origin in WORDS
        ),
        _at_most(
            f"ROB16.small_{level:g}",
            f"At n = 100 and level {level:g} quantile forests are at least as near as networks for all levels on every design "
            "S1 to S5",
            _on_every("forest", NETWORK, MULTIVARIATE, level, 100),
            Practice("padilla2022", "simulations: networks lose at n = 100 almost everywhere"),
        ),
        Claim(
            f"ROB16.wave_{level:g}",
            f"On the wave design, which no line can follow, the network for all levels has at most half of the median L1 error "
            f"of linear quantile regression at level {level:g}, n = 512 (log₁₀ of the ratio).",
            at_most(math.log10(0.5)),
            _error(NETWORK, "linear", level=level, design="wave_exp_t2", n=512),
            SHEN,
        ),
        _at_most(
            f"ROB16.order_{level:g}",
            f"The order constraint costs nothing: at level {level:g} the non-crossing network whose middle output is free is "
            "at least as near as the network for all levels without it on all nine designs",
            _on_every("centred", NETWORK, SIZES, level),
            ZHU,
        ),
    )


CLAIMS = (
    *(claim for level in LEVELS for claim in _of(level)),
    _at_most(
        "ROB16.line",
        "Where all quantiles are linear (linear_t1, n = 512) linear quantile regression is at least as near as the network "
        "for all levels at all five levels",
        _error("linear", NETWORK, design="linear_t1", n=512).each("level"),
        Finding(),
    ),
    _at_most(
        "ROB16.angle",
        "On the angle design, n = 512, kernel quantiles are at least as near as the network for all levels at 0.05 and 0.95",
        _error("kernel", NETWORK, design="angle_sine_t2", n=512, level=[0.05, 0.95]).each("level"),
        ZHU,
    ),
    _at_most(
        "ROB16.tail",
        "Under t(1) noise (linear_t1, n = 512) the order constraint steadies the tail: at level 0.05 the non-crossing network "
        "whose first output is free is at least as near as one network per level",
        _error("non_crossing", "per_level", level=0.05, design="linear_t1", n=512),
        ZHU,
    ),
    _at_most(
        "ROB16.anchor",
        "Which output of a non-crossing network is free does not matter: at level 0.05 the one with its first output free is at "
        "least as near as the one with its middle output free on all nine designs",
        _on_every("non_crossing", "centred", SIZES, 0.05),
        Derived(),
    ),
    _at_most(
        "ROB16.centred_tail",
        "Under t(1) noise (linear_t1, n = 512) the non-crossing network whose middle output is free is at level 0.05 at least "
        "as near as one network per level",
        _error("centred", "per_level", level=0.05, design="linear_t1", n=512),
        ZHU,
    ),
    Claim(
        "ROB16.explodes",
        "Under t(1) noise (linear_t1, n = 512) the squared error of forests explodes: at level 0.05 its median is at least 10 "
        "times that of the network for all levels (log₁₀ of the ratio).",
        at_least(1.0),
        log_ratio("squared", "forest", NETWORK, level=0.05, design="linear_t1", n=512),
        ZHU,
    ),
)
