"""What a preset is, and short ways of writing its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernels.spec import Text

Config = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A configuration with a name. `config` is a partial RunConfig, `watch` says in one sentence what will be seen."""

    id: str
    label: Text
    watch: Text
    group: Text
    config: Config


def choice(variant: str, **params: float) -> Config:
    """A choice of that variant, its other parameters at their defaults."""
    return {"id": variant, **params}


def network(count: int, units: int, **layer: Any) -> Config:
    """So many equal hidden layers of so many units."""
    return {"layers": [{"units": units, **layer}] * count}


def trained(optimizer: str, rate: float, **others: Any) -> Config:
    """Training by that optimizer at that learning rate."""
    return {"optimizer": choice(optimizer, learning_rate=rate), **others}


#: Hidden layers of ReLU as they should start.
RELU: Config = {"activation": choice("relu"), "initializer": choice("he_normal")}
#: No hidden layer.
LINEAR: Config = {"layers": []}
#: A plane to be fitted from inputs of which the squares are far larger than the others, so that the loss is a ravine.
RAVINE: Config = {
    "dataset": choice("plane"),
    "features": ["x1", "x2", "x1_squared", "x2_squared"],
    "preprocessing": choice("none"),
}
