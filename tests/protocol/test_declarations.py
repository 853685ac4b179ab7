"""What declarations refuse when they are made, and signs and words that everything else builds on."""

import dataclasses

import pytest

from dlstats.montecarlo import Estimate
from dlstats.protocol import claim, hints, origin, readers, verdict
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.plug import GIVES, Plug
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid

SAMPLES = Experiment(
    simulate=lambda *_: None,  # type: ignore[arg-type]
    factors={"n": Factor("sample size", int), "sd": Factor("noise", float, default=1.0)},
    methods={"mean": Method("mean", "the mean")},
    measures=[Measure("risk", "risk")],
)
OTHERS = dataclasses.replace(SAMPLES, measures=[Measure("width", "width")])


def _study(reader, **more):
    made = claim.Claim("A1", "s", claim.at_most(1.0), reader, origin.Control())
    designs = {"smoke": {"one": grid(n=[20, 40], replicates=3), "two": grid(n=[80], replicates=3)}}
    whole = Study("T", "", {"one": SAMPLES, "two": OTHERS}, claims=(made,), designs=designs)
    return dataclasses.replace(whole, **more)


@pytest.mark.parametrize("level", [20, 40, [20, 40], lambda n: n > 7])
def test_a_claim_may_read_the_levels_of_its_design(level):
    assert _study(readers.value("risk", n=level)).named("t", "f").name == "t"
    assert _study(readers.value("risk", n=20, sd=1.0)).named("t", "f").family == "f"


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (readers.value("risk", n=30), "`n` = 30"),
        (readers.value("risk", n=[20, 30]), "`n` = 30"),
        (readers.value("risk", experiment="one", n=80), "`n` = 80"),
        (readers.value("width", experiment="two", n=20), "`n` = 20"),
        (readers.value("risk", n=20, sd=2.0), "`sd` = 2"),
    ],
)
def test_a_claim_or_a_figure_on_a_level_that_no_design_has_is_refused(reader, words):
    for made in (_study(reader), _study(readers.value("risk", n=20), figures=(Figure("f", "c", print, reads=reader),))):
        with pytest.raises(ValueError, match=r"reads what is not there: t .*no design with ") as caught:
            made.named("t", "f")
        assert words in str(caught.value)


def test_a_measure_of_ones_own_is_not_asked_what_it_reads():
    assert _study(lambda evidence: []).named("t", "f")


@pytest.mark.parametrize("replicates", [0, -1, 1.0, True, "3"])
def test_a_grid_needs_replicates_and_a_level_of_every_factor(replicates):
    with pytest.raises(ValueError, match="`replicates` must be a whole number of at least 1"):
        Grid({"n": [20]}, replicates)
    with pytest.raises(ValueError, match="The factor `n` must have one level at least, got none"):
        Grid({"sd": [1.0], "n": []}, 1)
    assert list(Grid({"n": [1, 2], "sd": [3]}, 1).conditions()) == [{"n": 1, "sd": 3}, {"n": 2, "sd": 3}]


@pytest.mark.parametrize("gives", GIVES)
def test_a_plug_has_levels_with_quantiles_and_with_nothing_else(gives):
    made = {"sample": print, "judge": print, "gives": gives}
    right, wrong = ((0.5,), ()) if gives == "quantiles" else ((), (0.5,))
    assert Plug(**made, levels=right).levels == right  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`levels` of a plug must be given with quantiles alone"):
        Plug(**made, levels=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`gives` of a plug must be one of values, quantiles, log-odds"):
        Plug(**(made | {"gives": "value"}))  # type: ignore[arg-type]


def test_what_a_plug_takes_is_what_it_has_functions_for():
    assert Plug(print, print).takes == ("method",)  # type: ignore[arg-type]
    assert Plug(print, print, train=print).takes == ("method", "loss")  # type: ignore[arg-type]
    assert Plug(print, print, fit=print).takes == ("method", "dgp")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [77, 78, 79, 200])
def test_what_came_is_shown_in_eighty_characters(size):
    shown = hints.short(["x" * 30] * (size // 30) + ["y" * (size % 30)])
    assert len(shown) <= hints.LENGTH == 80
    for text in ("z" * 78, "z" * 77):
        assert hints.short(text) == repr(text)
    wide = [1] * 5 + [10**30, 10**12]
    assert len(repr(wide)) < 80
    assert hints.short({"a" * k: k for k in (10, 20, 30)}).endswith("...")


def test_a_name_that_is_near_is_asked_for_and_a_far_one_is_not():
    assert hints.near("sawtoth", ["squaring", "sawtooth"]) == " Did you mean `sawtooth`?"
    assert hints.near("xyz", ["squaring", "sawtooth"]) == ""
    assert hints.one_line("a\n b\t\x00é") == "a b \\x00é"


def test_relations_have_the_signs_that_readers_know():
    assert claim.RELATIONS == {"equals": "=", "at_most": "≤", "at_least": "≥"}
    assert [make(2, 1).relation for make in (claim.equals, claim.at_most, claim.at_least)] == list(claim.RELATIONS)
    for make in (claim.equals, claim.at_most, claim.at_least):
        assert (make(2, 1).theory, make(2, 1).margin, make(2).margin) == (2.0, 1.0, 0.0)


def test_kinds_of_origin_have_the_words_that_readers_know():
    assert origin.MEANING == {
        "theorem": "theorem in print", "derived": "derived here", "stated": "stated in a lecture",
        "practice": "recommended in print", "finding": "found here before", "control": "control, outside every count",
    }  # fmt: skip
    assert [origin.kind_of(one) for one in origin.ORIGINS] == list(origin.MEANING)
    said = origin.columns(origin.Stated("JSM", "Depth", "depth is better"))
    assert said == {"origin": "stated", "cite": "JSM", "source": "Depth: “depth is better”"}
    assert origin.columns(origin.Theorem("a1990", "theorem 2"))["source"] == "theorem 2"


def test_without_experiments_an_axis_is_called_by_its_column_and_with_them_by_its_label():
    assert Evidence({}).axis("noise_sd") == "noise sd"
    known = Evidence({}, experiments={"one": SAMPLES, "two": OTHERS})
    assert known.axis("n") == SAMPLES.factors["n"].axis
    assert known.axis("width", "two") == OTHERS.measures[0].axis
    with pytest.raises(LookupError, match="two has no factor, key or measure `risk`"):
        known.axis("risk", "two")


def test_an_unpaired_difference_adds_errors_in_quadrature_and_counts_failures_of_both():
    def reader(estimate):
        return lambda evidence: [estimate]

    one, two = Estimate(3.0, 0.3, 40, 2, df=30.0), Estimate(1.0, 0.4, 25, 5, df=20.0)
    found = readers.unpaired(reader(one), reader(two))(Evidence({}))  # type: ignore[arg-type]
    assert (found.value, found.mcse) == pytest.approx((2.0, 0.5))
    assert (found.replicates, found.failed, found.df) == (25, 7, 20.0)


def test_reasons_and_verdicts_are_told_apart():
    reasons = (verdict.MORE, verdict.BORDER, verdict.UNFITTED, verdict.NOT_FINITE, verdict.NO_VARIATION, verdict.FAILED)
    assert [*reasons, verdict.NEARS_CONFLICT] == [
        "more replicates would settle it", "it lies on the margin", "the model does not fit", "a value is not finite",
        "the replicates do not vary", "too many failed", "it nears a conflict",
    ]  # fmt: skip
    assert len(set(verdict.VERDICTS)) == len(verdict.VERDICTS)
