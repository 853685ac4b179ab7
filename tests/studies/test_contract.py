"""What every study must keep, over all studies that there are."""

import re

import numpy as np
import pandas as pd
import pytest
from cases import figure_laws
from cases import study_results as results

from dlstats.montecarlo import Estimate
from dlstats.pipeline import checks, grid, registry, summaries
from dlstats.pipeline.results import NOT_SUMMARISED
from dlstats.plotting import style
from dlstats.protocol.evidence import EFFORT, Evidence
from dlstats.protocol.factor import REQUIRED
from dlstats.report import figures

STUDIES = list(registry.studies())
EXPERIMENTS = [(study, name) for study in STUDIES for name in registry.load(study).experiments]
CHECKED = [study for study in STUDIES if registry.load(study).checks]
TRAINED = [one for one in EXPERIMENTS if EFFORT in registry.load(one[0]).experiments[one[1]].factors]
PAIRED = [one for one in TRAINED if {1, 3} <= {dict(cell.levels).get(EFFORT) for cell in results.inside(*one)}]


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_says_what_it_asks_and_what_limits_the_answer(study):
    found = registry.load(study)
    for name in ("title", "aims", "mechanisms", "estimands", "limits"):
        assert getattr(found, name), name
    assert found.claims or found.checks
    assert found.experiments or not found.claims
    for figure in found.figures:
        assert len(figure.caption) > 40, figure.name


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS)
def test_everything_of_an_experiment_is_described(study, name):
    experiment = registry.load(study).experiments[name]
    for factor in (*experiment.factors.values(), *experiment.keys.values()):
        assert factor.label
    for method in experiment.methods.values():
        assert method.label
        assert method.description
    for measure in experiment.measures:
        assert measure.label
    described = [
        *experiment.factors.values(),
        *experiment.keys.values(),
        *experiment.methods.values(),
        *experiment.measures,
    ]
    levels = [getattr(one, "levels", None) for one in described]
    named = [word for several in levels if isinstance(several, dict) for word in several.values()]
    for word in (*(one.label for one in described), *named):
        assert not set(word) & set("$\\"), f"tables and pages show it literally: {word}"
    columns = {m.column for m in experiment.measures}
    for line in (*experiment.contrasts, *experiment.slopes):
        assert line.column in columns, line
        for method in (getattr(line, "method", None), getattr(line, "against", None)):
            assert method is None or method in experiment.methods


@pytest.mark.parametrize("design", ["smoke", "standard", "paper"])
@pytest.mark.parametrize("study", STUDIES)
def test_the_factors_admit_every_design(study, design):
    config = results.config(study) | {"design": design}
    found = grid.cells(config, study)
    assert {cell.experiment for cell in found} == set(registry.load(study).experiments)


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS)
def test_an_unknown_factor_and_a_wrong_type_are_refused_before_work(study, name):
    experiment = registry.load(study).experiments[name]
    levels = dict(results.inside(study, name)[0].levels)
    with pytest.raises(ValueError, match="has no factor `surely_not`"):
        experiment.condition(levels | {"surely_not": 1}, name)
    for factor, level in levels.items():
        wrong = 1.5 if isinstance(level, str | bool) else "word"
        with pytest.raises(ValueError, match=f"`{factor}` must be"):
            experiment.condition(levels | {factor: wrong}, name)
    for factor in levels:
        if experiment.factors[factor].default is REQUIRED:
            with pytest.raises(ValueError, match="needs the factor"):
                experiment.condition({k: v for k, v in levels.items() if k != factor}, name)


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS)
def test_a_replicate_has_the_same_bits_in_every_block(study, name):
    """Alone, among a few, and among all: data, start, training and every measure of it."""
    rows = results.raw(study, name)
    first, last = results.inside(study, name)[0], results.inside(study, name)[-1]
    parts = dict.fromkeys(
        [(first, range(1, min(3, first.replicates))), (last, range(last.replicates)[-1:])]
    )  # each once
    for cell, part in parts:
        if len(part):
            block = results.block(study, cell, part).drop(columns="seconds")
            held = rows[(rows["cell"] == cell.id) & rows["replicate"].isin(part)].drop(columns="seconds")
            held = held.reset_index(drop=True)
            pd.testing.assert_frame_equal(block, held[block.columns], check_exact=True, check_dtype=False)


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS[::7])
def test_a_summary_says_the_same_without_the_columns_that_are_not_read_for_it(study, name):
    rows = results.raw(study, name).drop(columns=list(NOT_SUMMARISED), errors="ignore")
    experiment = registry.load(study).experiments[name]
    pd.testing.assert_frame_equal(summaries.summarise(experiment, rows), results.tables(study)[name])


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS)
def test_a_measure_is_there_where_it_is_declared_and_nowhere_else(study, name):
    experiment, rows = registry.load(study).experiments[name], results.raw(study, name)
    assert rows.loc[rows["status"] == "not_finite", "reason"].tolist() == []
    counts = rows[rows["status"] == "ok"]
    for measure in experiment.measures:
        there = np.isfinite(counts[measure.column].to_numpy(float))
        assert (there == experiment.has(counts, measure.column)).all(), measure.column


@pytest.mark.parametrize(("study", "name"), PAIRED)
def test_more_effort_trains_longer_on_the_same_data(study, name):
    """Rows of the same condition, method and replicate: what has no epochs is not trained."""
    experiment, rows = registry.load(study).experiments[name], results.raw(study, name)
    keys = [k for k in (*experiment.factors, *experiment.keys, "method", "replicate") if k in rows and k != EFFORT]
    once, thrice = (rows[rows[EFFORT] == effort] for effort in (1, 3))
    both = once[once["epochs"].notna()].merge(thrice, on=keys)
    assert len(both) > 0
    assert (both["epochs_y"] > both["epochs_x"]).all()
    if "data_digest" in rows:
        assert (both["data_digest_x"] == both["data_digest_y"]).all()


@pytest.mark.parametrize("study", STUDIES)
def test_claims_are_measured_from_the_summary_alone(study):
    rows = results.verdicts(study).to_dict("index")
    for claim in registry.load(study).claims:
        row = rows[claim.id]
        try:
            measured = claim.measure(results.evidence(study, replicates=False))
        except LookupError:
            assert row["verdict"] == "not run", claim.id
        else:
            estimates = [measured] if isinstance(measured, Estimate) else list(measured)
            assert row["estimate"] in [e.value for e in estimates] or np.isnan(row["estimate"]), claim.id
            assert row["cells"] != "[]", claim.id


@pytest.mark.parametrize("study", STUDIES)
def test_a_claim_without_results_is_not_simulated_and_not_refuted(study):
    empty = Evidence({name: table.iloc[:0] for name, table in results.tables(study).items()})
    for claim in registry.load(study).claims:
        with pytest.raises(LookupError):
            claim.measure(empty)


@pytest.mark.parametrize("study", CHECKED)
def test_checks_hold(study):
    table = checks.compute(registry.load(study), slow=False)
    assert table.loc[~table["holds"].astype(bool), "check"].tolist() == []


@pytest.mark.parametrize("study", [s for s in STUDIES if registry.load(s).figures])
def test_figures_are_drawn_and_keep_the_laws_of_figures(study, tmp_path, monkeypatch):
    found, broken, save = registry.load(study), {}, figures.save
    described = [pair for one in found.experiments.values() for pair in one.methods.items()]
    labels = {method.label: style.of(name, method) for name, method in described}

    def checked(canvas, path):
        saved = save(canvas, path)
        if path.suffix == ".pdf":
            broken[path.stem] = [*figure_laws.broken(canvas), *figure_laws.styles(canvas, labels)]
        return saved

    monkeypatch.setattr(figures, "save", checked)
    figures.draw(found, results.evidence(study), tmp_path)
    captions = {figure.name: list(figure_laws.caption(figure.caption)) for figure in found.figures}
    assert {name: laws + captions[name] for name, laws in broken.items()} == {name: [] for name in captions}


def test_a_method_has_one_style_in_all_studies():
    seen = {}
    for study in (s for s in STUDIES if registry.load(s).figures):
        for experiment in registry.load(study).experiments.values():
            for name, method in experiment.methods.items():
                seen.setdefault(method.label, set()).add(str(style.of(name, method)))
    assert [label for label, styles in seen.items() if len(styles) > 1] == []


def test_ids_are_given_once():
    ids = [one.id for study in STUDIES for one in (*registry.load(study).claims, *registry.load(study).checks)]
    assert sorted(ids) == sorted(set(ids))


LITERAL = re.compile(r"""(?:[xy]label=|set_[xy]label\(|sup[xy]label\()[rf]*"((?:[^"\\]|\\.)*)\"""")
"""The words of an axis that stand in a figure's code."""


@pytest.mark.parametrize("study", STUDIES)
def test_no_axis_repeats_the_label_of_a_factor_or_measure(study):
    file = registry.file(study)
    files = file.parent.glob("*.py") if file.name == "__init__.py" else [file]
    written = {words for path in files for words in LITERAL.findall(path.read_text(encoding="utf-8"))}
    experiments = registry.load(study).experiments.values()
    declared = [d for e in experiments for d in (*e.factors.values(), *e.keys.values(), *e.measures)]
    assert not written & {words for d in declared for words in (d.label, d.axis)}
