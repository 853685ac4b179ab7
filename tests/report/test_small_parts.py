"""Small parts of documents: facts of a run under their names, keys and titles of tables, columns, labels, ties."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from cases.report_site import CONFIG, ENVIRONMENT, SAMPLES, study

from dlstats.protocol.measure import Measure
from dlstats.report import (
    ademp,
    blocks,
    compared,
    keytable,
    latex,
    ledger,
    material,
    protocol,
    provenance,
    runs,
    tables,
)
from dlstats.report.text import characters


def test_facts_of_a_run_stand_under_their_names(site, config):
    found = material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)
    seconds = provenance.record(site.study, site.evidence, "code")["core_seconds"]
    assert seconds == pytest.approx(60 * 0.25, abs=5e-4)
    said = {characters(row[0]): characters(row[1]) for row in runs.facts_table(found).rows}
    assert said["machine"] == "made up, 2 cores, 4.0 GiB, Linux x86_64"
    assert said["core time of the simulations"] == runs.duration(seconds)
    assert said["studies finished"] == "1 of 2"
    assert said["root seed"] == "7"
    assert said["Python and packages"] == "3.11; numpy 2.0"
    assert said["threads, device, GPUs"] == "1 thread a process, cpu, none"
    assert said["networks trained by"] == "not recorded"


def test_back_ends_that_trained_are_named_with_the_number_of_their_studies(site, config):
    found = material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)
    told = provenance.record(site.study, site.evidence, "code", ["lanes", "torch"])
    records = {"toy": told, "second": told | {"back_ends": ["lanes"]}, "older": {**told}}
    del records["older"]["back_ends"]
    several = dataclasses.replace(found, records=records)
    assert runs.trained_by(several) == "lanes (2 studies), torch (1 study)"
    assert runs.run_row(several, "toy")[6] == "lanes, torch"
    older = dataclasses.replace(found, records={"toy": records["older"]})
    assert runs.run_row(older, "toy")[6] == "–"


def test_core_seconds_are_told_to_the_millisecond(site):
    replicates = site.raw.assign(seconds=0.0123)
    told = provenance.record(
        site.study, type(site.evidence)({"samples": site.summary}, {"samples": replicates}), "code"
    )
    assert told["core_seconds"] == round(sum(cell["seconds"] for cell in told["cells"].values()), 3) == 0.738


def _said(fixed, **how):
    """The paragraphs of a protocol by what they begin with."""
    texts = [paragraph.text for paragraph in ademp.adem(fixed, **how)]
    return {text[0].text: characters(text[1:]).strip() for text in texts}


def test_a_protocol_names_the_experiments_that_it_has_and_every_level_where_it_is_whole():
    fixed = protocol.protocol(CONFIG, study())
    (one,) = fixed.experiments
    design = {"levels": {"n": [*range(20, 40)], "sd": [1.5]}, "replicates": 30, "target": ("error", 0.1, 1000)}
    two = dataclasses.replace(fixed, experiments=(one, {**one, "title": "others", "design": [design]}))
    short, whole = (_said(two, whole=whole)["Design of the experiment “others”."] for whole in (False, True))
    end = "; standard deviation 1.5 (30 replicates, doubled until the mcse of error is at most 0.1, to 1,000)."
    assert short == f"Sample size 20, 21, 22, …, 39{end}"
    assert whole == f"Sample size {', '.join(map(str, range(20, 40)))}{end}"
    assert "Design." in _said(fixed)
    assert ("(truth = 0)" in _said(fixed, whole=True)["Measures."], "(truth" in _said(fixed)["Measures."]) == (
        True,
        False,
    )


def test_a_wide_column_breaks_its_lines_in_latex_and_a_narrow_one_does_not():
    rows = (("a", "many words that are long", "b"),)
    text = latex.table(blocks.table("g", "c", ("n", blocks.wide("what"), "other"), rows))
    columns = text[text.index("{@{}") :].splitlines()[0]
    assert columns.startswith("{@{}l>{\\raggedright\\arraybackslash}p{")
    assert columns.rstrip().endswith("l@{}}")


def test_a_statistic_is_named_in_words():
    plain = dataclasses.replace(SAMPLES, measures=(Measure("distance", "distance", "geometric_mean"),))
    assert tables.label_of(plain, "distance", "geometric_mean") == "distance, geometric mean"
    assert (
        tables.label_of(plain, "distance", "log_ratio(geometric_mean)") == "distance, log₁₀ ratio of the geometric mean"
    )
    assert tables.label_of(SAMPLES, "seconds_used", "maximum") == "time, maximum [s]"


def test_where_nothing_is_random_equal_values_tie_and_others_do_not():
    values = pd.Series({"a": 1.0, "b": 1.0, "c": 2.0})
    assert list(keytable._tied(Measure("x", "x", "exact"), values, "a", pd.DataFrame())) == ["b"]


def test_a_protocol_in_sentences_has_what_is_stated_and_leaves_out_what_is_not():
    said = _said(protocol.protocol(CONFIG, study()))
    assert said["Data-generating mechanisms."].startswith("y")
    silent = dataclasses.replace(study(), mechanisms=" ")
    assert "Data-generating mechanisms." not in _said(protocol.protocol(CONFIG, silent))


def test_levels_that_a_design_lacks_are_joined_in_words():
    assert ledger._why("samples has no sd = [1, 2].", study()) == "its design has no standard deviation 1 and 2"


def test_the_ratio_of_a_comparison_stands_between_the_ends_of_its_interval():
    row = {"estimate": np.log10(2), "lower": np.log10(1.5), "upper": np.log10(3)}
    assert compared._ratio(row, "X") == "2 times that of X, interval 1.5 to 3: larger"
    row = {name: -value for name, value in zip(row, (row["estimate"], row["upper"], row["lower"]), strict=True)}
    assert compared._ratio(row, "X") == "0.5 times that of X, interval 0.333 to 0.667: smaller"
