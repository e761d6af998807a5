"""What a normalization is, and the parameters that several share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel
from kernels.spec import Param, Text, Variant

#: A row of the arena holds one float for each sample of a batch, rounded up to eight: at least so many.
ROW = 8

EPSILON = Param(
    id="epsilon",
    label={"en": "ε", "zh": "ε"},
    help={"en": "Keeps the division safe where the variance is zero.", "zh": "方差为零时避免除以零的小常数。"},
    default=1e-5,
    minimum=1e-8,
    maximum=0.1,
    scale="log",
    live=False,
)
POSITION = Param(
    id="position",
    label={"en": "Position", "zh": "位置"},
    help={
        "en": "Before the activation, as first published, the bias is left out, since β does its work; after it, the "
        "next layer sees normalized inputs.",
        "zh": "置于激活之前（最初的做法）时省去偏置，由 β 代替；置于激活之后时，下一层得到归一化的输入。",
    },
    default=0,
    minimum=0,
    maximum=1,
    integer=True,
    live=False,
    choices=(
        ("before", {"en": "Before activation", "zh": "激活之前"}),
        ("after", {"en": "After activation", "zh": "激活之后"}),
    ),
)


def no_scratch(_units: int, _values: tuple[float, ...]) -> int:
    """The scratch rows of a normalization that needs none."""
    return 0


@dataclass(frozen=True, kw_only=True)
class Normalization(Variant):
    """A normalization: of a layer's weighted sums or activations, of its weights, or none at all.

    `forward` and `backward` normalize what flows through the layer, which then has a learned gamma and beta; where it
    stands before the activation there is no bias (beta absorbs it). `scratch` says how many rows of the arena they
    share, given the width and the parameters' values; `running`, whether there are running statistics.
    `reference(x, gamma, beta, running, training, **params)` is the forward kernel in float64 and the usual order:
    x [samples, units] or [samples, channels, pixels] to y, gamma and beta [units]; in training it changes `running`
    [2, units], mean and variance, in place. Where it makes no sense on layers of one number a unit, `needs_image` says
    why, and what to take there. `least_batch` and `least_units`, where they are more than one, say over how many
    samples or units of a dense layer a variance must go: of a single number it is zero, and the output always beta.

    `weigh` and `weigh_back` make the layer's weights from its trained ones and a learned gain instead;
    `weight_reference(w, gain)`, w [units, inputs], is that in float64.
    """

    forward: Kernel | None = None
    backward: Kernel | None = None
    reference: Callable[..., NDArray[np.float64]] | None = None
    running: bool = False
    least_batch: int = 1
    least_units: int = 1
    needs_image: Text | None = None
    scratch: Callable[[int, tuple[float, ...]], int] = no_scratch
    weigh: Kernel | None = None
    weigh_back: Kernel | None = None
    weight_reference: Callable[[Any, Any], NDArray[np.float64]] | None = None

    def _value(self, name: str, values: tuple[float, ...], otherwise: int) -> int:
        names = [param.id for param in self.params]
        return int(values[names.index(name)]) if name in names else otherwise

    def after(self, values: tuple[float, ...]) -> bool:
        """Whether, with these parameters in declared order, it stands behind the activation."""
        return self._value(POSITION.id, values, 0) == 1

    def groups(self, values: tuple[float, ...]) -> int:
        """Into how many groups, with these parameters in declared order, it parts the units. Must divide them."""
        return self._value("groups", values, 1)


def divisors(units: int) -> list[int]:
    """The numbers of groups of equal size into which so many units can be parted."""
    return [groups for groups in range(1, units + 1) if units % groups == 0]
