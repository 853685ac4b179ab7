"""What a study's factors admit can be simulated: levels that are impossible, alone or together, are refused by name."""

import dataclasses

import numpy as np
import pytest
from cases import study_results as results
from cases import toy

from dlstats.pipeline import cells, config, grid, registry, store
from dlstats.protocol.factor import EFFORT

IMPOSSIBLE = [
    ("multiplicity.ledgers", {"wrong": 0, "correlation": 2.0}, "`correlation` must be at most 1, got 2.0"),
    ("multiplicity.ledgers", {"wrong": -3, "correlation": 0.5}, "`wrong` must be at least 0, got -3"),
    ("weighting.efficiency", {"n": 20, "prior": 0.0, "distance": 2}, "`prior` must be above 0, got 0.0"),
    ("approximation_rates.sieve", {"n": 2, "noise_sd": 0.3}, "`n` must be at least 200, got 2"),
    ("approximation_rates.sieve", {"n": 200, "noise_sd": 0.0}, "`noise_sd` must be above 0, got 0"),
    ("risk_decomposition.difference", {"approximation": 0.0}, "`approximation` must be above 0, got 0.0"),
    ("slope_intervals.slopes", {"cv": 1e-200, "size": 10}, "`cv` must be at least 0.001, got 1e-200"),
    ("slope_intervals.slopes", {"cv": 1e300, "size": 10}, "`cv` must be at most 10, got 1e+300"),
    ("rare_events.label_shift", {"prior": 0.1, "distance": 60, "n": 250}, "`distance` must be at most 20, got 60"),
    (
        "pixelwise_dice.pixels",
        {"foreground": 1e-300, "images": 4, "steps": 1},
        "`foreground` must be at least 0.001, got 1e-300",
    ),
    ("rare_events.case_control", {"population": 10, "controls": 2}, "`population` must be at least 10000, got 10"),
    ("rare_events.case_control", {"population": 10000, "controls": 1000}, "`controls` must be at most 100, got 1000"),
]
TOGETHER = [
    ("ranking_measures.random", {"n": 2, "positives": 5}, "`positives` must be at most `n`, got n=2, positives=5."),
    (
        "risk_decomposition.sieve",
        {"n": 11, "features": 10, "approximation": 0.0, "noise_sd": 1.0},
        "`n` must exceed `features` + 1, got n=11, features=10, approximation=0, noise_sd=1.",
    ),
    *(
        (
            f"imbalance_networks.{name}",
            {"steps": 1, "effort": 1} | levels,
            "samples of every class, got ",
        )
        for name, levels in {
            "two_classes": {"mechanism": "gaussians", "n": 500, "prevalence": 1e-09},
            "long_tail": {"n": 10, "ratio": 100},
        }.items()
    ),
    *(
        (f"width_versus_depth.{name}", {"target": "bump", "budget": 10, "points": 20, "steps": 1} | more, "`budget` must")
        for name, more in (("by_depth", {}), ("by_activation", {"depth": 3}), ("by_start", {"depth": 3}))
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "levels", "message"), [*IMPOSSIBLE, *TOGETHER])
def test_an_impossible_condition_is_refused_with_what_was_required_and_what_came(name, levels, message):
    study, inner = registry.experiment(name)
    with pytest.raises(ValueError, match=f"^{name}: ") as caught:
        registry.load(study).experiments[inner].condition(levels, name)
    assert message in str(caught.value)


CHEAP = 0.02
"""Seconds per replicate, as stated, of experiments without training whose edges every run of the tests tries."""


def _lowest():
    """The least whole number that each factor of a cheap experiment admits, beside the levels of its first cell."""
    for name in registry.studies():
        for inner, experiment in registry.load(name).experiments.items():
            cell = results.inside(name, inner)[0]
            cheap = cell.seconds <= CHEAP and not EFFORT.keys() & experiment.factors.keys()
            for factor, asked in experiment.factors.items():
                if cheap and asked.kind is int and asked.at_least is not None:
                    yield pytest.param(
                        cell, {**dict(cell.levels), factor: int(asked.at_least)}, id=f"{name}.{inner}-{factor}"
                    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of rows that are failures with a reason
@pytest.mark.parametrize(("cell", "levels"), [*_lowest()])
def test_the_least_level_that_a_factor_admits_is_simulated_or_refused_with_the_others(cell, levels):
    name = f"{cell.study}.{cell.experiment}"
    experiment = registry.load(cell.study).experiments[cell.experiment]
    try:
        condition = experiment.condition(levels, name)
    except ValueError as refused:
        assert str(refused).startswith(f"{name}: ")  # noqa: PT017
        return
    origin = store.Origin(cell.study, cell.experiment, grid.cell_id(dict(condition)), 777001, "")
    rows = cells.simulate_block(experiment, origin, range(2))
    assert set(rows["replicate"]) == {0, 1}
    assert rows.loc[rows["status"] != "ok", "reason"].ne("").all()


def test_what_levels_must_be_together_is_asked_by_the_plan_and_by_the_job(monkeypatch, tmp_path):
    asks = dataclasses.replace(toy.SAMPLES, requires={"`n` times `sd` must be below 90": lambda c: c.n * c.sd < 90})
    toy.install(monkeypatch, dataclasses.replace(toy.STUDY, experiments={"samples": asks}))
    entry = {"levels": {"n": [20, 80], "sd": [1.0, 2.0]}, "replicates": 1}
    asked = {"design": "smoke", "seed": 1, "studies": ["toy"], "overrides": {"toy": {"samples": [entry]}}}
    refused = r"`n` times `sd` must be below 90, got n=80, sd=2\."
    with pytest.raises(config.ConfigError, match=r"overrides\.toy\.samples\.0: " + refused):
        config.check(asked)
    with pytest.raises(ValueError, match=r"toy\.samples: " + refused):
        cells.simulate(cells.Run("toy", "samples", ("n=80,sd=2.0",), 1, 1, tmp_path))


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("approximation_rates.sieve", "n=200,noise_sd=1e-09"),
        ("rare_events.case_control", "population=10000,controls=100"),
        ("ranking_measures.random", "n=5,positives=5"),
        ("risk_decomposition.sieve", "n=12,features=10,approximation=0.0,noise_sd=1.0"),
    ],
)
def test_the_edge_of_what_is_admitted_is_simulated(name, cell):
    study, inner = registry.experiment(name)
    origin = store.Origin(study, inner, cell, 4711, "")
    rows = cells.simulate_block(registry.load(study).experiments[inner], origin, range(20))
    assert set(rows["status"]) == {"ok"}
    assert np.isfinite(rows.select_dtypes("number")).all(axis=None)


RELATIONS = {"at_least": "at least", "above": "above", "at_most": "at most", "below": "below"}
UNBOUNDED: dict[str, str] = {}
"""Numeric factors, as `study.experiment.factor`, that any number is admissible for, and why."""


def _designed():
    """Every experiment with a condition of its smoke design."""
    for name in registry.studies():
        study = registry.load(name)
        for inner, grids in study.design("smoke").items():
            levels = {factor: several[0] for factor, several in grids[0].levels.items()}
            yield f"{name}.{inner}", study.experiments[inner], levels


DESIGNED = {name: (experiment, levels) for name, experiment, levels in _designed()}


@pytest.mark.parametrize("name", DESIGNED)
def test_every_factor_refuses_in_one_line_what_lies_beyond_its_range(name):
    experiment, levels = DESIGNED[name]
    experiment.condition(levels, name)
    for factor, declared in experiment.factors.items():
        numeric = declared.kind in (int, float)
        bounds = {
            word: getattr(declared, field) for field, word in RELATIONS.items() if getattr(declared, field) is not None
        }
        if numeric and declared.levels is None and not bounds:
            assert f"{name}.{factor}" in UNBOUNDED, f"{name}: `{factor}` must declare what its numbers may be"
        foreign = [
            (beyond, f"must be {word} ")
            for word, bound in bounds.items()
            for beyond in _beyond(word, bound, declared.kind)
        ]
        foreign += [
            (np.nan, "must be"),
            (np.inf, "must be"),
            ("no such level", "must "),
            ([1], "must be"),
            (None, "must be"),
        ]
        for level, need in foreign:
            if declared.kind is str and level == "no such level" and declared.levels is None and not declared.matches:
                continue
            with pytest.raises(ValueError, match=f"^{name}: `{factor}` {need}") as caught:
                experiment.condition({**levels, factor: level}, name)
            assert "got " in str(caught.value)
            assert "\n" not in str(caught.value)


def _beyond(word, bound, kind):
    """The level just outside a bound and one far outside."""
    closed, sign = word in ("at least", "at most"), -1 if word in ("at least", "above") else 1
    if kind is int:
        return int(bound) + sign * closed, int(bound) + sign * 10**6
    near = float(np.nextafter(bound, sign * np.inf)) if closed else float(bound)
    return near, float(bound) + sign * 1e9
