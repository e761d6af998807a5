"""Learning rates to try before optimizers race, so that each runs at its best."""

from __future__ import annotations

import math

from kernels.optimizers import OPTIMIZERS, Optimizer

#: How many rates are tried below and above the default: two a decade, hence three decades in all.
REACH = 3


def learning_rates(optimizer: Optimizer) -> list[float]:
    """The rates 1, 3 and 10 times powers of ten about the optimizer's default, rising, within its bounds.

    All optimizers' rates are of the same ladder, so that they share the columns of a heat map.
    """
    param = next(param for param in optimizer.params if param.id == "learning_rate")
    middle = round(2 * math.log10(param.default))
    rates = [_rung(place) for place in range(middle - REACH, middle + REACH + 1)]
    return [rate for rate in rates if param.minimum < rate <= param.maximum]


def grids() -> dict[str, list[float]]:
    """The learning rates to try by the optimizer's id."""
    return {optimizer.id: learning_rates(optimizer) for optimizer in OPTIMIZERS}


def _rung(place: int) -> float:
    """The ladder 0.1, 0.3, 1, 3, 10 …, where place 0 is 1; as short decimals, so that they read well."""
    decade, half = divmod(place, 2)
    return float(f"{3 if half else 1}e{decade}")
