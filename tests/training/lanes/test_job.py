"""What Python hands to compiled code is checked at one place: too little memory, a wrong type or number is one line."""

import re

import numpy as np
import pytest
import torch
from cases.lanes import problem, user_squared

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training.lanes import backend, layout
from dlstats.training.lanes.job import Buffer

NET = nets.Mlp(3, (8,), 2)
RECORD = ("score", "best_step", "idle", "last_step", "running", "finite")


@pytest.fixture(params=[False, True], ids=["lanes", "wide"])
def kernel(request, monkeypatch):
    monkeypatch.setattr(layout, "wide", lambda net: request.param)


def laid_out(loss=squared):
    """A problem with minibatches, validation and best weights, packed and ready for its first steps."""
    task = problem(NET, rows=5, loss=loss, checked=9, batch_size=8, keep="best", check_every=1)
    laid = layout.lay_out(task)
    for begin, index in backend._orders(task):
        assert index is not None
        laid.take(begin, index, index.shape[1])
    laid.kernel.lanes_pack(laid.job)
    if loss is user_squared:
        job, numbers = laid.job, 8 * NET.d_out * laid.job.across
        job.end = job.begin + 1
        for name in ("outputs", "output_gradient"):
            laid.owners[name] = torch.zeros(numbers, dtype=torch.float64)
        laid.owners["scores"] = np.zeros(5)
        job.point(**{name: laid.owners[name] for name in ("outputs", "output_gradient", "scores")})
    return laid


OF_ENTRIES = {
    ("lanes_pack", squared): ("sizes", "parameters", "state"),
    ("lanes_unpack", squared): ("sizes", "parameters", "state"),
    ("lanes_run", squared): (
        *("sizes", "state", "x", "y", "checked_x", "checked_y", "rates", "factors", "orders"),
        *RECORD,
    ),
    ("lanes_run", user_squared): ("sizes", "state", "x", "factors", "orders", "output_gradient", "scores", *RECORD),
    ("lanes_see", user_squared): ("state", "scores", *RECORD),
    ("lanes_predict", user_squared): ("sizes", "state", "x", "orders", "outputs"),
}
"""(entry, loss) -> the buffers that it reads or writes."""
BUFFERS = [(*key, name) for key, names in OF_ENTRIES.items() for name in names]


@pytest.mark.parametrize(("entry", "loss", "name"), BUFFERS)
def test_a_buffer_that_is_one_number_short_is_refused(entry, loss, name, kernel):
    laid = laid_out(loss)
    job = laid.job
    getattr(laid.kernel, entry)(job)  # as it is, it serves
    needed = getattr(job, name).numbers
    if name == "factors":  # one for each step of the training, of which those before `end` are read
        needed = job.end
    if name == "orders":  # the steps after the one in hand are not read
        steps = 1 if loss is user_squared else job.end - job.begin
        needed = (job.generators - 1) * job.span + steps * job.batch
    setattr(job, name, Buffer(getattr(job, name).at, needed - 1))
    with pytest.raises(ValueError, match=f"`{name}`: {needed} numbers are needed, got {needed - 1}") as refused:
        getattr(laid.kernel, entry)(job)
    assert "\n" not in str(refused.value)
    setattr(job, name, Buffer())
    with pytest.raises(ValueError, match=f"`{name}`: {needed} numbers are needed, got 0|`end`|`checked"):
        getattr(laid.kernel, entry)(job)


NUMBERS = {
    "number_bytes": 4,
    "layers": 0,
    "activation": 99,
    "optimiser": -1,
    "loss": 12,
    "rows": 0,
    "samples": 0,
    "x_rows": 2,
    "y_rows": 3,
    "checked_x_rows": 4,
    "generators": 2,
    "span": 23,
    "begin": -1,
    "end": 4,
    "batch": 41,
    "every": 0,
    "block": 4097,
    "threads": 0,
    "keep_best": 2,
    "slot": 2,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_makes_no_sense_is_refused(name, kernel):
    laid = laid_out()
    setattr(laid.job, name, NUMBERS[name])
    with pytest.raises(ValueError, match=rf"`{name}`: .* needed, got {NUMBERS[name]}\.$"):
        laid.kernel.lanes_run(laid.job)


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("hidden", [2, 3, 5])
def test_a_network_whose_weights_no_number_counts_is_refused(hidden, skip, kernel):
    """Their count in int64 would begin anew from below 0, and any memory would do."""
    laid = laid_out()
    most = 2**31 - 1
    laid.owners["sizes"] = np.array([1, *[most] * hidden, 1], np.int64)
    laid.job.layers, laid.job.skip = hidden + 1, skip
    laid.job.point(sizes=laid.owners["sizes"])
    with pytest.raises(ValueError, match="`sizes`: at most 1099511627776 weights are possible"):
        laid.kernel.lanes_pack(laid.job)


@pytest.mark.parametrize("name", RECORD)
def test_memory_that_must_not_be_written_is_refused(name):
    laid = laid_out()
    laid.record[name].flags.writeable = False
    with pytest.raises(ValueError, match=f"`{name}` must be writeable"):
        laid.job.point(**{name: laid.record[name]})


def test_a_loss_in_python_takes_one_step_a_call(kernel):
    laid = laid_out(user_squared)
    laid.job.end = laid.job.begin + 2
    with pytest.raises(ValueError, match="`end`: 0 to 1 is needed, got 2"):
        laid.kernel.lanes_run(laid.job)


@pytest.mark.parametrize(
    ("name", "memory", "message"),
    [
        ("x", torch.zeros(5, 40, 3), "`x` must be contiguous float64 in main memory, got torch.float32, contiguous."),
        (
            "y",
            torch.zeros(5, 40, 2, dtype=torch.int64),
            "`y` must be contiguous float64 in main memory, got torch.int64",
        ),
        ("x", torch.zeros(5, 3, 40, dtype=torch.float64).mT, "got torch.float64, not contiguous in main memory."),
        ("x", torch.zeros(5, 40, 3, dtype=torch.float64, device="meta"), "not contiguous in main memory."),
        ("orders", np.zeros((5, 24)), "`orders` must be contiguous int32 in main memory, got float64"),
        ("orders", np.zeros((24, 5), np.int32).T, "got int32, not contiguous"),
        ("running", np.ones(5, bool), "`running` must be contiguous uint8 in main memory, got bool"),
    ],
)
def test_memory_of_another_type_or_with_gaps_is_refused(name, memory, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        laid_out().job.point(**{name: memory})


@pytest.mark.parametrize("wrong", [-1, 40])
def test_samples_that_are_not_there_are_refused(wrong):
    laid = laid_out()
    orders = np.zeros((5, 24), np.int32)
    orders[3, 7] = wrong
    with pytest.raises(ValueError, match=r"`orders` must lie in 0, \.\.\., 39, got"):
        laid.take(0, orders, 24)


def test_a_batch_larger_than_the_sample_is_refused():
    task = problem(NET, rows=5, batch_size=41)
    with pytest.raises(ValueError, match="at most the 40 samples, got 41"):
        training.fit(NET, squared, task.start, task.x, task.y, task.training, task.generators, backend="lanes")


def test_responses_with_too_few_columns_are_refused(kernel):
    """What once read beyond the responses: one column where the loss reads one for each output."""
    laid = laid_out()
    laid.owners["y"] = torch.zeros(5, 40, 1, dtype=torch.float64)
    laid.job.point(y=laid.owners["y"])
    with pytest.raises(ValueError, match="`y`: 400 numbers are needed, got 200"):
        laid.kernel.lanes_run(laid.job)
