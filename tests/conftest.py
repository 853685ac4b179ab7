"""Shapes in the signatures of core are checked whenever the tests run."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

from jaxtyping import install_import_hook

install_import_hook("dlstats.core", "shape_check.check")

from hypothesis import settings

settings.register_profile("dlstats", deadline=None, derandomize=True)  # the same on slow and shared machines
settings.load_profile("dlstats")
