"""What a run is about to do, for viewers to read its frames by."""

from __future__ import annotations

import math

from kernels.trainer import Trainer
from server.configuration import layout_of, steps_per_epoch, training_size
from server.pace import auto_rate
from server.publications import Plan
from server.schema import RunConfig


def pace_of(config: RunConfig) -> float:
    """What the speed "auto" means for a configuration, in steps per second."""
    return auto_rate(math.ceil(training_size(config.data) / config.training.batch_size))


def first_plan(config: RunConfig) -> Plan:
    """What a run will do whose weights are not made yet; how much of the data it evaluates shows then."""
    return Plan(
        config=config,
        layout=layout_of(config),
        generation=1,
        step=0,
        steps_per_epoch=steps_per_epoch(config, 0),
        evaluated=(0, 0),
        pace=pace_of(config),
        restarted=False,
    )


def plan_of(config: RunConfig, trainer: Trainer, generation: int, *, restarted: bool) -> Plan:
    """What a run does with these weights."""
    return Plan(
        config=config,
        layout=trainer.layout,
        generation=generation,
        step=trainer.step,
        steps_per_epoch=steps_per_epoch(config, trainer.step),
        evaluated=trainer.evaluated,
        pace=pace_of(config),
        restarted=restarted,
    )
