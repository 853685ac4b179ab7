"""An experiment on a regression problem from its parts: a data-generating process, methods, factors, measures.

    regression(dgp=Friedman(), methods={"network": Network(((32, 32),)), "boosting": Boosting()}, factors={"n": ...})

A study with needs of its own writes its `simulate` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import product
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.hints import near, short
from dlstats.protocol.measure import Contrast, LevelContrast, Measure, Slope, SlopeContrast
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies import tuned
from dlstats.studies.frames import fitted, squared_error, stacked

COLUMNS = ("risk", "train_loss")
"""What every method is measured by: mean squared error at new points, against the truth; for networks their loss."""


@runtime_checkable
class Process(Protocol):
    """A data-generating process that carries its truth; a frozen dataclass, whose fields may be factors."""

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and responses."""
        ...

    def inputs(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """New points."""
        ...

    def regression(self, x: np.ndarray) -> np.ndarray:
        """The truth."""
        ...


class Setting(NamedTuple):
    """What of a network is chosen: hidden widths, learning rate, weight decay."""

    widths: tuple[int, ...]
    learning_rate: float
    weight_decay: float


@dataclass(frozen=True)
class Network:
    """A ReLU network with a linear skip, Adam on OneCycle; inputs and responses are standardised.

    Architecture, learning rate and weight decay are chosen by the rule of `dlstats.methods.tuning`, on the fifth that
    baselines are tuned on; then the network is trained again on all data. `effort` multiplies the steps.
    """

    architectures: tuple[tuple[int, ...], ...]
    learning_rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    weight_decays: tuple[float, ...] = (0.0,)
    steps: int = 4000
    effort: int = 1
    batch_size: int = 256
    restarts: int = 1
    start: str = "torch_default"
    label: str = "network"
    style: str = "network"
    build: Callable[[int, tuple[int, ...]], Any] | None = None
    """As in `dlstats.training.recipes`."""
    words: str = "ReLU network of hidden widths {} with a linear skip"

    def __post_init__(self) -> None:
        """Raise ValueError for widths in the place of architectures."""
        if not self.architectures or not all(isinstance(widths, tuple) for widths in self.architectures):
            raise ValueError(
                f"`architectures` must be tuples of widths, as ((32, 32),), got {short(self.architectures)}."
            )

    @property
    def grid(self) -> tuple[Setting, ...]:
        """Every setting, in the order of the fields."""
        return tuple(Setting(*one) for one in product(self.architectures, self.learning_rates, self.weight_decays))

    @property
    def description(self) -> str:
        """Widths, steps, minibatches and what is chosen in words."""
        widths = " or ".join(", ".join(map(str, widths)) for widths in self.architectures)
        rates, decays = (
            " or ".join(f"{v:g}" for v in several) for several in (self.learning_rates, self.weight_decays)
        )
        decayed = "" if self.weight_decays == (0.0,) else f", weight decay {decays}"
        chosen = " (chosen on the held-out fifth)" if len(self.grid) > 1 else ""
        starts = f", the best of {self.restarts} initialisations" if self.restarts > 1 else ""
        return (
            f"{self.words.format(widths)}, {self.steps} steps of Adam on OneCycle, "
            f"minibatches of {self.batch_size}, learning rate {rates}{decayed}{chosen}{starts}"
        )

    def together(
        self, x: np.ndarray, y: np.ndarray, new: np.ndarray, streams: Streams, device: str, **parameters: object
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Values at the new points, shape (reps, m), and the columns that are recorded of every replicate."""

        def fit(x, y, new, setting: Setting, few: Streams):
            return self._fit(x, y, new, setting, few, device, parameters)

        return tuned.refitted(self.chosen(x, y, streams, device, **parameters), fit, x, y, new, streams)

    def chosen(
        self, x: np.ndarray, y: np.ndarray, streams: Streams, device: str, **parameters: object
    ) -> list[Setting]:
        """The setting of every replicate with the smallest error on the held-out fifth."""
        if len(self.grid) == 1:
            return list(self.grid) * len(x)
        role = {**parameters, "tuning": True}

        def fit(x, y, new, setting: Setting, few: Streams):
            return self._fit(x, y, new, setting, few, device, role)

        return tuned.chosen(self.grid, fit, squared_error, x, y, streams, **parameters)

    def _fit(self, x, y, new, setting: Setting, streams: Streams, device: str, parameters: Mapping):
        from dlstats.training import recipes

        (x, new), (y, scale, centre) = _standardised(x, new), _scaled(y)
        recipe = recipes.Recipe(
            setting.widths,
            setting.learning_rate,
            self.steps,
            self.batch_size,
            self.restarts,
            self.start,
            setting.weight_decay,
            self.build,
        )
        network = recipes.run(recipe.at(self.effort), x, y, streams, device, **parameters)
        return centre + scale * network.predict(new), network.columns


def _standardised(x: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centre, scale = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    scale = np.where(scale > 0, scale, 1.0)
    return (x - centre) / scale, (new - centre) / scale


def _scaled(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    centre, scale = y.mean(axis=1, keepdims=True), y.std(axis=1, keepdims=True)
    scale = np.where(scale > 0, scale, 1.0)
    return (y - centre) / scale, scale, centre


@dataclass(frozen=True)
class Simulation:
    """The `simulate` of `regression`: all methods on the same data, errors at the same new points.

    A factor that is a field of the process or of a method is put in its place, at its default where it is left out.
    """

    dgp: Any
    methods: Mapping[str, Any]
    new_points: int

    def __call__(self, condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
        """Rows of a block of replicates."""
        return self.fit(condition, self.sample(condition, streams), streams, device)

    def fit(self, condition: Condition, data: Sample, streams: Streams, device: str) -> pd.DataFrame:
        """All methods on the data."""
        rows = {}
        for name, method in self.methods.items():
            method = _with(method, condition)
            if hasattr(method, "together"):
                values, columns = method.together(data.x, data.y, data.new, streams, device, **data.key)
            else:
                own = streams.generators("baseline", **data.key)
                values, columns = fitted(method, data.x, data.y, data.new, own), {}
            rows[name] = judge(values, data) | columns
        return stacked(streams, rows)

    def sample(self, condition: Condition, streams: Streams) -> Sample:
        """The data of a block of replicates, the new points and the truth there."""
        process, parameters = _with(self.dgp, condition), _levels(self.dgp, condition)
        key = {"n": condition.n, **parameters}
        drawn = [process.sample(condition.n, rng) for rng in streams.generators("data", **key)]
        x, y = (np.stack(part) for part in zip(*drawn, strict=True))
        new = streams.draw(lambda rng: process.inputs(self.new_points, rng), "new", **parameters)
        return Sample(x, y, new, process.regression(new), streams.generators("baseline", **key), key)


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """The measured column of a method: its mean squared error at the new points."""
    return {"risk": squared_error(values, data.truth)}


def _names(thing: Any) -> set[str]:
    return {field.name for field in fields(thing)}


def _with(thing: Any, condition: Condition) -> Any:
    levels = _levels(thing, condition)
    return replace(thing, **levels) if levels else thing


def _levels(thing: Any, condition: Condition) -> dict[str, object]:
    """Those levels, given or by default, that are fields of a process or method; None leaves the field as it is."""
    levels = {name: getattr(condition, name, None) for name in sorted(_names(thing))}
    return {name: level for name, level in levels.items() if level is not None}


def regression(
    *,
    dgp: Process,
    methods: Mapping[str, Any],
    factors: Mapping[str, Factor],
    measures: Sequence[Measure] = (Measure("risk", "excess risk"), Measure("risk", "excess risk", "median")),
    contrasts: Sequence[Contrast | LevelContrast] = (),
    slopes: Sequence[Slope | SlopeContrast] = (),
    new_points: int = 1000,
    block: int = 64,
    streams: str = "",
) -> Experiment:
    """An experiment with the column `risk`, the mean squared error at new points, and `train_loss` for networks.

    Every measure gets its slope in n, and log ratios of the first method to every other one on shared data, of the
    statistic of the measure and of the median; `contrasts` and `slopes` come on top. Raises ValueError for a process or
    method that is no dataclass's instance, without the factor n, for a factor that is no field of the process or of a
    method, and for a measure of another column.
    """
    if isinstance(dgp, type) or not is_dataclass(dgp) or not isinstance(dgp, Process):
        raise ValueError(f"`dgp` must be a dataclass's instance with sample, inputs and regression, got {short(dgp)}.")
    for name, method in methods.items():
        if isinstance(method, type) or not is_dataclass(method):
            raise ValueError(f"The method `{name}` must be a dataclass's instance, got {short(method)}.")
    known = {"n"}.union(_names(dgp), *(_names(method) for method in methods.values())) - {
        "label",
        "description",
        "style",
        "grid",
    }
    wrong = [name for name in factors if name not in known]
    if "n" not in factors or wrong:
        raise ValueError(
            f"`factors` must be n and fields of the process or of a method ({', '.join(sorted(known - {'n'}))}), "
            f"got {', '.join(wrong or factors) or 'none'}.{near(wrong[0], known) if wrong else ''}"
        )
    unknown = [m.column for m in measures if m.column not in COLUMNS]
    if unknown:
        raise ValueError(
            f"`measures` must be of the columns {' and '.join(COLUMNS)}, got {unknown[0]!r}.{near(unknown[0], COLUMNS)}"
        )
    first, *others = methods
    statistics = dict.fromkeys((*(m.statistic for m in measures if m.column == "risk"), "median"))
    simulation = Simulation(dgp, methods, new_points)
    return Experiment(
        simulate=simulation,
        factors=factors,
        methods=methods,
        measures=measures,
        contrasts=(*(Contrast("risk", first, o, "log_ratio", s) for o in others for s in statistics), *contrasts),
        slopes=(*(Slope(m.column, statistic=m.statistic, options=m.options) for m in measures), *slopes),
        block=block,
        streams=streams,
        plug=Plug(
            simulation.sample,
            judge,
            fit=simulation.fit,
            replaces=tuple(name for name in factors if name != "n" and name in _names(dgp)),
            new_points=new_points,
        ),
    )
