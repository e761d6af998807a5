"""A run as it was at one moment, and whether another configuration can go on from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.configuration import needs_new_weights
from server.schema import RunConfig


@dataclass(frozen=True)
class Checkpoint:
    """A run as it was at one moment, after it `worked` so many seconds: enough to go on, bit by bit the same."""

    config: RunConfig
    generation: int
    trainer: dict[str, Any]
    worked: float = 0.0

    def fits(self, config: RunConfig, generation: int) -> bool:
        """Whether weights, slots and all that was kept beside them can go on under that configuration."""
        return (
            self.generation == generation
            and _kinds(self.config) == _kinds(config)
            and not needs_new_weights(self.config, config)
        )


def _kinds(config: RunConfig) -> tuple[Any, ...]:
    """What decides how the numbers beside the weights are to be read."""
    training, switch = config.training, config.training.switch
    choices = (training.loss, training.optimizer, training.schedule, training.averaging, training.stopping)
    return *(choice.id for choice in choices), switch and (switch.step, switch.optimizer.id)
