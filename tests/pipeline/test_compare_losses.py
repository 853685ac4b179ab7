"""A loss of ours, given as one from outside, gives its own results, and one that is no loss for each sample is refused."""

import re

import pandas as pd
import pytest

from dlstats.cli import parser as command_line
from dlstats.pipeline import compare, foreign, store
from dlstats.pipeline.rows import settled
from dlstats.seeds import Streams


def _trained(study, cell, loss, tmp_path):
    """The rows of one replicate of a study's own losses, and those of a loss from outside."""
    from dlstats.pipeline import cells, grid

    (tmp_path / "ours.py").write_text(f"from dlstats.losses.{loss} as LOSS\n")
    name, experiment = next((n, e) for n, e in compare.pluggable([study]).items() if e.plug and e.plug.train)
    inner = name.partition(".")[2]
    own = cells.simulate_block(experiment, store.Origin(study, inner, cell, 777_001, ""), [3])
    condition, streams = grid.parse_cell_id(cell, experiment, name), Streams(777_001, experiment.streams or study, [3])
    ours = foreign.load(str(tmp_path / "ours.py"), kind="loss")
    rows = compare._of_loss(experiment, condition, streams, ours, "cpu").assign(**condition)
    return experiment, own, rows


@pytest.mark.parametrize(
    ("study", "cell", "loss", "method"),
    [
        ("heavy_tails", "noise=cauchy,n=20,effort=1", "robust import absolute", "absolute"),
        (
            "imbalance_networks",
            "mechanism=moons,n=100,prevalence=0.2,steps=5,effort=1",
            "imbalance import cross_entropy",
            "cross_entropy",
        ),
        ("quantile_benchmark", "n=20,design=wave_exp_t2,effort=1", "quantile import pinball", "per_level"),
    ],
)
def test_our_own_loss_as_one_from_outside_gives_its_own_results(study, cell, loss, method, tmp_path):
    experiment, own, rows = _trained(study, cell, loss, tmp_path)
    own = own[own["method"] == method].reset_index(drop=True)
    together = compare._with(experiment, foreign.Foreign("loss", "ours", "", "", "", None), set(map(str, rows)))
    assert settled(rows, together)["status"].eq("ok").all()
    judged = [c for c in rows if c in own and c not in ("method", "seconds", "reason", "status")]
    assert len(judged) > 8
    pd.testing.assert_frame_equal(rows[judged], own[judged], check_exact=True, check_dtype=False)


@pytest.mark.parametrize(
    ("arguments", "returned", "came"),
    [
        ("f, y", "(f - y).square().mean()", r"shape \(\)"),
        ("f, y", "(f - y).square().squeeze(-1)", r"shape \(1, 20\)"),
        ("f, y", "f.detach().numpy() - y.numpy()", "an object of type ndarray"),
        ("f, y", "numpy.abs(f - y)", "RuntimeError: Can't call numpy"),
        ("f, y", "None", "None"),
        ("f, y", "(f - y).square().detach()", "a tensor without a gradient"),
        ("f", "f", "TypeError: .*takes 1 positional argument"),
        ("f, y", "sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_what_is_no_loss_is_refused_in_one_line_before_anything_is_read_or_trained(
    arguments, returned, came, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(f"import sys\nimport numpy\n\ndef given({arguments}):\n    return {returned}\n")
    (tmp_path / "c.yaml").write_text(
        "design: smoke\nseed: 777001\nstudies: [heavy_tails]\noverrides: {heavy_tails: {networks: "
        "[{levels: {noise: cauchy, n: 20, effort: 1}, replicates: 1}]}}\n"
    )
    assert command_line.main(["compare", "heavy_tails", "--loss", "mine.py:given", "--config", "c.yaml"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert re.search(
        rf"The loss `given` must be a function of tensors \(prediction, y\) .*\(1, 20, 1\), got {came}", error
    ), error
