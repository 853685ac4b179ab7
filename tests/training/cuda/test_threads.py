"""Threads may take turns in any order between barriers, and every barrier is needed."""

import re
from dataclasses import replace

import pytest
from cases.cuda_emulator import DOWN, RANDOM, SMALL, UP, assert_same, run, task_of

from dlstats.training.contract import differing
from dlstats.training.cuda import nvrtc


def task():
    """Everything that has a barrier of its own."""
    net = replace(SMALL, activation="prelu")
    return task_of(
        net, dtype="float32", steps=5, batch_size=43, keep="best", check_every=2, checked=40, learning_rate=0.1
    )


@pytest.fixture(autouse=True)
def small(laid):
    laid(crew=32, tile=32)


@pytest.mark.parametrize("order", [UP, DOWN])
def test_the_order_of_threads_decides_nothing(order, emulated):
    assert_same(run(task(), replace(emulated, order=order)), run(task(), emulated))


def test_every_barrier_is_needed(emulated):
    """Left out, each changes a result in some order of the threads."""
    text = b"\n".join(nvrtc.sources().values()).decode()
    barriers = len(re.findall(r"\bMEET\(\);", text))
    assert barriers == emulated.barriers(task())
    whole = run(task(), emulated)
    for barrier in range(barriers):
        orders = (replace(emulated, order=order, omitted=barrier) for order in (DOWN, UP, RANDOM))
        assert any(differing(run(task(), other), whole) for other in orders), barrier
