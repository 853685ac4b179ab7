"""NVRTC compiles the kernel for GPUs that nobody here has, and what it makes has the bits of lanes when a CPU carries it out."""

import re
from dataclasses import replace

import pytest
from cases.cuda_emulator import SMALL, assert_same, run, task_of
from cases.ptx import Translated

from dlstats.losses.robust import log_cosh
from dlstats.training.cuda import gpu, nvrtc, shape
from dlstats.training.lanes import backend as lanes


def _library():
    try:
        nvrtc.library()
    except OSError:
        return False
    return True


needs_nvrtc = pytest.mark.skipif(
    not _library(), reason="needs NVRTC (the package nvidia-cuda-nvrtc, part of torch for CUDA)"
)


ARCHITECTURES = ("sm_80", "sm_75", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120")
slow = pytest.mark.slow  # three seconds each and more, and the first stands for all


@needs_nvrtc
@pytest.mark.parametrize(
    ("architecture", "dtype"),
    [
        pytest.param(name, dtype, marks=slow if (name, dtype) != ("sm_80", "float32") else ())
        for name in ARCHITECTURES
        for dtype in ("float32", "float64")
    ],
)
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


@needs_nvrtc
@pytest.mark.parametrize(
    ("activation", "changes"),
    [
        ("gelu", {"batch_size": 13, "keep": "best", "checked": 40}),
        pytest.param("prelu", {"dtype": "float64", "loss": log_cosh, "optimiser": "rmsprop"}, marks=slow),
        pytest.param("silu", {"optimiser": "adamw", "n": 150}, marks=slow),
    ],
)
def test_what_nvrtc_made_has_the_bits_of_lanes(activation, changes, laid, tmp_path):
    laid(crew=32, tile=32)
    task = task_of(replace(SMALL, activation=activation), **{"dtype": "float32"} | changes)
    assert_same(run(task, Translated(tmp_path)), lanes.run(task))
