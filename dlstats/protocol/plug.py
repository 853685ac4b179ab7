"""Where methods, losses and designs of somebody else go into an experiment: what they are given, how they are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from dlstats.protocol.factor import Condition
from dlstats.seeds import Streams

GIVES = ("values", "quantiles", "log-odds")
"""What the methods of an experiment give at a new point: a number, one per quantile level, the log-odds of class 1."""


@dataclass(frozen=True)
class Sample:
    """What the methods of an experiment get in a block of replicates, and, for its judge alone, the truth."""

    x: Float[np.ndarray, "reps n d"]
    y: Float[np.ndarray, "reps n"]
    new: Float[np.ndarray, "reps m d"]
    truth: Float[np.ndarray, "reps m"]
    """The right values at the new points; no method sees them."""
    generators: Sequence[np.random.Generator]
    """Of every replicate, those that the experiment's own methods are given."""
    key: Mapping[str, Any] = field(default_factory=dict)
    """What names the streams of the sample besides their role."""
    noise_sd: float = np.nan
    """The root of the mean variance of the noise."""
    about: Any = None
    """What else the judge or the training needs."""


@dataclass(frozen=True)
class Plug:
    """What of somebody else's goes into an experiment, beside `sample(condition, streams)`, its data.

    A method is given by `judge(values, sample)` -> measured columns, with an entry for every replicate, or (reps, levels) with
    one per level; `values` has shape (reps, m), or (reps, m, levels). A loss also by `train(condition, sample, loss, streams,
    device)` -> (values, recorded columns), the experiment's own recipe. A design by `fit(condition, sample, streams, device)`
    -> rows of the experiment's own methods on any sample. The experiment's `simulate` is made of the same functions, so that
    what comes from outside meets the very data of ours.
    """

    sample: Callable[[Condition, Streams], Sample]
    judge: Callable[[Any, Sample], dict[str, np.ndarray]]
    gives: str = "values"
    """One of GIVES."""
    levels: tuple[float, ...] = ()
    """The quantile levels, where methods give quantiles; they are those of the experiment's only key."""
    train: Callable[[Condition, Sample, Callable, Streams, str], tuple[Any, dict[str, Any]]] | None = None
    fit: Callable[[Condition, Sample, Streams, str], pd.DataFrame] | None = None
    replaces: tuple[str, ...] = ()
    """The factors in whose place a design from outside stands."""
    new_points: int = 1000
    """New points of a design from outside."""

    def __post_init__(self) -> None:
        """Raise ValueError for what no method gives, and for levels without quantiles or quantiles without levels."""
        if self.gives not in GIVES:
            raise ValueError(f"`gives` of a plug must be one of {', '.join(GIVES)}, got {self.gives!r}.")
        if bool(self.levels) != (self.gives == "quantiles"):
            raise ValueError(
                f"`levels` of a plug must be given with quantiles alone, got {self.levels} and {self.gives}."
            )

    @property
    def takes(self) -> tuple[str, ...]:
        """`method`, then `loss` and `dgp` where the experiment takes them."""
        return ("method", *(["loss"] if self.train else []), *(["dgp"] if self.fit else []))
