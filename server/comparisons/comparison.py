"""What a ready comparison is, and the words in which its claim is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from kernels.spec import Text
from server.configuration import resolve
from server.presets.preset import Config
from server.schema import RunConfig
from server.studies.job import Clock
from server.studies.outcome import Outcome

#: What became of the sides with one seed, in their order. A run that diverged has an infinite loss, and no accuracy.
Outcomes: TypeAlias = Sequence[Outcome]
#: Where a page shows best what differs: curves of the quantity over time, a statistic by depth, or all weights.
Chart = Literal["curves", "gradients_by_depth", "activations_by_depth", "weights"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the runs: a name, and what differs from the comparison's base, as a partial RunConfig."""

    label: Text
    config: Config


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What holds for most seeds. `holds` tells it of the outcomes with one seed."""

    text: Text
    holds: Callable[[Outcomes], bool]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs that differ in one thing. `watch` says in one sentence what will be seen, `chart` and `quantity` where.

    `base` is what they share, as a partial RunConfig. They are shown over `steps` of `clock`; a study of them measures
    `points` evenly over those.
    """

    id: str
    label: Text
    watch: Text
    base: Config
    sides: tuple[Side, ...]
    clock: Clock = "steps"
    steps: int
    points: int = 41
    chart: Chart = "curves"
    quantity: str
    claim: Claim

    @cached_property
    def configs(self) -> tuple[RunConfig, ...]:
        """The configurations of all sides, complete."""
        base = resolve(self.base)
        return tuple(resolve(side.config, base) for side in self.sides)
