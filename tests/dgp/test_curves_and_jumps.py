"""Closed curves and jumps on the circle against their formulas and their samples."""

import math

import numpy as np
import pytest

from dlstats.dgp import closed_curves, jump

DRAWS = 20_000


def test_closed_curves_are_circles_of_two_frequencies_and_their_angles_are_uniform():
    design = closed_curves.ClosedCurves(2, 9)
    angles = design.angles(DRAWS, np.random.default_rng(0))
    assert angles.shape == (DRAWS, 2)
    assert abs((angles < math.pi / 2).mean() - 1 / 4) < 4 * math.sqrt(3 / 16 / angles.size)
    ((s, t),) = angles[:1].tolist()
    wanted = [math.cos(s), math.cos(t), math.sin(s), math.sin(t)]
    wanted += [math.cos(2 * s) / 2, math.cos(2 * t) / 2, math.sin(2 * s) / 2, math.sin(2 * t) / 2]
    np.testing.assert_allclose(design.embed(angles[:1])[0], wanted, rtol=1e-12)
    assert design.regression(angles[:1])[0] == pytest.approx((math.sin(3 * s) + math.sin(3 * t)) / math.sqrt(2))
    turn = design.rotation(np.random.default_rng(1))
    np.testing.assert_allclose(turn @ turn.T, np.eye(8), atol=1e-12)


@pytest.mark.parametrize(
    "process", [jump.CircularJump(8, 0.5), jump.CircularArc(8, 0.5), jump.CircularArc(10, 0.3, 0.37)]
)
def test_a_jump_on_the_circle_is_one_on_an_arc_from_a_uniform_place(process):
    arc = getattr(process, "arc", 0.5)
    for shift in range(process.n):
        ones = {(shift + step) % process.n for step in range(process.n) if step < arc * process.n}
        assert np.flatnonzero(process.regression(shift)).tolist() == sorted(ones)
    np.testing.assert_allclose(process.x, [(2 * i + 1) / (2 * process.n) for i in range(process.n)])
    rng = np.random.default_rng(2)
    truth, y = (np.stack(part) for part in zip(*(process.sample(rng) for _ in range(4000)), strict=True))
    p = len(ones) / process.n
    assert (np.abs(truth.mean(axis=0) - p) < 4 * math.sqrt(p * (1 - p) / len(truth))).all()
    z = (y - truth) / process.noise_sd
    assert abs(z.mean()) < 4 / math.sqrt(z.size)
    assert abs((z**2).mean() - 1) < 4 * math.sqrt(2 / z.size)
