"""Every closed form of the theory against a second route that the tables of `cases` write down."""

import numpy as np
import pytest
from cases import (
    routes_of_approximation,
    routes_of_classes,
    routes_of_likelihood,
    routes_of_losses,
    routes_of_rates,
)

TABLES = (routes_of_approximation, routes_of_classes, routes_of_likelihood, routes_of_losses, routes_of_rates)
ROUTES = {name: route for table in TABLES for name, route in table.ROUTES.items()}


@pytest.mark.parametrize("name", ROUTES)
def test_a_closed_form_agrees_with_its_second_route(name):
    value, second, tolerance = ROUTES[name]
    for found, wanted in zip(np.atleast_1d(value()), np.atleast_1d(second()), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=1e-12)
