"""What works on this machine: which back ends train here, and why not where they do not."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

from dlstats import cache, processor


@dataclass(frozen=True)
class Finding:
    """One thing that a run may need."""

    name: str
    works: bool
    detail: str


def examine() -> list[Finding]:
    """Python and torch, then every back end of the engine: each works, or says in one line why it does not."""
    import torch

    units = ", ".join(processor.vector_units())
    return [
        Finding("python", True, f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"),
        Finding("torch", True, f"{torch.__version__}, {torch.get_num_threads()} threads"),
        Finding("processor", True, f"{processor.name()} ({units or 'no vector extensions known'})"),
        Finding("back end torch, CPU", True, "always"),
        cuda(),
        _kernel(),
        *(_lanes(dtype) for dtype in ("float32", "float64")),
    ]


def lines(findings: list[Finding]) -> list[str]:
    """One line per finding, aligned."""
    width = max(len(finding.name) for finding in findings)
    return [f"{f.name:<{width}}  {'yes' if f.works else 'no '}  {f.detail}" for f in findings]


def cuda() -> Finding:
    """Whether torch sees a GPU."""
    import torch

    if torch.cuda.is_available():
        try:
            return Finding("back end torch, GPU", True, torch.cuda.get_device_name())
        except RuntimeError as error:
            return Finding("back end torch, GPU", False, str(error).splitlines()[0])
    built = torch.version.cuda
    reason = "torch was built without CUDA" if built is None else f"torch has CUDA {built} but sees no GPU"
    return Finding("back end torch, GPU", False, reason)


def _kernel() -> Finding:
    from dlstats.training.cuda import trial

    found = trial.found()
    reason = found if isinstance(found, str) else trial.failure(found)
    return Finding(
        "back end cuda, GPU", reason is None, f"{reason}; the torch path serves" if reason else "the bits of lanes"
    )


def _lanes(dtype: str) -> Finding:
    from dlstats.training.lanes import build

    name = f"back end lanes, {dtype}"
    try:
        kernel = build.library(dtype)
    except build.Unavailable as error:
        return Finding(name, False, f"{error}; the torch path serves")
    return Finding(name, True, f"{kernel.lanes_width()} lanes, built by {build.find_compiler()} in {cache.location()}")
