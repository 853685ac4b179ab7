"""From the kernel's source to machine code by NVRTC, which needs no GPU, driver or nvcc: it comes with torch for CUDA."""

from __future__ import annotations

import ctypes
import glob
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from dlstats.training.lanes import build

SOURCE = Path(__file__).parent
SHARED = ("activations.h", "job.h", "losses.h", "optimisers.h", "vector.h")
"""Headers of lanes that the kernel includes."""
FLAGS = ("-std=c++20", "-default-device", "-fmad=false")
"""The last: no product and sum are fused but where the source says so."""


def sources() -> dict[str, bytes]:
    """The kernel and its headers by name."""
    paths = [SOURCE / "kernel.cu", *sorted(SOURCE.glob("*.h")), *(build.SOURCE / name for name in SHARED)]
    return {path.name: path.read_bytes() for path in paths}


@lru_cache
def library() -> ctypes.CDLL:
    """NVRTC, from the packages of this Python or from the system; raises OSError where it is not."""
    for folder in sys.path:
        for path in sorted(glob.glob(f"{folder}/nvidia/**/libnvrtc.so.*", recursive=True), reverse=True):
            for part in glob.glob(str(Path(path).parent / "libnvrtc-builtins.so.*")):
                ctypes.CDLL(part, ctypes.RTLD_GLOBAL)
            return ctypes.CDLL(path)
    return ctypes.CDLL("libnvrtc.so")


def version() -> str:
    """Of NVRTC, such as 13.0."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _require(library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)), "its version")
    return f"{major.value}.{minor.value}"


def compiled(defines: Mapping[str, object], architecture: str) -> tuple[bytes, str]:
    """Machine code and PTX for an architecture such as sm_90; raises ValueError with what the compiler says."""
    nvrtc, program, texts = library(), ctypes.c_void_p(), sources()
    source = texts.pop("kernel.cu")
    headers = _strings(texts.values()), _strings(name.encode() for name in texts)
    _require(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"kernel.cu", len(texts), *headers), "a program")
    try:
        flags = [
            *FLAGS,
            f"--gpu-architecture={architecture}",
            *(f"-D{name}={value}" for name, value in defines.items()),
        ]
        code = nvrtc.nvrtcCompileProgram(program, len(flags), _strings(flag.encode() for flag in flags))
        if code:
            log = _text(program, "ProgramLog").decode(errors="replace").strip()
            line = next((text for text in log.splitlines() if "error" in text), log[:200] or f"error {code}")
            raise ValueError(f"NVRTC cannot compile the kernel for {architecture}: {line}")
        return _text(program, "CUBIN"), _text(program, "PTX").rstrip(b"\0").decode()
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _strings(texts) -> ctypes.Array:
    listed = list(texts)
    return (ctypes.c_char_p * len(listed))(*listed)


def _text(program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _require(getattr(library(), f"nvrtcGet{what}Size")(program, ctypes.byref(size)), what)
    memory = ctypes.create_string_buffer(size.value)
    _require(getattr(library(), f"nvrtcGet{what}")(program, memory), what)
    return memory.raw


def _require(code: int, what: str) -> None:
    if code:
        raise ValueError(f"NVRTC does not give {what}: error {code}.")
