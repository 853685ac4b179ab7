"""The kernel's library: compiled on first use by the system's compiler, cached, loaded without a copy of anything.

The cache (XDG_CACHE_HOME or ~/.cache, then dlstats) is keyed by source, compiler, flags and processor, so that
nothing stale and nothing foreign is ever loaded. Two environment variables are read: DLSTATS_LANES_ARCH, what
`-march` is given (`native`), and DLSTATS_LANES_FLAGS, further flags such as `-fsanitize=address,undefined`.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from dlstats import processor
from dlstats.training.lanes import instructions
from dlstats.training.lanes.job import Job

SOURCE = Path(__file__).parent
FLAGS = ("-std=c++20", "-O3", "-ffp-contract=off", "-fno-strict-aliasing", "-fno-math-errno", "-fPIC", "-shared", "-w")
PRECISIONS = {"float32": (), "float64": ("-DLANES_DOUBLE",)}


class Unavailable(RuntimeError):
    """Why this machine has no lanes, in one line."""


def library(dtype: str) -> ctypes.CDLL:
    """The kernel for a precision; raises Unavailable where it cannot be had."""
    found = attempt(dtype)
    if isinstance(found, Unavailable):
        raise found
    return found


@lru_cache
def attempt(dtype: str) -> ctypes.CDLL | Unavailable:
    """The kernel, or why it cannot be had: a compiler that failed is not asked twice."""
    try:
        return _declared(ctypes.CDLL(str(compiled(dtype))))
    except OSError as error:
        return Unavailable(f"the compiled kernel does not load: {error}")
    except Unavailable as error:
        return error


def compiled(dtype: str) -> Path:
    """The library's file, compiled if it is not there yet."""
    compiler = find_compiler()
    extra = os.environ.get("DLSTATS_LANES_FLAGS", "").split()
    flags = [*FLAGS, "-pthread", *_architecture(), *PRECISIONS[dtype], *extra]
    _refuse_foreign(compiler, flags)
    target = cache() / f"lanes-{dtype}-{_key(compiler, flags)}.so"
    if not target.exists():
        _compile(compiler, flags, target)
    return target


def find_compiler() -> str:
    """The C++ compiler: $CXX, c++, g++ or clang++."""
    for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise Unavailable("no C++ compiler was found ($CXX, c++, g++, clang++)")


def cache() -> Path:
    """Where compiled kernels lie."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlstats"


def _architecture() -> list[str]:
    name = os.environ.get("DLSTATS_LANES_ARCH", "native")
    option = "-mcpu" if platform.machine().lower() in ("aarch64", "arm64") and name == "native" else "-march"
    return [f"{option}={name}"]


def _refuse_foreign(compiler: str, flags: list[str]) -> None:
    """Raise Unavailable where the flags allow instructions that this processor lacks; `native` never does."""
    if [flag for flag in flags if flag.startswith("-m")] in (["-march=native"], ["-mcpu=native"]):
        return
    names = instructions.lacking(compiler, flags)
    if names:
        asked = os.environ.get("DLSTATS_LANES_ARCH", "native")
        raise Unavailable(f"this processor lacks instructions of DLSTATS_LANES_ARCH={asked}: {', '.join(names)}")


def _key(compiler: str, flags: list[str]) -> str:
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    digest = hashlib.sha256("\n".join([compiler, version, *flags, processor.kind()]).encode())
    for path in _sources():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _compile(compiler: str, flags: list[str], target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # one process compiles, the others wait for it
        lock = target.with_suffix(".lock")
        with FileLock(lock), tempfile.TemporaryDirectory(dir=target.parent) as folder:
            if target.exists():
                return
            built = Path(folder) / target.name
            command = [compiler, *flags, str(SOURCE / "kernel.cpp"), "-o", str(built)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
            if done.returncode:
                line = next((text for text in done.stderr.splitlines() if "error" in text), done.stderr[:200])
                raise Unavailable(f"{Path(compiler).name} cannot compile the kernel: {line.strip()}")
            os.replace(built, target)
        lock.unlink(missing_ok=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the kernel cannot be compiled into {target.parent}: {error}") from error


def _sources() -> list[Path]:
    return sorted([*SOURCE.glob("*.h"), *SOURCE.glob("*.cpp")])


def _declared(found: ctypes.CDLL) -> ctypes.CDLL:
    for name in ("lanes_vectors", "lanes_pack", "lanes_unpack", "lanes_run", "lanes_see", "lanes_predict"):
        function = getattr(found, name)
        function.argtypes, function.restype, function.errcheck = [ctypes.POINTER(Job)], ctypes.c_char_p, _refuse
    found.lanes_vectors.argtypes = [ctypes.POINTER(Job), ctypes.POINTER(ctypes.c_int64)]
    for name in ("lanes_width", "lanes_job_bytes"):
        getattr(found, name).restype = ctypes.c_int64
    if found.lanes_job_bytes() != ctypes.sizeof(Job):
        raise Unavailable("the compiled kernel and its Python side disagree on the layout of a job")
    return found


def _refuse(wrong: bytes | None, function: Callable, given: tuple) -> None:
    """Raise ValueError with what the kernel says is wrong with a job; it says nothing where all is well."""
    if wrong is not None:
        raise ValueError(f"The compiled kernel refuses a job: {wrong.decode()}.")
