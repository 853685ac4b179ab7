"""Images with a lesion whose pixels carry known probabilities, as annotators would disagree about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float
from numpy import ndarray


@dataclass(frozen=True)
class Lesions:
    """Square images: a smooth bright disc on white noise; every pixel is labelled by its neighbourhood's brightness.

    η(u) = 1/(1 + exp(−(slope · m(u) + intercept))), m(u) the mean of the image over the (2 reach + 1)² pixels around
    u, and labels are independent given the image. The true probability of a pixel is thus a function of its patch,
    which a convolutional network of that receptive field can represent; a single pixel does not tell it.
    """

    side: int = 24
    reach: int = 1
    noise_sd: float = 1.0
    slope: float = 6.0

    @property
    def patch(self) -> int:
        """Pixels that a network sees at once."""
        return (2 * self.reach + 1) ** 2

    def images(self, rng: np.random.Generator, n: int) -> Float[ndarray, "n rows columns"]:
        """n images, each with `reach` pixels more on every side than has labels."""
        size = self.side + 2 * self.reach
        centre = rng.uniform(0.25, 0.75, (n, 2)) * size
        radius = rng.uniform(0.1, 0.25, n) * size
        grid = np.arange(size) + 0.5
        distance = np.hypot(grid[None, :, None] - centre[:, :1, None], grid[None, None, :] - centre[:, 1:, None])
        disc = 1 / (1 + np.exp(np.clip(distance - radius[:, None, None], -50, 50)))
        return 2 * disc + self.noise_sd * rng.normal(size=(n, size, size))

    def patches(self, images: Float[ndarray, "n rows columns"]) -> Float[ndarray, "pixels patch"]:
        """The neighbourhood of every labelled pixel, image by image: what a first convolution multiplies."""
        width = 2 * self.reach + 1
        windows = np.lib.stride_tricks.sliding_window_view(images, (width, width), axis=(1, 2))
        return windows.reshape(-1, self.patch)

    def probability(
        self, patches: Float[ndarray, "*reps pixels patch"], intercept: float
    ) -> Float[ndarray, "*reps pixels"]:
        """η of the pixels at the centres of the patches."""
        return 1 / (1 + np.exp(-(self.slope * patches.mean(axis=-1) + intercept)))

    def intercept(self, foreground: float, images: int = 150) -> float:
        """The intercept at which the mean of η over images of a fixed stream is `foreground`."""
        patches = self.patches(self.images(np.random.default_rng(740), images))
        return float(
            scipy.optimize.brentq(lambda c: self.probability(patches, c).mean() - foreground, -60, 60, xtol=1e-6)
        )  # pyright: ignore


def best_dice(eta: Float[ndarray, " pixels"], squared: bool = False) -> float:
    """The largest Dice F of the population with these probabilities, by its fixed point.

    Linear denominator: Σ (2η − F)⁺ = F Σ η; squared: 2 Σ pη = F Σ (p² + η) with p = min(1, η/F).
    """

    def gap(value: float) -> float:
        if not squared:
            return float(np.maximum(2 * eta - value, 0).sum() - value * eta.sum())
        p = np.minimum(1, eta / value)
        return float((2 * p * eta - value * (p * p + eta)).sum())

    return float(scipy.optimize.brentq(gap, 1e-9, 1.0, xtol=1e-12))  # pyright: ignore
