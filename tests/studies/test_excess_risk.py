"""Laws of the studies of excess risk: targets are as smooth as they say, rows of methods are stacked by replicate."""

import numpy as np
import pytest

from dlstats.methods import free_knots, tuning
from dlstats.pipeline import registry
from dlstats.seeds import Streams
from dlstats.studies import frames
from dlstats.studies.excess_risk.trained_slopes import networks


@pytest.mark.parametrize("name", ["rough", "cusp", "smooth"])
def test_free_knots_approximate_a_target_as_its_smoothness_and_constant_say(name):
    target, x = networks.TARGETS[name], (np.arange(3000) + 0.5) / 3000
    # crowded at the cusp, as the best knots are
    side = np.linspace(0, 1, 80)[1:-1]
    at = np.union1d(0.37 + 0.63 * side**4, 0.37 - 0.37 * side**4) if name == "cusp" else np.arange(1, 160) / 160
    chosen = free_knots.selections(x, target.function(x[:, None]), at, 23, range(24))
    for pieces in (12, 24):
        error = free_knots.least_squares(x, target.function(x[:, None]), at[chosen[pieces - 1]])[1]
        # the error of lacunary cosines times N² has a period in log N; a constant moves theory's width by C^(1/(2b + 1))
        assert error == pytest.approx(target.constant * pieces ** (-2 * target.smoothness), rel=0.25)


def test_the_kinked_target_is_a_network_of_theorys_width():
    x, target = np.linspace(0, 1, 501), networks.TARGETS["kinked"]
    assert networks.units("theory", target, 500) == 3
    assert free_knots.least_squares(x, target.function(x[:, None]), np.array([0.2, 0.4, 0.7]))[1] < 1e-20


@pytest.mark.parametrize("name", ["rough", "cusp", "smooth"])
def test_theorys_pieces_minimise_the_count_of_bias_and_variance_whose_slope_is_that_of_theory(name):
    target = networks.TARGETS[name]

    def risk(n, pieces):
        return target.constant * pieces ** (-2 * target.smoothness) + 2 * pieces * networks.NOISE_SD**2 / n

    for n in (200, 3200):
        assert all(risk(n, target.pieces(n)) < risk(n, target.pieces(n) * factor) for factor in (0.95, 1.05))
    small, large = (risk(n, target.pieces(n)) for n in (200, 3200))
    assert np.log(large / small) / np.log(16) == pytest.approx(target.slope)


def test_a_width_is_chosen_by_the_error_on_the_held_out_fifth_of_the_splines(monkeypatch):
    streams, n = Streams(0, "widths", [0, 1, 2]), 50
    y = streams.draw(lambda rng: rng.standard_normal(n), "data")
    x = np.tile(np.arange(n) / n, (3, 1))[..., None]
    data = networks.Data(x, y, x, y, streams, {"n": n}, 1, 1, "cpu")
    seen = []

    class Fitted:
        def __init__(self, width):
            self.width = width

        def predict(self, at):
            seen.append(at)
            index = np.rint(at[..., 0] * n).astype(int)
            wanted = np.array([[4], [64], [16]])
            return np.take_along_axis(y, index, axis=1) + (wanted != self.width)

    monkeypatch.setattr(networks, "network", lambda width, data: Fitted(width))
    assert networks.chosen_widths(data).tolist() == [4, 64, 16]
    splits = [tuning.held_out(n, rng) for rng in streams.generators("baseline", n=n)]
    np.testing.assert_array_equal(seen[0], np.stack([x[0][split.held] for split in splits]))


def test_rows_of_methods_are_stacked_by_replicate_and_are_ok_unless_they_say_otherwise():
    streams = Streams(0, "stacked", [3, 4])
    rows = {"a": {"risk": [1.0, 2.0], "status": ["ok", "diverged"]}, "b": {"risk": [3.0, 4.0]}}
    frame = frames.stacked(streams, rows)
    assert frame["replicate"].tolist() == [3, 3, 4, 4]
    assert frame["method"].tolist() == ["a", "b", "a", "b"]
    assert frame["risk"].tolist() == [1.0, 3.0, 2.0, 4.0]
    assert frame["status"].tolist() == ["ok", "ok", "diverged", "ok"]


def test_every_claim_from_one_to_twenty_is_there_but_the_sixteenth_which_is_uat9():
    studies = [registry.load(name) for name in registry.studies() if registry.family(name) == "excess_risk"]
    heads = {one.id.split(".")[0] for study in studies for one in (*study.claims, *study.checks)}
    assert {f"RSK{i}" for i in range(1, 21)} - heads == {"RSK16"}
