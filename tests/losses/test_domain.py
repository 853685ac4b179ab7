"""Every loss refuses what lies outside its domain in one line, and a fraction of a class has the expected loss."""

import functools
import inspect
import math

import pytest
import torch

from dlstats.losses import barron, domain, imbalance, margins, overlap, quantile, regression, robust

NAN, INF = math.nan, math.inf
BAD = (0.0, -1.0, NAN, INF)
REAL = (torch.zeros(1, 3, 1), torch.linspace(-2, 2, 3).reshape(1, 3, 1))
CLASSED = (torch.zeros(1, 3, 1), torch.tensor([0.0, 1.0, 1.0]).reshape(1, 3, 1))
THREE = (torch.zeros(1, 3, 3), torch.tensor([0, 1, 2]).reshape(1, 3, 1))
THRESHOLDED = [loss for loss in robust.ROBUST.values() if "threshold" in inspect.signature(loss).parameters]
NUMBERS = [
    *((loss, REAL, {"threshold": bad}) for loss in THRESHOLDED for bad in BAD),
    *((robust.hampel, REAL, {name: bad}) for name in "abc" for bad in BAD),
    (robust.hampel, REAL, {"a": 5.0}),
    (robust.hampel, REAL, {"b": 8.0}),
    *((barron.barron, REAL, {"scale": bad}) for bad in BAD),
    (barron.barron, REAL, {"alpha": NAN}),
    *(
        (loss, REAL, {"level": bad})
        for loss in (quantile.pinball, quantile.expectile, quantile.smooth_pinball, quantile.lectures_pinball)
        for bad in (0.0, 1.0, -0.1, 1.5, NAN, torch.tensor([0.5, 1.0]), torch.tensor([NAN, 0.5]))
    ),
    *((quantile.smooth_pinball, REAL, {"width": bad}) for bad in BAD),
    *((lambda _, y, free: quantile.in_order(y, free), REAL, {"free": bad}) for bad in (-1, 1)),
    *((imbalance.focal, CLASSED, {"gamma": bad}) for bad in BAD[1:]),
    *(
        (loss, CLASSED, {"weights": bad})
        for loss in (
            imbalance.weighted,
            functools.partial(imbalance.focal, gamma=2.0),
            functools.partial(margins.ldam, margins=(0.1, 0.2)),
        )
        for bad in ((-1.0, 2.0), (0.0, 0.0), (1.0, NAN), (1.0, INF), (1.0,), (1.0, 2.0, 3.0))
    ),
    *((imbalance.weighted, THREE, {"weights": bad}) for bad in ((1.0, 2.0), (1.0, 2.0, -3.0))),
    *((imbalance.logit_adjusted, CLASSED, {"prior": bad}) for bad in ((0.0, 1.0), (-1.0, 2.0), (0.5, NAN), (1.0,))),
    *((imbalance.logit_adjusted, CLASSED, {"prior": (0.5, 0.5), "tau": bad}) for bad in (NAN, INF)),
    *((imbalance.balanced_softmax, CLASSED, {"counts": bad}) for bad in ((0, 5), (1, 2, 3))),
    *(
        (imbalance.expected_cost, CLASSED, {"costs": bad})
        for bad in (((0.0, 1.0),), ((0.0, 1.0), (1.0,)), ((0.0, NAN), (1.0, 0.0)))
    ),
    *((margins.ldam, CLASSED, {"margins": (0.1, 0.2), "scale": bad}) for bad in BAD),
    *((margins.ldam, CLASSED, {"margins": bad}) for bad in ((-0.1, 0.2), (0.1, NAN), (0.1,))),
    *((margins.vector_scaling, CLASSED, {"scales": bad}) for bad in ((0.0, 1.0), (-1.0, 1.0), (1.0, INF), (1.0,))),
    *((margins.vector_scaling, CLASSED, {"scales": (1.0, 1.0), "offsets": bad}) for bad in ((0.0, NAN), (0.0,))),
    *((overlap.dice, CLASSED, {"smooth": bad}) for bad in BAD[1:]),
    (overlap.dice, CLASSED, {"denominator": "cubic"}),
    *((overlap.tversky, CLASSED, {"false_positive": bad, "false_negative": 0.5}) for bad in BAD[1:]),
    *((overlap.tversky, CLASSED, {"false_positive": 0.5, "false_negative": bad}) for bad in BAD[1:]),
    (overlap.tversky, CLASSED, {"false_positive": 0.0, "false_negative": 0.0}),
    *((overlap.tversky, CLASSED, {"false_positive": 0.5, "false_negative": 0.5, "gamma": bad}) for bad in BAD),
    *((overlap.dice_cross_entropy, CLASSED, {"proportion": bad}) for bad in (-0.1, 1.1, NAN)),
]  # fmt: skip
TWO = {
    "cross_entropy": imbalance.cross_entropy,
    "weighted": functools.partial(imbalance.weighted, weights=(1.0, 9.0)),
    "expected_cost": functools.partial(imbalance.expected_cost, costs=((0.0, 1.0), (5.0, 0.0))),
    "focal": functools.partial(imbalance.focal, gamma=2.0),
    "weighted_focal": functools.partial(imbalance.focal, gamma=2.0, weights=(0.25, 0.75)),
    "logit_adjusted": functools.partial(imbalance.logit_adjusted, prior=(0.9, 0.1)),
    "balanced_softmax": functools.partial(imbalance.balanced_softmax, counts=(9, 1)),
    "ldam": functools.partial(margins.ldam, margins=(0.2, 0.5), scale=3.0, weights=(1.0, 9.0)),
    "vector_scaling": functools.partial(margins.vector_scaling, scales=(1.0, 0.5), offsets=(-1.0, 1.0)),
}
OTHER_TWO = {
    "squared_probability": imbalance.squared_probability,
    "auc": margins.pairwise_squared,
    "dice": overlap.dice,
    "tversky": functools.partial(overlap.tversky, false_positive=0.3, false_negative=0.7),
    "generalised_dice": overlap.generalised_dice,
    "dice_cross_entropy": overlap.dice_cross_entropy,
}
SEVERAL = {
    "cross_entropy": imbalance.cross_entropy,
    "weighted": functools.partial(imbalance.weighted, weights=(1.0, 2.0, 4.0)),
    "expected_cost": functools.partial(
        imbalance.expected_cost, costs=((0.0, 1.0, 2.0), (1.0, 0.0, 1.0), (4.0, 2.0, 0.0))
    ),
    "focal": functools.partial(imbalance.focal, gamma=1.5),
    "logit_adjusted": functools.partial(imbalance.logit_adjusted, prior=(0.7, 0.2, 0.1)),
    "ldam": functools.partial(margins.ldam, margins=(0.1, 0.2, 0.5)),
    "vector_scaling": functools.partial(margins.vector_scaling, scales=(1.0, 0.8, 0.5)),
}
MODULES = (barron, imbalance, margins, overlap, quantile, regression, robust)
HELPERS = {"log_probabilities", "of_class", "entropy", "inverse_frequency", "effective_number_weights", "ldam_margins",
           "cosines", "in_order", "shape_and_log_scale", "log_partition", "log1p_square"}  # fmt: skip
FREE = {"squared", "absolute", "log_cosh", "adaptive", "adaptive_shared"}
"""Losses of any real response, without a constant."""


def _one_line(error):
    return "\n" not in str(error.value) and ("must" in str(error.value)) and "got" in str(error.value)


@pytest.mark.parametrize(("loss", "data", "options"), NUMBERS)
def test_a_constant_outside_its_domain_is_refused_in_one_line(loss, data, options):
    with pytest.raises(ValueError, match="must ") as error:
        loss(*data, **options)
    assert _one_line(error) or "must not both be 0" in str(error.value)


def test_the_tables_hold_every_loss():
    defined = {
        name
        for module in MODULES
        for name, loss in vars(module).items()
        if inspect.isfunction(loss) and loss.__module__ == module.__name__ and not name.startswith("_")
    }
    held = {*TWO, *OTHER_TWO, "pairwise_squared"} | {getattr(loss, "func", loss).__name__ for loss, *_ in NUMBERS}
    assert defined - HELPERS - FREE <= held


def test_zeros_and_ones_are_classes_and_fractions_are_not():
    z = torch.zeros(1, 3, 1)
    for whole in ([0, 1, 1], [0.0, 1.0, 0.0], [True, False, True]):
        assert domain.labels(z, torch.tensor(whole).reshape(1, 3, 1)) is True
    assert domain.labels(z, torch.tensor([0.0, 1.0, 0.5]).reshape(1, 3, 1)) is False
    assert domain.labels(torch.zeros(1, 3, 4), torch.tensor([0.0, 3.0, 1.0]).reshape(1, 3, 1)) is True
    assert domain.labels(z[:, :0], torch.zeros(1, 0, 1)) is False


@pytest.mark.parametrize("label", [-1.0, 2.0, 1.0001, NAN, INF])
@pytest.mark.parametrize("name", TWO | OTHER_TWO)
def test_labels_of_two_classes_lie_between_0_and_1(name, label):
    z, y = CLASSED
    with pytest.raises(ValueError, match=r"Labels must be between 0 and 1, got") as error:
        (TWO | OTHER_TWO)[name](z, torch.cat([y[:, :2], torch.full((1, 1, 1), label)], dim=1))
    assert _one_line(error)


@pytest.mark.parametrize("name", [name for name in OTHER_TWO if name != "dice_cross_entropy"])  # which calls `dice`
def test_losses_of_two_classes_take_one_logit(name):
    with pytest.raises(ValueError, match=r"Predictions must have one logit, got 3\."):
        inspect.unwrap(getattr(OTHER_TWO[name], "func", OTHER_TWO[name]))(
            *THREE, **getattr(OTHER_TWO[name], "keywords", {})
        )


@pytest.mark.parametrize("label", [-1, 3, 0.5])
@pytest.mark.parametrize("name", SEVERAL)
def test_labels_of_several_classes_are_their_numbers(name, label):
    z, y = THREE
    SEVERAL[name](z, y.double())
    with pytest.raises(ValueError, match=r"Labels must be the numbers 0, ..., 2 of the classes, got") as error:
        SEVERAL[name](z, torch.cat([y[:, :2], torch.full((1, 1, 1), label)], dim=1))
    assert _one_line(error)


@pytest.mark.parametrize("name", TWO)
def test_a_fraction_of_class_1_has_the_expected_loss(name):
    z = torch.linspace(-4, 4, 9).double().reshape(1, -1, 1)
    y = torch.linspace(0, 1, 9).double().reshape(1, -1, 1)
    one, none = TWO[name](z, torch.ones_like(z)), TWO[name](z, torch.zeros_like(z))
    torch.testing.assert_close(TWO[name](z, y), y * one + (1 - y) * none, rtol=1e-14, atol=0)
    hard = (y > 0.5).double()
    assert torch.equal(TWO[name](z, hard), TWO[name](z, hard.long()))


@pytest.mark.parametrize(("name", "value"), [("weighted", 2.3675), ("focal", 0.2264)])
def test_the_expected_weighted_and_focal_losses_have_their_worked_values(name, value):
    z, y = torch.ones(1, 1, 1).double(), torch.full((1, 1, 1), 0.7).double()
    assert TWO[name](z, y).item() == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("name", ["squared_probability", "auc"])
def test_fractions_count_as_the_samples_that_they_stand_for(name):
    """Ten samples at each logit, 3 and 8 of class 1, against two with fractions."""
    z = torch.tensor([0.4, -1.1], dtype=torch.float64).reshape(1, 2, 1)
    soft = OTHER_TWO[name](z, torch.tensor([0.3, 0.8], dtype=torch.float64).reshape(1, 2, 1)).mean()
    y = torch.cat([torch.arange(10) < 3, torch.arange(10) < 8]).double().reshape(1, 20, 1)
    hard = OTHER_TWO[name](z.repeat_interleave(10, dim=1), y).mean()
    spread = (0.3 * 0.7 + 0.8 * 0.2) / 2 if name == "squared_probability" else 0.0  # y (1 - y), which no fit changes
    assert soft.item() + spread == pytest.approx(hard.item(), rel=1e-12)


def test_of_many_levels_the_first_one_outside_is_named():
    levels = torch.linspace(0.1, 1.2, 1000)
    with pytest.raises(ValueError, match=r"got 1\.0007\d* and 181 more\.$"):
        quantile.pinball(*REAL, level=levels)
