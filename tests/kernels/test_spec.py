"""Choices: their bounds, their messages, and that every one is complete."""

from __future__ import annotations

import math
import re

import pytest

from kernels.registry import FAMILIES
from kernels.spec import Family, Param, Text, Variant

WORDS: Text = {"en": "word", "zh": "词"}
EVERY = [(family.id, variant.id) for family in FAMILIES.values() for variant in family]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def make_param(**changes: object) -> Param:
    fields = {"id": "rate", "label": WORDS, "help": WORDS, "default": 0.5, "minimum": 0.0, "maximum": 1.0}
    return Param(**(fields | changes))  # type: ignore[arg-type]


VARIANT = Variant(
    id="some",
    label=WORDS,
    help=WORDS,
    formula="x",
    source="somebody",
    params=(make_param(), make_param(id="count", default=3, minimum=1, maximum=9, integer=True)),
)


@pytest.mark.parametrize("value", [0, 0.0, 0.5, 1])
def test_values_in_range_pass(value: float) -> None:
    make_param().check(value)


@pytest.mark.parametrize("value", [-1e-9, 1.0001, math.nan, math.inf, -math.inf])
def test_values_out_of_range_name_the_bound(value: float) -> None:
    with pytest.raises(ValueError, match=re.escape(f"rate is {value:g}, but must satisfy 0 <= rate <= 1")):
        make_param().check(value)


def test_an_exclusive_minimum_is_out() -> None:
    param = make_param(exclusive_minimum=True)
    assert param.bound == "0 < rate <= 1"
    param.check(1e-12)
    with pytest.raises(ValueError, match="0 < rate <= 1"):
        param.check(0.0)


def test_whole_numbers() -> None:
    with pytest.raises(ValueError, match=r"count is 2\.5, but must be a whole number"):
        VARIANT.values({"count": 2.5})
    assert VARIANT.values({"count": 4}) == (0.5, 4.0)


def test_an_unknown_parameter_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="some has no parameter speed; it has: rate, count"):
        VARIANT.values({"speed": 1})


def test_families_find_number_and_refuse() -> None:
    other = Variant(id="other", label=WORDS, help=WORDS, formula="x", source="somebody")
    family = Family("things", WORDS, WORDS, (VARIANT, other), live=True)
    assert [each.id for each in family] == ["some", "other"]
    assert family["other"] is other
    assert family.code("other") == 1
    with pytest.raises(KeyError, match="things has no 'third'; it has: some, other"):
        family["third"]
    with pytest.raises(ValueError, match="things names a variant twice"):
        Family("things", WORDS, WORDS, (other, other), live=True)


def test_the_families_of_the_kernels() -> None:
    assert list(FAMILIES) == [
        "layer_kinds",
        "activations", "initializers", "bias_initializers", "normalizations", "losses", "optimizers", "schedules",
        "momentum_schedules", "batch_schedules", "averagings", "stoppings", "regularizers", "clippings", "samplings",
        "features", "preprocessings", "probes",
    ]  # fmt: skip
    assert all(family.id == key for key, family in FAMILIES.items())


@pytest.mark.parametrize(("family", "variant"), EVERY)
def test_every_variant_is_explained_and_in_bounds(family: str, variant: str) -> None:
    entry = FAMILIES[family][variant]
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", entry.id)
    assert entry.formula
    assert entry.source
    assert entry.label["en"]
    assert entry.label["zh"]
    for text in (entry.help, *(param.help for param in entry.params)):
        assert text["en"].endswith(".")
        assert CHINESE.search(text["zh"])
    for reason in (entry.unavailable, getattr(entry, "needs_image", None)):
        assert reason is None or (reason["en"].endswith(".") and CHINESE.search(reason["zh"]))
    assert len(entry.values({})) == len(entry.params)
    for param in entry.params:
        assert param.minimum < param.maximum
        # A logarithmic slider may have a place for zero, which then means "off" and may be the default.
        assert not (param.scale == "log" and param.minimum < 0)
        param.check(param.default)
        param.check(param.maximum)


def test_choices_are_indices_from_0_on() -> None:
    pair = (("first", WORDS), ("second", WORDS))
    make_param(default=1, integer=True, choices=pair).check(0)
    for changes in ({"integer": False}, {"maximum": 2.0}, {"minimum": 1.0, "maximum": 2.0}):
        with pytest.raises(ValueError, match="rate has 2 choices, so it must be an integer from 0 on"):
            make_param(**({"default": 1, "integer": True, "choices": pair} | changes))


@pytest.mark.parametrize(("family", "variant"), EVERY)
def test_every_parameter_of_every_variant_is_bounded(family: str, variant: str) -> None:
    entry = FAMILIES[family][variant]
    for param in entry.params:
        for value in (param.maximum + 1, param.minimum - 1, math.nan, math.inf):
            with pytest.raises(ValueError, match=re.escape(param.bound)):
                entry.values({param.id: value})
        if param.exclusive_minimum:
            with pytest.raises(ValueError, match=re.escape(param.bound)):
                entry.values({param.id: param.minimum})
