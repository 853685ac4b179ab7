"""The shapes of this package: groups come first, replicates last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

Replicates = Float[np.ndarray, "*groups reps"]
"""Measured values, or influence values, of every replicate."""
if TYPE_CHECKING:
    Values = np.ndarray
else:
    Values = Float[np.ndarray, "*groups"] | np.float64
"""One number a group; for a single group numpy makes it a scalar, which does as an array does."""
Numbers = Sequence | np.ndarray | pd.Series | pd.Index
"""One number a size, or whatever a user has at hand that holds numbers in order."""
