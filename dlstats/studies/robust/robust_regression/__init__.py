"""Networks on the Donoho-Johnstone functions under three noises: seven losses, four tuned methods beside them."""

from __future__ import annotations

from typing import Any

from dlstats.protocol.study import Study, grid
from dlstats.studies.robust.robust_regression.robust_claims import CLAIMS
from dlstats.studies.robust.robust_regression.robust_figures import FIGURES
from dlstats.studies.robust.robust_regression.robust_fits import EXPERIMENT, FUNCTIONS, NOISES, RECIPES

CELLS: dict[str, Any] = {"function": list(FUNCTIONS), "noise": list(NOISES)}


def _small(replicates: int, more: int) -> list:
    return [
        grid(recipe="small", **CELLS, effort=1, replicates=replicates),
        grid(recipe="small", **CELLS, effort=3, replicates=more),
    ]


STUDY = Study(
    title="Deep robust regression on the Donoho–Johnstone functions",
    aims="Which loss should a network be trained with under normal, Cauchy and contaminated noise, and how do networks compare "
    "with splines, trees, forests and kernel medians, function by function?",
    mechanisms="y = 5 f(x) + ε, x uniform, n = 512; f blocks or doppler in the form of Shen et al.; ε normal, Cauchy, or "
    "0.8 N(0, 1) + 0.2 N(0, 100²). Functions and noises share inputs, noises and initialisations. Networks at effort 1: "
    f"{RECIPES['small']}; in the paper profile those of Shen et al. too: {RECIPES['authors']}.",
    estimands="Mean distance to 5f at 2000 fresh points; training loss over that of the truth; shape and scale that the adaptive "
    "loss learned, in networks and from the errors alone.",
    compared_by="l1",
    experiments={"losses": EXPERIMENT},
    claims=CLAIMS,
    figures=FIGURES,
    limits="One small recipe: its hat functions, widths and steps were chosen for these two functions, on other data, by "
    "training loss over that of the truth. Its learning rate is chosen for every loss on the held-out fifth on which the rivals "
    "are tuned, but in trials of a quarter of the steps. A claim against a rival is for one function and names the rival that "
    "was strongest there in the pilot. Where the training loss exceeds that of the truth the adaptive loss sees misfit as well "
    "as noise. The recipe of Shen et al. is run in the paper profile only; it stops by a held-out fifth on which the network is "
    "not trained afterwards. Constants of the losses are on the scale of y, as in the source, but for Tukey's loss from the "
    "weights of absolute error, which takes the scale of its residuals. Median-of-means is left out: with a fifth of the points "
    "contaminated its blocks would have to be of two points.",
    designs={
        "smoke": grid(recipe="small", function="doppler", noise="cauchy", effort=1, replicates=2),
        "standard": _small(16, 12),
        "paper": [*_small(96, 32), grid(recipe="authors", **CELLS, effort=1, replicates=20)],
    },
)
