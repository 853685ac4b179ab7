"""Networks from data and a specification, for scripts: weights, predictions, losses and status of one network a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.seeds import Streams
from dlstats.training.contract import Loss, Training
from dlstats.training.fit import Data, best_of, fit, predict


@dataclass(frozen=True)
class Specification:
    """What is trained, and how: the network, the steps, the loss, and how often each is started.

    `loss(prediction, y)` is any pointwise loss of `dlstats.losses`, or one of your own; `initialisation` a name in
    `nets.INITIALISATIONS`; of `restarts` starts of every replicate that with the smallest training loss is kept. The
    random numbers of replicate r are those of (seed, r), however many are trained together.
    """

    net: nets.Mlp
    training: Training
    loss: Loss = squared
    initialisation: str = "torch_default"
    restarts: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Networks:
    """Trained networks, one per replicate."""

    net: nets.Mlp
    parameters: Float[Tensor, "reps p"]
    """The weights; `nets.views(net, parameters)` names them."""
    predictions: Float[Tensor, "reps n d_out"]
    """At the inputs that they were trained on."""
    loss: Float[np.ndarray, " reps"]
    """Mean training loss of the weights kept."""
    status: np.ndarray
    """As of `Fit`: `ok`, or why the replicate is not to be used."""

    def predict(self, x: Data) -> Float[Tensor, "reps m d_out"]:
        """The networks at new inputs, (reps, m, d_in), or (m, d_in) for all."""
        return predict(self.net, self.parameters, x)


def train(x: Data, y: Data, specification: Specification, device: str = "auto") -> Networks:
    """Train one network on every data set: `x` of shape (reps, n, d_in) and `y` of shape (reps, n, k).

    Replicate r alone gives what it gives among others. A replicate whose training fails keeps its row; `status` says
    why. Raises ValueError for shapes, options or responses that do not fit the specification.

    >>> from dlstats import nets, training
    >>> x = np.linspace(0, 1, 20).reshape(1, 20, 1).repeat(3, axis=0)
    >>> how = training.Specification(nets.Mlp(1, (8,)), training.Training(steps=200, learning_rate=0.02))
    >>> fitted = training.train(x, 2 * x, how, device="cpu")
    >>> fitted.predictions.shape, fitted.status.tolist(), bool((fitted.loss < 0.05).all())
    (torch.Size([3, 20, 1]), ['ok', 'ok', 'ok'], True)
    """
    inputs = torch.as_tensor(x)
    if inputs.ndim != 3:
        raise ValueError(f"`x` must be (reps, n, {specification.net.d_in}), got {tuple(inputs.shape)}.")
    streams, how = Streams(specification.seed, "networks", range(len(inputs))), specification.training
    start = nets.initialise(
        specification.net,
        streams.generators("start"),
        specification.initialisation,
        how.dtype,
        specification.restarts,
    )
    orders = streams.generators("minibatches") if how.batch_size else None
    result = fit(specification.net, specification.loss, start, x, y, how, orders, device=device)
    kept = best_of(result, specification.restarts)
    predictions = predict(specification.net, kept.parameters, x, device)
    return Networks(specification.net, kept.parameters, predictions, kept.loss, kept.status)
