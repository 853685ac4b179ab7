"""One job per GPU: every job on a GPU takes one that no other job of this machine holds, whoever runs it.

A GPU is held by a socket in Linux's abstract namespace: a name that one process at a time can have, that is no file, and
that ends with its process, however that ends.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

_HELD: list[socket.socket] = []
"""The names that this process has."""


def gpus(environment: Mapping[str, str] = os.environ, devices: Path = Path("/dev")) -> list[str]:
    """The GPUs that jobs may use: those of CUDA_VISIBLE_DEVICES if it is set, else all that the system has."""
    if "CUDA_VISIBLE_DEVICES" in environment:
        return [gpu for gpu in environment["CUDA_VISIBLE_DEVICES"].split(",") if gpu]
    matches = (re.fullmatch(r"nvidia(\d+)", path.name) for path in devices.glob("nvidia*"))
    return sorted((match[1] for match in matches if match), key=int)


def take(known: list[str], prefix: str = "dlstats-gpu-") -> str | None:
    """Hold the first free GPU of `known` until this process ends and make it the only one that CUDA sees.

    Returns nothing, and changes nothing, when there is no GPU. A GPU whose name cannot be had counts as taken; when all
    are, the first is shared.
    """
    if not known:
        return None
    gpu = next((gpu for gpu in known if _hold(f"{prefix}{gpu}")), known[0])
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    return gpu


def _hold(name: str) -> bool:
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind("\0" + name)
    except OSError:
        held.close()
        return False
    _HELD.append(held)
    return True
