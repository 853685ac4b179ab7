"""Exact linear regions of ReLU networks, on a line and in the plane; no torch.

A batch of networks is a list of layers `(weight, bias)` of shapes (reps, out, in) and (reps, out), with a ReLU after
every layer but the last. A *zero* is a point where the pre-activation of a neuron changes sign, a *kink* one where the
slope of the output changes: a zero that later layers hide is no kink.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray as Array

Layers = Sequence[tuple[Array, Array]]

_ON_LINE = 1e-12
"""A vertex this close to a neuron's line, relative to the size of the terms, counts as on it."""

_ON_KNOT = 1e-10
"""A zero this close to an end of its cell, relative to itself, counts as on it: where one unit alone is active, the
units that it feeds vanish with it."""


@dataclass(frozen=True)
class Cells:
    """The intervals of a line on which a network is affine, x(t) = start + t direction, padded to a common number.

    `knots` are sorted and end in +inf where there are no more; on the cell between knots i - 1 and i the output is
    slope[:, i] t + offset[:, i]. `zeros[l]` holds the zeros of layer l (+inf where a cell has none).
    """

    knots: Float[Array, "reps knots"]
    slope: Float[Array, "reps cells d_out"]
    offset: Float[Array, "reps cells d_out"]
    zeros: tuple[Float[Array, "reps _"], ...]


def shapes(sizes: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the parameters of a network of these layer sizes, inputs and outputs included: `nets.Mlp`'s."""
    dimensions: dict[str, tuple[int, ...]] = {}
    for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        dimensions |= {f"weight.{layer}": (fan_in, fan_out), f"bias.{layer}": (fan_out,)}
    return dimensions


def layers_of(shapes: Mapping[str, tuple[int, ...]], parameters: Float[Array, "reps p"]) -> list[tuple[Array, Array]]:
    """The layers of networks whose parameters lie in rows, by the `shapes` of a `nets.Mlp` without skip."""
    arrays, begin = {}, 0
    for name, shape in shapes.items():
        end = begin + math.prod(shape)
        arrays[name] = np.asarray(parameters[:, begin:end], dtype=float).reshape(-1, *shape)
        begin = end
    return [(arrays[f"weight.{i}"].mT, arrays[f"bias.{i}"]) for i in range(len(arrays) // 2)]


def evaluate(layers: Layers, x: Float[Array, "reps n d"]) -> Float[Array, "reps n d_out"]:
    """The outputs of every network at its inputs."""
    for weight, bias in layers[:-1]:
        x = np.maximum(x @ weight.mT + bias[:, None], 0)
    weight, bias = layers[-1]
    return x @ weight.mT + bias[:, None]


def on_line(
    layers: Layers, start: Float[Array, " d"] | None = None, direction: Float[Array, " d"] | None = None
) -> Cells:
    """Cells of every network along start + t direction, t real; by default t is the first input.

    Layer by layer: the map is affine on a cell, so the zeros are -offset / slope where that lies strictly inside it
    (open cells: a zero on an old knot makes no cell of no width), and the sign is read at a point inside.
    """
    reps, _, d = layers[0][0].shape
    slope = np.broadcast_to(np.eye(d)[0] if direction is None else direction, (reps, 1, d))
    offset = np.broadcast_to(np.zeros(d) if start is None else start, (reps, 1, d))
    knots, zeros = np.empty((reps, 0)), []
    for weight, bias in layers[:-1]:
        slope, offset = slope @ weight.mT, offset @ weight.mT + bias[:, None]
        roots = _inside(knots, slope, offset)
        zeros.append(_trim(np.sort(roots, axis=1)))
        knots, parent = _merge(knots, zeros[-1])
        slope, offset = (np.take_along_axis(a, parent[:, :, None], axis=1) for a in (slope, offset))
        active = slope * _midpoints(knots)[:, :, None] + offset > 0
        slope, offset = np.where(active, slope, 0), np.where(active, offset, 0)
    weight, bias = layers[-1]
    return Cells(knots, slope @ weight.mT, offset @ weight.mT + bias[:, None], tuple(zeros))


def _inside(
    knots: Float[Array, "reps knots"], slope: Float[Array, "reps cells width"], offset: Float[Array, "reps cells width"]
) -> Float[Array, "reps slots"]:
    """Zeros of slope t + offset strictly inside their cells, +inf for none."""
    edge = np.full((len(knots), 1), np.inf)
    left, right = np.hstack([-edge, knots])[:, :, None], np.hstack([knots, edge])[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = -offset / slope
        room = _ON_KNOT * np.abs(at)
        inside = (at - left > room) & (right - at > room)
    return np.where(inside, at, np.inf).reshape(len(knots), -1)


def _trim(positions: Float[Array, "reps slots"]) -> Float[Array, "reps kept"]:
    """Drop the columns at the end that hold +inf only."""
    return positions[:, : np.isfinite(positions).sum(axis=1).max(initial=0)]


def _merge(
    knots: Float[Array, "reps knots"], roots: Float[Array, "reps slots"]
) -> tuple[Float[Array, "reps merged"], Int[Array, "reps cells"]]:
    """Old and new knots in order, each once, and for every new cell the old cell that it lies in."""
    pool = np.hstack([knots, roots])
    old = np.zeros(pool.shape, dtype=bool)
    old[:, : knots.shape[1]] = np.isfinite(knots)
    order = np.argsort(pool, axis=1, kind="stable")
    pool, old = np.take_along_axis(pool, order, axis=1), np.take_along_axis(old, order, axis=1)
    pool[:, 1:][pool[:, 1:] == pool[:, :-1]] = np.inf
    order = np.argsort(pool, axis=1, kind="stable")
    pool = _trim(np.take_along_axis(pool, order, axis=1))
    old = np.take_along_axis(old, order, axis=1)[:, : pool.shape[1]]
    return pool, np.hstack([np.zeros((len(pool), 1), int), np.cumsum(old, axis=1)])


def _midpoints(knots: Float[Array, "reps knots"]) -> Float[Array, "reps cells"]:
    """A point inside every cell (0 for the padding)."""
    count = np.isfinite(knots).sum(axis=1)
    ends = np.where(np.isfinite(knots), knots, 0)
    reach = np.zeros((len(knots), 1))
    low, high = np.hstack([reach, ends]), np.hstack([ends, reach])
    middle = (low + high) / 2
    some, rows = count > 0, np.arange(len(knots))
    width = 1 + np.abs(ends).max(axis=1, initial=0)
    middle[:, 0] = np.where(some, high[:, 0] - width, 0)
    middle[rows, count] = np.where(some, low[rows, count] + width, 0)
    return middle


def zeros_per_network(cells: Cells) -> Int[Array, "reps layers"]:
    """Number of sign changes of pre-activations on the line, by layer."""
    return np.stack([np.isfinite(z).sum(axis=1) for z in cells.zeros], axis=1)


def kinks(
    cells: Cells, lower: float | int = -np.inf, upper: float | int = np.inf, tolerance: float = 1e-9
) -> Bool[Array, "reps knots"]:
    """Which knots are kinks of the output strictly between `lower` and `upper`: the slope jumps there.

    A jump counts when it is above `tolerance` relative to the slopes on its two sides.
    """
    before, after = cells.slope[:, :-1], cells.slope[:, 1:]
    jump = np.abs(after - before) > tolerance * np.maximum(np.abs(before), np.abs(after))
    return jump.any(axis=2) & np.isfinite(cells.knots) & (cells.knots > lower) & (cells.knots < upper)


def pieces(cells: Cells, lower: float | int = -np.inf, upper: float | int = np.inf) -> Int[Array, " reps"]:
    """Number of maximal intervals between `lower` and `upper` on which the output is affine."""
    return kinks(cells, lower, upper).sum(axis=1) + 1


@dataclass(frozen=True)
class Polygons:
    """The convex polygons of a square on which a network is affine: activation regions, a flat list over the batch.

    Polygon i belongs to network `replicate[i]`, has `sides[i]` corners (the first ones of vertices[i]) and the output
    slope[i] x + offset[i].
    """

    replicate: Int[Array, " polygons"]
    vertices: Float[Array, "polygons corners 2"]
    sides: Int[Array, " polygons"]
    slope: Float[Array, "polygons d_out 2"]
    offset: Float[Array, "polygons d_out"]


def in_plane(layers: Layers, half_side: float | int = 1e6, split_output: bool = False) -> Polygons:
    """Split the square |x_1|, |x_2| <= half_side along the zeros of every neuron, exactly up to rounding.

    With `split_output` also along the zeros of the output, so that its sign is constant on every polygon. For counts
    in the whole plane `half_side` must be large: the positions of vertices have tails like Cauchy's.
    """
    reps = layers[0][0].shape[0]
    corner = half_side * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    vertices, sides = np.tile(corner, (reps, 1, 1)), np.full(reps, 4)
    replicate = np.arange(reps)
    slope, offset = np.tile(np.eye(2), (reps, 1, 1)), np.zeros((reps, 2))
    for depth, (weight, bias) in enumerate(layers):
        slope = np.einsum("poi,pix->pox", weight[replicate], slope)
        offset = np.einsum("poi,pi->po", weight[replicate], offset) + bias[replicate]
        last = depth == len(layers) - 1
        if last and not split_output:
            break
        vertices, sides, parent = _split(vertices, sides, slope, offset)
        replicate, slope, offset = replicate[parent], slope[parent], offset[parent]
        if not last:
            active = np.einsum("pox,px->po", slope, _centres(vertices, sides)) + offset > 0
            slope, offset = slope * active[:, :, None], offset * active
    return Polygons(replicate, vertices, sides, slope, offset)


def _centres(
    vertices: Float[Array, "polygons corners 2"], sides: Int[Array, " polygons"]
) -> Float[Array, "polygons 2"]:
    used = np.arange(vertices.shape[1]) < sides[:, None]
    return (vertices * used[:, :, None]).sum(axis=1) / sides[:, None]


def _split(
    vertices: Float[Array, "polygons corners 2"],
    sides: Int[Array, " polygons"],
    slope: Float[Array, "polygons width 2"],
    offset: Float[Array, "polygons width"],
) -> tuple[Float[Array, "parts more 2"], Int[Array, " parts"], Int[Array, " parts"]]:
    """Cut every polygon along the zeros of the `width` affine maps on it; also the polygon that a part came from."""
    parent = np.arange(len(sides))
    for neuron in range(offset.shape[1]):
        a, b = slope[parent, neuron], offset[parent, neuron]
        terms = vertices * a[:, None]
        value = terms.sum(axis=2) + b[:, None]
        value[np.abs(value) <= _ON_LINE * (np.abs(terms).sum(axis=2) + np.abs(b)[:, None])] = 0
        used = np.arange(vertices.shape[1]) < sides[:, None]
        cut = np.flatnonzero(((value > 0) & used).any(axis=1) & ((value < 0) & used).any(axis=1))
        if not len(cut):
            continue
        upper = _clip(vertices[cut], sides[cut], value[cut])
        lower = _clip(vertices[cut], sides[cut], -value[cut])
        corners = max(vertices.shape[1], upper[0].shape[1], lower[0].shape[1])
        vertices = _pad(vertices, corners)
        vertices[cut], sides[cut] = _pad(upper[0], corners), upper[1]
        vertices = np.concatenate([vertices, _pad(lower[0], corners)])
        sides, parent = np.concatenate([sides, lower[1]]), np.concatenate([parent, parent[cut]])
    return vertices, sides, parent


def _pad(vertices: Float[Array, "polygons corners 2"], corners: int) -> Float[Array, "polygons padded 2"]:
    return np.pad(vertices, ((0, 0), (0, corners - vertices.shape[1]), (0, 0)))


def _clip(
    vertices: Float[Array, "polygons corners 2"],
    sides: Int[Array, " polygons"],
    value: Float[Array, "polygons corners"],
) -> tuple[Float[Array, "polygons more 2"], Int[Array, " polygons"]]:
    """The part of every convex polygon where `value`, affine and given at the corners, is >= 0."""
    index = np.arange(vertices.shape[1])
    used = index < sides[:, None]
    following = (index + 1) % sides[:, None]
    value_next = np.take_along_axis(value, following, axis=1)
    vertex_next = np.take_along_axis(vertices, following[:, :, None], axis=1)
    crossing = (value * value_next < 0) & used
    fraction = np.divide(value, value - value_next, out=np.zeros_like(value), where=crossing)
    meeting = vertices + fraction[:, :, None] * (vertex_next - vertices)
    slots = np.stack([vertices, meeting], axis=2).reshape(len(sides), -1, 2)
    keep = np.stack([(value >= 0) & used, crossing], axis=2).reshape(len(sides), -1)
    order = np.argsort(~keep, axis=1, kind="stable")
    count = keep.sum(axis=1)
    return np.take_along_axis(slots, order[:, :, None], axis=1)[:, : count.max(initial=0)], count


def regions_per_network(polygons: Polygons) -> Int[Array, " reps"]:
    """Number of activation regions of every network of the batch."""
    return np.bincount(polygons.replicate)


def absolute_integral(polygons: Polygons) -> Float[Array, " reps"]:
    """Integral of |output| over the square, exact when the polygons were made with `split_output`.

    Fan of triangles from the first corner; the integral of an affine map over a triangle is its area times its mean
    at the corners.
    """
    first, v = polygons.vertices[:, :1], polygons.vertices
    edge, following = v[:, 1:-1] - first, v[:, 2:] - first
    used = np.arange(2, v.shape[1]) < polygons.sides[:, None]
    area = np.abs(edge[..., 0] * following[..., 1] - edge[..., 1] * following[..., 0]) / 2 * used
    value = np.einsum("px,pcx->pc", polygons.slope[:, 0], v) + polygons.offset[:, :1]
    mean = (value[:, :1] + value[:, 1:-1] + value[:, 2:]) / 3
    return np.bincount(polygons.replicate, np.abs((area * mean).sum(axis=1)))
