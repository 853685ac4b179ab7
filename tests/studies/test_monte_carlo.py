"""Laws of the studies of the Monte Carlo layer: blocks, order, history and processes change no bit."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo.statistics import evaluate
from dlstats.pipeline import registry
from dlstats.protocol import verdict
from dlstats.protocol.factor import Condition
from dlstats.seeds import Streams
from dlstats.studies.monte_carlo import _mcse_figure, _mcse_promise, _risks, monte_carlo_error
from dlstats.studies.monte_carlo._replicate_distributions import DISTRIBUTIONS, NAMES, truths

REPLICATES = range(100)
WAYS = {
    "blocks of 7 replicates": [REPLICATES[i : i + 7] for i in range(0, 100, 7)],
    "the last replicate first, one at a time": [[r] for r in reversed(REPLICATES)],
    "60 replicates, then 40 more": [REPLICATES[:60], REPLICATES[60:]],
}
STUDIED = (("multiplicity", "ledgers", {"wrong": 0, "correlation": 0.5}), ("e_process", "runs", {"coverage": 0.9}))


def draws_and_slopes(replicates):
    """A small study: draws of several kinds and a slope, one row per replicate."""
    streams = Streams(5, "toy", list(replicates))
    normal = streams.draw(lambda rng: rng.standard_normal((4, 60)), "data", n=60)
    gamma = streams.draw(lambda rng: rng.gamma(2.0, size=(4, 60)), "noise", n=60)
    risk = (normal**2 * gamma) / np.array([8, 16, 32, 64])[:, None]
    slopes = [montecarlo.rate((8, 16, 32, 64), one).slope for one in risk]
    columns = {"value": [s.value for s in slopes], "mcse": [s.mcse for s in slopes], "sum": [x.sum() for x in risk]}
    return pd.DataFrame({"replicate": list(streams.replicates), **columns})


@pytest.fixture(scope="module")
def whole():
    """The small study in one block."""
    return draws_and_slopes(REPLICATES)


def _joined(parts):
    return pd.concat(parts).sort_values("replicate", ignore_index=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_study_has_the_same_bits_in(whole, way):
    parts = [draws_and_slopes(part) for part in WAYS[way]]
    pd.testing.assert_frame_equal(_joined(parts), whole, check_exact=True)


def test_a_study_has_the_same_bits_in_two_fresh_processes(whole, tmp_path, request):
    """A block each, the later one first."""
    parts = []
    for start, end in ((50, 100), (0, 50)):
        path = tmp_path / f"{start}.pkl"
        code = f"import test_monte_carlo as t; t.draws_and_slopes(range({start}, {end})).to_pickle({str(path)!r})"
        subprocess.run([sys.executable, "-c", code], cwd=request.path.parent, check=True)
        parts.append(pd.read_pickle(path))
    pd.testing.assert_frame_equal(_joined(parts), whole, check_exact=True)


@pytest.mark.parametrize(("study", "name", "levels"), STUDIED)
def test_sixty_replicates_and_forty_more_are_one_hundred(study, name, levels):
    experiment = registry.load(study).experiments[name]
    condition = experiment.condition(levels, study)
    whole, first, more = (
        experiment.simulate(condition, Streams(3, study, block), "cpu")
        for block in (REPLICATES, REPLICATES[:60], REPLICATES[60:])
    )
    pd.testing.assert_frame_equal(pd.concat([first, more], ignore_index=True), whole, check_exact=True)


@pytest.mark.parametrize("size", _risks.SIZES)
def test_many_tails_at_once_are_the_p_values_of_the_rule(size):
    x = _risks.draw(Streams(1, "verdict_rule", range(20)), "skewed", (size,))
    many = _risks.tails(evaluate("log10_median", x, {}), 0.1)
    one_by_one = [verdict.p_values("at_most", montecarlo.estimate("log10_median", row), 0.1, 0.0) for row in x]
    np.testing.assert_allclose(np.stack(many, axis=1), one_by_one, rtol=1e-12)


@pytest.mark.parametrize("risk", _risks.RISKS)
def test_the_median_of_a_risk_is_where_half_of_its_draws_lie(risk):
    x = _risks.draw(Streams(1, "verdict_rule", range(10)), risk, (4000,))
    below = (np.log10(x) <= _risks.log_median(risk)).mean()
    assert abs(below - 0.5) < 4 * np.sqrt(0.25 / x.size)


def test_every_statistic_is_promised_somewhere_and_the_wrong_formulas_nowhere():
    lines = [
        {"method": method, "distribution": name, "size": 200}
        for method in monte_carlo_error.ERRORS.methods
        for name, distribution in DISTRIBUTIONS.items()
        if method in truths(distribution) or method in monte_carlo_error.TRAPS
    ]
    promised = {line["method"] for line in lines if monte_carlo_error.is_promised(line)}
    assert promised == set(monte_carlo_error.STATISTICS)


def _halved(columns, part):
    """What the statistics are applied to, of half of the replicates."""
    halves = {}
    for name, (x, extra) in columns.items():
        options = {key: v[..., part] if np.ndim(v) else v for key, v in extra.items()}
        halves[name] = (x[..., part], options)
    return halves


def test_those_called_means_are_the_mean_of_their_halves_and_no_other_statistic_is():
    distribution = DISTRIBUTIONS["normal"]
    columns = monte_carlo_error._columns(distribution, Streams(1, "monte_carlo_error", range(50)), 40)
    parts = [columns, *(_halved(columns, half) for half in (slice(20), slice(20, 40)))]
    whole, first, second = (
        {name: evaluate(name, *part[name]).value for name in part if name in truths(distribution)}
        | {name: batch.value for name, batch in monte_carlo_error._contrasts(distribution, part).items()}
        for part in parts
    )
    means = {name for name in whole if np.allclose(whole[name], (first[name] + second[name]) / 2, atol=1e-12)}
    assert means == set(_mcse_promise.MEANS)


def test_only_statistics_whose_relative_error_is_that_of_another_have_no_claim_of_their_own():
    distribution = DISTRIBUTIONS["poisson"]
    columns = monte_carlo_error._columns(distribution, Streams(1, "monte_carlo_error", range(50)), 40)
    batches = {name: evaluate(name, *columns[name]) for name in truths(distribution) if name in columns}

    def relative(name):
        """Reported errors over the standard deviation of the values."""
        kept = np.isfinite(batches[name].value)
        return np.nan_to_num(batches[name].mcse[kept] / batches[name].value[kept].std())

    twins = {
        frozenset((a, b))
        for a in batches
        for b in batches
        if a != b and len(relative(a)) == len(relative(b)) and np.allclose(relative(a), relative(b), atol=1e-9)
    }
    same = monte_carlo_error.SAME_ERROR
    assert twins == {frozenset((a, b)) for a in batches for b in batches if a != b and same.get(a, a) == same.get(b, b)}
    claimed = {claim.id.removeprefix("MCM1.") for claim in monte_carlo_error.STUDY.claims}
    assert claimed & set(monte_carlo_error.STATISTICS) == set(monte_carlo_error.STATISTICS) - set(same)


def test_every_statistic_has_a_name_for_sentences():
    assert set(NAMES) == set(monte_carlo_error.STATISTICS)


def test_the_errors_of_a_statistic_that_does_not_exist_are_degenerate():
    """All 5 replicates of 1 + Poisson(1/2) are equal in some studies: their ratio of errors does not exist."""
    condition = Condition({"distribution": "poisson", "size": 5})
    rows = monte_carlo_error.simulate(condition, Streams(1, "monte_carlo_error", range(300)), "cpu")
    correlation = rows[rows["method"] == "correlation"]
    assert (correlation["status"] == "degenerate").any()
    assert (correlation["reason"] != "").equals(correlation["status"] != "ok")


def test_the_figure_of_errors_has_a_kind_for_every_statistic_and_shows_what_breaks_the_promise():
    shown = (
        {name for kind in _mcse_figure.SHOWN.values() for name in kind}
        | set(_mcse_figure.KINDS)
        | set(_mcse_figure.WRONG)
    )
    assert shown == set(monte_carlo_error.ERRORS.methods)
    lines = pd.DataFrame({"method": ["bias", "rmse", "variance"], "estimate": [0.8, 0.95, 0.5]})
    drawn = _mcse_figure.rows(lines, lambda line: line["method"] != "variance", 0.1)
    assert dict(drawn)["means"]["bias"] == "bias"
    assert not {"rmse", "variance"} & {name for _, group in drawn for name in group}
