"""What a schedule is, and the parameters that several share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel
from kernels.spec import Param, Text, Variant


@dataclass(frozen=True, kw_only=True)
class Schedule(Variant):
    """A value for every step: a factor on the learning rate, a momentum, or a batch size.

    `expression` is SymPy text in `t` (steps done), the parameters' ids and what the family adds to them: for a momentum
    `target`, the optimizer's own value, and `cycle`, where the learning rate stands between its lowest (0) and its
    highest (1); for a batch size `size`, the one that is set; for one that `advances`, `reached`. `value` is the
    kernel, which gets these numbers behind the parameters, in this order; it is None where the value is what is set.
    `span`, text in the parameters, is the number of steps in which a picture of it shows what it does.

    A schedule of the learning rate names with `lows` the parameters that are its lowest points, with `cycles` that it
    goes up and down; a momentum that `follows_cycle` needs such a one. One that `advances(state, loss, **params)` after
    every epoch keeps three floats: the factor that is reached, the best loss and the number of epochs since; its
    parameter `measure` chooses among `MEASURES` what the loss is of.
    """

    expression: str
    value: Kernel | None
    span: str = "1000"
    lows: tuple[str, ...] = ()
    cycles: bool = False
    follows_cycle: bool = False
    advances: Callable[..., None] | None = None

    @property
    def acts(self) -> bool:
        """Whether the value is ever another one than what is set."""
        return self.value is not None

    def at(self, step: int, values: Sequence[float]) -> float:
        """The value at a step, which compiles nothing; `values` are the parameters and what the family adds to them."""
        if self.value is None:
            raise ValueError(f"{self.id} has no kernel: it is what is set")
        # As the kernel gets them, so that a floor falls on the same side.
        return float(self.value.function(step, [float(np.float32(value)) for value in values]))


#: What an epoch can be judged by, as the choices of a parameter `measure`.
MEASURES: tuple[tuple[str, Text], ...] = (
    ("batches", {"en": "Training loss", "zh": "训练损失"}),
    ("test", {"en": "Test loss", "zh": "测试损失"}),
)
#: A schedule's state before the first epoch.
FRESH: NDArray[np.float64] = np.array([1.0, np.inf, 0.0])


def steps(name: str, label: Text, explanation: Text, default: int) -> Param:
    """A number of steps, 1 to a million."""
    return Param(
        id=name,
        label=label,
        help=explanation,
        default=default,
        minimum=1,
        maximum=1_000_000,
        scale="log",
        integer=True,
    )


def share(name: str, label: Text, explanation: Text, default: float) -> Param:
    """A share, 0 to 1, shown in percent."""
    return Param(id=name, label=label, help=explanation, default=default, minimum=0.0, maximum=1.0, unit="%")
