import fnmatch
import functools
import math

import numpy as np
import pandas as pd
import pytest
import smoke_evidence as smoke
import torch

from dlstats.losses import quantile, regression
from dlstats.losses.barron import barron
from dlstats.pipeline import cells as pipeline
from dlstats.pipeline import grid, ledger
from dlstats.protocol import study as studies
from dlstats.seeds import Streams
from dlstats.studies.robust import _efficiency_exact, _shapes
from dlstats.theory import efficiency

EXACT = {
    "efficiency": ["part=influence", "part=minimax", "part=envelope", "part=partition"],
    "quantiles": ["part=crps", "part=excess", "part=expectile", "part=descent"],
}
REFUTED = {"ROB11.negative", "ROB14.contrast"}
"""Over-readings of the lectures that exact mathematics refutes."""
RANDOM = {
    "efficiency": ("part=location,law=t1", 30),
    "location_tails": ("part=rate,alpha=1.5,n=50", 30),
    "quantiles": ("part=crossing,n=30", 4),
    "conformal": ("n=19,miscoverage=0.1", 30),
}
TRAINED = {
    "heavy_tails": "n=200,noise=cauchy",
    "quantile_benchmark": "n=128,design=wave_exp_t2",
}


def load(name):
    return studies.load(grid.study_module(name))


def simulated(name, cell, replicates, seed=5):
    study, factors = load(name), grid.parse_cell_id(cell)
    rows = study.simulate(factors, Streams(seed, name, list(replicates)), "cpu")
    return rows.join(pd.DataFrame([{"cell": cell, "study": name, **factors}] * len(rows), index=rows.index))


def judged(name, cells, replicates=1):
    rows = pd.concat([simulated(name, cell, range(replicates)) for cell in cells], ignore_index=True)
    rows["status"] = rows["status"].fillna("ok") if "status" in rows else "ok"
    study = load(name)
    summary = pipeline.summarise(study, rows)
    return ledger.verdicts(study, studies.Evidence(rows, summary), 0.1).set_index("claim")


@pytest.mark.parametrize("name", EXACT)
def test_exact_claims_are_supported_but_for_the_known_over_readings(name):
    lines = judged(name, EXACT[name])
    found = lines[~lines["note"].fillna("").str.startswith("not simulated")]
    assert len(found) >= 3
    for claim, verdict in found["verdict"].items():
        assert verdict == ("refuted" if claim in REFUTED else "supported"), claim


@pytest.mark.parametrize("name", RANDOM)
def test_a_replicate_alone_is_the_replicate_in_its_block(name):
    cell, replicates = RANDOM[name]
    together = simulated(name, cell, range(replicates))
    alone = simulated(name, cell, [3])
    block = together[together["replicate"] == 3].reset_index(drop=True)
    numbers = [c for c in alone.select_dtypes("number") if c in block]
    np.testing.assert_allclose(alone[numbers], block[numbers], rtol=1e-9)


@pytest.mark.parametrize("name", RANDOM)
def test_every_replicate_has_every_method_once(name):
    cell, replicates = RANDOM[name]
    rows = simulated(name, cell, range(replicates))
    assert list(rows["replicate"].unique()) == list(range(replicates))
    assert not rows.duplicated(["replicate", "method"]).any()
    assert (rows.groupby("replicate").size() == rows["method"].nunique()).all()


@pytest.mark.parametrize("name", TRAINED)
def test_trained_studies_record_digests_and_share_data_between_methods(name):
    rows = simulated(name, TRAINED[name], [0, 1])
    networks = rows[rows["data_digest"] != ""]
    assert (networks.groupby("replicate")["data_digest"].nunique() == 1).all()
    assert networks["data_digest"].nunique() == 2
    assert (networks["start_digest"].str.len() == 12).all()
    assert np.isfinite(rows.select_dtypes("number")).all().all()


@pytest.mark.parametrize(
    ("group", "label"), [(group, label) for group, members in _shapes.SHAPES.items() for label in members]
)
def test_the_shapes_that_are_drawn_are_those_of_the_losses_that_are_trained(group, label):
    by_name = {"squared": lambda f, y: regression.squared(f[None, :, None], y[None, :, None])[0, :, 0] / 2}
    by_name |= {"quantile": quantile.pinball, "expectile": quantile.expectile}
    by_name |= {"smooth quantile": functools.partial(quantile.smooth_pinball, width=_shapes.WIDTH)}
    if group.startswith("Barron"):
        loss = functools.partial(barron, alpha=float(label.removeprefix("α = ").replace("−", "-").replace("∞", "inf")))
    elif group.startswith("level"):
        loss = functools.partial(by_name[label], level=_shapes.LEVEL)
    else:
        name = label.lower().replace("–", "_").replace("-", "_")
        constant = efficiency.ESTIMATORS["mean" if name == "squared" else name].constant
        loss = by_name.get(name) or _efficiency_exact.loss_of(name, constant)
    r, rho, psi, weight = _shapes.curves(group, label)
    away = np.abs(r) > 1e-6
    np.testing.assert_allclose(psi[away], _efficiency_exact.psi_of(loss, r)[away], atol=1e-12)
    value = loss(torch.zeros(len(r)).double(), torch.as_tensor(r)).numpy()
    # a jump of psi at 0 costs the trapezoid half a step
    np.testing.assert_allclose(rho, value - value[len(r) // 2], atol=3e-3)
    np.testing.assert_allclose(weight[away] * r[away], psi[away], atol=1e-12)


def test_unknown_parts_are_refused_by_name():
    for name in ("efficiency", "location_tails", "quantiles"):
        with pytest.raises(ValueError, match="part"):
            load(name).simulate({"part": "nothing"}, Streams(1, name, [0]), "cpu")
    with pytest.raises(ValueError, match="data"):
        load("robust_data").simulate({"data": "nothing"}, Streams(1, "robust_data", [0]), "cpu")


def test_claim_ids_of_the_family_are_unique_and_cover_rob1_to_rob19():
    names = ("efficiency", "location_tails", "heavy_tails", "robust_regression", "quantiles", "deep_quantile")
    names += ("quantile_benchmark", "conformal", "robust_data")
    ids = [claim.id for name in names for claim in load(name).claims]
    assert len(ids) == len(set(ids))
    assert {int(i.removeprefix("ROB").split(".")[0]) for i in ids} == set(range(1, 20))


def test_the_rule_of_the_exact_part_integrates_tails():
    x, w = _efficiency_exact.rule((1.0, 5.0))
    assert (w * 2 / (math.pi * (1 + x**2))).sum() == pytest.approx(1, abs=1e-12)
    assert (w * np.exp(-(x**2) / 2)).sum() * math.sqrt(2 / math.pi) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", ["heavy_tails", "robust_regression", "deep_quantile", "quantile_benchmark"])
def test_every_contrast_is_in_the_summary_and_every_method_is_described(name):
    study, summary = load(name), smoke.evidence(name).summary
    found = set(summary.loc[summary["statistic"] == "log_ratio", "method"])
    assert found == {contrast.name for contrast in study.contrasts}
    methods = set(summary.loc[summary["statistic"] != "log_ratio", "method"])
    assert {m for m in methods if not any(fnmatch.fnmatch(m, known) for known in study.methods)} == set()
