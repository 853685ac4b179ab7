"""One examination of a GPU, within a time: checks first, then studies, then times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch

from dlstats.machine import doctor
from dlstats.machine.acceptance import agreement, races
from dlstats.machine.acceptance.checks import Check
from dlstats.machine.acceptance.report import Report

LIMIT = 270.0
"""Seconds of an examination, about: nothing new is begun after them."""
OF_STUDIES = 0.5
"""Proportion of what is left of them after the first checks that studies may take."""

Studies = Callable[[str, float], list[Check]]
"""The checks of studies on a device, until `time.monotonic()`."""


def missing() -> str | None:
    """Why no GPU can be examined here, in a line; None where one can."""
    finding = doctor.cuda()
    return None if finding.works else finding.detail


def examine(
    device: str,
    studies: Studies,
    tell: Callable[[str], None],
    limit: float = LIMIT,
    shapes: Sequence[races.Shape] = races.SHAPES,
    networks: Sequence[int] = races.FEW_NETWORKS,
) -> Report:
    """The report on a device: `cuda`, or in a test `cpu`."""
    begin = time.monotonic()
    checks: list[Check] = []
    for subject in agreement.subjects(device):
        tell(f"networks by {subject.backend} ...")
        checks += agreement.checks(subject, begin + limit)
    tell("studies at their smallest ...")
    checks += studies(device, begin + limit - (begin + limit - time.monotonic()) * OF_STUDIES)
    if device == "cuda":
        torch.cuda.empty_cache()
    tell("times ...")
    times = races.race(device, shapes, begin + limit)
    few = races.few(device, shapes[0], networks, begin + limit)
    checks.append(races.alike([*few, *times]))
    return Report(doctor.examine(), checks, times, few, races.meeting(few), time.monotonic() - begin)
