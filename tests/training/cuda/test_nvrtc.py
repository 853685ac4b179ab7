"""NVRTC compiles the kernel for GPUs that nobody here has, and what it makes has the bits of lanes when a CPU carries it out."""

import re
from dataclasses import replace

import pytest
from cases import ptx
from cases.cuda_emulator import SMALL, assert_same, run, task_of
from cases.ptx import Translated

from dlstats import nets
from dlstats.losses.robust import log_cosh
from dlstats.training.contract import FIRST_ORDER
from dlstats.training.cuda import gpu, nvrtc, shape
from dlstats.training.lanes import backend as lanes
from dlstats.training.lanes import losses


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
slow = pytest.mark.slow  # a second to three each, and the first stands for all
ROUNDED = r"(?:add|sub|mul|div|fma|sqrt|rcp)\.rn\.f(?:32|64)|cvt\.rn\.f(?:32|64)\.\w+|cvt\.f64\.f32"
EXACT = r"(?:(?:ld|st)(?:\.(?:global|shared|param|local|const))?(?:\.v[24])?|mov|neg|abs|min|max|selp|setp\.[a-z]+)\.f(?:32|64)"
"""All instructions of floating point that the kernel may have: rounded to nearest, without flushing; or not rounded at all."""


def _inexact(problem, architecture):
    """The other instructions of floating point of the kernel that NVRTC makes for a problem."""
    cubin, text = nvrtc.compiled(gpu.macros(shape.shape_of(problem, 2**17), problem), architecture)
    assert cubin.startswith(b"\x7fELF")
    operations = set(re.findall(r"^\s*(?:@!?%\w+\s+)?([a-z][\w.]*\.f(?:16|32|64)[\w.]*)\s", text, re.MULTILINE))
    assert any(operation.startswith("fma.rn.") for operation in operations)
    return {operation for operation in operations if not re.fullmatch(f"{ROUNDED}|{EXACT}", operation)}


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
    assert _inexact(task, architecture) == set()


@needs_nvrtc
@slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("activation", "changes"),
    [
        *((name, {}) for name in nets.ACTIVATIONS),
        *(("relu", {"optimiser": name}) for name in FIRST_ORDER),
        *(("relu", {"loss": loss}) for loss in losses.KNOWN),
    ],
)
def test_every_option_has_rounded_operations_alone(activation, changes, dtype):
    task = task_of(replace(SMALL, activation=activation), dtype=dtype, **changes)
    assert _inexact(task, "sm_80") == set()


@pytest.mark.parametrize(
    "instruction",
    [
        "ex2.approx.f32 %f1, %f2",
        "add.rn.ftz.f32 %f1, %f2, %f3",
        "mul.rz.f64 %fd1, %fd2, %fd3",
        "cvt.rz.f32.s32 %f1, %r1",
        "cvt.rzi.s32.f32 %r1, %f1",
        "mul.hi.u64 %rd1, %rd2, %rd3",
    ],
)
def test_what_has_no_exact_translation_is_refused(instruction):
    name, operands = instruction.split(" ", 1)
    with pytest.raises(ValueError, match="no exact translation"):
        ptx.statement(name.split("."), operands.split(", "))


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
