"""How many nodes the exact networks have: a table without randomness."""

from __future__ import annotations

from collections.abc import Iterator

from dlstats.protocol.claim import Claim, at_least
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import tabulated
from dlstats.theory import sawtooth as theory

SHALLOW_LIMIT = 10
"""Compositions up to which the shallow network, of 2^n units, is written out."""


def _sizes(compositions: int) -> Iterator[dict]:
    n = compositions
    networks = {"chain": theory.chain(n), "narrow_chain": theory.narrow_chain(n)}
    if n <= SHALLOW_LIMIT:
        networks["shallow"] = theory.shallow(n)
    for method, layers in networks.items():
        yield {"method": method, "nodes": theory.nodes(layers)}


EXPERIMENT = Experiment(
    tabulated(_sizes),
    factors={"compositions": Factor("compositions", int, symbol="n", at_least=1)},
    methods={
        "chain": Method("exact deep network", "exact deep network, hidden widths 2, 1, 2, 1, …", style="deep"),
        "narrow_chain": Method(
            "exact narrow network", "exact deep network, n hidden layers of two units", style="exact"
        ),
        "shallow": Method("exact shallow network", "exact network with one hidden layer of 2ⁿ units, n ≤ 10"),
    },
    measures=(Measure("nodes", "hidden units and output", "exact"),),
)

CLAIMS = (
    Claim(
        "SAW2.fewest",
        "3n + 1 nodes are needed, not only enough: an exact deep network has no fewer (nodes beyond 3n + 1 of the "
        "smallest exact network here, that of SAW2 with 2n + 1, for n ≥ 2).",
        at_least(0),
        value("nodes", method="narrow_chain", compositions=lambda n: n >= 2)
        .each("compositions")
        .minus(lambda line: 3 * line["compositions"] + 1),
        Finding(),
        ("JSM",),
    ),
)
