"""dlstats: Monte Carlo studies of the statistical theory of deep learning, with a ledger of claims.

Nothing heavy is imported here, so that building the job graph never loads torch.
"""

import os

os.environ.setdefault("MKL_CBWR", "AVX2,STRICT")
"""Intel's BLAS, which torch has on x86, rounds the same wherever a matrix lies in memory, and on every newer processor."""

__version__ = "0.1.0"
