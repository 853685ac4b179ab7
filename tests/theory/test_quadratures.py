"""Every quadrature of the theory against a second route: a closed form, other nodes, or another formula.

The table of routes says which.
"""

import numpy as np
import pytest
from cases.second_routes import ROUTES
from scipy import integrate

from dlstats.theory import efficiency, linear_suboptimality


@pytest.mark.parametrize("name", ROUTES)
def test_a_quadrature_agrees_with_its_second_route(name):
    value, second, tolerance = ROUTES[name]
    np.testing.assert_allclose(value(), second(), rtol=tolerance)


@pytest.mark.parametrize("step", [0.5, 0.25, 0.125])
def test_the_change_point_of_a_small_jump_is_that_of_brownian_motion(step):
    # the argmax of W(t) − |t|/2 has mean absolute value 3; that of the walk differs by a part of order step²
    assert step**2 * linear_suboptimality.mean_location_error(step) == pytest.approx(3, abs=step**2 / 10)


@pytest.mark.parametrize("name", ["huber", "tukey"])
@pytest.mark.parametrize("law", efficiency.DISTRIBUTIONS)
def test_variances_under_every_distribution_agree_with_the_derivative_of_psi(name, law):
    # E ψ' in place of E ψ s
    k, distribution = efficiency.ESTIMATORS[name].constant, efficiency.DISTRIBUTIONS[law]

    def psi(x):
        return efficiency.ESTIMATORS[name].psi(x, k)

    def derivative(x):
        return 1.0 if name == "huber" else (1 - (x / k) ** 2) * (1 - 5 * (x / k) ** 2)

    slope = 2 * integrate.quad(lambda x: derivative(x) * distribution.density(x), 0, k, epsabs=1e-13)[0]
    inside = 2 * integrate.quad(lambda x: psi(x) ** 2 * distribution.density(x), 0, k, epsabs=1e-13)[0]
    tail = 1 - 2 * integrate.quad(distribution.density, 0, k, epsabs=1e-13)[0]
    square = inside + (k**2 * tail if name == "huber" else 0)
    assert efficiency.variance(name, distribution) == pytest.approx(square / slope**2, rel=1e-8)
