"""Rows of parameters, of which a GPU has every one begin at a multiple of 16 bytes: cuBLAS then loads four numbers at once.

Where widths are multiples of four, as they mostly are, so does every matrix in a row. What lies between rows is zero at the
start, is updated with them and never read.
"""

from __future__ import annotations

from torch import Tensor

ALIGNED = 16
"""Bytes."""


def spacing(rows: Tensor) -> int:
    """Numbers from the beginning of a row to that of the next."""
    p, each = rows.shape[1], rows.element_size()
    return p if rows.is_cpu else -(-p * each // ALIGNED) * ALIGNED // each


def padded(rows: Tensor) -> Tensor:
    """A copy of rows (reps, p), in memory of its own."""
    p = rows.shape[1]
    copy = rows.new_zeros(len(rows), spacing(rows))[:, :p]
    return copy.copy_(rows)


def whole(rows: Tensor) -> Tensor:
    """The memory of rows that are `padded`, with what lies between them, as a view."""
    return rows.as_strided((len(rows), rows.stride(0)), rows.stride())


def zeros(rows: Tensor) -> Tensor:
    """Zeros in the places of rows that are `padded`."""
    memory = whole(rows)
    return memory.new_zeros(memory.shape)[:, : rows.shape[1]]
