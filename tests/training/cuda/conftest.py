"""The emulator, whose libraries are compiled once for all tests."""

from dataclasses import replace

import pytest
from cases.cuda_emulator import Emulated

from dlstats.training.cuda import backend, shape


@pytest.fixture(scope="session")
def gpu(tmp_path_factory):
    """A pretended GPU whose threads take turns in random order."""
    return Emulated(tmp_path_factory.getbasetemp() / "cuda")


@pytest.fixture
def laid(monkeypatch):
    """Lay networks out in a shape that differs so much from the usual one: few libraries then serve many networks."""

    def change(**changes):
        usual = shape.shape_of
        monkeypatch.setattr(backend, "shape_of", lambda task, room: replace(usual(task, room), **changes))

    return change
