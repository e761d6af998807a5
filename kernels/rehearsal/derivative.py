"""A derivative beside a difference quotient of the same loss."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from kernels.calls import SECOND_LOOK, TRAINING
from kernels.rehearsal.stage import Stage
from kernels.trainer import Trainer

#: Samples whose losses are added one by one, in doubles; of larger batches, as many at a time as that takes.
_ADDED = 1024
#: Powers of two by which a weight is moved: wider ones leave what is straight, narrower ones drown in rounding.
_EPSILONS = range(-3, -12, -1)
#: Half the distance from 1 to the next float.
_UNIT = 2.0**-24


@dataclass(frozen=True)
class Derivative:
    """A derivative of the next batch's mean loss in one parameter, and the difference quotient that should be like it.

    `analytic` is that of the backward pass, `difference` (L(w + epsilon) - L(w - epsilon)) / 2 epsilon, with the masks
    of that step; its losses are computed in single precision and added in doubles, so that it may be off by about
    `rounding`. `tried` are the differences with every epsilon, of which the one was taken that changed least when it
    was halved, rounding counted.
    """

    step: int
    analytic: float
    difference: float
    epsilon: float
    loss_plus: float
    loss_minus: float
    rounding: float
    tried: tuple[tuple[float, float], ...]

    @property
    def relative_error(self) -> float:
        """By how much they differ, in parts of the larger one; 0 where both are zero."""
        larger = max(abs(self.analytic), abs(self.difference))
        return abs(self.analytic - self.difference) / larger if larger > 0 else 0.0


def differentiate(trainer: Trainer, tensor: str, index: int) -> Derivative:
    """Compare a derivative of the next batch's loss, penalties not included, with a central difference.

    Changes no bit of the training. Raises KeyError or ValueError, naming the bound, for a parameter that is not there,
    ValueError where no step follows.
    """
    place = trainer.layout.tensor(tensor)
    if not 0 <= index < place.size:
        raise ValueError(f"index is {index}, but {tensor} has indices 0 to {place.size - 1}")
    stage = Stage(trainer)
    last, at = len(stage.fields) - 1, place.offset + index
    stage.forward(0, last, TRAINING)
    stage.lose()
    for layer in range(last, -1, -1):
        stage.backward(layer)
    analytic, value = float(stage.gradients[at]), stage.parameters[at]

    def loss_at(changed: np.float32) -> float:
        stage.parameters[at] = changed
        # Again with silenced inputs and the same masks.
        stage.forward(0, last, SECOND_LOOK)
        return float(stage.losses(0, stage.count, _ADDED).sum()) / stage.count

    # Powers of two around the weight's own, so that the weight moves by them exactly, or nearly so.
    scale = 2.0 ** math.floor(math.log2(max(abs(float(value)), 1.0)))
    found = []
    for power in _EPSILONS:
        high, low = np.float32(value + scale * 2.0**power), np.float32(value - scale * 2.0**power)
        plus, minus, width = loss_at(high), loss_at(low), float(high) - float(low)
        rounding = _UNIT * (abs(plus) + abs(minus)) / width
        found.append(
            Derivative(
                trainer.step,
                analytic,
                (plus - minus) / width,
                width / 2,
                plus,
                minus,
                rounding,
                (),
            )
        )
    unsteady = [
        abs(wide.difference - narrow.difference) + narrow.rounding for wide, narrow in itertools.pairwise(found)
    ]
    best = found[1 + int(np.argmin(np.nan_to_num(unsteady, nan=np.inf)))]
    tried = tuple((each.epsilon, each.difference) for each in found if math.isfinite(each.difference))
    return replace(best, tried=tried)
