"""Optimizers: one entry each, in a file a group.

The truth of an optimizer is its `reference`, readable NumPy with keyword arguments. The kernel gets the same parameters
as one vector in declared order, so a mix-up of indices fails the comparison. It sees vectors, never layers.

To add one: write its kernel, its reference and its entry in the file of its group, and name it in `OPTIMIZERS`.
"""

from __future__ import annotations

from kernels.optimizers.adam import ADAM, ADAMW, AMSGRAD
from kernels.optimizers.adam_variants import ADAMAX, LAMB, NADAM, RADAM
from kernels.optimizers.adaptive import ADADELTA, ADAGRAD, RMSPROP, RMSPROP_NESTEROV
from kernels.optimizers.gradient import MOMENTUM_METHOD, NESTEROV, SGD
from kernels.optimizers.optimizer import Optimizer
from kernels.optimizers.sharpness import SAM
from kernels.optimizers.signs import DELTA_BAR_DELTA, LION, RPROP
from kernels.spec import Family

__all__ = ["OPTIMIZERS", "Optimizer"]

OPTIMIZERS = Family(
    "optimizers",
    {"en": "Optimizer", "zh": "优化器"},
    {"en": "How gradients become steps.", "zh": "如何由梯度得到参数的更新量。"},
    (
        SGD,
        MOMENTUM_METHOD,
        NESTEROV,
        SAM,
        ADAGRAD,
        RMSPROP,
        RMSPROP_NESTEROV,
        ADADELTA,
        ADAM,
        ADAMW,
        AMSGRAD,
        NADAM,
        ADAMAX,
        RADAM,
        LAMB,
        LION,
        RPROP,
        DELTA_BAR_DELTA,
    ),
    live=True,
)
