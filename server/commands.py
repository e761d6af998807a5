"""What can be asked of a run, as it travels from the serving side to the running side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.pace import GroupClock
from server.schema import RunConfig


@dataclass(frozen=True)
class Play:
    """Train on. In a group who stopped early stays where it is, unless this `revives`: nobody else is left."""

    revives: bool = False


@dataclass(frozen=True)
class Pause:
    """Stand still; `idle` when nobody watches."""

    idle: bool = False


@dataclass(frozen=True)
class Step:
    """Stand still, and do so many steps or epochs."""

    count: int = 1
    unit: Literal["step", "epoch"] = "step"


@dataclass(frozen=True)
class Reset:
    """Begin again with new weights, drawn with this seed or with the present one."""

    seed: int | None = None


@dataclass(frozen=True)
class Configure:
    """Go on with another configuration; the run decides whether that takes new weights."""

    config: RunConfig


@dataclass(frozen=True)
class ParameterEdit:
    """One number of a tensor, by its place in the tensor, row by row."""

    tensor: str
    index: int
    value: float


@dataclass(frozen=True)
class EditParameters:
    """Set weights or biases by hand."""

    edits: tuple[ParameterEdit, ...]


@dataclass(frozen=True)
class Report:
    """Publish a receipt with this number, once everything that was sent before it is done."""

    ticket: int


@dataclass(frozen=True)
class Rehearse:
    """Answer, under this number, what the next step will do: to one sample of its batch, or to all of them."""

    ticket: int
    sample: int | None = None


@dataclass(frozen=True)
class Differentiate:
    """Answer, under this number, how a derivative of the next batch's loss compares with a difference."""

    ticket: int
    tensor: str
    index: int


@dataclass(frozen=True)
class Withdraw:
    """Nobody waits any more for the answer under this number."""

    ticket: int


@dataclass(frozen=True)
class ConfigureMembers:
    """Of a group: these members go on with other configurations, all from the same moment on.

    The speed is the same in all of them. Where one takes new weights, the whole group begins again.
    """

    configs: Mapping[str, RunConfig]


@dataclass(frozen=True)
class SetClock:
    """Of a group: keep step by another clock. The group begins again, if it has begun."""

    clock: GroupClock


#: What is answered while a run stands still.
Question: TypeAlias = Rehearse | Differentiate

GroupCommand: TypeAlias = Play | Pause | Step | Reset | ConfigureMembers | SetClock
Command: TypeAlias = Play | Pause | Step | Reset | Configure | EditParameters | Report | Question | Withdraw
