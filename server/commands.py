"""What can be asked of a run, as it travels from the serving side to the running side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.schema import RunConfig


@dataclass(frozen=True)
class Play:
    """Train on."""


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


Command: TypeAlias = Play | Pause | Step | Reset | Configure | EditParameters | Report
