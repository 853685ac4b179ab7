"""`dlstats.montecarlo` stands alone: numpy, scipy and pandas are all it takes."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKEN = {"numpy", "scipy", "pandas", "lazy-loader"}
"""The last, which has no dependencies, is how `import dlstats` itself loads nothing."""
CODE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing}:
            raise ImportError(name + " is not installed")

sys.meta_path.insert(0, Missing())
import pandas as pd
from dlstats import montecarlo

frame = pd.DataFrame({{"x": [1.0, 2.0, 4.0, 3.0], "method": ["A", "A", "B", "B"], "replicate": [0, 1, 0, 1]}})
table = montecarlo.summarise(frame, [("x", "mean"), ("x", "median"), ("x", "rejection_rate", {{"level": 2.0}})], by="method")
print(table["estimate"].tolist(), sorted(set(sys.modules) & {missing}))
"""


def test_it_needs_numpy_scipy_and_pandas_only():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {line.split(">")[0].split("[")[0].lower() for line in project["dependencies"]} - TAKEN
    missing = {m for m, owners in packages_distributions().items() if {o.lower() for o in owners} & names}
    assert {"torch", "statsmodels", "jaxtyping", "sklearn", "pyarrow"} <= missing
    code = CODE.format(missing=missing)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[1.5, 1.5, 1.0, 3.5, 3.5, 0.0] []", done.stderr
