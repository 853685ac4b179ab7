"""Methods of somebody else, from a file: a function, or an estimator of scikit-learn's kind."""

from __future__ import annotations

import copy
import hashlib
import inspect
import re
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlstats.protocol.hints import near, short


@dataclass(frozen=True)
class Foreign:
    """A method from a file, called as ours are: `(x, y, new, rng)` -> values at the new points."""

    name: str
    label: str
    description: str
    digest: str
    """Of the file's content and the method's name."""
    call: Callable[[np.ndarray, np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
    style: str = "foreign"


def load(word: str, taken: tuple[str, ...] = ()) -> Foreign:
    """The method of `FILE.py` or `FILE.py:NAME`; without a name, METHOD or the only function or estimator that the file defines.

    A function takes (x, y, new) or (x, y, new, rng), with x of shape (n, d), y of shape (n,), new of shape (m, d), and
    returns m values. An estimator has `fit(x, y)` and `predict(new)`; a copy is fitted to every sample, and its
    `random_state`, where it has one, is set from the replicate's stream.

    Raises LookupError when there is no such file or name, and ValueError when what is there is neither.
    """
    file, _, wanted = word.partition(":")
    path = Path(file)
    if not path.is_file():
        raise LookupError(f"There is no file `{file}`, which must hold a method.")
    defined = runpy.run_path(str(path), run_name=path.stem)
    own = {n: v for n, v in defined.items() if n[0] != "_" and _is_method(v) and _made_in(v, path.stem)}
    wanted = wanted or ("METHOD" if "METHOD" in defined else next(iter(own)) if len(own) == 1 else "")
    if wanted not in defined:
        hint = near(wanted, own) if wanted else " Name it: `FILE.py:NAME`, or call it METHOD."
        raise LookupError(
            f"`{file}` must define {f'`{wanted}`' if wanted else 'one method'}, it has {_list(own)}.{hint}"
        )
    method = defined[wanted]
    if not _is_method(method) or inspect.isclass(method):
        needed = "a function of (x, y, new) or (x, y, new, rng), or an estimator with fit and predict"
        raise ValueError(f"`{wanted}` of `{file}` must be {needed}, got {short(method)}.")
    name = path.stem if wanted == "METHOD" else wanted
    name = re.sub(r"\W", "_", name).lower()
    if name in taken:
        raise ValueError(f"`{word}` must have a name of its own, the experiment has a method `{name}`.")
    lines = (inspect.getdoc(method) or "").splitlines()
    description = getattr(method, "description", "") or (lines[0] if lines and callable(method) else repr(method))
    label = getattr(method, "label", "") or name.replace("_", " ")
    digest = hashlib.sha256(path.read_bytes() + wanted.encode()).hexdigest()[:16]
    return Foreign(name, label, " ".join(description.split()), digest, _call(method))


def values(method: Foreign, x: np.ndarray, y: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What the method gives for one sample. Raises ValueError when that is not one number per new point."""
    given = np.asarray(method.call(x.copy(), y.copy(), new.copy(), rng), float)
    given = given[:, 0] if given.ndim == 2 and given.shape[1] == 1 else given
    if given.shape != (len(new),):
        raise ValueError(f"`{method.name}` must return {len(new)} values, one per new point, got shape {given.shape}.")
    return given


def _is_method(thing: object) -> bool:
    return callable(thing) or (hasattr(thing, "fit") and hasattr(thing, "predict"))


def _made_in(thing: object, module: str) -> bool:
    """Whether a file defines a thing itself: functions and classes of others are imported, and a class is no method yet."""
    return not inspect.isclass(thing) and (not callable(thing) or getattr(thing, "__module__", module) == module)


def _call(method) -> Callable[..., np.ndarray]:
    if hasattr(method, "fit") and hasattr(method, "predict"):
        return lambda x, y, new, rng: _estimator(method, rng).fit(x, y).predict(new)
    required = [
        p
        for p in inspect.signature(method).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return method if len(required) >= 4 else lambda x, y, new, rng: method(x, y, new)


def _estimator(estimator, rng: np.random.Generator):
    fresh = copy.deepcopy(estimator)
    parameters = fresh.get_params() if hasattr(fresh, "get_params") else {}
    seeds = {name: int(rng.integers(2**31)) for name in sorted(parameters) if name.split("__")[-1] == "random_state"}
    return fresh.set_params(**seeds) if seeds else fresh


def _list(names) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
