"""Targets of samples that carry any subset of several labels.

A sample's labels travel as one number whose bit k says whether it carries label k: a float32 holds 24 bits exactly, and
gathering, sorting and sending targets stay the same for all tasks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: So many bits a float32 holds without rounding.
MAX_LABELS = 24


def pack_labels(labels: NDArray[Any]) -> NDArray[np.float32]:
    """Labels [samples, labels], above 0 where a sample carries one (0 and 1, or -1 and +1), as one number a sample.

    Raises ValueError for more labels than MAX_LABELS.
    """
    count = labels.shape[1]
    if count > MAX_LABELS:
        raise ValueError(f"{count} labels were given, but there can be at most {MAX_LABELS}")
    return ((labels > 0) @ (1 << np.arange(count))).astype(np.float32)


def unpack_labels(packed: NDArray[Any], count: int) -> NDArray[np.float64]:
    """The labels [samples, count] of `pack_labels`, 0 or 1."""
    return (packed.astype(np.int64)[:, None] >> np.arange(count) & 1).astype(np.float64)
