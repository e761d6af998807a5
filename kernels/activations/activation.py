"""What an activation is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel
from kernels.spec import Param, Variant

#: Of an activation with a learned tensor: whether a layer has one number of it, or each unit one of its own.
SHARING = Param(
    id="sharing",
    label={"en": "Learned", "zh": "学习方式"},
    help={
        "en": "One number for the whole layer, or one of its own for each unit.",
        "zh": "整层共用一个数，或每个单元各有一个。",
    },
    default=1,
    minimum=0,
    maximum=1,
    integer=True,
    live=False,
    choices=(
        ("layer", {"en": "One a layer", "zh": "每层一个"}),
        ("unit", {"en": "One a unit", "zh": "每单元一个"}),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Activation(Variant):
    """An activation.

    `expression` is SymPy text in `x` and the parameters' ids. `forward` and `backward` are kernels of the signatures in
    `calls`; they are None for the identity, which the training loop leaves out. A unit counts as saturated where its
    output is at or below `saturated_below`, or at or above `saturated_above`; where a parameter stretches the output,
    `saturation_scale` names it, and the two bounds are multiplied by it.

    Most activations take each weighted sum by itself and are of the flat signature. Two kinds are not, and their
    kernels are of the signature by units. One has a `learned` tensor, by whose name the expression knows it; it starts
    at the parameter `initial`, and `sharing` says how many numbers there are. The other is a gate, a function of
    several weighted sums a unit, its `pieces`: it has no curve of one variable, so `expression` is None, and `gate` is
    SymPy text in `x`, the result for the pieces so far, and `y`, the next one.

    For both `reference(z, learned, **params)`, z [samples, pieces * units], is the forward kernel in float64.
    """

    expression: str | None
    forward: Kernel | None
    backward: Kernel | None
    saturated_below: float = -math.inf
    saturated_above: float = math.inf
    saturation_scale: str | None = None
    learned: str | None = None
    gate: str | None = None
    reference: Callable[..., NDArray[np.float64]] | None = None

    def saturation(self, values: tuple[float, ...]) -> tuple[float, float]:
        """The two bounds for these parameters, in declared order."""
        if self.saturation_scale is None:
            return self.saturated_below, self.saturated_above
        scale = self._value(self.saturation_scale, values)
        # Zero times an infinite bound would be no bound at all, but NaN.
        below, above = self.saturated_below, self.saturated_above
        return below if math.isinf(below) else scale * below, above if math.isinf(above) else scale * above

    @property
    def by_units(self) -> bool:
        """Whether the kernels are of the signature by units, not of the flat one."""
        return self.learned is not None or self.gate is not None

    def pieces(self, values: tuple[float, ...]) -> int:
        """How many weighted sums a unit has, with these parameters in declared order."""
        if self.gate is None:
            return 1
        return int(self._value("pieces", values, 2))

    def learned_size(self, units: int, values: tuple[float, ...]) -> int:
        """How many numbers are learned for so many units, with these parameters in declared order."""
        if self.learned is None:
            return 0
        return units if self._value(SHARING.id, values) == 1 else 1

    def initial(self, values: tuple[float, ...]) -> float:
        """Where what is learned starts, with these parameters in declared order."""
        return self._value("initial", values)

    def _value(self, name: str, values: tuple[float, ...], otherwise: Any = None) -> float:
        names = [param.id for param in self.params]
        return otherwise if otherwise is not None and name not in names else values[names.index(name)]
