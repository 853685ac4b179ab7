"""Are streams of random numbers whose names differ in one part uncorrelated?"""

from __future__ import annotations

import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Practice
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Correlation of the draws of one replicate with those of the next, and of its first role with the second."""

    def draws(of: Streams, role: str):
        return of.draw(lambda rng: rng.standard_normal(condition.draws), role)

    first = draws(streams, "data")
    following = Streams(streams.seed, streams.study, [r + 1 for r in streams.replicates])
    others = {"roles": draws(streams, "start"), "replicates": draws(following, "data")}
    return stacked(streams, {name: {"product": (first * other).mean(axis=1)} for name, other in others.items()})


STUDY = Study(
    title="Independence of the streams of random numbers",
    aims="To show that the streams of random numbers of two roles, or of two replicates, do not repeat one another.",
    mechanisms="Standard normal draws of streams that differ in one part of their name.",
    estimands="The correlation between streams.",
    experiments={
        "correlations": Experiment(
            simulate,
            factors={"draws": Factor("draws from each stream", int, at_least=1)},
            methods={
                "roles": Method("roles", "two roles of one replicate"),
                "replicates": Method("replicates", "one role of neighbouring replicates"),
            },
            measures=(Measure("product", "correlation between streams"),),
            block=1000,
            streams="streams_identity",
        )
    },
    claims=(
        Claim(
            "MCM6.independence",
            "Streams of neighbouring replicates, and of two roles of one replicate, have correlation 0 within {margin}.",
            equals(0, 0.01),
            value("product").each("method"),
            Practice("salmon2011"),
        ),
    ),
    limits="Correlation of draws in the same place only; other dependence, and streams of other studies, are not tried.",
    designs={name: grid(draws=100, replicates=r) for name, r in (("smoke", 50), ("standard", 4000), ("paper", 20000))},
)
