"""Methods, losses and designs of somebody else, from a file: functions, estimators of scikit-learn's kind, processes."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import hashlib
import inspect
import re
import runpy
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from dlstats import project
from dlstats.pipeline import outside
from dlstats.protocol.hints import near, said, short
from dlstats.protocol.plug import Plug

NEEDED = {
    "method": "a function of (x, y, new) or (x, y, new, rng), or an estimator with fit and predict",
    "loss": "a function of tensors (prediction, y) that returns one loss per point",
    "dgp": "an object with sample(n, rng), inputs(n, rng) and regression(x)",
}
"""What a thing of every kind must be."""
PROCESS = ("sample", "inputs", "regression")
INSTALLED = [Path(path).resolve() for path in (*sysconfig.get_paths().values(), project.PACKAGES / "dlstats")]
"""Where code lies that is not the user's own."""
SMALLEST = 1e-12
"""Probabilities of an estimator are kept so far from 0 and 1 before their log-odds are taken."""


@dataclass(frozen=True)
class Foreign:
    """A thing from a file, and what a page says of it."""

    kind: str
    """A key of NEEDED."""
    name: str
    label: str
    description: str
    digest: str
    """Of the file, of the user's own files that it imports, and of the thing's name; not of data that they read."""
    thing: Any
    style: str = "foreign"

    @property
    def folder(self) -> str:
        """Where its results lie: a loss is not taken for a method of its name."""
        return self.name if self.kind == "method" else f"{self.name}.{self.kind}"


def load(word: str, taken: tuple[str, ...] = (), kind: str = "method") -> Foreign:
    """What `FILE.py` or `FILE.py:NAME` holds; without a name, METHOD, LOSS or DGP, or the only thing that the file defines.

    A method is a function of (x, y, new) or (x, y, new, rng), with x of shape (n, d), y of shape (n,), new of shape (m, d),
    that returns m values; or an estimator with `fit(x, y)` and `predict(new)`, of which a copy is fitted to every sample, its
    `random_state`, where it has one, set from the replicate's stream. A loss is a function of tensors (prediction, y), a
    design has what a process of `dlstats.dgp` has. What lies beside the file can be imported by it.

    Raises LookupError when there is no such file or name, and ValueError when what is there is none, or the file fails.
    """
    file, _, wanted = word.partition(":")
    path = Path(file)
    if not path.is_file():
        raise LookupError(f"There is no file `{file}`, which must hold a {kind}.")
    outside.find_beside(path)
    try:
        defined = runpy.run_path(str(path), run_name=path.stem)
    except (Exception, SystemExit) as error:
        raise ValueError(f"`{file}` must be a file of Python that runs, got {said(error)}") from error
    own = {n: v for n, v in defined.items() if n[0] != "_" and _is(kind, v) and _made_in(v, path.stem)}
    usual = kind.upper()
    wanted = wanted or (usual if usual in defined else next(iter(own)) if len(own) == 1 else "")
    if wanted not in defined:
        hint = near(wanted, own) if wanted else f" Name it: `FILE.py:NAME`, or call it {usual}."
        raise LookupError(
            f"`{file}` must define {f'`{wanted}`' if wanted else f'one {kind}'}, it has {_list(own)}.{hint}"
        )
    thing = defined[wanted]
    if inspect.isclass(thing) and kind == "dgp":
        thing = thing()
    if not _is(kind, thing) or inspect.isclass(thing):
        raise ValueError(f"`{wanted}` of `{file}` must be {NEEDED[kind]}, got {short(thing)}.")
    name = re.sub(r"\W", "_", path.stem if wanted == usual else wanted).lower()
    if name in taken:
        raise ValueError(f"`{word}` must have a name of its own, the experiment has a method `{name}`.")
    code = b"".join(source.read_bytes() for source in _sources(path))
    digest = hashlib.sha256(code + wanted.encode()).hexdigest()[:16]
    return Foreign(kind, name, *_described(thing, name), digest, thing)


def _sources(path: Path) -> list[Path]:
    """The file and, in the order in which they are met, the files that it imports and that no package manager has installed."""
    found, queue = [], [path.resolve()]
    while queue:
        file = queue.pop()
        if file in found:
            continue
        found.append(file)
        for name in sorted(_imported(file)):
            spec = None
            with contextlib.suppress(ImportError, ValueError):
                spec = find_spec(name)
            origin = Path(spec.origin).resolve() if spec and spec.origin and spec.origin.endswith(".py") else None
            if origin and not _is_installed(origin, name):
                queue += sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    return found


def _is_installed(origin: Path, name: str) -> bool:
    """Whether the module of that first name and file was installed, wherever its folder is."""
    folder = origin.parents[origin.name == "__init__.py"]
    return any(origin.is_relative_to(place) for place in INSTALLED) or bool(project.installed_with(folder, name))


def _imported(file: Path) -> set[str]:
    """The first names of the modules that a file imports, anywhere in it."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError):  # an import of it will tell
        return set()
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | named}


def _described(thing: Any, name: str) -> tuple[str, str]:
    """Its label and its description: what it says of itself, else the first line of its docstring, else how it is written."""
    own = (callable(thing) or not hasattr(thing, "get_params")) and not isinstance(thing, functools.partial)
    lines = (inspect.getdoc(thing) or "").splitlines() if own else []
    written = re.sub(r" at 0x\w+|[<>]", "", repr(thing))  # no address: it says nothing, and differs every time
    description = getattr(thing, "description", "") or (lines[0] if lines else written)
    return getattr(thing, "label", "") or name.replace("_", " "), " ".join(description.split())


def _is(kind: str, thing: object) -> bool:
    if kind == "dgp":
        return all(callable(getattr(thing, name, None)) for name in PROCESS)
    return callable(thing) or (kind == "method" and hasattr(thing, "fit") and hasattr(thing, "predict"))


def _made_in(thing: object, module: str) -> bool:
    """Whether a file defines a thing itself: functions and classes of others are imported, and a class is no method yet."""
    if inspect.isclass(thing):
        return all(hasattr(thing, name) for name in PROCESS) and thing.__module__ == module
    return not callable(thing) or getattr(thing, "__module__", module) == module


def values(
    method: Foreign, plug: Plug, x: np.ndarray, y: np.ndarray, new: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """What the method gives for one sample, (m,), or (m, levels) where quantiles are asked for.

    Raises ValueError when that is not one number, or one per level, at every new point.
    """
    returned = _call(method.thing, plug)(x.copy(), y.copy(), new.copy(), rng)
    wanted = (len(new), len(plug.levels)) if plug.levels else (len(new),)
    each = f"{len(new)} numbers, one per new point"
    each = f"{each} and quantile level {plug.levels}, shape {wanted}" if plug.levels else each
    try:
        given = None if returned is None else np.asarray(returned, float)
    except (TypeError, ValueError):
        given = None
    if given is None:
        raise ValueError(f"`{method.name}` must return {each}, got {short(returned)}.")
    given = given[:, 0] if given.ndim == 2 and given.shape[1] == 1 and not plug.levels else given
    if given.shape != wanted:
        raise ValueError(f"`{method.name}` must return {each}, got shape {given.shape}.")
    return given


def attempt(loss: Foreign, plug: Plug, y: np.ndarray) -> None:
    """Ask a loss at predictions of 0 for what training will ask: y has shape (reps, n).

    Raises ValueError unless it gives a tensor of one number per point that has a gradient in the predictions.
    """
    import torch

    response = torch.as_tensor(y, dtype=torch.float32)[..., None]
    for more in [{"level": level} for level in plug.levels] or [{}]:
        prediction = torch.zeros_like(response, requires_grad=True)
        try:
            given = loss.thing(prediction, response, **more)
        except (Exception, SystemExit) as error:
            came = said(error)
        else:
            came = _came(given, tuple(prediction.shape))
        if came:
            arguments = ", ".join(("prediction", "y", *more))
            what = f"a function of tensors ({arguments}) that returns one of their shape, {tuple(prediction.shape)}"
            raise ValueError(f"The loss `{loss.name}` must be {what}, got {came}.")


def _came(given: Any, wanted: tuple[int, ...]) -> str:
    """What a loss gave, where it is not what was asked for."""
    import torch

    if not isinstance(given, torch.Tensor):
        return "None" if given is None else f"an object of type {type(given).__name__}"
    if given.shape != wanted:
        return f"shape {tuple(given.shape)}"
    return "" if given.requires_grad else "a tensor without a gradient in the predictions"


def _call(method, plug: Plug) -> Callable[..., np.ndarray]:
    if hasattr(method, "fit") and hasattr(method, "predict"):
        return lambda x, y, new, rng: _fitted(method, plug, x, y, new, rng)
    parameters = inspect.signature(method).parameters
    places = [
        name
        for name, p in parameters.items()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and name != "levels"
    ]
    more: dict = {"levels": plug.levels} if "levels" in parameters else {}
    return lambda x, y, new, rng: method(*(x, y, new, rng)[: 4 if len(places) >= 4 else 3], **more)


def _fitted(estimator, plug: Plug, x, y, new, rng: np.random.Generator) -> np.ndarray:
    """Predictions of a fresh copy; of one copy per quantile level, or as log-odds of the larger label."""
    if plug.gives == "quantiles":
        copies = [_estimator(estimator, rng, level) for level in plug.levels]
        for one in copies:
            one.fit(x, y)
        return np.stack([one.predict(new) for one in copies], axis=1)
    fresh = _estimator(estimator, rng)
    fresh.fit(x, y)  # what it returns, itself or nothing, is not asked
    if plug.gives == "values":
        return fresh.predict(new)
    if hasattr(fresh, "predict_proba"):
        p = np.clip(np.asarray(fresh.predict_proba(new))[:, 1], SMALLEST, 1 - SMALLEST)
        return np.log(p) - np.log1p(-p)
    if hasattr(fresh, "decision_function"):
        return fresh.decision_function(new)
    raise ValueError(f"{short(estimator)} must have predict_proba or decision_function: log-odds are asked for.")


def _estimator(estimator, rng: np.random.Generator, level: float | None = None):
    """A copy with its seeds from the stream, and, where one is asked for, its quantile level."""
    fresh = copy.deepcopy(estimator)
    parameters = fresh.get_params() if hasattr(fresh, "get_params") else {}
    chosen: dict = {name: int(rng.integers(2**31)) for name in sorted(parameters) if _last(name) == "random_state"}
    if level is not None:
        named = [name for name in parameters if _last(name) == "quantile"]
        if not named:
            raise ValueError(f"{short(estimator)} must have a parameter `quantile`, which is set to every level.")
        chosen |= dict.fromkeys(named, level)
    return fresh.set_params(**chosen) if chosen else fresh


def _last(name: str) -> str:
    return name.split("__")[-1]


def _list(names) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
