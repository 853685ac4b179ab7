"""Which instruction sets the kernel would be compiled for and this processor lacks: running it would end by SIGILL."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from dlstats import processor

NAMES = {
    "__AVX512F__": "avx512f",
    "__AVX512CD__": "avx512cd",
    "__AVX512BW__": "avx512bw",
    "__AVX512DQ__": "avx512dq",
    "__AVX512VL__": "avx512vl",
    "__AVX512IFMA__": "avx512ifma",
    "__AVX512VBMI__": "avx512vbmi",
    "__AVX512VBMI2__": "avx512_vbmi2",
    "__AVX512VNNI__": "avx512_vnni",
    "__AVX512BITALG__": "avx512_bitalg",
    "__AVX512VPOPCNTDQ__": "avx512_vpopcntdq",
    "__AVX512BF16__": "avx512_bf16",
    "__AVX512FP16__": "avx512_fp16",
    "__AVXVNNI__": "avx_vnni",
    "__AVX2__": "avx2",
    "__AVX__": "avx",
    "__FMA__": "fma",
    "__F16C__": "f16c",
    "__BMI__": "bmi1",
    "__BMI2__": "bmi2",
    "__LZCNT__": "abm",
    "__MOVBE__": "movbe",
    "__POPCNT__": "popcnt",
    "__SSE4_2__": "sse4_2",
    "__SSE4_1__": "sse4_1",
    "__SSSE3__": "ssse3",
    "__SSE3__": "pni",
    "__FMA4__": "fma4",
    "__XOP__": "xop",
    "__ARM_FEATURE_SVE": "sve",
    "__ARM_FEATURE_SVE2": "sve2",
}
"""The compiler's macro of an instruction set -> its name in /proc/cpuinfo."""


def lacking(compiler: str, flags: Sequence[str]) -> list[str]:
    """The names of the instruction sets that these flags allow and /proc/cpuinfo does not list; none where it is not."""
    here = processor.flags()
    command = [compiler, *flags, "-dM", "-E", "-x", "c++", "/dev/null"]
    output = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout if here else ""
    macros = {line.split()[1] for line in output.splitlines() if line.startswith("#define ")}
    return sorted(name for macro, name in NAMES.items() if macro in macros and name not in here)
