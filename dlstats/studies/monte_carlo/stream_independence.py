"""Are the numbers the same whatever the block, the order, the number of processes and the history?"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Measure, Study
from dlstats.seeds import Streams

PARTS = ("identity", "streams")
REPLICATES = 100
DRAWS = 60
INNER = "streams_identity_inner"
_COLUMNS = ["replicate", "slope", "mcse", "sum"]
WAYS = {
    "blocks": "blocks of 7 replicates instead of one of 100",
    "reversed": "the last replicate first, one at a time",
    "extended": "60 replicates, then 40 more",
    "processes": "two fresh processes, a block each",
}


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """How many of the numbers differ from those of a single block, and how strongly roles and replicates correlate."""
    if factors["part"] not in PARTS:
        raise ValueError(f"`part` must be one of {', '.join(PARTS)}, got {factors['part']!r}.")
    if factors["part"] == "streams":
        return _correlations(streams, factors["draws"])
    whole = _inner(streams.seed, range(REPLICATES))
    everything = range(REPLICATES)
    found = {
        "blocks": [_inner(streams.seed, everything[i : i + 7]) for i in range(0, REPLICATES, 7)],
        "reversed": [_inner(streams.seed, [r]) for r in reversed(everything)],
        "extended": [_inner(streams.seed, everything[:60]), _inner(streams.seed, everything[60:])],
        "processes": _in_processes(streams.seed),
    }
    counts = {way: _different(whole, parts) for way, parts in found.items()}
    return pd.DataFrame(
        [
            {"replicate": r, "method": way, "different": count}
            for r in streams.replicates
            for way, count in counts.items()
        ]
    )


def _inner(seed: int, replicates: Sequence[int]) -> pd.DataFrame:
    """A small study: draws of several kinds and a rate."""
    streams = Streams(seed, INNER, list(replicates))
    normal = streams.draw(lambda rng: rng.standard_normal((4, DRAWS)), "data", n=DRAWS)
    gamma = streams.draw(lambda rng: rng.gamma(2.0, size=(4, DRAWS)), "noise", n=DRAWS)
    risk = (normal**2 * gamma) / np.array([8, 16, 32, 64])[:, None]
    rows = []
    for replicate, one in zip(streams.replicates, risk, strict=True):
        rate = montecarlo.rate((8, 16, 32, 64), one)
        rows.append((float(replicate), rate.slope.value, rate.slope.mcse, float(one.sum())))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _in_processes(seed: int) -> list[pd.DataFrame]:
    """Two blocks at a time in fresh interpreters, the later one first."""
    code = f"import sys; from {__name__} import _inner as f; a = list(map(int, sys.argv[1:]))"
    code += "; sys.stdout.buffer.write(f(a[0], range(*a[1:])).to_numpy().tobytes())"
    half = REPLICATES // 2
    commands = [[sys.executable, "-c", code, str(seed), str(i), str(i + half)] for i in (half, 0)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    parts = [np.frombuffer(process.communicate()[0]).reshape(half, -1) for process in running]
    return [pd.DataFrame(part, columns=_COLUMNS) for part in parts]


def _different(whole: pd.DataFrame, parts: list[pd.DataFrame]) -> int:
    """Numbers whose bits differ."""
    again = pd.concat(parts).sort_values("replicate", ignore_index=True)
    return int((again.to_numpy().view(np.uint64) != whole.to_numpy().view(np.uint64)).sum())


def _correlations(streams: Streams, draws: int) -> pd.DataFrame:
    """Correlation of the draws of one replicate with those of the next, and of its first role with the second."""
    first = streams.draw(lambda rng: rng.standard_normal(draws), "data")
    second = streams.draw(lambda rng: rng.standard_normal(draws), "start")
    following = [r + 1 for r in streams.replicates]
    beside = Streams(streams.seed, streams.study, following).draw(lambda rng: rng.standard_normal(draws), "data")
    pairs = {"roles": second, "replicates": beside}
    frames = [
        pd.DataFrame({"replicate": list(streams.replicates), "method": name, "product": (first * other).mean(axis=1)})
        for name, other in pairs.items()
    ]
    return pd.concat(frames).sort_values("replicate", kind="stable", ignore_index=True)


MEASURES = (
    Measure("different", "numbers that differ", "exact"),
    Measure("product", "correlation between streams", "mean"),
)


def different(evidence: Evidence, method: str) -> Estimate:
    """Numbers that differ from those of one block."""
    row = evidence.table(measure="different", method=method).iloc[0]
    return montecarlo.exact(row["estimate"])


def correlation(evidence: Evidence) -> Estimate:
    """The larger of the correlations between streams."""
    rows = evidence.table(measure="product").to_dict("records")
    found = [Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"]) for r in rows]
    return montecarlo.worst(found, 0.0, 0.01)


CLAIMS = (
    *(
        Claim(
            f"MCM6.{way}",
            f"A study of 100 replicates gives the same bits in {words}.",
            "identity",
            0.0,
            0.0,
            functools.partial(different, method=way),
            "by construction: streams are derived from names and replicate",
        )
        for way, words in WAYS.items()
    ),
    Claim(
        "MCM6.independence",
        "Streams of neighbouring replicates, and of two roles of one replicate, have correlation 0 within 0.01.",
        "equivalence",
        0.0,
        0.01,
        correlation,
        "Salmon, Moraes, Dror and Shaw 2011 (Philox)",
    ),
)

STUDY = Study(
    name="streams_identity",
    family="monte_carlo",
    title="Streams of random numbers",
    aims="To show that results are a function of the configuration alone, and that streams do not repeat one another.",
    mechanisms="A small study computed in several ways; draws of streams that differ in one name.",
    estimands="The number of differing values; the correlation between streams.",
    methods={**WAYS, "roles": "two roles of one replicate", "replicates": "one role of neighbouring replicates"},
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    limits="Same bits are promised on one machine; training on another device agrees to rounding only.",
    block=1000,
)
