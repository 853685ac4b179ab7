"""Training of many networks at once: the contract, the recipes, and the back ends that meet it."""

from dlstats.training import schedules
from dlstats.training.contract import Fit, Problem, Training
from dlstats.training.fit import best_of, fit, predict, problem
from dlstats.training.networks import Networks, Specification, train

__all__ = [
    "Fit",
    "Networks",
    "Problem",
    "Specification",
    "Training",
    "best_of",
    "fit",
    "predict",
    "problem",
    "schedules",
    "train",
]
