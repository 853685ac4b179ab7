"""Compiled code under AddressSanitizer and UndefinedBehaviorSanitizer: `make sanitize`.

Trains the grid of lanes_grid.py and runs the tests of lanes, each in a process that dies at the first wrong access.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from dlstats.training.lanes import build

HERE = Path(__file__).parent
LANES = HERE.parent / "training" / "lanes"
FLAGS = "-O0 -fsanitize=address,undefined -fno-sanitize-recover=all"
"""Without optimisation it compiles in half the time, and the small problems train no slower."""


def libraries():
    """The compiler's sanitizers; a name without a folder where it has none."""
    compiler, names = build.find_compiler(), ("libasan.so", "libubsan.so")
    asked = [[compiler, f"-print-file-name={name}"] for name in names]
    return [subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip() for ask in asked]


def environment():
    """In which every process is watched, and builds and loads the watched kernel."""
    return _flags() | {"LD_PRELOAD": ":".join(libraries()), "ASAN_OPTIONS": "detect_leaks=0", "OMP_NUM_THREADS": "1"}


def _flags():
    paths = [str(HERE.parent), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"DLSTATS_LANES_FLAGS": FLAGS, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def compile_kernel(dtype):
    """The compiler itself is not watched."""
    code = f"from dlstats.training.lanes import build; build.compiled({dtype!r})"
    subprocess.run([sys.executable, "-c", code], env=_flags(), check=True)


def watched(*words):
    """Run Python under the sanitizers; what it printed is captured."""
    return subprocess.run(
        [sys.executable, *words], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def grid(dtype, every):
    """Every so many of the problems of the grid, trained under the sanitizers."""
    compile_kernel(dtype)
    return watched(str(HERE / "lanes_grid.py"), dtype, str(every))


def tests_of_lanes():
    """The tests of lanes under the sanitizers, but those that start compilers of their own."""
    files = sorted(str(path) for path in LANES.glob("test_*.py") if path.name != "test_memory.py")
    return watched("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not machine and not processor", *files)


def main():
    """Print what each part says; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=11, help="train every so many problems of the grid (default: 11)")
    every = parser.parse_args().every
    parts = [lambda dtype=dtype: grid(dtype, every) for dtype in build.PRECISIONS]
    status = 0
    for part in (*parts, tests_of_lanes):
        done = part()
        print(done.stdout, flush=True)
        status = status or int(done.returncode != 0)
    return status


if __name__ == "__main__":
    sys.exit(main())
