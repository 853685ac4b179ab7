"""What the processor is, as far as the system tells."""

from __future__ import annotations

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
UNITS = ("avx512f", "avx2", "fma", "asimd")


def name() -> str:
    """The name that its maker gave it, or `unknown`."""
    return _fields().get("model name") or platform.processor() or "unknown"


def flags() -> list[str]:
    """The instruction sets that Linux lists; none elsewhere."""
    fields = _fields()
    return fields.get("flags", fields.get("Features", "")).split()


def vector_units() -> list[str]:
    """Those vector extensions, among the ones that matter here, that it is known to have."""
    return [unit for unit in UNITS if unit in flags()]


def kind() -> str:
    """What a compiler's choice of instructions depends on: model and instruction sets."""
    kinds = ("model", "flags", "features", "cpu part")
    lines = [f"{key}: {value}" for key, value in _fields().items() if key.lower().startswith(kinds)]
    return "\n".join(lines) or platform.platform() + platform.processor()


def _fields() -> dict[str, str]:
    """What Linux says of the first processor; empty elsewhere."""
    try:
        first = CPUINFO.read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
