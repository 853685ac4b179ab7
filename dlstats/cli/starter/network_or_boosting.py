"""Does a network beat boosting on Friedman's function? A study in one file: change it, or write another beside it."""

from dlstats.dgp.friedman import Friedman
from dlstats.methods.trees import Boosting, Forest
from dlstats.plotting.curves import curves
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio
from dlstats.protocol.study import Study, grid
from dlstats.studies.regression import Network, regression

METHODS = {"network": Network(((32, 32),)), "boosting": Boosting(), "forest": Forest()}

STUDY = Study(
    title="Network, boosting and forest on Friedman's function",
    aims="Compare a tuned network with tuned boosting and a tuned forest at three sample sizes.",
    mechanisms="Friedman's function of 5 of 10 uniform inputs, normal noise of standard deviation 1.",
    estimands="Geometric mean over data sets of the mean squared error at 1000 new points.",
    compared_by="risk",
    experiments={
        "risk": regression(
            dgp=Friedman(),
            methods=METHODS,
            factors={
                "n": Factor("sample size", int, symbol="n", at_least=20),
                "noise_sd": Factor("noise standard deviation", float, symbol=r"\sigma", above=0),
                "steps": Factor("steps", int, at_least=1, default=None),
            },
            measures=[Measure("risk", "excess risk", "geometric mean")],
        )
    },
    claims=[
        Claim(
            "FRD1",
            "On Friedman's function a tuned network has at most the risk of tuned boosting at every n.",
            at_most(0.0),
            log_ratio("risk", "network", "boosting", "geometric_mean").each("n", "noise_sd"),
            Finding(),
        )
    ],
    figures=[
        curves("risk", methods=METHODS, ylabel="excess risk", caption="Excess risk against sample size, by method.")
    ],
    designs={
        "smoke": grid(n=[60, 120], noise_sd=1.0, steps=20, replicates=12),
        "standard": grid(n=[100, 200, 400], noise_sd=1.0, replicates=50),
    },
    limits="One target; all methods are tuned on the same held-out fifth.",
)
