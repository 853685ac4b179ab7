"""Width against depth at equal numbers of parameters: what training finds for targets of several kinds."""

from __future__ import annotations

from dlstats.protocol.study import Measure, Study
from dlstats.studies.approximation._parts import by_part
from dlstats.studies.approximation._width_depth_claims import CLAIMS
from dlstats.studies.approximation._width_depth_figures import FIGURES
from dlstats.studies.approximation._width_depth_parts import PARTS

simulate = by_part(PARTS)


MEASURES = (
    Measure("test_error", "test error over variance", "geometric_mean"),
    Measure("test_error", "test error over variance, median", "median"),
    Measure("train_error", "training error over variance", "geometric_mean"),
    Measure("parameters", "parameters", "exact"),
    Measure("width", "units of the first layer", "exact"),
)

STUDY = Study(
    name="width_versus_depth",
    family="approximation",
    title="Width against depth at equal numbers of parameters",
    aims="At an equal number of parameters, which depth has the smallest error for which kind of target after training, and "
    "which differences can be told from Monte Carlo error? What do activation and start change?",
    mechanisms="No noise; inputs uniform on [−1, 1]^d, 512 points for d ≤ 2 and 1024 beyond. Sawtooth with 16 edges; "
    "sin(3πx)eˣ; Σ_{k<7} 2^{−k/2} cos(2ᵏπx), Hölder 1/2 down to the scale 1/64; indicator of the disc of radius 0.6; binary "
    "trees of sin(π(u + v + uv)/2) in d = 4 and of sin(π(u + v + uv)/4) in d = 8 (the former can not be learned there from 1024 "
    "points); exp(−2|x|²) in d = 4. All arms of a replicate share its data.",
    estimands="Geometric mean over replicates of the mean squared error at 2048 fresh points over the variance of the target; "
    "paired ratios of it.",
    methods={
        "depth_*": "so many hidden layers of equal widths (the first ones a unit more where parameters "
        "are left), ReLU, He's weights, biases uniform on ±1/√fan-in",
        "*relu": "activation of that name, also prelu and leaky_relu (slope 0.01); He's weights",
        "*elu": "activation of that name, also gelu; He's weights, LeCun's for selu",
        "softplus": "activation of that name, He's weights",
        "silu": "activation of that name, He's weights",
        "sigmoid": "activation of that name, Xavier's weights",
        "tanh": "activation of that name, Xavier's weights",
        "zero": "start at 0",
        "normal": "start at N(0, 0.01²)",
        "xavier": "Xavier's start",
        "he": "He's start",
        "lecun": "LeCun's start",
        "orthogonal": "orthogonal start",
        "torch_default": "torch's start",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="One optimiser (Adam, full batch, cosine schedule, rates 0.01 and 0.003, two starts each, the best by training "
    "error): the ranking is that of trained networks at this effort, not of what the shapes can represent. With finitely many "
    "points the error in d = 4 and 8 has a part from estimation.",
    block=16,
)
