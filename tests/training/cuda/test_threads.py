"""Threads may take turns in any order between barriers, and every barrier is needed."""

import re
from dataclasses import replace

import pytest
from cases.cuda_emulator import DOWN, RANDOM, SMALL, UP, assert_same, differences, task_of

from dlstats.training.cuda import backend, nvrtc


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
def test_the_order_of_threads_decides_nothing(order, gpu):
    assert_same(backend.run(task(), replace(gpu, order=order)), backend.run(task(), gpu))


def test_every_barrier_is_needed(gpu):
    """Left out, each changes a result in some order of the threads."""
    text = b"\n".join(nvrtc.sources().values()).decode()
    barriers = len(re.findall(r"\bMEET\(\);", text))
    assert barriers == gpu.barriers(task())
    whole = backend.run(task(), gpu)
    for barrier in range(barriers):
        orders = (replace(gpu, order=order, omitted=barrier) for order in (DOWN, UP, RANDOM))
        assert any(differences(backend.run(task(), other), whole) for other in orders), barrier
