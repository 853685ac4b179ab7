"""A plugin of pytest that gives wrong values: which functions do the tests that call them not miss?

Every test is carried out once to see what it calls of the rooms of `ROOMS`, then once more for each of these functions that no
test has noticed yet, with values that are wrong by a twentieth. Who is called and not noticed is printed.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

import dlstats

ROOMS = ("dgp", "theory")
TESTS = str(Path(__file__).parent.parent)
MARK = "Wrong values that nobody noticed:"


def public() -> Iterator[tuple[str, Any, str]]:
    """(name, module, attribute) of every public function of the rooms."""
    for room in ROOMS:
        for path in sorted(Path(dlstats.__path__[0], room).glob("[!_]*.py")):
            module = importlib.import_module(f"dlstats.{room}.{path.stem}")
            for name, thing in vars(module).items():
                if not name.startswith("_") and inspect.isroutine(thing) and thing.__module__ == module.__name__:
                    yield f"{room}.{path.stem}.{name}", module, name


def wrong(value: Any) -> Any:
    """The value with all its numbers a twentieth too large, whole numbers by one, truth turned round."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, int | np.integer):
        return value + 1
    if isinstance(value, float | Fraction):
        return value * Fraction(21, 20) + Fraction(1, 10**6) if isinstance(value, Fraction) else 1.05 * value + 1e-6
    if isinstance(value, np.ndarray):
        return ~value if value.dtype == bool else value + 1 if value.dtype.kind in "iu" else 1.05 * value + 1e-6
    if isinstance(value, tuple | list):
        return type(value)(wrong(part) for part in value)
    if isinstance(value, dict):
        return {key: wrong(part) for key, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: wrong(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
        return dataclasses.replace(value, **parts)
    made, options = getattr(value, "dist", None), getattr(value, "kwds", {})  # of a distribution of scipy
    if made is not None:
        return made(*(part + 1 for part in getattr(value, "args", ())), **options)
    return (lambda *a, **k: wrong(value(*a, **k))) if callable(value) else value


class WrongValues:
    """What tests call, and what of it was noticed."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.there = {name: (module, attribute) for name, module, attribute in public()}
        self.called: set[str] = set()
        self.noticed: set[str] = set()

    def _patched(self, stack: ExitStack, name: str, calls: set[str] | None) -> None:
        module, attribute = self.there[name]
        plain = getattr(module, attribute)

        def watched(*arguments: Any, **options: Any) -> Any:
            if sys._getframe(1).f_code.co_filename.startswith(TESTS) and calls is not None:
                calls.add(name)
            value = plain(*arguments, **options)
            return value if calls is not None else wrong(value)

        stack.enter_context(mock.patch.object(module, attribute, watched))

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: Any) -> Any:
        """Carry the test out, then again with each function wrong that it calls and that nobody noticed."""
        calls: set[str] = set()
        with ExitStack() as stack:
            for name in self.there:
                self._patched(stack, name, calls)
            result = yield
        self.called |= calls
        names = pyfuncitem._fixtureinfo.argnames
        for name in sorted(calls - self.noticed):
            with ExitStack() as stack:
                self._patched(stack, name, None)
                try:
                    pyfuncitem.obj(**{argument: pyfuncitem.funcargs[argument] for argument in names})
                except Exception:
                    self.noticed.add(name)
        return result

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """What is not called, and what is called and not noticed."""
        terminalreporter.write_line(f"Called by no test: {' '.join(sorted(set(self.there) - self.called)) or 'none'}")
        terminalreporter.write_line(f"{MARK} {' '.join(sorted(self.called - self.noticed)) or 'none'}")


def pytest_configure(config: Any) -> None:
    """Take part."""
    config.pluginmanager.register(WrongValues())
