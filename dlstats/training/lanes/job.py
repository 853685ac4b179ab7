"""The structure that the kernel reads: job.h, field by field.

`Job.point` is the one place where memory is handed to compiled code: it checks type and layout, and sends the size
along; check.h compares the size with what will be read and written.
"""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p

import numpy as np
import torch
from torch import Tensor


class Buffer(ctypes.Structure):
    """Where memory lies, and how many numbers it holds."""

    _fields_ = [("at", c_void_p), ("numbers", c_int64)]


_FIELDS = (
    ("number_bytes layers activation skip wide", c_int64),
    ("sizes", Buffer),
    ("rows samples checked_samples x_rows y_rows checked_x_rows checked_y_rows", c_int64),
    ("parameters state x y checked_x checked_y rates factors orders", Buffer),
    ("generators span", c_int64),
    ("steps begin end batch every patience optimiser loss keep_best block threads", c_int64),
    ("beta1 beta2 eps weight_decay momentum loss_parameter", c_double),
    ("score best_step idle last_step running finite", Buffer),
    ("across", c_int64),
    ("outputs output_gradient scores", Buffer),
    ("slot", c_int64),
)
_TYPES = {
    "float64": "rates factors score scores",
    "int64": "sizes best_step idle last_step",
    "int32": "orders",
    "uint8": "running finite",
}
_TYPE_OF = {name: np.dtype(kind) for kind, names in _TYPES.items() for name in names.split()}
"""Of the fields whose type is not the precision of the training."""
_WRITTEN = ("score", "best_step", "idle", "last_step", "running", "finite")
"""The arrays that the kernel writes; what else it writes are tensors, which have no mark against it."""
_PRECISIONS = {4: np.dtype("float32"), 8: np.dtype("float64")}
_TENSORS = {getattr(torch, kind): np.dtype(kind) for kind in ("float32", *_TYPES)}
_NOTHING = Buffer()


class Job(ctypes.Structure):
    """A problem as the kernel sees it; the memory belongs to the tensors and arrays that `point` was given.

    `number_bytes`, the size of a number in the precision of the training, must be set before `point` is called.
    """

    _fields_ = [(name, kind) for names, kind in _FIELDS for name in names.split()]

    def point(self, **memory: Tensor | np.ndarray | None) -> None:
        """Point fields at the main memory of tensors or arrays, which must outlive the calls of the kernel.

        Raises ValueError for memory of another type than the kernel reads, with gaps or steps between its numbers, or
        marked as read-only where the kernel writes.
        """
        for name, owner in memory.items():
            if name in _WRITTEN and isinstance(owner, np.ndarray) and not owner.flags.writeable:
                raise ValueError(f"`{name}` must be writeable.")
            setattr(self, name, buffer(name, owner, type_of(name, self.number_bytes)))


def buffer(name: str, owner: Tensor | np.ndarray | None, wanted: np.dtype, device: str = "cpu") -> Buffer:
    """Where the memory of a field lies; raises ValueError for memory of another type, with gaps, or on another device."""
    if owner is None:
        return _NOTHING
    if isinstance(owner, Tensor):
        kind, dense = _TENSORS.get(owner.dtype), owner.is_contiguous() and owner.device.type == device
        at, numbers = owner.data_ptr(), owner.numel()
    else:
        kind, dense = owner.dtype, owner.flags.c_contiguous and device == "cpu"
        at, numbers = owner.ctypes.data, owner.size
    if kind != wanted or not dense:
        where = "in main memory" if device == "cpu" else f"on {device}"
        laid = "contiguous" if dense else f"not contiguous {where}"
        raise ValueError(f"`{name}` must be contiguous {wanted} {where}, got {owner.dtype}, {laid}.")
    return Buffer(at, numbers)


def type_of(name: str, number_bytes: int) -> np.dtype:
    """Of the numbers of a field: its own, or the precision of the training."""
    return _TYPE_OF.get(name) or _PRECISIONS[number_bytes]
