"""Plots of simulation results: they show every line with its error, and refuse what they cannot show."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from dlstats import montecarlo
from dlstats.plotting import simulation as plots
from dlstats.protocol.study import Measure


def _replicates(reps=60):
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {"n": n, "noise": noise, "method": m, "replicate": range(reps), "x": rng.normal(size=reps) / n**0.5}
        )
        for n in (50, 100, 200)
        for noise in ("normal", "t3")
        for m in ("ols", "lad")
    ]
    return pd.concat(parts, ignore_index=True)


def _summary():
    return montecarlo.summarise(
        _replicates(), [Measure("x", "x", "rmse", options={"truth": 0.0})], ["n", "noise", "method"]
    )


ONE = {"noise": "t3"}
PLOTS = {
    "estimates": (lambda ax, s: plots.estimates(ax, s, "n"), lambda s: s[s["noise"] == "t3"]),
    "lollipop": (lambda ax, s: plots.lollipop(ax, s), lambda s: s[(s["noise"] == "t3") & (s["n"] == 50)]),
    "forest": (lambda ax, s: plots.forest(ax, s, reference=0.1), lambda s: s[(s["noise"] == "t3") & (s["n"] == 50)]),
    "nested_loop": (lambda ax, s: plots.nested_loop(ax, s, ["n", "noise"]), lambda s: s),
    "heat_map": (lambda ax, s: plots.heat_map(ax, s, "n", "method"), lambda s: s[s["noise"] == "t3"]),
}


def _axes():
    return Figure(layout="constrained").subplots()


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_draws_into_the_given_axes_and_returns_them(name):
    draw, choose = PLOTS[name]
    axes = _axes()
    assert draw(axes, choose(_summary())) is axes
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    assert axes.has_data()


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_shows_lines_whose_error_is_not_known(name):
    draw, choose = PLOTS[name]
    summary = choose(_summary()).assign(mcse=np.nan, lower=np.nan, upper=np.nan)
    draw(_axes(), summary)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_refuses_a_frame_without_errors_and_one_of_two_measures(name):
    draw, choose = PLOTS[name]
    summary = choose(_summary())
    with pytest.raises(ValueError, match="mcse"):
        draw(_axes(), summary.drop(columns="mcse"))
    with pytest.raises(ValueError, match="one measure"):
        draw(_axes(), pd.concat([summary, summary.assign(statistic="mean")]))


def test_error_bars_have_the_length_of_the_intervals():
    summary = _summary().query("noise == 't3' and method == 'ols'")
    axes = plots.estimates(_axes(), summary, "n")
    bars = axes.collections[0].get_segments()  # pyright: ignore[reportAttributeAccessIssue]
    found = [(segment[0][1], segment[1][1]) for segment in bars]
    assert np.allclose(found, summary[["lower", "upper"]])


def test_the_heat_map_prints_each_estimate_with_its_error():
    summary = _summary().query("noise == 't3'")
    axes = plots.heat_map(_axes(), summary, "n", "method", digits=3)
    texts = {text.get_text() for text in axes.texts}
    assert texts == {f"{r.estimate:.3f}\n({r.mcse:.4f})" for r in summary.itertuples()}


def test_the_heat_map_refuses_two_lines_for_one_place():
    with pytest.raises(ValueError, match="one line per n and method"):
        plots.heat_map(_axes(), _summary(), "n", "method")


def test_the_zip_plot_draws_each_interval_once_and_counts_coverage():
    rows = _replicates().query("n == 50 and noise == 't3' and method == 'ols'")
    rows = rows.assign(estimate=rows["x"], lower=rows["x"] - 0.2, upper=rows["x"] + 0.2)
    axes = plots.zip_plot(_axes(), rows, 0.0)
    assert sum(len(c.get_segments()) for c in axes.collections) == len(rows)  # pyright: ignore[reportAttributeAccessIssue]
    assert f"coverage {(rows['x'].abs() <= 0.2).mean():.3f}" in axes.get_title()
    with pytest.raises(ValueError, match="`lower`"):
        plots.zip_plot(_axes(), rows.drop(columns="lower"), 0.0)


def test_the_nested_loop_has_a_step_for_each_condition():
    axes = plots.nested_loop(_axes(), _summary(), ["n", "noise"])
    assert axes.get_xlim() == (-0.5, 5.5)
    assert [text.get_text() for text in axes.texts] == ["n: 50, 100, 200", "noise: normal, t3"]
