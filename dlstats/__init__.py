"""dlstats: Monte Carlo studies of the statistical theory of deep learning, with a ledger of claims.

Nothing is imported here, so that building the job graph never loads torch.
"""

__version__ = "0.1.0"
