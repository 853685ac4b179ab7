"""What narrow networks can not do: the class of width 1, the maximum principle, floors, and what training reaches."""

from __future__ import annotations

from dlstats.protocol.study import Measure, Study
from dlstats.studies.approximation._narrow_claims import CLAIMS
from dlstats.studies.approximation._narrow_figures import FIGURES
from dlstats.studies.approximation._narrow_parts import PARTS
from dlstats.studies.approximation._parts import by_part

simulate = by_part(PARTS)


MEASURES = (
    Measure("over_three", "pieces beyond three", "maximum"),
    Measure("other_slopes", "slopes beyond one", "maximum"),
    Measure("floor", "smallest L¹ error", "exact"),
    Measure("l1_error", "L¹ error, median start", "median"),
    Measure("l1_error", "L¹ error, best start", "minimum"),
    Measure("peak_error", "largest error for the pyramid, median start", "median"),
    Measure("peak_error", "largest error for the pyramid, best start", "minimum"),
    Measure("sup_error", "largest error of the explicit network", "exact"),
    Measure("width", "width of the explicit network", "exact"),
    Measure("violates", "share with an inner extremum", "proportion"),
    Measure("constant", "share that is constant on the square", "proportion"),
    Measure("excess", "range beyond that on the boundary, over the range", "maximum"),
    Measure("exponent", "growth exponent of the integral", "minimum"),
    Measure("exponent_near", "growth exponent of the integral, R = 100 to 1000", "minimum"),
    Measure("vanishes", "share that is 0 everywhere", "proportion"),
)

STUDY = Study(
    name="width_limits",
    family="approximation",
    title="What narrow networks can not do",
    aims="Which functions can ReLU networks of width 1 and 2 on the plane not approximate whatever their depth, is the floor "
    "reached by training and ever beaten, and which width suffices?",
    mechanisms="No noise: xy, x₁² + x₂², |x₁| + |x₂|, the cone (1 − |x|)₊, exp(−2|x|²) and the pyramid (1 − |x₁| − |x₂|)₊ on "
    "[−1, 1]², seen on a grid; random networks with Gaussian weights of variance 2/fan-in and biases of variance 1. A replicate "
    "is one start or one random network.",
    estimands="Smallest L¹ error of width 1; largest error for the pyramid; excess of the range inside over that on the "
    "boundary; growth of the integral over the plane.",
    methods={
        "floor": "best clamp of one direction, the class of width 1 (global search over five parameters)",
        "constant": "best constant",
        "random": "random networks",
        "explicit": "the network of width 3 and three hidden layers that is equal to the pyramid",
        "trained": "Adam, full batch, learning rate 0.02, cosine schedule, weights of least training loss kept; loss L¹, for the "
        "pyramid L¹ plus the largest error; starts uniform as in torch, for the pyramid orthogonal, with inner weights and "
        "biases made positive, so that the chain is alive",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The failure of width n on ℝⁿ is a statement about the whole space or the largest error. In Lᵖ on a compact set "
    "width max(input dimension, output dimension, 2) suffices (Kim, Min and Park 2024), so width 2 is universal in "
    "Lᵖ([0, 1]²); its coding construction is out of reach of training, and only the way below the floor of width 1 is shown.",
)
