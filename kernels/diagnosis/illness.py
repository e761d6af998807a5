"""What an illness is: how it is named, told and cured, and the rule that finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kernels.diagnosis.evidence import Evidence
from kernels.spec import Text, Variant


@dataclass(frozen=True)
class Sign:
    """What a rule has found: in which layer, counted from 1, the output last (none: in the run as a whole), the number
    that says so, and since which step.

    Where it matters, `samples` is how many were looked at, and `tensor` what is ill, named as a culprit is.
    """

    layer: int | None
    number: float
    since: int
    samples: int | None = None
    tensor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Finding(Sign):
    """A sign with the illness's id."""

    illness: str


@dataclass(frozen=True, kw_only=True)
class Illness(Variant):
    """Something that goes wrong in training.

    `help` states the rule in words, `formula` in symbols, both with its thresholds. `sentence` tells a finding, with
    {layer}, {number}, {since}, {samples} and {tensor} to be filled in; `unit` "%" means that 0.1 is shown as 10 %.
    `remedy` is one short phrase, and `control` the path in the configuration of what would change it, where {layer}
    counts from 0.
    Where one of `explained_by` is found too, this one follows from it and is not told.
    """

    sentence: Text
    remedy: Text
    control: str
    unit: Literal["", "%"] = ""
    explained_by: tuple[str, ...] = ()
    find: Callable[[Evidence], Sign | None]
