"""NVRTC compiles the kernel for GPUs that nobody here has, from operations that IEEE 754 rounds one way."""

import re
from dataclasses import replace

import pytest
from cases.cuda_emulator import SMALL, task_of

from dlstats.losses.robust import log_cosh
from dlstats.training.cuda import gpu, nvrtc, shape


def _library():
    try:
        nvrtc.library()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _library(), reason="needs NVRTC (the package nvidia-cuda-nvrtc, part of torch for CUDA)")
@pytest.mark.parametrize(("architecture", "dtype"), [("sm_80", "float32"), ("sm_90", "float32"), ("sm_90", "float64")])
def test_every_floating_point_operation_is_rounded(architecture, dtype):
    task = task_of(replace(SMALL, activation="gelu"), dtype=dtype, loss=log_cosh, optimiser="rmsprop")
    cubin, ptx = nvrtc.compiled(gpu.macros(shape.shape_of(task, 2**17), task), architecture)
    assert cubin.startswith(b"\x7fELF")
    operations = re.findall(
        r"\b((?:add|sub|mul|fma|div|sqrt|rcp|mad|ex2|lg2|sin|cos|rsqrt|tanh)\.[\w.]*f(?:32|64))\b", ptx
    )
    assert operations
    assert {".rn" in operation and "ftz" not in operation for operation in operations} == {True}


def test_the_sources_are_all_there():
    included = set(re.findall(rb'#include "([\w.]+)"', b"".join(nvrtc.sources().values())))
    assert {name.decode() for name in included} - set(nvrtc.sources()) == {"cuda_emulator.h"}
