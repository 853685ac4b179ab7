"""Streams depend on names and replicate alone."""

import numpy as np
import pytest

from dlstats.seeds import Streams, generator


def _first(streams, role="data", **parameters):
    return [rng.random() for rng in streams.generators(role, **parameters)]


def test_a_replicate_has_the_same_stream_in_every_batch():
    together = _first(Streams(1, "s", range(10)), n=5)
    apart = [_first(Streams(1, "s", [r]), n=5)[0] for r in reversed(range(10))]
    assert together == apart[::-1]


def test_the_order_of_parameters_does_not_count():
    streams = Streams(1, "s", [0])
    assert _first(streams, n=5, sd=0.5) == _first(streams, sd=0.5, n=5)


@pytest.mark.parametrize(
    "other",
    [
        (2, "s", "data", 0, {"n": 5}),
        (1, "t", "data", 0, {"n": 5}),
        (1, "s", "init", 0, {"n": 5}),
        (1, "s", "data", 1, {"n": 5}),
        (1, "s", "data", 0, {"n": 6}),
        (1, "s", "data", 0, {"m": 5}),
    ],
)
def test_every_part_of_the_name_gives_another_stream(other):
    assert generator(*other).random() != generator(1, "s", "data", 0, {"n": 5}).random()


def test_neighbouring_streams_are_uncorrelated():
    """The largest of 190 correlations of 4,000 draws is below 5 standard errors."""
    draws = Streams(1, "s", range(20)).draw(lambda rng: rng.normal(size=4000), "data")
    correlation = np.corrcoef(draws) - np.eye(20)
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)


def test_a_stream_is_the_same_for_ever():
    """Stored results can be replayed only while this holds."""
    assert generator(740, "sawtooth", "start", 3, {"n": 2}).integers(0, 2**32, 3).tolist() == [
        201867284,
        3256715877,
        341612061,
    ]
