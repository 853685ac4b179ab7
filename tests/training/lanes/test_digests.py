"""The kernel gives the stored bits, whatever the width of its registers and the processor.

`cases/lanes_digests.txt` was written on a processor with AVX-512, and holds on AVX2, on SSE2 without fused multiply-add, on
one number at a time and on ARM. A change of the order of a sum is meant to change it: the program prints its new lines.
"""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from dlstats import processor
from dlstats.training.lanes import build

CASES = Path(__file__).parents[2] / "cases"
X86 = platform.machine() in ("x86_64", "AMD64")
ARM = ("aarch64-linux-gnu-g++", "qemu-aarch64")


def _digests(folder, compiler, flags, precision, part, before=()):
    program = str(folder / "digests")
    plain = [flag for flag in build.FLAGS if flag not in ("-O3", "-fPIC", "-shared")]
    flags = [*plain, "-O1", "-pthread", *flags, *build.PRECISIONS[precision], f"-I{build.SOURCE}"]
    subprocess.run([compiler, *flags, str(CASES / "lanes_digests.cpp"), "-o", program], check=True, capture_output=True)
    return subprocess.run([*before, program, part], check=True, capture_output=True, text=True).stdout.splitlines()


def _stored(precision, part):
    """Of all cases, or of a part of those of many steps.

    In double precision no number fades, and `short` cases tell all. Of what fades `narrow` networks tell what wide ones do,
    as one function updates both.
    """
    lines = (CASES / "lanes_digests.txt").read_text().splitlines()
    start = {"all": "", "narrow": "lanes", "short": "none"}[part]
    lines = [line for line in lines if "steps 40:" in line or line.startswith(start)]
    return [f"{line.split(': ')[0]}: {line.split()[-2 if precision == 'float32' else -1]}" for line in lines]


@pytest.mark.parametrize(
    "flags",
    [["-march=native"], ["-march=x86-64-v3"], ["-march=x86-64"], ["-march=native", "-DLANES_ONE"]],
    ids=" ".join,
)
@pytest.mark.parametrize("precision", build.PRECISIONS)
def test_the_bits_are_those_that_are_stored(flags, precision, tmp_path):
    if "x86" in flags[0] and not (X86 and {"avx2", "fma"} <= set(processor.flags())):
        pytest.skip("the processor has no such instructions")
    part = "short" if precision == "float64" and flags != ["-march=native"] else "all"
    assert _digests(tmp_path, build.find_compiler(), flags, precision, part) == _stored(precision, part)


@pytest.mark.skipif(not all(map(shutil.which, ARM)), reason=f"needs {' and '.join(ARM)}")
@pytest.mark.parametrize("precision", build.PRECISIONS)
def test_an_arm_processor_gives_them_too(precision, tmp_path):
    part = "short" if precision == "float64" else "narrow"
    assert _digests(tmp_path, ARM[0], ["-static"], precision, part, [ARM[1]]) == _stored(precision, part)


def test_every_case_is_another():
    digests = [
        digest for line in (CASES / "lanes_digests.txt").read_text().splitlines() for digest in line.split()[-2:]
    ]
    assert len(set(digests)) == len(digests) == 2 * 52
