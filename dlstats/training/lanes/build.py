"""The kernel's library: compiled on first use by the system's compiler, cached, loaded without a copy of anything.

A file of the cache (`dlstats.cache`) is named by what it was made from (source, compiler, flags, processor) and by the
digest of its content, and is loaded only when it still has that digest and no one else can have written it: nothing
stale, nothing foreign and nothing damaged is ever loaded. Two environment variables are read: DLSTATS_LANES_ARCH, what
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

import psutil
from filelock import FileLock

from dlstats import cache, processor
from dlstats.training.lanes import instructions
from dlstats.training.lanes.job import Job

SOURCE = Path(__file__).parent
FLAGS = ("-std=c++20", "-O3", "-ffp-contract=off", "-fno-strict-aliasing", "-fno-math-errno", "-fPIC", "-shared", "-w")
BUILDING = "building-"
"""What the folder of a build is called first, then machine and process."""
HALT = 1800
PRECISIONS = {"float32": (), "float64": ("-DLANES_DOUBLE",)}


class Unavailable(RuntimeError):
    """Why this machine has no lanes, in one line."""


def library(dtype: str) -> ctypes.CDLL:
    """The kernel for a precision; raises Unavailable where it cannot be had."""
    loaded = attempt(dtype)
    if isinstance(loaded, Unavailable):
        raise loaded
    return loaded


@lru_cache
def attempt(dtype: str) -> ctypes.CDLL | Unavailable:
    """The kernel, or why it cannot be had: a compiler that failed is not asked twice."""
    try:
        return _declared(ctypes.CDLL(str(compiled(dtype))))
    except OSError as error:
        return Unavailable(f"the compiled kernel does not load ({error}): {cache.SET} and executed from")
    except Unavailable as error:
        return error


def compiled(dtype: str) -> Path:
    """The library's file, compiled if it is not there as it was written."""
    compiler = find_compiler()
    extra = os.environ.get("DLSTATS_LANES_FLAGS", "").split()
    flags = [*FLAGS, "-pthread", *_architecture(), *PRECISIONS[dtype], *extra]
    _refuse_foreign(compiler, flags)
    name = f"lanes-{dtype}-{_key(compiler, flags)}"
    try:
        folder = cache.folder()
        _sweep(folder)
        return cache.sound(folder, name, ".so") or _compile(compiler, flags, folder, name)
    except cache.Unusable as error:
        raise Unavailable(f"the kernel has no place: {error}") from error
    except OSError as error:
        raise Unavailable(f"the kernel has no place: {error.filename}: {error.strerror}: {cache.SET}") from error


def find_compiler() -> str:
    """The C++ compiler: $CXX, c++, g++ or clang++."""
    for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise Unavailable("no C++ compiler was found (c++, g++, clang++): install one or set CXX to it")


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
        architecture = os.environ.get("DLSTATS_LANES_ARCH", "native")
        raise Unavailable(f"this processor lacks instructions of DLSTATS_LANES_ARCH={architecture}: {', '.join(names)}")


def _key(compiler: str, flags: list[str]) -> str:
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, errors="replace").stdout
    digest = hashlib.sha256("\n".join([compiler, version, *flags, processor.kind()]).encode())
    for path in _sources():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _compile(compiler: str, flags: list[str], folder: Path, name: str) -> Path:
    """Compile into a folder of its own and move the library into place; one process does, the others wait for it."""
    with FileLock(folder / "build.lock"):
        loaded = cache.sound(folder, name, ".so")
        if loaded is not None:
            return loaded
        for damaged in folder.glob(f"{name}-*.so"):
            damaged.unlink()
        with tempfile.TemporaryDirectory(dir=folder, prefix=f"{BUILDING}{platform.node()}-{os.getpid()}-") as work:
            built = Path(work) / "kernel.so"
            command = [compiler, *flags, str(SOURCE / "kernel.cpp"), "-o", str(built)]
            where = os.environ | {"TMPDIR": work}
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, errors="replace", timeout=HALT, env=where
                )
            except subprocess.TimeoutExpired:
                raise Unavailable(f"{Path(compiler).name} did not compile the kernel in {HALT} s") from None
            if done.returncode:
                line = next((text for text in done.stderr.splitlines() if "error" in text), done.stderr[:200])
                raise Unavailable(f"{Path(compiler).name} cannot compile the kernel: {line.strip()}")
            built.chmod(0o600)
            return built.replace(folder / cache.named(name, built))


def _sweep(folder: Path) -> None:
    """Remove the folders of builds that were killed on this machine."""
    for left in folder.glob(f"{BUILDING}{platform.node()}-*"):
        process = left.name.removeprefix(f"{BUILDING}{platform.node()}-").partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _sources() -> list[Path]:
    return sorted([*SOURCE.glob("*.h"), *SOURCE.glob("*.cpp")])


def _declared(loaded: ctypes.CDLL) -> ctypes.CDLL:
    for name in ("lanes_vectors", "lanes_pack", "lanes_unpack", "lanes_run", "lanes_see", "lanes_predict"):
        function = getattr(loaded, name)
        function.argtypes, function.restype, function.errcheck = [ctypes.POINTER(Job)], ctypes.c_char_p, _refuse
    loaded.lanes_vectors.argtypes = [ctypes.POINTER(Job), ctypes.POINTER(ctypes.c_int64)]
    for name in ("lanes_width", "lanes_job_bytes"):
        getattr(loaded, name).restype = ctypes.c_int64
    if loaded.lanes_job_bytes() != ctypes.sizeof(Job):
        raise Unavailable("the compiled kernel and its Python side disagree on the layout of a job")
    return loaded


def _refuse(wrong: bytes | None, function: Callable, given: tuple) -> None:
    """Raise ValueError with what the kernel says is wrong with a job; it says nothing where all is well."""
    if wrong is not None:
        raise ValueError(f"The compiled kernel refuses a job: {wrong.decode()}.")
