"""What a loss is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel
from kernels.spec import Variant
from kernels.working import Working

Task = Literal["regression", "binary", "multiclass", "multilabel"]
Doubles: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Loss(Variant):
    """A loss.

    `tasks` are those it fits, `default_for` those that start with it. `value` is the kernel, and
    `reference(z [samples, outputs], y [samples], *params)` the mean loss over the samples in float64. Labels of which a
    sample may carry several come as one number, as `kernels.labels` packs them. `working` takes one sample's loss and
    its gradient `d` apart: y is an output's target, one-hot where one of several is right, ±1 where several may be.
    """

    tasks: tuple[Task, ...]
    default_for: tuple[Task, ...] = ()
    value: Kernel
    reference: Callable[..., float]
    working: Working


def wanted(z: Doubles, y: Doubles) -> Doubles:
    """What the outputs z [samples, outputs] should be: y itself, or one-hot where there are several outputs."""
    return y[:, None] if z.shape[1] == 1 else np.eye(z.shape[1])[y.astype(int)]
