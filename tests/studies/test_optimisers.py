"""Laws of the optimisers' studies, beside what their claims and checks ask."""

import math

import pytest

from dlstats.studies.optimisers.descent import momentum_rates

PRODUCTS = (*momentum_rates.STABLE, *momentum_rates.BEYOND)


@pytest.mark.parametrize("product", PRODUCTS)
def test_signs_change_as_often_as_the_roots_say_however_near_the_minimum_a_path_is(product):
    rows = {row["method"]: row for row in momentum_rates.oscillations(product)}
    assert rows["gradient_descent"]["changes"] == (momentum_rates.STEPS if product > 1 else 0)
    angle = math.acos((1 + momentum_rates.MOMENTUM - product) / (2 * momentum_rates.MOMENTUM**0.5))
    assert abs(rows["heavy_ball"]["changes"] - momentum_rates.STEPS * angle / math.pi) <= 1
    assert rows["heavy_ball"]["more"] == rows["heavy_ball"]["changes"] - rows["gradient_descent"]["changes"]
