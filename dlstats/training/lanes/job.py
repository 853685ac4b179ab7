"""The structure that the kernel reads: job.h, field by field."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p

import numpy as np
from torch import Tensor

_FIELDS = (
    ("layers activation skip wide", c_int64),
    ("sizes", c_void_p),
    ("rows samples checked_samples x_rows y_rows checked_x_rows checked_y_rows", c_int64),
    ("parameters state x y checked_x checked_y rates factors orders", c_void_p),
    ("generators span", c_int64),
    ("steps begin end batch every patience optimiser loss keep_best block threads", c_int64),
    ("beta1 beta2 eps weight_decay momentum loss_parameter", c_double),
    ("score best_step idle last_step running finite", c_void_p),
    ("across", c_int64),
    ("outputs output_gradient scores", c_void_p),
    ("slot", c_int64),
)


class Job(ctypes.Structure):
    """A problem as the kernel sees it; the memory belongs to the tensors and arrays that `point` was given."""

    _fields_ = [(name, kind) for names, kind in _FIELDS for name in names.split()]

    def point(self, **places: Tensor | np.ndarray | None) -> None:
        """Point fields at the memory of tensors or arrays, which must be dense and outlive the calls."""
        for name, place in places.items():
            if place is None:
                setattr(self, name, None)
            elif isinstance(place, Tensor):
                assert place.is_contiguous(), name
                setattr(self, name, place.data_ptr())
            else:
                assert place.flags.c_contiguous, name
                setattr(self, name, place.ctypes.data)
