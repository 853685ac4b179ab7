"""One network of fixed width whose output is multiplied by a scale: lazy training without width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.dynamics.lazy_training.kernels import INPUTS
from dlstats.studies.dynamics.lazy_training.networks import ROOT, STEPS, about, data, rate
from dlstats.studies.frames import stacked
from dlstats.theory import tangent_kernels as theory

if TYPE_CHECKING:
    from torch import Tensor

    from dlstats.nets import Wrapped
    from dlstats.seeds import Streams

UNITS = 64


def _doubled(net: Wrapped, start: Tensor) -> Tensor:
    """The first half of the units, and the same again with the sign of their output weights turned: a function that is 0."""
    from dlstats import nets

    made = start.clone()
    for name, part in nets.views(net, made).items():
        sign = -1 if name == "output" else 1
        part[:, UNITS // 2 :] = sign * part[:, : UNITS // 2]
    return made


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks α f at the rate η/α², their values at initialisation taken off, next to their linearisations."""
    import torch

    from dlstats import training
    from dlstats.studies.dynamics.lazy_training import _modules as modules

    torch.set_num_threads(1)
    steps, pace = condition.steps * condition.effort, rate(1) / condition.scale**2
    x, new, y = data(streams)
    net = modules.scaled(INPUTS, UNITS, 1, "tanh", factor=condition.scale)
    drawn = torch.from_numpy(streams.draw(lambda rng: rng.standard_normal(net.size), "start"))
    columns = {}
    for name, start in (("centred", drawn), ("doubled", _doubled(net, drawn))):
        target = y + training.predict(net, start, x, "cpu")[..., 0].numpy()
        fit = modules.trained(net, start, x, target, pace, steps, device)
        ends = training.predict(net, fit.parameters, new, "cpu")[..., 0].numpy()
        firsts = [modules.state(net, *one) for one in zip(start, x, new, strict=True)]
        lines = [theory.descent(s.kernel, s.across, r, pace, steps) for s, r in zip(firsts, y, strict=True)]
        gaps = ends - np.stack([s.new for s in firsts]) - np.stack(lines)
        moved = (fit.parameters - start).norm(dim=1) / start.norm(dim=1)
        columns[name] = {
            "linearised": np.sqrt((gaps**2).mean(axis=1) / (y**2).mean(axis=1)),
            "relative_movement": moved.numpy(),
            **about(fit, x, y, start),
        }
    return stacked(streams, columns)


SCALES = Experiment(
    simulate,
    factors={"scale": Factor("scale of the output", float, symbol=r"\alpha", above=0), "steps": STEPS} | EFFORT,
    methods={
        "centred": Method(
            "initial function subtracted", "tanh networks α{f(x) − f₀(x)}, all weights independent", "ntk"
        ),
        "doubled": Method("units in opposite pairs", "tanh networks αf(x), two copies of opposite sign", "lazy"),
    },
    measures=(
        Measure("linearised", "relative distance to the linearised network", **ROOT),
        Measure("relative_movement", "distance moved over the length of the weights", **ROOT),
        Measure("misfit", "training error over the mean square of the responses", "median"),
        Measure("epochs", "epochs, a step each", "median"),
    ),
    slopes=tuple(Slope(column, "scale", paired=True, **ROOT) for column in ("linearised", "relative_movement")),
    block=64,
)
