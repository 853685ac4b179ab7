"""The benchmarks compare like with like: every contender that is installed trains the same networks."""

import importlib
import importlib.util

import numpy as np
import pandas as pd
import pytest

from benchmarks import figure
from benchmarks.problem import Shape, data

SHAPE = Shape(24, 4, 3)
MODULES = {"ours": "torch", "torch_forms": "torch", "sklearn_form": "sklearn", "jax_forms": "jax"}
FORMS = [
    (module, form)
    for module, library in MODULES.items()
    if importlib.util.find_spec(library)
    for form in importlib.import_module(f"benchmarks.contenders.{module}").FORMS
    if form not in ("loop", "lanes")
]


@pytest.mark.parametrize(("module", "form"), FORMS)
def test_every_contender_computes_what_the_plain_loop_computes(module, form):
    drawn = data(SHAPE, range(SHAPE.replicates))
    expected = importlib.import_module("benchmarks.contenders.torch_forms").FORMS["loop"](SHAPE, *drawn)(20)
    got = importlib.import_module(f"benchmarks.contenders.{module}").FORMS[form](SHAPE, *drawn)(20)
    # scikit-learn's loss is half of ours: Adam's eps counts twice, which the first steps show where gradients are small
    np.testing.assert_allclose(got, expected, rtol=2e-3)


def test_ratios_are_medians_within_rounds():
    times = {"loop, one process": [100.0, 300.0, 90.0], "jax map, one process": [4.0, 10.0, 4.0], "torch": [2, 6, 1]}
    rows = pd.DataFrame(
        {"shape": "s", "contender": name, "round": i, "microseconds": v, "cpu": v, "share": 0.1, "compile": 0.0}
        for name, values in times.items()
        for i, v in enumerate(values)
    )
    wide = rows.pivot(index="round", columns="contender", values="microseconds")
    assert figure.ratio(wide, "loop, one process", "torch") == 50
    line = next(part for part in figure.table(rows).splitlines() if part.strip().startswith("torch"))
    assert line.split()[1:] == ["2", "1", "6", "2", "50", "NaN", "2", "0.1", "0"]
