"""The structure that the GPU's kernel reads: `Task` of block.h, field by field."""

from __future__ import annotations

import ctypes

from torch import Tensor

from dlstats.training.lanes.job import Buffer, Job, buffer, type_of


class Task(ctypes.Structure):
    """A job of lanes, whose memory lies on the GPU, and what the GPU needs beside it."""

    _fields_ = [
        ("job", Job),
        ("biases", Buffer),
        ("predictions", Buffer),
    ]

    def point(self, device: str, **memory: Tensor | None) -> None:
        """Point fields at tensors on the device, which must outlive the launches; raises ValueError as `buffer` does."""
        own = {field[0] for field in self._fields_}
        for name, owner in memory.items():
            memory_of = buffer(name, owner, type_of(name, self.job.number_bytes), device)
            setattr(self if name in own else self.job, name, memory_of)
