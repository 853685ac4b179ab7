"""What a PyTorch user would write: a loop over networks, or torch.func.vmap."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from benchmarks.problem import LEARNING_RATE, unpacked


def _model(shape, layers, r):
    """Replicate r as torch.nn.Sequential."""
    modules = []
    for weight, bias in layers:
        linear = nn.Linear(weight.shape[1], weight.shape[2])
        linear.weight.data = torch.from_numpy(weight[r].T.copy())
        linear.bias.data = torch.from_numpy(bias[r].copy())
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def prepare_loop(shape, x, y, start):
    """One network after the other."""
    layers, x, y = unpacked(shape, start), torch.from_numpy(x), torch.from_numpy(y)

    def train_for(steps):
        losses = []
        for r in range(len(x)):
            model = _model(shape, layers, r)
            optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
            for _ in range(steps):
                optimiser.zero_grad()
                nn.functional.mse_loss(model(x[r]), y[r]).backward()
                optimiser.step()
            losses.append(nn.functional.mse_loss(model(x[r]), y[r]).item())
        return np.array(losses)

    return train_for


def prepare_vmap(shape, x, y, start):
    """torch.func.vmap over networks, Adam on the stacked parameters."""
    layers, x, y = unpacked(shape, start), torch.from_numpy(x), torch.from_numpy(y)
    model = _model(shape, layers, 0)
    names = [name for name, _ in model.named_parameters()]

    def loss(parameters, x, y):
        return nn.functional.mse_loss(torch.func.functional_call(model, parameters, (x,)), y)

    gradients = torch.func.vmap(torch.func.grad_and_value(loss))

    def train_for(steps):
        flat = [torch.from_numpy(part.copy()) for w, b in layers for part in (w.transpose(0, 2, 1), b)]
        parameters = {name: value.contiguous() for name, value in zip(names, flat, strict=True)}
        optimiser = torch.optim.Adam(parameters.values(), lr=LEARNING_RATE)
        for _ in range(steps):
            gradient, _ = gradients(parameters, x, y)
            for name in names:
                parameters[name].grad = gradient[name]
            optimiser.step()
        return gradients(parameters, x, y)[1].numpy()

    return train_for


FORMS = {"loop": prepare_loop, "vmap": prepare_vmap}
