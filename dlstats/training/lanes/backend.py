"""The lanes back end: a whole problem on the CPU, one network a SIMD lane, or one at a time where layers are wide.

A replicate has the same bits alone and in any company: its numbers never meet those of another lane, and blocks,
groups and threads only decide where and when it is computed. Which of the two kernels serves depends on the network
alone, never on the number of replicates.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np

from dlstats.training import blocks, minibatches
from dlstats.training.contract import Fit, Problem, finished, joined
from dlstats.training.lanes import build, external, layout
from dlstats.training.lanes.layout import Run
from dlstats.training.lanes.losses import EXTERNAL

ROOM = 2**26
"""Numbers that are held at once, about; more rows are trained after each other."""
SPAN = 2**21
"""Numbers of minibatch orders that are drawn ahead, about: enough for a call of the generator to weigh little, in 8 MB."""


def obstacle(problem: Problem) -> str | None:
    """Why lanes cannot train this problem here, in one line; None where they can."""
    if problem.start.device.type != "cpu":
        return f"lanes run on the CPU, not on {problem.start.device.type}"
    reason = layout.obstacle(problem, "lanes do not")
    if reason is not None:
        return reason
    try:
        build.library(problem.training.dtype)
    except build.Unavailable as error:
        return str(error)
    return None


def run(problem: Problem) -> Fit:
    """Train a problem that lies on the CPU."""
    return joined(list(parts(problem)))


def parts(problem: Problem) -> Iterator[Fit]:
    """Its fits, in parts that hold every restart of their replicates."""
    starts = len(problem.start)
    replicates = [len(part) for part in (problem.x, problem.y, problem.generators or ()) if len(part) > 1]
    restarts = starts // min(replicates, default=starts)
    each = layout.LANES * restarts
    size = max(1, ROOM // (layout.numbers(problem) * each)) * each
    for begin in range(0, starts, size):
        end = min(begin + size, starts)
        part = problem if size >= starts else blocks.part(problem, begin, end, problem.start.device)
        yield fit_of(trained(part))


def trained(problem: Problem) -> Run:
    """A problem that is held at once, after its last step."""
    laid = layout.lay_out(problem)
    laid.kernel.lanes_pack(laid.job)
    for begin, index in _orders(problem):
        laid.take(begin, index, SPAN if index is None else index.shape[1])
        if laid.job.loss == EXTERNAL:
            external.advance(laid)
        else:
            laid.kernel.lanes_run(laid.job)
    if laid.job.loss == EXTERNAL:
        external.close(laid)
    return laid


def _orders(problem: Problem) -> Iterator[tuple[int, np.ndarray | None]]:
    """(first step, samples of the next steps): each generator's permutations end to end, as in `engine.orders`."""
    training = problem.training
    if problem.generators is None:
        yield 0, None
        return
    generators = copy.deepcopy(list(problem.generators))
    assert training.batch_size is not None
    batch, n = training.batch_size, problem.x.shape[1]
    ahead = max(1, SPAN // (len(generators) * batch))
    left = np.empty((len(generators), 0), dtype=np.int32)
    for begin in range(0, training.steps, ahead):
        wanted = min(ahead, training.steps - begin) * batch
        drawn = minibatches.permutations(n, max(1, -(-(wanted - left.shape[1]) // n)), generators)
        index = np.concatenate([left, drawn], axis=1) if left.size else drawn
        left = index[:, wanted:]
        yield begin, np.ascontiguousarray(index[:, :wanted])


def fit_of(laid: Run) -> Fit:
    """The weights kept, with their losses."""
    problem, job, record = laid.problem, laid.job, laid.record
    loss = external.losses(laid, problem.x, problem.y, slot=job.keep_best).numpy()
    checked = None
    if problem.validation is not None:
        checked = external.losses(laid, *problem.validation, slot=job.keep_best).numpy()
    return finished(problem, laid.unpacked(), record, loss, checked)
