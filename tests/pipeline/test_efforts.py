"""What three times the effort changes: on replicates that have both, with an error that the replicates themselves show."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dlstats.pipeline import efforts, ledger, summaries
from dlstats.protocol import origin, readers
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method, Study
from dlstats.studies.averages import Average

SIZES, MORE = (10, 20), 24


def _raw(seed, replicates=96, more=MORE):
    """A risk that three times the effort halves, but for noise of its own; only the first replicates have both."""
    rng, parts = np.random.default_rng(seed), []
    for n in SIZES:
        once = rng.lognormal(0.0, 0.5, replicates) / n
        for effort, risk in ((1, once), (3, 0.5 * once[:more] * rng.lognormal(0.0, 0.1, more))):
            about = {"cell": f"n={n},effort={effort}", "n": n, "effort": effort, "method": "network", "status": "ok"}
            parts.append(pd.DataFrame(about | {"replicate": range(len(risk)), "risk": risk}))
    return pd.concat(parts, ignore_index=True)


EXPERIMENT = Experiment(
    lambda *_: pd.DataFrame(),
    {"n": Factor("n", int)} | EFFORT,
    {"network": Method("network", "network")},
    [Measure("risk", "risk")],
)
CLAIM = Claim("A1", "a", at_most(0.15), readers.value("risk", "mean", n=10), origin.Finding("toy, seed 1"))
STUDY = Study("Toy", "", {"nets": EXPERIMENT}, claims=(CLAIM,), name="toy", family="approximation")


def _row(raw, claim=CLAIM):
    evidence = Evidence({"nets": summaries.summarise(EXPERIMENT, raw)}, {"nets": raw})
    return ledger.combine([ledger.measure(replace(STUDY, claims=(claim,)), evidence, 0.1)]).iloc[0]


def test_the_ratio_is_that_of_the_replicates_that_have_both():
    raw = _raw(1)
    row, at = _row(raw), raw[(raw["n"] == 10) & (raw["replicate"] < MORE)].groupby("effort")["risk"].mean()
    assert row["effort_ratio"] == pytest.approx(at[3] / at[1], rel=1e-12)
    assert row["effort_estimate"] == pytest.approx(at[3], rel=1e-12)
    assert row["replicates"] == 96


def test_what_other_cells_turn_round_is_not_bound_to_the_recipe():
    """Effort changes nothing to the bit; only n = 10 was run at three times the effort, where the claim does not hold."""
    raw = _raw(1)
    once = raw[raw["effort"] == 1]
    more = once[(once["n"] == 10) & (once["replicate"] < MORE)].assign(effort=3, cell="n=10,effort=3")
    claim = Claim("A1", "a", at_most(0.07), readers.value("risk", "mean").at_largest("n"), CLAIM.origin)
    row = _row(pd.concat([once, more], ignore_index=True), claim)
    assert (row["paired_estimate"], row["effort_ratio"]) == (row["effort_estimate"], 1.0)
    assert row["p_for"] < 0.001
    assert row["p_against_effort"] < 0.01
    assert row["verdict"] == "replicated"


@pytest.mark.parametrize("mean", [lambda reader: reader, Average])
def test_of_logarithms_of_ratios_it_is_that_of_the_ratios(mean):
    raw = _raw(1)
    rival = raw.assign(method="rival", risk=raw["risk"].where(raw["effort"] == 1, 2 * raw["risk"]))
    contrast = Contrast("risk", "network", "rival", "log_ratio", "mean")
    methods = {name: Method(name, name) for name in ("network", "rival")}
    held = replace(EXPERIMENT, methods=methods, contrasts=(contrast,))
    claim = Claim(
        "A1", "a", at_most(0.0), mean(readers.log_ratio("risk", "network", "rival", "mean", n=10)), CLAIM.origin
    )
    both = pd.concat([raw, rival], ignore_index=True)
    study = replace(STUDY, experiments={"nets": held}, claims=(claim,))
    evidence = Evidence({"nets": summaries.summarise(held, both)}, {"nets": both})
    row = ledger.combine([ledger.measure(study, evidence, 0.1)]).iloc[0]
    assert row["effort_ratio"] == pytest.approx(0.5, rel=1e-12)
    assert row["paired_estimate"] == pytest.approx(0, abs=1e-12)


def test_its_error_is_its_spread_over_runs_and_far_below_that_of_runs_that_are_not_paired():
    rows = [_row(_raw(seed)) for seed in range(16)]
    ratios, errors = (np.array([row[name] for row in rows]) for name in ("effort_ratio", "effort_ratio_mcse"))
    assert errors.mean() == pytest.approx(ratios.std(ddof=1), rel=0.45)  # 2.4 of its standard errors, at 16 runs
    assert errors.mean() < 0.3 * 0.5 * 0.5 * np.sqrt(2 / MORE)


@pytest.mark.parametrize("more", [0, 1])
def test_without_replicates_that_have_both_there_is_no_ratio(more):
    raw = _raw(1, more=more)
    assert np.isnan(_row(raw)["effort_ratio"])
    assert np.isnan(_row(raw.drop(columns="effort").query("cell.str.endswith('=1')"))["effort_ratio"])


def test_pairs_are_of_the_same_condition():
    raw = _raw(1)
    raw = raw[(raw["effort"] == 1) | (raw["n"] == 20) | (raw["replicate"] < 5)]
    evidence = Evidence({"nets": summaries.summarise(EXPERIMENT, raw)}, {"nets": raw})
    both = efforts.Comparison(STUDY, evidence)._paired("nets")
    assert both.groupby(["n", "effort"])["replicate"].nunique().to_dict() == {
        (10, 1): 5, (10, 3): 5, (20, 1): MORE, (20, 3): MORE,
    }  # fmt: skip
