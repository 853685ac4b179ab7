"""Studies on a device beside the CPU, which is in the device's place: what differs is seen, as far as it must not."""

import os
import time
from dataclasses import replace

import pytest

from dlstats.machine.acceptance.agreement import Subject
from dlstats.pipeline import cells, config, grid, on_devices

REAL, ROWS = cells.simulate_block, {}
FOREVER = float("inf")
SETTINGS = {"design": "smoke", "overrides": {}}
TWO = {"sawtooth": "training", "optimisation_gap": "trained"}


def cheapest():
    """A cell of two experiments that train."""
    several = [grid.experiment_cells(SETTINGS, study, inner) for study, inner in TWO.items()]
    return iter([min(cells, key=lambda cell: cell.packed) for cells in several])


@pytest.fixture
def device(monkeypatch):
    """A device that computes as the CPU does, but for what `change` makes of its rows."""
    held = {"change": lambda rows, alone: rows}

    def simulate(experiment, origin, replicates, device):
        key = origin, tuple(replicates), os.environ.get("DLSTATS_BACKEND")
        if key not in ROWS:
            ROWS[key] = REAL(experiment, origin, replicates, "cpu")
        return held["change"](ROWS[key], len(replicates) == 1) if device == "device" else ROWS[key]

    monkeypatch.setattr(on_devices, "_trained", cheapest)
    monkeypatch.setattr(cells, "simulate_block", simulate)
    return held


def failed(until=FOREVER):
    return {check.name.split(": ")[1] for check in on_devices.checks("device", until) if check.passed is False}


def test_the_cheapest_cell_of_every_experiment_that_trains_is_taken(monkeypatch):
    settings = SETTINGS | {"studies": ["multiplicity", *TWO]}
    monkeypatch.setattr(config, "load", lambda path: settings)
    assert list(on_devices._trained()) == list(cheapest())


def test_a_device_like_the_cpu_passes(device):
    found = on_devices.checks("device", FOREVER)
    assert [check.passed for check in found] == [True] * 4
    assert [check.found for check in found] == pytest.approx([0.0] * 4, abs=1e-4)


def test_other_numbers_are_seen(device):
    device["change"] = lambda rows, alone: rows.assign(**{c: rows[c] * 1.5 + 1 for c in rows.select_dtypes("float")})
    assert failed() == {"beside the CPU"}


def test_other_data_are_seen(device):
    device["change"] = lambda rows, alone: rows.assign(data_digest="another")
    assert failed() == {"beside the CPU"}


def test_a_replicate_that_hangs_on_its_block_is_seen(device):
    device["change"] = lambda rows, alone: rows.assign(
        **{c: rows[c] + (0.5 if alone else 0.0) for c in rows.select_dtypes("float")}
    )
    assert failed() == {"a replicate alone"}


def test_where_the_cpus_back_ends_are_far_apart_a_device_may_be_too(device, monkeypatch):
    device["change"] = lambda rows, alone: rows.assign(**{c: rows[c] + 0.5 for c in rows.select_dtypes("float")})
    compared = cells.compared
    asked = []

    def apart(again, stored):
        asked.append(len(asked) % 3)
        made = compared(again, stored)
        return replace(made, largest_difference=0.4) if asked[-1] == 0 else made

    monkeypatch.setattr(cells, "compared", apart)
    assert failed() == set()


def test_every_back_end_of_a_device_is_asked(device, monkeypatch):
    several = [Subject("device", "torch"), Subject("device", "lanes")]
    monkeypatch.setattr(on_devices, "subjects", lambda device: several)
    found = on_devices.checks("device", FOREVER)
    assert len(found) == 8
    assert sum("lanes on device" in check.name for check in found) == 4
    assert {key[2] for key in ROWS} == {"auto", "torch", "lanes"}


def test_a_kernel_that_left_all_to_torch_is_not_judged(device, monkeypatch):
    monkeypatch.setattr(on_devices, "subjects", lambda device: [Subject("device", "cuda")])
    found = on_devices.checks("device", FOREVER)
    assert [(check.passed, check.detail.endswith("trained it")) for check in found] == [(None, True)] * 2


def test_an_error_fails_and_the_others_go_on(device):
    def change(rows, alone):
        if "units" in rows:  # sawtooth
            raise RuntimeError("CUDA error: unspecified launch failure")
        return rows

    device["change"] = change
    found = on_devices.checks("device", FOREVER)
    assert sorted(str(check.passed) for check in found) == ["False", "True", "True"]
    assert "unspecified launch failure" in next(check.detail for check in found if not check.passed)


def test_what_is_not_begun_is_named_and_not_judged(device, monkeypatch):
    found = on_devices.checks("device", time.monotonic() - 1)
    assert [(check.passed, "time was up" in check.detail) for check in found] == [(None, True)]
    assert "sawtooth.training" in found[0].detail
    monkeypatch.setattr(on_devices, "DEAREST", 0.0)
    found = on_devices.checks("device", FOREVER)
    assert [(check.passed, "more than a second" in check.detail) for check in found] == [(None, True)]


def test_the_environment_is_as_it_was(monkeypatch):
    for before in ("lanes", None):
        if before is None:
            monkeypatch.delenv("DLSTATS_BACKEND")
        else:
            monkeypatch.setenv("DLSTATS_BACKEND", before)
        with on_devices._trained_by("torch"):
            assert os.environ["DLSTATS_BACKEND"] == "torch"
        assert os.environ.get("DLSTATS_BACKEND") == before
