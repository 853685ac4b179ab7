"""Shapes in signatures are checked whenever the tests run; the collector of garbage leaves 15,000 tests alone."""

import gc
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cases.shape_check
from jaxtyping import install_import_hook

ROOMS = ("montecarlo", "dgp", "losses", "nets", "methods", "measures", "training")
install_import_hook([f"dlstats.{room}" for room in ROOMS], f"{cases.shape_check.__name__}.check")

from hypothesis import settings

settings.register_profile("dlstats", deadline=None, derandomize=True)  # the same on slow and shared machines
settings.load_profile("dlstats")


def pytest_collection():
    """Tests are gathered without looking for garbage among them again and again, which took ten seconds a process."""
    gc.disable()


def pytest_collection_finish():
    """Nor are they looked through while they run."""
    gc.freeze()
    gc.enable()
