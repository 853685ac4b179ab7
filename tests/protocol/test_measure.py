"""What a measure or a comparison refuses when a study is loaded."""

import pytest

from dlstats.protocol.measure import Contrast, LevelContrast, Measure, Slope, SlopeContrast

COLUMN = {"truth": "target"}


@pytest.mark.parametrize(
    "comparison",
    [
        lambda options: Contrast("risk", "a", "b", "ratio", "bias", options=options),
        lambda options: LevelContrast("risk", "effort", 3, 1, "difference", "mse", options=options),
        lambda options: Slope("risk", statistic="mse", options=options),
        lambda options: SlopeContrast("risk", "a", "b", statistic="mse", options=options),
    ],
)
def test_an_option_of_a_comparison_is_a_number(comparison):
    assert comparison({"truth": 0.5}).options == {"truth": 0.5}
    with pytest.raises(
        ValueError, match=r"`truth` of (bias|mse) must be a number in a contrast or a slope, got .*target"
    ):
        comparison(COLUMN)


def test_an_option_of_a_measure_may_name_a_column():
    assert Measure("risk", "risk", "bias", options=COLUMN).options == COLUMN
