"""The shapes of this package: groups come first, replicates last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

Replicates = Float[np.ndarray, "*groups reps"]
"""Measured values, or influence values, of every replicate."""
Values = Float[np.ndarray, "*groups"] | np.float64
"""One number a group."""
Numbers = Sequence | np.ndarray | pd.Series | pd.Index
"""One number a size, or whatever a user has at hand that holds numbers in order."""
