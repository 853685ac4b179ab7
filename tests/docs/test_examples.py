"""The examples of the documentation run."""

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_many_networks_are_trained_at_once():
    table = runpy.run_path(str(EXAMPLES / "thousand_networks.py"))["main"](4, 30, 20)
    assert table["method"].tolist() == ["squared", "huber"]
    assert (table["replicates"] + table["failed"] == 4).all()
    assert (table["mcse"] > 0).all()
