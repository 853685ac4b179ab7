"""Linear regions of ReLU networks: exact counts, what is expected at random, what is possible, what training does."""

from __future__ import annotations

from dlstats.protocol.study import Measure, Study
from dlstats.studies.approximation._parts import by_part
from dlstats.studies.approximation._regions_claims import CLAIMS
from dlstats.studies.approximation._regions_figures import FIGURES
from dlstats.studies.approximation._regions_parts import PARTS

simulate = by_part(PARTS)


MEASURES = (
    Measure("zeros", "zeros of all neurons on a line"),
    Measure("kinks", "kinks of the output on a line"),
    Measure("regions", "activation regions of the plane"),
    Measure("within", "share of zeros within the Cauchy scale"),
    Measure("within_wider", "share of zeros within 1 + √2 times the scale"),
    Measure("pieces", "most pieces found", "maximum"),
    Measure("excess", "pieces counted beyond 2ⁿ + 2", "exact"),
    Measure("excess_inside", "pieces counted on (0, 1) beyond 2ⁿ", "exact"),
    Measure("over_lower", "pieces of the folding network beyond the lower bound", "exact"),
    Measure("over_upper", "pieces found beyond the upper bound", "maximum"),
    Measure("pieces_before", "pieces at the start"),
    Measure("pieces_after", "pieces after training"),
    Measure("inside_before", "pieces on (0, 1) at the start"),
    Measure("inside_after", "pieces on (0, 1) after training"),
    Measure("mse", "training error", "median"),
)

STUDY = Study(
    name="linear_regions",
    family="approximation",
    title="Linear regions: possible, expected, trained",
    aims="How many linear regions does a ReLU network have: at worst, on average at random initialisation, and after "
    "training; and does depth multiply them?",
    mechanisms="Random networks with independent weights and biases (Gaussian with variance 2/fan-in and 1; uniform as in "
    "torch; Student with 3 degrees of freedom; Laplace; Gaussian without biases and with the constant bias 1), networks that "
    "fold, climbs to many pieces, and networks trained on the sawtooth m⁽³⁾ at 256 points. A replicate is one network.",
    estimands="Mean number of zeros of the neurons and of kinks of the output on a line, mean number of activation regions "
    "of the plane, law of the positions of the zeros, largest number of pieces found.",
    methods={
        "gaussian": "weights N(0, 2/fan-in), biases N(0, 1)",
        "torch_default": "weights uniform on ±1/√fan-in, biases on ±1/√2",
        "student": "weights and biases Student with 3 degrees of freedom",
        "laplace": "weights and biases Laplace",
        "zero_bias": "Gaussian weights, no biases, a line in ten dimensions that misses the origin",
        "constant_bias": "Gaussian weights, every bias 1",
        "layer_*": "zeros of that layer of a Gaussian network of width 256",
        "climb": "random changes of a random network, kept unless they lose pieces, 400 proposals",
        "folding": "the construction of Montufar et al. 2014",
        "narrow_chain": "the exact sawtooth network of 2n units",
        "network": "trained by Adam (full batch, learning rate 0.005, cosine schedule), weights of least training error kept",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Activation regions are counted in a square of half side 10⁶, with a relative tolerance of 10⁻¹²; regions that lie "
    "outside altogether are missed. The closed form for the plane leaves out closed curves that no other curve crosses.",
    block=500,
)
