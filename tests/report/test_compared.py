"""A page on what came from outside: its intervals hold together, what is not determined says so, and nothing is cut."""

import functools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy
from cases import toy

from dlstats.pipeline import compare, foreign, summaries
from dlstats.plotting import style
from dlstats.plotting.comparison import ratios
from dlstats.protocol.evidence import Evidence
from dlstats.report import compared, escape, figures
from dlstats.studies.excess_risk.published_designs.published_risks import RISK

OTHER = foreign.Foreign("method", "other", "other", "another", "digest", None)
REPS, CELLS = 12, ("n=20,sd=1.0", "n=40,sd=1.0", "n=80,sd=1.0")


def _rows(cell, method, values):
    n = int(cell[2:4])
    return pd.DataFrame({
        "cell": cell, "n": n, "sd": 1.0, "method": method, "replicate": range(len(values)), "status": "ok", "reason": "",
        "error": values, "loss": values,
    })  # fmt: skip


@pytest.fixture
def comparison(monkeypatch):
    """Of a method with the two of the toy, by the loss, in so many cells, on rows that are changed before."""
    toy.install(monkeypatch)

    def made(cells=CELLS, spoil=lambda rows: rows):
        rng = np.random.default_rng(777001)
        sizes = {"mean": 1.0, "median": 1.5, "other": 2.0}
        parts = [_rows(c, m, size * rng.lognormal(size=REPS)) for c in cells for m, size in sizes.items()]
        together = compare._with(toy.SAMPLES, OTHER, {"loss", "error"}, "loss")
        summary = summaries.summarise(together, spoil(pd.concat(parts, ignore_index=True)))
        return compare.Comparison("toy", "toy.samples", together, OTHER, summary)

    return made


@pytest.mark.parametrize("cells", [CELLS[:1], CELLS])
def test_an_interval_leaves_out_one_where_the_p_value_times_the_number_of_ratios_is_small(comparison, cells):
    page = comparison(cells)
    lines = compared.of_first_ratio(page)
    assert len(lines) == 2 * len(cells)
    p = np.asarray(2 * scipy.stats.t.sf(np.abs(lines["estimate"] / lines["mcse"]), lines["df"].fillna(REPS - 1))) * len(
        lines
    )
    edge = np.abs(lines["estimate"]) / (lines["upper"] - lines["estimate"])
    assert np.array_equal(p < 0.05, edge > 1)
    assert lines["upper"].gt(page.summary.loc[lines.index, "upper"]).all()
    assert (
        compared.said_of_all(page) == f"The intervals hold for all {len(lines)} ratios at once with 95 % (Bonferroni)."
    )


def test_a_ratio_alone_has_the_interval_of_the_summary(comparison):
    page = comparison(CELLS[:1], lambda rows: rows[rows["method"] != "median"])
    (line,) = compared.of_first_ratio(page).to_dict("records")
    assert line["upper"] == pytest.approx(page.summary.query("against == 'mean'")["upper"].iloc[0])


def _spoilt(column, value, method="other", cell=CELLS[0]):
    def spoil(rows):
        at = (rows["method"] == method) & (rows["cell"] == cell)
        return rows.assign(**{column: rows[column].mask(at, value)})

    return spoil


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_spoilt("loss", np.nan), "two replicates that count for both are needed, got 0"),
        (lambda rows: rows[(rows["cell"] != CELLS[0]) | (rows["replicate"] == 0)], "needed, got 1"),
        (_spoilt("loss", 0.0), "a finite log ratio is needed, got -inf"),
        (lambda rows: _spoilt("loss", 2.0)(_spoilt("loss", 1.0, "mean")(rows)), "the replicates do not vary"),
    ],
)
def test_what_the_replicates_do_not_tell_is_not_determined(comparison, spoil, why):
    page = comparison(spoil=spoil)
    line = compared.lines(page)[0]
    assert line.startswith("n=20,sd=1.0: squared error (mean) relative to that of mean not determined: ")
    assert line.endswith(why)
    assert not any("not determined" in line for line in compared.lines(page)[2:])
    figure = next(compared._figures(page))
    assert figure.caption.endswith("A ratio that is not determined has no mark.")
    with style.journal():
        figure.draw(Evidence({}), style.new_figure(figure.width, figure.height))


def test_a_page_on_which_nothing_is_determined_has_no_figure_of_ratios(comparison):
    page = comparison(CELLS[:1], _spoilt("loss", np.nan))
    assert [figure.name for figure in compared._figures(page)] == []
    assert compared.said_of_all(page) == ""


def test_a_ratio_is_said_to_be_of_the_statistic_that_it_is_of():
    page = compare._with(RISK, OTHER, {"relative", "risk"}, "relative")
    contrast = page.contrasts[0]
    said = compared.measured(page, contrast.column, contrast.name)
    assert said == "error over that of the best constant (median)"


def test_no_name_of_a_row_is_cut(tmp_path):
    """The longest that there are: those of published designs, in which all factors vary."""
    lines = pd.DataFrame([
        {"target": target, "n": n, "noise": noise, "effort": effort, "against": "constant", "measure": "relative",
         "statistic": "log_ratio(median)", "estimate": 0.1, "lower": 0.0, "upper": 0.2}
        for target, n, noise, effort in (("piecewise_smooth", 100, 0.2, 1), ("hierarchical", 20_000, 0.05, 3))
    ])  # fmt: skip
    figure = ratios(lines, RISK, "other")
    with style.journal():
        canvas = style.new_figure(figure.width, figure.height)
        figure.draw(Evidence({}), canvas)
        for form in ("pdf", "png"):
            figures.save(canvas, tmp_path / f"ratios.{form}")
        assert canvas.axes[0].get_position().width > 1 / 2
    drawn = plt.imread(tmp_path / "ratios.png")
    assert (drawn[:, :2] == 1).all()
    assert (drawn[:, -2:] == 1).all()


def by_itself(x, y, new):
    return new[:, 0]


class Plain:
    fit = predict = None


@pytest.mark.parametrize("thing", [by_itself, Plain(), functools.partial(by_itself, x=by_itself), lambda x, y, new: x])
def test_a_description_has_no_address(thing):
    described = foreign._described(thing, "name")[1]
    assert described
    assert "0x" not in described
    assert not described.startswith("partial(func")


def test_a_logarithm_keeps_its_base():
    from dlstats.report import markdown, text

    assert markdown.text(text.prose("loss, log₁₀ ratio")) == r"loss, $\log _{10}$ ratio"
    assert list(escape.scripts("log_{10}")) == [("plain", "log"), ("sub", "10")]


def test_an_interval_whose_end_is_no_number_is_said_and_drawn(comparison):
    row = {"estimate": 0.1, "lower": -400.0, "upper": 400.0, "replicates": 2, "note": ""}
    assert compared._ratio(row, "X") == "1.26 times that of X, interval 0 to ∞: not distinguishable"
    page = comparison(CELLS[:1])
    lines = compared.of_first_ratio(page).assign(lower=-400.0, upper=400.0)
    figure = plt.figure(layout="constrained")
    ratios(lines, page.experiment, "other").draw(None, figure)
    figure.draw_without_rendering()
    plt.close(figure)
