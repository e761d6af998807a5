"""Every family of choices that the kernels know, by its id."""

from __future__ import annotations

from typing import Any

from kernels.activations import ACTIVATIONS
from kernels.clippings import CLIPPINGS
from kernels.initializers import INITIALIZERS
from kernels.inputs import FEATURES, PREPROCESSINGS
from kernels.losses import LOSSES
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS
from kernels.samplings import SAMPLINGS
from kernels.schedules import SCHEDULES
from kernels.spec import Family

FAMILIES: dict[str, Family[Any]] = {
    family.id: family
    for family in (
        ACTIVATIONS,
        INITIALIZERS,
        NORMALIZATIONS,
        LOSSES,
        OPTIMIZERS,
        SCHEDULES,
        REGULARIZERS,
        CLIPPINGS,
        SAMPLINGS,
        FEATURES,
        PREPROCESSINGS,
    )
}
