"""`regression(...)` builds an experiment from a process and methods; the study of a newcomer runs to its claim."""

import runpy
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from cases import stream_record
from matplotlib.figure import Figure

from dlstats.cli import start
from dlstats.dgp.friedman import Friedman
from dlstats.methods.trees import Boosting, Forest
from dlstats.methods.tuning import held_out
from dlstats.pipeline import summaries
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.seeds import Streams
from dlstats.studies.regression import Network, regression

FILE = start.STARTER / "network_or_boosting.py"
STUDY = runpy.run_path(str(FILE))["STUDY"]
N = {"n": Factor("sample size", int, at_least=20)}


def _raw(experiment, levels, replicates):
    condition = experiment.condition(levels, "risk")
    rows = experiment.simulate(condition, Streams(1, "friedman", replicates), "cpu")
    cell = ",".join(f"{k}={v}" for k, v in condition.items())
    return rows.assign(cell=cell, **condition)


@pytest.fixture(scope="module")
def raw():
    (grid,) = STUDY.design("smoke")["risk"]
    frames = [_raw(STUDY.experiments["risk"], levels, range(grid.replicates)) for levels in grid.conditions()]
    return pd.concat(frames, ignore_index=True)


def test_a_study_of_a_newcomer_runs_to_its_claim_and_its_figure(raw):
    evidence = Evidence({"risk": summaries.summarise(STUDY.experiments["risk"], raw)})
    (claim,), (figure,) = STUDY.claims, STUDY.figures
    wide = raw[raw["n"] == 60].pivot(index="replicate", columns="method", values="risk")
    measured = claim.measure(evidence)
    assert isinstance(measured, list)
    assert measured[0].value == pytest.approx((np.log10(wide["network"]) - np.log10(wide["boosting"])).mean())
    canvas = Figure()
    figure.draw(evidence, canvas)
    labels = [method.label for method in (Network(((32, 32),)), Boosting(), Forest())]
    assert [text.get_text() for text in canvas.axes[0].texts] == labels


def test_the_study_of_a_newcomer_fits_in_55_lines():
    assert len(FILE.read_text().splitlines()) <= 55


def test_new_points_are_none_of_the_sample_and_no_replicate_has_those_of_another():
    experiment = regression(dgp=Friedman(), methods={"boosting": Boosting()}, factors=N, new_points=40)
    assert experiment.plug is not None
    with stream_record.watching() as asked:
        data = experiment.plug.sample(experiment.condition({"n": 40}, "risk"), Streams(1, "friedman", range(3)))
    points = [row.tobytes() for part in (data.x, data.new) for row in part.reshape(-1, data.x.shape[2])]
    assert len(set(points)) == len(points) == 2 * 3 * 40
    assert [one.role for one in asked] == ["data", "new", "baseline"]


def test_a_replicate_alone_is_the_replicate_in_its_block(raw):
    experiment = STUDY.experiments["risk"]
    alone = _raw(experiment, {"n": 60, "noise_sd": 1.0, "steps": 20}, [2]).set_index("method")["risk"]
    block = raw[(raw["n"] == 60) & (raw["replicate"] == 2)].set_index("method")["risk"]
    pd.testing.assert_series_equal(alone, block, rtol=0.05)  # float32 training: rounding only
    assert (alone.drop("network") == block.drop("network")).all()


def _data(replicates):
    streams = Streams(1, "friedman", replicates)
    drawn = [Friedman(noise_sd=0.1).sample(80, rng) for rng in streams.generators("data", n=80)]
    return streams, *(np.stack(part) for part in zip(*drawn, strict=True))


def test_a_network_is_judged_on_the_fifth_that_baselines_are_tuned_on(monkeypatch):
    (streams, x, y), seen = _data([0, 3]), []
    monkeypatch.setattr(Network, "_fit", lambda self, *given: (seen.append(given), (given[1][:, :16], {}))[1])
    Network(((4,),), (0.01, 0.02)).chosen(x, y, streams, "cpu", n=80)
    assert len(seen) == 2
    for own, responses, ahead, *_ in seen:
        for r, rng in enumerate(streams.generators("baseline", n=80)):
            split = held_out(80, rng)
            np.testing.assert_array_equal(own[r], x[r, split.rest])
            np.testing.assert_array_equal(responses[r], y[r, split.rest])
            np.testing.assert_array_equal(ahead[r], x[r, split.held])


def test_every_replicate_is_trained_with_the_setting_that_was_best_on_its_own_fifth():
    network = Network(((2,), (16,)), (0.003, 0.03), (0.0, 1.0), steps=100)
    streams, x, y = _data(range(6))
    chosen = network.chosen(x, y, streams, "cpu", n=80)
    values, columns = network.together(x, y, x, streams, "cpu", n=80)
    assert len(set(chosen)) > 1
    for setting in set(chosen):
        mine = [r for r in range(6) if chosen[r] == setting]
        alone = Network((setting.widths,), (setting.learning_rate,), (setting.weight_decay,), steps=100)
        few = Streams(1, "friedman", mine)
        expected, theirs = alone.together(x[mine], y[mine], x[mine], few, "cpu", n=80)
        np.testing.assert_array_equal(values[mine], expected)
        assert columns["train_loss"][mine].tolist() == theirs["train_loss"].tolist()


def test_effort_multiplies_the_steps_of_the_same_start():
    streams, x, y = _data([0])
    (plain, one), (more, three), (_, nine) = (
        Network(((8,),), (0.01,), steps=s, effort=e).together(x, y, x, streams, "cpu")
        for s, e in ((40, 1), (40, 3), (120, 1))
    )
    assert one["start_digest"] == three["start_digest"]
    assert three == nine
    assert not np.array_equal(plain, more)


def test_a_learning_rate_that_cannot_work_is_not_chosen():
    experiment = regression(
        dgp=Friedman(noise_sd=0.1), methods={"network": Network(((8,),), (1e-12, 0.03), steps=200)}, factors=N
    )
    tuned = _raw(experiment, {"n": 200}, range(4))
    variance = Friedman().signal_variance
    assert (tuned["risk"] < 0.5 * variance).all()  # at a rate of 1e-12 it stays where it started, near the variance


def test_the_default_of_a_factor_reaches_process_and_method():
    @dataclass(frozen=True)
    class Constant:
        level: float = 1.0
        label, description, style = "constant", "a constant", ""

        def __call__(self, x, y, new, rng):
            return np.full(len(new), self.level)

    def risk(default, given=()):
        factors = N | {"level": Factor("level", float, default=default)}
        experiment = regression(dgp=Friedman(noise_sd=0.0), methods={"constant": Constant()}, factors=factors)
        return _raw(experiment, {"n": 20, **dict(given)}, [0])["risk"].item()

    assert risk(5.0) == risk(7.0, {"level": 5.0}) != risk(7.0)
    assert risk(None) == risk(7.0, {"level": 1.0})


def test_a_network_is_described_with_what_it_was_given():
    network = Network(((32, 16), (8,)), (0.003, 0.01), (0.0, 0.1), steps=500, batch_size=64, restarts=2)
    for part in (
        "widths 32, 16 or 8 with",
        "500 steps",
        "minibatches of 64",
        "0.003 or 0.01, weight decay 0 or 0.1 (chosen on the held-out fifth)",
        "best of 2",
    ):
        assert part in network.description
    assert "held-out" not in Network(((8,),), (0.01,)).description


def test_a_factor_or_measure_that_means_nothing_is_refused():
    parts = {"dgp": Friedman(), "methods": {"boosting": Boosting(), "forest": Forest()}}
    with pytest.raises(ValueError, match="`factors` must be n and fields"):
        regression(**parts, factors=N | {"colour": Factor("colour", str)})
    with pytest.raises(ValueError, match="`factors` must be n and fields"):
        regression(**parts, factors={"d": Factor("inputs", int)})
    with pytest.raises(ValueError, match="`measures` must be of the columns"):
        regression(**parts, factors=N, measures=[Measure("bias", "bias")])


@pytest.mark.parametrize("wrong", [{"dgp": Friedman}, {"dgp": Boosting()}, {"methods": {"boosting": Boosting}}])
def test_a_class_or_what_cannot_be_sampled_is_refused(wrong):
    parts = {"dgp": Friedman(), "methods": {"boosting": Boosting()}, "factors": N}
    with pytest.raises(ValueError, match=r"must be a dataclass's instance.*, got"):
        regression(**parts | wrong)


def test_widths_in_the_place_of_architectures_are_refused():
    with pytest.raises(ValueError, match=r"must be tuples of widths, as \(\(32, 32\),\), got \(8, 8\)"):
        Network((8, 8))  # type: ignore[arg-type]
