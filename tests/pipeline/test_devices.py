"""A job takes a GPU only if its code may train on one, and as many such jobs run at once as there are GPUs."""

import pytest

from dlstats.machine import gpus
from dlstats.pipeline import devices, fingerprints, grid, registry

TRAINED = {
    "sawtooth.training": "yes",
    "heavy_tails.networks": "yes",
    "multiplicity.ledgers": "no",
    "minimisers.map": "no",
}


def settings(device):
    return {"design": "smoke", "device": device, "overrides": {}}


@pytest.mark.parametrize(("name", "trains"), TRAINED.items())
def test_whether_an_experiment_trains_is_read_off_its_code(name, trains):
    study, inner = registry.experiment(name)
    assert fingerprints.trains(registry.module(study), inner) == trains


@pytest.mark.parametrize(
    ("study", "device", "present", "taken"),
    [
        ("sawtooth", "auto", ["0"], 1),
        ("sawtooth", "auto", [], 0),
        ("sawtooth", "cuda", [], 1),  # the job says what is wrong
        ("sawtooth", "cpu", ["0"], 0),
        ("multiplicity", "auto", ["0"], 0),
    ],
)
def test_a_job_that_may_train_takes_one_gpu(study, device, present, taken, monkeypatch):
    monkeypatch.setattr(gpus, "gpus", lambda: present)
    asked = settings(device)
    assert {devices.taken(asked, job) for job in grid.jobs(asked, study)} == {taken}


@pytest.mark.parametrize(("present", "jobs"), [([], 1), (["0"], 1), (["2", "5"], 2)])
def test_every_gpu_has_one_job_at_once(present, jobs, monkeypatch):
    monkeypatch.setattr(gpus, "gpus", lambda: present)
    assert devices.at_once() == jobs


@pytest.mark.parametrize(
    ("name", "device", "held"),
    [("sawtooth.training", "auto", True), ("sawtooth.training", "cpu", False), ("multiplicity.ledgers", "auto", False)],
)
def test_a_job_holds_no_gpu_on_which_it_cannot_train(name, device, held, monkeypatch):
    monkeypatch.setattr(gpus, "gpus", lambda: ["0"])
    taken = []
    monkeypatch.setattr(gpus, "take", taken.append)
    devices.hold(*registry.experiment(name), device)
    assert taken == [["0"]] * held
