"""What the processor is, as far as the system tells."""

from __future__ import annotations

import platform
from pathlib import Path

UNITS = ("avx512f", "avx2", "fma", "asimd")


def name() -> str:
    """The name that its maker gave it, or `unknown`."""
    return _fields().get("model name") or platform.processor() or "unknown"


def vector_units() -> list[str]:
    """Those vector extensions, among the ones that matter here, that it is known to have."""
    fields = _fields()
    flags = fields.get("flags", fields.get("Features", "")).split()
    return [unit for unit in UNITS if unit in flags]


def _fields(file: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """What Linux says of the first processor; empty elsewhere."""
    try:
        first = file.read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
