"""What a statistician would use instead of a network: a line, and a kernel."""

from __future__ import annotations

import numpy as np
import scipy

from dlstats.measures import classification as measures
from dlstats.methods import logistic, tuning
from dlstats.seeds import Streams
from dlstats.studies.imbalance._data import Data

LANDMARKS = 20
"""Of each class, at most."""
BANDWIDTHS = (1.0, 0.3, 0.1)
"""Of the kernel: its variance over the median squared distance of the landmarks."""
PENALTIES = (3.0, 0.3, 0.03)
"""Of the squared norm of the coefficients over the sum of the losses, the largest first."""


def line(data: Data, streams: Streams) -> tuple[np.ndarray, np.ndarray, dict]:
    """Logits at test and held-out points of logistic regression with Firth's penalty, and its status."""

    def design(x: np.ndarray) -> np.ndarray:
        return np.concatenate([np.ones((*x.shape[:2], 1)), x], axis=2)

    fit = logistic.fit(design(data.x), data.y.astype(float), firth=True, steps=300, tolerance=1e-6)
    test, held = (np.matmul(design(x), fit.beta[:, :, None])[..., 0] for x in (data.test_x, data.held_x))
    return test, held, {"status": fit.status}


def kernel(data: Data, streams: Streams) -> tuple[np.ndarray, np.ndarray, dict]:
    """Logits of kernel logistic regression, bandwidth and penalty those of the smallest held-out log loss."""
    generators = streams.generators("landmarks", method="kernel")
    arrays = zip(data.x, data.y, data.held_x, data.held_y, data.test_x, generators, strict=True)
    found = [_tuned_kernel(*one) for one in arrays]
    test, held = (np.stack(part) for part in zip(*found, strict=True))
    return test, held, {}


def _tuned_kernel(x, y, held_x, held_y, test_x, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian kernel at landmarks of both classes, whitened (Nyström), and a path of penalties."""
    marks = np.concatenate([rng.permutation(np.flatnonzero(y == k))[:LANDMARKS] for k in (0, 1)])
    among = scipy.spatial.distance.cdist(x[marks], x[marks], "sqeuclidean")
    unit, sign, ones = float(np.median(among[among > 0])), 2.0 * y - 1, np.ones(len(y))
    logits = []
    for bandwidth in BANDWIDTHS:
        value, vector = scipy.linalg.eigh(np.exp(-among / (2 * bandwidth * unit)))
        kept = value > 1e-8 * value[-1]
        white = vector[:, kept] / np.sqrt(value[kept])

        def features(points: np.ndarray, white=white, width=2 * bandwidth * unit) -> np.ndarray:
            return np.exp(-scipy.spatial.distance.cdist(points, x[marks], "sqeuclidean") / width) @ white

        path = logistic.ridge_path(features(x), sign, np.array(PENALTIES), ones, ones, 0 * ones)
        at = [features(points) for points in (test_x, held_x)]
        logits += [[z @ theta[:-1] + theta[-1] for z in at] for theta in path]
    held = np.stack([pair[1] for pair in logits])
    one = np.tile(held_y.astype(float), (len(held), 1))
    score = measures.log_loss(held, one, 1 - one)
    (best,) = tuning.best(score[None])
    test, chosen = logits[best]
    return test, chosen


RIVALS = {"firth": line, "kernel": kernel}
"""Methods without a network."""
