"""Shapes in the signatures of core are checked whenever the tests run."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from jaxtyping import install_import_hook

install_import_hook("dlstats.core", "beartype.beartype")
