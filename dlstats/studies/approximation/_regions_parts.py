"""The parts of the study of linear regions; each maps (factors, streams, device) to the rows of a block."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.seeds import Streams
from dlstats.studies.approximation._parts import frame
from dlstats.theory import linear_regions as theory

LINE_DIMENSION = 10
"""Inputs of the networks whose biases are 0: there the line must not pass through the origin."""
WIDER = 1 + 2**0.5
"""A Cauchy variable is within its scale with chance 1/2, within (1 + sqrt(2)) times its scale with chance 3/4."""
CLIMB = 400
"""Proposals of a climb to many pieces."""
WINDOW = 2.0
"""Half the side of the square that is drawn."""

Law = Callable[[np.random.Generator, tuple[int, ...], int], np.ndarray]


def _student(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
    return rng.standard_t(3, shape) / fan_in**0.5


WEIGHTS: dict[str, Law] = {
    "gaussian": lambda rng, shape, fan_in: rng.normal(0, (2 / fan_in) ** 0.5, shape),
    "torch_default": lambda rng, shape, fan_in: rng.uniform(-1, 1, shape) / fan_in**0.5,
    "student": _student,
    "laplace": lambda rng, shape, fan_in: rng.laplace(0, 1 / fan_in**0.5, shape),
}
"""Laws of single weights, every sign as likely as the other; biases as weights of one input."""

BIASES: dict[str, Law] = {
    "zero_bias": lambda rng, shape, fan_in: np.zeros(shape),
    "constant_bias": lambda rng, shape, fan_in: np.full(shape, 1.0),
}
"""Other biases, with Gaussian weights."""


def widths_of(level: object) -> tuple[int, ...]:
    """The hidden widths that a level of the factor `widths` names, such as 8-8-8 or 32."""
    return tuple(int(width) for width in str(level).split("-"))


def draw(streams: Streams, d_in: int, widths: tuple[int, ...], law: str = "gaussian") -> counter.Layers:
    """Random networks, one a replicate."""
    named = counter.shapes((d_in, *widths, 1))
    weight = WEIGHTS.get(law, WEIGHTS["gaussian"])
    bias = BIASES.get(law, lambda rng, shape, _: weight(rng, shape, 2))

    def sample(rng: np.random.Generator) -> np.ndarray:
        parts = [(weight if len(shape) == 2 else bias)(rng, shape, shape[0]).ravel() for shape in named.values()]
        return np.concatenate(parts)

    return counter.layers_of(named, streams.draw(sample, "weights", d_in=d_in, widths=list(widths), law=law))


def line(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG2: zeros and kinks of random networks on a line."""
    widths, law = widths_of(factors["widths"]), factors["law"]
    d = LINE_DIMENSION if law == "zero_bias" else 1
    start = np.eye(d)[-1] if d > 1 else None
    cells = counter.on_line(draw(streams, d, widths, law), start)
    return frame(
        streams, law, zeros=counter.zeros_per_network(cells).sum(axis=1), kinks=counter.kinks(cells).sum(axis=1)
    )


def law(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG3: shares of the zeros of each layer within the scale of the Cauchy law and within 1 + sqrt(2) times it."""
    widths = (factors["width"],) * factors["depth"]
    rows = []
    for replicate in streams.replicates:  # one at a time: a wide network has thousands of cells
        alone = Streams(streams.seed, streams.study, [replicate])
        cells = counter.on_line(draw(alone, 1, widths, "gaussian"))
        for layer, found in enumerate(cells.zeros, start=1):
            ratio = np.abs(found[0]) / theory.breakpoint_scale(layer, 2.0, 1.0)
            within = {"within": float((ratio <= 1).mean()), "within_wider": float((ratio <= WIDER).mean())}
            rows.append({"replicate": replicate, "method": f"layer_{layer}", **within})
    return pd.DataFrame(rows)


def plane(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG4, REG6: activation regions of random networks in the plane."""
    widths = widths_of(factors["widths"])
    regions = counter.regions_per_network(counter.in_plane(draw(streams, 2, widths)))
    shallow = theory.shallow_regions(sum(widths), 2)
    return frame(streams, "gaussian", regions=regions, over_shallow=regions - shallow)


def sawtooth(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG1: the counter on the exact sawtooth network of 2n units, most of whose zeros fall on old knots."""
    n = factors["compositions"]
    half = np.array([[0.0, -0.5]])
    inner = (np.array([[[2.0, -4], [2, -4]]]), half)
    output = (np.array([[[2.0, -4]]]), np.zeros((1, 1)))
    cells = counter.on_line([(np.ones((1, 2, 1)), half), *[inner] * (n - 1), output])
    excess = counter.pieces(cells) - (2**n + 2)
    inside = counter.pieces(cells, 0, 1) - 2**n
    return frame(streams, "narrow_chain", excess=int(excess[0]), excess_inside=int(inside[0]))


def folding(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG5: pieces of the folding network of Montufar et al. 2014 on (0, 1), beside both bounds."""
    widths = widths_of(factors["widths"])
    row, layers = np.ones((1, 1)), []
    for n in widths[:-1]:
        layers.append((np.repeat(row, n, axis=0)[None], -(np.arange(n) / n)[None]))
        row = n * np.where(np.arange(n) % 2, -2.0, 2.0)[None]
        row[0, 0] = n
    last = widths[-1]
    turned = np.where(np.arange(last), 1.0, -1.0)  # one unit decreases, so that the folds at 0 show
    layers.append((turned[:, None] * row[None], -(turned * np.arange(1, last + 1) / (last + 1))[None]))
    layers.append((np.ones((1, 1, last)), np.zeros((1, 1))))
    pieces = int(counter.pieces(counter.on_line(layers), 0, 1)[0])
    return frame(streams, "folding", pieces=pieces, over_lower=pieces - theory.reachable_regions(widths, 1))


def climb(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG5: most pieces on a line found by a climb: random changes of a random network, kept unless they lose pieces."""
    widths = widths_of(factors["widths"])
    named = counter.shapes((1, *widths, 1))
    size = sum(int(np.prod(shape)) for shape in named.values())
    now = streams.draw(lambda rng: rng.normal(size=size), "climb_start", widths=list(widths))
    steps = streams.draw(
        lambda rng: rng.normal(size=(CLIMB, size)) * 10 ** rng.uniform(-2, 0.5, (CLIMB, 1)),
        "climb",
        widths=list(widths),
    )

    def pieces(parameters: np.ndarray) -> np.ndarray:
        return counter.pieces(counter.on_line(counter.layers_of(named, parameters)))

    best = pieces(now)
    for step in range(CLIMB):
        count = pieces(now + steps[:, step])
        better = count >= best
        now[better] += steps[better, step]
        best = np.where(better, count, best)
    return frame(streams, "climb", pieces=best, over_upper=best - theory.most_regions(widths, 1))


def picture(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """The polygons of one network in a square, as text, for the figure."""
    widths = widths_of(factors["widths"])
    polygons = counter.in_plane(draw(streams, 2, widths), WINDOW)
    corners = [[] for _ in streams.replicates]
    for owner, vertices, sides in zip(polygons.replicate, polygons.vertices, polygons.sides, strict=True):
        corners[owner].append(np.round(vertices[:sides], 3).tolist())
    return frame(streams, "gaussian", regions=[len(c) for c in corners], polygons=[json.dumps(c) for c in corners])


def trained(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """REG7: pieces of a network before and after it is trained on the sawtooth m^(n)."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    widths, points = widths_of(factors["widths"]), 256
    net = nets.Mlp(1, widths)
    start = nets.initialise(net, streams.generators("start", widths=list(widths)), "torch_default")
    x = (np.arange(points) + 0.5) / points
    y = 1 - np.abs(1 - np.mod(2 ** factors["compositions"] * x, 2))
    plan = training.Training(factors["steps"], 0.005, schedule="cosine", keep="best")
    fit = training.fit(net, squared, start, x[:, None], y[:, None], plan, device=device)
    columns = {"status": fit.status, "mse": fit.loss.astype(float)}
    for name, parameters in (("before", start), ("after", fit.parameters)):
        cells = counter.on_line(counter.layers_of(net.shapes, parameters.double().numpy()))
        columns |= {f"pieces_{name}": counter.pieces(cells), f"inside_{name}": counter.pieces(cells, 0, 1)}
    return frame(streams, "network", **columns)


PARTS = {
    "line": line,
    "law": law,
    "plane": plane,
    "sawtooth": sawtooth,
    "folding": folding,
    "climb": climb,
    "picture": picture,
    "trained": trained,
}
