"""One job per GPU: every job on a GPU takes one that no other job of this machine holds."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

_HELD: list[object] = []
"""Locks of this process; a lock ends with its process, however that ends."""


def gpus(environment: Mapping[str, str] = os.environ, devices: Path = Path("/dev")) -> list[str]:
    """The GPUs that jobs may use: those of CUDA_VISIBLE_DEVICES if it is set, else all that the system has."""
    if "CUDA_VISIBLE_DEVICES" in environment:
        return [gpu for gpu in environment["CUDA_VISIBLE_DEVICES"].split(",") if gpu]
    found = (re.fullmatch(r"nvidia(\d+)", path.name) for path in devices.glob("nvidia*"))
    return sorted((match[1] for match in found if match), key=int)


def take(known: list[str], folder: Path | None = None) -> str | None:
    """Hold the first free GPU of `known` until this process ends and make it the only one that CUDA sees.

    Returns nothing, and changes nothing, when there is no GPU. When all are taken, the first is shared.
    """
    for gpu in known:
        name = re.sub(r"[^A-Za-z0-9]", "-", gpu)
        lock = FileLock(Path(folder or tempfile.gettempdir()) / f"dlstats-gpu-{name}.lock", mode=0o666)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        _HELD.append(lock)
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
        return gpu
    if known:
        os.environ["CUDA_VISIBLE_DEVICES"] = known[0]
        return known[0]
    return None
