"""What a claim or a figure reads: the summaries of a study's experiments, and for figures their replicates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from dlstats.protocol.matching import matches

ABOUT = ("measure", "statistic", "method", "against", "line")
"""What a condition may name beside factors and keys."""
EFFORT = "effort"
"""Row key of trained experiments: how many times the steps of its recipe a network had; its starts are those of the recipe."""


class Evidence:
    """Summaries and replicates by experiment; remembers the cells and lines that were read, for the ledger."""

    def __init__(
        self,
        summaries: Mapping[str, pd.DataFrame],
        replicates: Mapping[str, pd.DataFrame] | Callable[[str], pd.DataFrame] | None = None,
        looks: Mapping[tuple[str, str], int] | None = None,
        effort: int = 1,
        experiments: Mapping[str, Any] | None = None,
    ) -> None:
        """`replicates` may be a function that reads those of an experiment when they are asked for.

        `looks` says how often the replicates of an (experiment, cell) were raised and looked at, once where it is silent.
        Where an experiment has the row key `effort`, only rows of this `effort` are read. `experiments` are those of the
        study: they give axes and legends their labels.
        """
        self.summaries = dict(summaries)
        self._replicates = replicates
        self._looks = dict(looks or {})
        self._effort = effort
        self.experiments = experiments or {}
        self.used: dict[tuple[str, str], None] = {}
        """(experiment, cell) in the order in which they were read."""
        self.lines: dict[tuple[str, str, str], None] = {}
        """(experiment, cell, method) likewise."""

    def forget(self) -> None:
        """Start to remember anew, for the next claim."""
        self.used, self.lines = {}, {}

    @property
    def has_efforts(self) -> bool:
        """Whether anything that was read was trained at several efforts."""
        return any(EFFORT in self.summaries[name] for name, _ in self.used)

    @property
    def void(self) -> bool:
        """Whether cells were read whose lines in the summary have no finite estimate: nothing came of any replicate."""
        lines = [self.summaries[name][self.summaries[name]["cell"] == cell] for name, cell in self.used]
        estimates = [value for table in lines if len(table) for value in table["estimate"]]
        return bool(estimates) and not any(map(math.isfinite, estimates))

    def described(self, column: str, experiment: str = "") -> Any:
        """The experiment that has a measure, None where it is not known. Raises as `table` does."""
        return self.experiments.get(experiment or self._meant({"measure": column}))

    def axis(self, name: str, experiment: str = "") -> str:
        """The label of an axis for a factor, a row key or a measured column of an experiment, or of the first that has it.

        It is the name where the experiments are not known. Raises LookupError for what none of them has.
        """
        for about in [self.experiments[experiment]] if experiment in self.experiments else self.experiments.values():
            declared = {m.column: m for m in reversed(about.measures)} | {**about.keys, **about.factors}
            if name in declared:
                return declared[name].axis
        if self.experiments:
            raise LookupError(f"{experiment or 'The study'} has no factor, key or measure `{name}`.")
        return name.replace("_", " ")

    def most_looks(self) -> int:
        """The largest number of looks at the replicates of anything that was read."""
        return max((self._looks.get(cell, 1) for cell in self.used), default=1)

    def table(self, experiment: str = "", **where: object) -> pd.DataFrame:
        """The lines of the summary that match.

        `experiment` may be left out where only one has the measure, or of several only one has the factors, keys and
        methods that are asked for.

        A level is matched by equality, a list or tuple by membership, a function by what it says of the level; `line`
        is a function of the whole line, for conditions on several columns.
        Raises LookupError when no line matches, and ValueError when several experiments may be meant.
        """
        name = experiment or self._meant(where)
        if EFFORT in self.summaries[name]:
            where = {EFFORT: self._effort} | where
        lines = matching(self.summaries[name], where, name)
        for cell, cells, method, against in zip(
            lines["cell"], lines["cells"], lines["method"], lines["against"], strict=True
        ):
            for each in str(cells).split(" ") if cells else [cell]:
                self.used[name, each] = None
                for who in (method, against):
                    if who and "=" not in str(who):
                        self.lines[name, each, str(who)] = None
        return lines

    def rows(self, experiment: str = "", **where: object) -> pd.DataFrame:
        """The replicates, failed ones included, that match: for figures of whole distributions.

        Raises LookupError when there are none, and ValueError when several experiments may be meant.
        """
        name = experiment or self._meant(where)
        rows = matching(self.replicates(name), where, name)
        for cell, method in rows[["cell", "method"]].drop_duplicates().itertuples(index=False):
            self.used[name, cell] = None
            self.lines[name, cell, method] = None
        return rows

    def replicates(self, experiment: str) -> pd.DataFrame:
        """All replicates of an experiment. Raises LookupError where only summaries are at hand."""
        if self._replicates is None:
            raise LookupError("The replicates are not at hand, only their summary.")
        return self._replicates(experiment) if callable(self._replicates) else self._replicates[experiment]

    def _meant(self, where: Mapping[str, object]) -> str:
        measure = where.get("measure")
        held = [n for n, lines in self.summaries.items() if measure is None or (lines["measure"] == measure).any()]
        if not held:
            raise LookupError(
                "No experiment was run." if measure is None else f"No experiment has the measure `{measure}`."
            )
        fit = [name for name in held if _fits(self.summaries[name], where)] if len(held) > 1 else held
        if len(fit) > 1:
            raise ValueError(f"Several experiments have what is asked for ({', '.join(fit)}): name one.")
        return (fit or held)[0]


def _fits(lines: pd.DataFrame, where: Mapping[str, object]) -> bool:
    methods = {*lines["method"], *lines["against"]}
    wanted = [method for side in ("method", "against") for method in names(where.get(side))]
    return all(name in lines or name == "line" for name in where) and all(method in methods for method in wanted)


def names(level: object) -> list[str]:
    """The names that a condition on methods gives: one, several, or none where it is a function or not given."""
    if isinstance(level, str):
        return [level]
    return [str(one) for one in level] if isinstance(level, list | tuple | set | frozenset) else []


def matching(frame: pd.DataFrame, where: Mapping[str, object], name: str) -> pd.DataFrame:
    """The rows whose columns are as `where` asks. Raises LookupError when there are none."""
    for column, level in where.items():
        if column not in frame and column != "line":
            raise LookupError(f"{name} has no factor, key or column `{column}`.")
        frame = frame[matches(frame, column, level)]
        if frame.empty:
            raise LookupError(f"{name} has no {column} = {level if not callable(level) else 'as asked'}.")
    if frame.empty:
        raise LookupError(f"{name} has no results.")
    return frame
