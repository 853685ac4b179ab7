"""The emulator, whose libraries are compiled once for all tests, and a GPU where there is one (`-m gpu`)."""

import os
from dataclasses import replace

import pytest
from cases.cuda_emulator import Emulated

from dlstats.training.cuda import backend, shape, trial


@pytest.fixture(scope="session")
def emulated(tmp_path_factory):
    """A pretended GPU whose threads take turns in random order."""
    folder = tmp_path_factory.getbasetemp()
    return Emulated((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "cuda")


@pytest.fixture(params=["emulated", pytest.param("present", marks=pytest.mark.gpu)])
def gpu(request, emulated):
    """The emulated one, and the one that is there."""
    if request.param == "emulated":
        return emulated
    found = trial.found()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def laid(monkeypatch):
    """Lay networks out in a shape that differs so much from the usual one: few libraries then serve many networks."""

    def change(**changes):
        usual = shape.shape_of
        monkeypatch.setattr(backend, "shape_of", lambda task, room: replace(usual(task, room), **changes))

    return change
