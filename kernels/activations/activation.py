"""What an activation is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kernels.cache import Kernel
from kernels.spec import Variant


@dataclass(frozen=True, kw_only=True)
class Activation(Variant):
    """An activation.

    `expression` is SymPy text in `x` and the parameters' ids. `forward` and `backward` are kernels of the signatures in
    `calls`; they are None for the identity, which the training loop leaves out. A unit counts as saturated where its
    output is at or below `saturated_below`, or at or above `saturated_above`; where a parameter stretches the output,
    `saturation_scale` names it, and the two bounds are multiplied by it.
    """

    expression: str
    forward: Kernel | None
    backward: Kernel | None
    saturated_below: float = -math.inf
    saturated_above: float = math.inf
    saturation_scale: str | None = None

    def saturation(self, values: tuple[float, ...]) -> tuple[float, float]:
        """The two bounds for these parameters, in declared order."""
        if self.saturation_scale is None:
            return self.saturated_below, self.saturated_above
        scale = values[[param.id for param in self.params].index(self.saturation_scale)]
        # Zero times an infinite bound would be no bound at all, but NaN.
        below, above = self.saturated_below, self.saturated_above
        return below if math.isinf(below) else scale * below, above if math.isinf(above) else scale * above
