"""What a choice is: a parameter, a variant, a family.

A variant is data plus its functions. Everything that shows, checks or documents a choice is derived from these records,
so that adding one touches a single file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypedDict, TypeVar


class Text(TypedDict):
    """One text in both languages of the page."""

    en: str
    zh: str


@dataclass(frozen=True, kw_only=True)
class Param:
    """One number that a person may set.

    The range is [minimum, maximum], or (minimum, maximum] where `exclusive_minimum` is set.
    `scale` says how a slider should move; `unit` "%" means that 0.1 is shown as 10 %.
    Where there are `choices`, pairs of an id and a label, the number is the index of one of them.
    `live` tells whether it may change while training, without new weights. One that `divides_units` must divide what is
    normalized of a layer.
    """

    id: str
    label: Text
    help: Text
    default: float
    minimum: float
    maximum: float
    scale: Literal["linear", "log"] = "linear"
    integer: bool = False
    live: bool = True
    exclusive_minimum: bool = False
    unit: Literal["", "%"] = ""
    choices: tuple[tuple[str, Text], ...] = ()
    divides_units: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError where the range is not that of the choices."""
        if self.choices and not (self.integer and self.minimum == 0 and self.maximum == len(self.choices) - 1):
            raise ValueError(f"{self.id} has {len(self.choices)} choices, so it must be an integer from 0 on")

    @property
    def bound(self) -> str:
        """The range in words that a person can act on, such as `0 < learning_rate <= 10`."""
        sign = "<" if self.exclusive_minimum else "<="
        return f"{self.minimum:g} {sign} {self.id} <= {self.maximum:g}"

    def check(self, value: float) -> None:
        """Raise ValueError, naming the parameter and its bound, unless `value` lies in the range."""
        low_enough = self.minimum < value if self.exclusive_minimum else self.minimum <= value
        if not (math.isfinite(value) and low_enough and value <= self.maximum):
            raise ValueError(f"{self.id} is {value:g}, but must satisfy {self.bound}")
        if self.integer and value != int(value):
            raise ValueError(f"{self.id} is {value:g}, but must be a whole number")


class Chosen(Protocol):
    """Something that chooses a variant: it has the parameters that differ from the defaults."""

    @property
    def params(self) -> Mapping[str, float]:
        """The parameters by id."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One member of a family: how it is named, explained and cited, and what a person may set.

    `formula` is LaTeX, `source` the paper or textbook section that it follows, `help` one sentence. Where a family is
    large, `group` is the heading under which the variant is offered. `note` says what a person should know before
    taking it, such as why nothing will move. Where it cannot be taken yet, `unavailable` says why, and what to take.
    """

    id: str
    label: Text
    help: Text
    formula: str
    source: str
    params: tuple[Param, ...] = ()
    group: Text | None = None
    note: Text | None = None
    unavailable: Text | None = None

    def values(self, given: Mapping[str, float]) -> tuple[float, ...]:
        """The parameters in declared order, defaults filled in.

        Raises ValueError for an unknown name, a value out of range, or a variant that is not available.
        """
        if self.unavailable:
            raise ValueError(f"{self.id} is not available: {self.unavailable['en']}")
        unknown = set(given) - {param.id for param in self.params}
        if unknown:
            known = ", ".join(param.id for param in self.params) or "none"
            raise ValueError(f"{self.id} has no parameter {sorted(unknown)[0]}; it has: {known}")
        chosen = tuple(float(given.get(param.id, param.default)) for param in self.params)
        for param, value in zip(self.params, chosen, strict=True):
            param.check(value)
        return chosen

    def named(self, choice: Chosen) -> dict[str, float]:
        """The parameters of a choice by name, defaults filled in. Raises as `values` does."""
        return dict(zip([param.id for param in self.params], self.values(choice.params), strict=True))


V_co = TypeVar("V_co", bound=Variant, covariant=True)


class Family(Generic[V_co]):
    """The members among which a person chooses, in the order in which they are offered.

    `live` tells whether the choice may change while training, without new weights.
    A variant's position is its code inside the kernels.
    """

    def __init__(
        self, family_id: str, label: Text, explanation: Text, variants: tuple[V_co, ...], *, live: bool
    ) -> None:
        self.id = family_id
        self.label = label
        self.help = explanation
        self.live = live
        self.variants: Mapping[str, V_co] = {variant.id: variant for variant in variants}
        if len(self.variants) != len(variants):
            raise ValueError(f"{family_id} names a variant twice")

    def __getitem__(self, variant_id: str) -> V_co:
        """The variant of that id. Raises KeyError naming the family and its members."""
        try:
            return self.variants[variant_id]
        except KeyError:
            raise KeyError(f"{self.id} has no {variant_id!r}; it has: {', '.join(self.variants)}") from None

    def __iter__(self) -> Iterator[V_co]:
        return iter(self.variants.values())

    def code(self, variant_id: str) -> int:
        """The position of a variant, by which kernels know it."""
        return list(self.variants).index(self[variant_id].id)
