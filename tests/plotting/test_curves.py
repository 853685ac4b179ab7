"""Curves and axes take their words from the experiment: factors, measures and methods; every log axis has a number."""

import itertools

import pandas as pd
import pytest
from matplotlib.figure import Figure

from dlstats.pipeline import summaries
from dlstats.plotting import labels
from dlstats.plotting.curves import curves, draw_points, log_axes, risk_axes
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method, Study, grid

EXPERIMENT = Experiment(
    simulate=lambda condition, streams, device: pd.DataFrame(),
    factors={
        "n": Factor("sample size", int, symbol="n"),
        "noise": Factor("noise", str, {"normal": "Gaussian", "t": "Student's t"}),
    },
    methods={"forest": Method("random forest", "trees"), "net": Method("neural network", "a network")},
    measures=[Measure("risk", "excess risk", unit="K²"), Measure("seconds_used", "time")],
)


def evidence(noises=("normal",), experiments=True):
    rows = [
        {"cell": f"n={n},noise={noise}", "n": n, "noise": noise, "replicate": r, "method": m, "status": "ok", "risk": value,
         "seconds_used": 1.0}
        for n, noise, m, r in itertools.product((200, 400), noises, EXPERIMENT.methods, range(4))
        for value in [(0.31 + 0.01 * r) * 300 / n]  # type: ignore
    ]  # fmt: skip
    table = summaries.summarise(EXPERIMENT, pd.DataFrame(rows))
    return Evidence({"risk": table}, experiments={"risk": EXPERIMENT} if experiments else None)


def drawn(held, **options):
    figure = Figure()
    curves("risk", caption="", **options).draw(held, figure)
    return figure.axes


def test_axes_and_ends_of_curves_have_the_labels_of_factor_measure_and_methods():
    (axes,) = drawn(evidence())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("sample size $n$", "excess risk (K²)")
    assert [text.get_text() for text in axes.texts] == ["random forest", "neural network"]


def test_panels_have_the_labels_of_levels():
    titles = [axes.get_title() for axes in drawn(evidence(("normal", "t")))]
    assert titles == ["noise Gaussian", "noise Student's t"]


@pytest.mark.parametrize("value", [float("nan"), -1.0, 0.0])
def test_a_panel_without_a_positive_value_is_left_out_and_a_figure_of_no_other_is_none(value):
    held = evidence(("normal", "t"))
    lines = held.summaries["risk"]
    lines.loc[lines["noise"] == "t", "estimate"] = value
    (axes,) = drawn(held)
    assert axes.get_title() == "noise Gaussian"
    lines["estimate"] = value
    with pytest.raises(LookupError, match="no value of `risk` is finite and positive"):
        drawn(held)


def test_more_curves_than_can_be_named_at_their_ends_have_a_legend(monkeypatch):
    monkeypatch.setattr(labels, "MOST", 1)
    (axes,) = drawn(evidence())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["random forest", "neural network"]  # type: ignore
    assert not axes.texts


def test_what_is_given_comes_before():
    chosen = {"net": EXPERIMENT.methods["net"]}
    (axes,) = drawn(evidence(), methods=chosen, ylabel="risk, K²")
    assert axes.get_ylabel() == "risk, K²"
    assert [text.get_text() for text in axes.texts] == ["neural network"]


def test_without_the_experiment_names_stand_for_labels():
    (axes,) = drawn(evidence(experiments=False))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("n", "risk")


def test_a_name_that_is_not_declared_has_no_axis():
    with pytest.raises(LookupError, match="no factor, key or measure `risks`"):
        evidence().axis("risks")


def test_axes_of_risk_are_those_of_the_experiment_and_of_another_column_its_own():
    axes = Figure().subplots()
    risk_axes(axes, evidence(), "a title", column="seconds_used")
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("sample size $n$", "time", "a title")


@pytest.mark.parametrize("heights", [(0.21, 0.29), (2.0, 8.0), (0.02, 0.5), (0.9, 200.0)])
@pytest.mark.parametrize("sizes", [(200, 400), (300, 300), (20, 30000), (2, 10**7)])
def test_every_log_axis_shows_a_number(sizes, heights):
    figure = Figure()
    axes = figure.subplots()
    axes.plot(sizes, heights)
    log_axes(axes)
    figure.draw_without_rendering()
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        assert [t for t in ticks if t.label1.get_text() and low <= t.get_loc() <= high]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"column": "rsk"},
            "The figure rsk_by_n reads what is not there: toy has no measure `rsk`.* Did you mean `risk`",
        ),
        ({"column": "risk", "over": "m"}, "The figure risk_by_m reads what is not there: toy has no factor or key `m`"),
        ({"column": "risk", "experiment": "risks"}, "has no experiment `risks`"),
        ({"column": "risk", "statistic": "median"}, "The figure risk_by_n reads what is not there"),
    ],
)
def test_a_figure_of_what_no_experiment_declares_is_refused_when_the_study_is_loaded(options, message):
    figure = curves(caption="", **options)
    designs = {"smoke": grid(n=[200], noise="normal", replicates=2)}
    study = Study(title="Toy", aims="", experiments={"risk": EXPERIMENT}, figures=[figure], designs=designs)
    with pytest.raises(ValueError, match=message):
        study.named("toy", "toys")


def test_bars_of_proportions_stay_between_0_and_1():
    ends = pd.DataFrame(
        {"at": [1.0, 2.0], "estimate": [0.0, 0.9], "mcse": [0.1, 0.1], "lower": [0.0, 0.6], "upper": [0.2, 0.98]}
    )
    axes = Figure().subplots(1, 2)
    for panel, statistic in zip(axes, ("proportion", "mean"), strict=True):
        draw_points(panel, ends.assign(statistic=statistic), "starts", "network", log=False)
    drawn, mean = ([bar.tolist() for bar in panel.containers[0].lines[2][0].get_segments()] for panel in axes)
    assert drawn == [[[1.0, 0.0], [1.0, 0.2]], [[2.0, pytest.approx(0.6)], [2.0, pytest.approx(0.98)]]]
    assert mean[1][1][1] == pytest.approx(0.9 + 0.196)
