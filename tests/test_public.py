"""What the package and its rooms export: all of it there, lazily, typed, and with examples that run."""

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import dlstats

ROOMS = dir(dlstats)
PACKAGE = Path(dlstats.__path__[0])
EXAMPLES = sorted(
    path for path in PACKAGE.rglob("*.py") if "    >>> " in path.read_text() or "\n>>> " in path.read_text()
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_of_a_room_is_there_and_hides_no_module(room):
    package = importlib.import_module(f"dlstats.{room}")
    assert package.__doc__
    for name in package.__all__:
        given = getattr(package, name)
        module = Path(package.__path__[0], f"{name}.py")
        hides = module.exists() and getattr(given, "__name__", "") != f"dlstats.{room}.{name}"
        assert hides == ((room, name) == ("training", "fit"))


def test_importing_the_package_loads_nothing_and_takes_under_50_ms_of_processor_time():
    code = "import sys, time\nbegan = time.process_time()\nimport dlstats\nprint(time.process_time() - began)\n"
    code += "import dlstats.losses, dlstats.protocol, dlstats.plotting, dlstats.dgp\n"
    code += "sys.exit(any(name in sys.modules for name in ('torch', 'pandas', 'numpy', 'matplotlib')))"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(run.stdout) for run in runs) < 0.05


def test_types_come_along():
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_examples_run_and_print_what_is_written(path):
    name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    failed, attempted = doctest.testmod(importlib.import_module(name))
    assert attempted > 0
    assert failed == 0


@pytest.mark.parametrize("name", [name for name in dir(dlstats.losses) if callable(getattr(dlstats.losses, name))])
def test_every_loss_has_an_example(name):
    assert ">>> " in (getattr(dlstats.losses, name).__doc__ or "")
