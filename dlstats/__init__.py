"""dlstats: Monte Carlo studies of the statistical theory of deep learning, with a ledger of claims.

What a user imports are the rooms, each with its own list of names: `dgp`, `losses`, `measures`, `methods`, `montecarlo`,
`nets`, `plotting`, `protocol`, `theory` and `training`. Nothing of them is loaded before it is asked for, so that
building the job graph never loads torch.

>>> import dlstats
>>> print(dlstats.montecarlo.estimate("mean", [1.0, 2.0, 3.0]))
2 (mcse 0.58, 3 replicates, 0 failed)
"""

import os

import lazy_loader

os.environ.setdefault("MKL_CBWR", "AVX2,STRICT")
"""Intel's BLAS, which torch has on x86, rounds the same wherever a matrix lies in memory, and on every newer processor."""

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"
