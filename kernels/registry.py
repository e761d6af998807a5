"""Every family that the kernels know, by its id: of choices, and of what can be measured."""

from __future__ import annotations

from typing import Any

from kernels.activations import ACTIVATIONS
from kernels.averagings import AVERAGINGS
from kernels.bias_initializers import BIAS_INITIALIZERS
from kernels.clippings import CLIPPINGS
from kernels.initializers import INITIALIZERS
from kernels.inputs import FEATURES, PREPROCESSINGS
from kernels.layer_kinds import LAYER_KINDS
from kernels.losses import LOSSES
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.probes import PROBES
from kernels.regularizers import REGULARIZERS
from kernels.samplings import SAMPLINGS
from kernels.schedules import BATCH_SCHEDULES, MOMENTUM_SCHEDULES, SCHEDULES
from kernels.spec import Family
from kernels.stoppings import STOPPINGS

FAMILIES: dict[str, Family[Any]] = {
    family.id: family
    for family in (
        LAYER_KINDS,
        ACTIVATIONS,
        INITIALIZERS,
        BIAS_INITIALIZERS,
        NORMALIZATIONS,
        LOSSES,
        OPTIMIZERS,
        SCHEDULES,
        MOMENTUM_SCHEDULES,
        BATCH_SCHEDULES,
        AVERAGINGS,
        STOPPINGS,
        REGULARIZERS,
        CLIPPINGS,
        SAMPLINGS,
        FEATURES,
        PREPROCESSINGS,
        PROBES,
    )
}
