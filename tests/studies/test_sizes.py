"""A statement names no sample size and no number of steps that its study does not run."""

import re

import pytest

from dlstats.pipeline import registry

STUDIES = list(registry.studies())
NUMBER = r"\d[\d,]*(?![\d,]*[⁰¹²³⁴⁵⁶⁷⁸⁹]|[\d,]* %|\.\d)"
SIZES = re.compile(rf"\bn (?:=|≥|≤|<|>|from) ({NUMBER}(?:(?:, | and | or | to |, and ){NUMBER})*)")
STEPS = re.compile(r"\b(\d[\d,]+) (?:full-batch |random )?steps\b")


def _numbers(text, pattern):
    return {
        int(word.rstrip(",").replace(",", ""))
        for found in pattern.findall(text)
        for word in re.findall(r"\d[\d,]*", found)
    }


def _texts(study):
    yield from ((claim.id, claim.statement) for claim in study.claims)
    yield from ((figure.name, figure.caption) for figure in study.figures)
    yield "limits", study.limits


def _levels(study, wanted):
    """The levels, in any design, of factors that are called so or have that symbol."""
    return {
        level
        for design in study.designs
        for name, grids in study.design(design).items()
        for grid in grids
        for factor, levels in grid.levels.items()
        if wanted in (factor, study.experiments[name].factors[factor].symbol)
        for level in levels
    }


def _told(study):
    """What is told of the data and of the methods."""
    methods = (m.description for e in study.experiments.values() for m in e.methods.values())
    return " ".join((study.mechanisms, *methods))


def unknown(study):
    """(where, number) of the sizes and steps in texts that no design, data-generating process or method has."""
    told, known = _told(study), {"n": _levels(study, "n"), "steps": _levels(study, "steps")}
    known = {"n": known["n"] or _numbers(told, SIZES), "steps": known["steps"] | _numbers(told, STEPS)}
    patterns = {"n": SIZES, "steps": STEPS}
    return [
        (where, number)
        for where, text in _texts(study)
        for name, pattern in patterns.items()
        for number in sorted(_numbers(text, pattern) - known[name])
        if known[name]
    ]


@pytest.mark.parametrize("name", STUDIES)
def test_texts_name_no_size_and_no_steps_that_a_study_does_not_run(name):
    assert unknown(registry.load(name)) == []
