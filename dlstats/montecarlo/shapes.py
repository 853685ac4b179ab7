"""The shapes of this package: groups come first, replicates last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from jaxtyping import Float

    Replicates = Float[np.ndarray, "*groups reps"]
    Values = np.ndarray
else:
    try:
        from jaxtyping import Float
    except ImportError:  # shapes are checked in tests only
        Replicates = Values = np.ndarray
    else:
        Replicates = Float[np.ndarray, "*groups reps"]
        Values = Float[np.ndarray, "*groups"] | np.float64
"""`Replicates`: measured values, or influence values, of every replicate. `Values`: one number a group; for a single group
numpy makes it a scalar, which does as an array does."""
Numbers = Sequence | np.ndarray | pd.Series | pd.Index
"""One number a size, or whatever a user has at hand that holds numbers in order."""
