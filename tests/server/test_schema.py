"""Every field of the configuration, with everything that can be wrong with it: refused by name and bound."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.spec import Param
from server.catalog import FAMILIES
from server.configuration import DEFAULT, resolve
from server.datasets import storage
from server.datasets.files import FileSet
from server.problems import Refused
from server.schema import CHOICE_FIELDS

WHERE = {
    "activations": "network.layers.0.activation",
    "initializers": "network.layers.0.initializer",
    "bias_initializers": "network.output.bias_initializer",
    "normalizations": "network.layers.0.normalization",
    "losses": "training.loss",
    "optimizers": "training.optimizer",
    "schedules": "training.schedule",
    "momentum_schedules": "training.momentum_schedule",
    "batch_schedules": "training.batch_schedule",
    "averagings": "training.averaging",
    "stoppings": "training.stopping",
    "regularizers": "training.regularizers.0",
    "clippings": "training.clipping",
    "samplings": "training.sampling",
    "datasets": "data.dataset",
    "preprocessings": "data.preprocessing",
}

NOT_NUMBERS = ["1", None, True, [], {}, [[1]], {"id": "x"}]
NOT_FINITE = [math.nan, math.inf, -math.inf]


def complete() -> dict[str, Any]:
    config = copy.deepcopy(DEFAULT.as_dict())
    config["training"]["regularizers"] = [{"id": next(iter(FAMILIES["regularizers"])).id}]
    config["training"]["schedule"] = {"id": "one_cycle"}
    config["training"]["switch"] = {"step": 500, "optimizer": {"id": "sgd"}}
    return config


def changed(path: str, value: Any, config: dict[str, Any] | None = None) -> dict[str, Any]:
    """A complete configuration with one field changed."""
    config = config or complete()
    *parents, last = path.split(".")
    place: Any = config
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return config


def refused(asked: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        resolve(asked)
    assert refusal.value.status == 422
    # The answer can always be written as JSON in UTF-8, and speaks both languages.
    json.dumps(refusal.value.as_dict(), ensure_ascii=False, allow_nan=False).encode()
    assert all(problem.message["en"] and problem.message["zh"] for problem in refusal.value.problems)
    return refusal.value


def every_param() -> Iterator[tuple[str, str, Param]]:
    for family_id, where in WHERE.items():
        for variant in FAMILIES[family_id]:
            for param in variant.params:
                yield where, variant.id, param


def outside(param: Param) -> list[Any]:
    values: list[Any] = [
        param.maximum * 1.001 + 1,
        -1e300 if param.minimum > -1e300 else -math.inf,
        10**400,
        -(10**400),
    ]
    if param.exclusive_minimum:
        values.append(param.minimum)
    else:
        values.append(param.minimum - 1)
    if param.integer:
        values.append(param.minimum + 0.5)
    return values


def test_every_family_is_chosen_somewhere() -> None:
    assert set(WHERE) == set(CHOICE_FIELDS.values()) == set(FAMILIES) - {"features", "layer_kinds", "probes"}


@pytest.mark.parametrize(
    ("where", "variant", "param"), [pytest.param(*e, id=f"{e[1]}.{e[2].id}") for e in every_param()]
)
def test_every_parameter_of_every_variant(where: str, variant: str, param: Param) -> None:
    held = {"images": "some"} if variant == "own_pictures" else {}
    for value in [*outside(param), *NOT_FINITE, *NOT_NUMBERS]:
        problem = refused(changed(where, {"id": variant, **held, param.id: value})).first
        assert problem.field == f"{where}.{param.id}", value
        assert param.id in problem.bound, value
        assert f"{param.maximum:g}" in problem.bound or str(int(param.maximum)) in problem.bound


@pytest.mark.parametrize(
    ("family_id", "variant"),
    [
        (family_id, variant.id)
        for family_id in WHERE
        for variant in FAMILIES[family_id]
        if not (getattr(variant, "needs_image", None) or getattr(variant, "uploaded", False))
    ],
)
def test_every_variant_takes_its_own_bounds_and_completes_its_defaults(
    family_id: str, variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = FAMILIES[family_id][variant]
    params = chosen.params
    if isinstance(chosen, FileSet):
        monkeypatch.setenv("LIVEGRAD_DATA_DIR", str(tmp_path))
        storage.save(variant, (np.zeros((100, chosen.inputs), np.uint8), np.zeros(100, np.uint8)))
    for pick in ("minimum", "maximum", "default"):
        choice: dict[str, Any] = {"id": variant}
        for param in params:
            value = getattr(param, pick)
            value = value * 1.0000001 + 1e-9 if pick == "minimum" and param.exclusive_minimum else value
            choice[param.id] = int(value) if param.integer else value
        config = changed(WHERE[family_id], choice)
        if family_id == "normalizations":
            config["network"]["layers"][0]["units"] = 512  # which the most groups that there may be part evenly
        if family_id == "datasets":
            del config["training"]["loss"]
            config["training"]["batch_size"] = 1
        if family_id == "losses":
            task = FAMILIES["losses"][variant].tasks[0]
            config["data"]["dataset"] = {"id": next(d.id for d in FAMILIES["datasets"] if d.task == task)}
        assert _at(resolve(config).as_dict(), WHERE[family_id]) == choice
    config = changed(WHERE[family_id], {"id": variant})
    if family_id == "datasets":
        del config["training"]["loss"]
    if family_id != "losses":
        chosen = _at(resolve(config).as_dict(), WHERE[family_id])
        assert set(chosen) == {"id", *(param.id for param in params)}


def _at(config: Any, path: str) -> Any:
    for part in path.split("."):
        config = config[int(part)] if isinstance(config, list) else config[part]
    return config


@pytest.mark.parametrize("where", WHERE.values())
@pytest.mark.parametrize("value", [*NOT_FINITE, 0, "text", None, True, []])
def test_a_choice_is_an_object(where: str, value: Any) -> None:
    assert refused(changed(where, value)).first.field == where


@pytest.mark.parametrize(("family_id", "where"), WHERE.items())
@pytest.mark.parametrize("unknown", ["no_such_variant", "", 5, None, [], {"id": 1}, "\ud800"])
def test_an_unknown_variant_is_answered_with_those_there_are(family_id: str, where: str, unknown: Any) -> None:
    problem = refused(changed(where, {"id": unknown})).first
    assert problem.field == f"{where}.id"
    assert all(variant.id in problem.bound for variant in FAMILIES[family_id])


@pytest.mark.parametrize("where", WHERE.values())
def test_a_choice_takes_no_further_fields(where: str) -> None:
    choice = {**_at(complete(), where), "surprise": 1}
    problem = refused(changed(where, choice)).first
    assert problem.field == f"{where}.surprise"
    assert "id" in problem.bound


FIELDS: dict[str, tuple[str, list[Any]]] = {
    "seed": ("0 <= seed <= 4294967295", [-1, 2**32, 10**400, 1.5]),
    "data.seed": ("0 <= seed <= 4294967295", [-1, 2**32, 1.5]),
    "data.train_share": ("0.1 <= train_share <= 0.9", [0, 0.09, 0.91, 1, -1, 1e300]),
    "network.layers.0.units": ("1 <= units <= 512", [0, -1, 513, 10**400, 2.5]),
    "network.input.dropout": ("0 <= dropout <= 0.9", [-0.1, 0.91, 1]),
    "network.layers.0.dropconnect": ("0 <= dropconnect <= 0.9", [-0.1, 0.91, 1]),
    "network.layers.0.dropout": ("0 <= dropout <= 0.9", [-0.1, 0.91, 1]),
    "training.batch_size": ("1 <= batch_size <= 20000", [0, -1, 20001, 1.5, 10**400]),
    "training.switch.step": ("1 <= step <= 1000000", [0, -1, 1_000_001, 0.5, 10**400]),
    "training.switch.optimizer.learning_rate": ("0 < learning_rate <= 100", [0, -1, 101, 10**400]),
    "training.warmup": ("0 <= warmup <= 1000000", [-1, 1_000_001, 0.5, 10**400]),
    "training.augmentation.shift": ("0 <= shift <= 8", [-0.1, 8.1, 1e300]),
    "training.augmentation.rotation": ("0 <= rotation <= 45", [-1, 45.1]),
    "training.augmentation.noise": ("0 <= noise <= 1", [-0.1, 1.1]),
    "speed": ("0.5 <= speed <= 1000000", [0, 0.4, -1, 1e7, 10**400, "fast", ""]),
}


@pytest.mark.parametrize(("path", "bound", "value"), [(p, b, v) for p, (b, vs) in FIELDS.items() for v in vs])
def test_every_number_names_its_bound(path: str, bound: str, value: Any) -> None:
    problem = refused(changed(path, value)).first
    assert problem.field == path
    assert bound in problem.bound
    assert path in problem.message["en"]


@pytest.mark.parametrize("path", FIELDS)
@pytest.mark.parametrize("value", [*NOT_FINITE, None, True, [], {}, [[]]])
def test_every_number_refuses_what_is_none(path: str, value: Any) -> None:
    assert refused(changed(path, value)).first.field == path


@pytest.mark.parametrize("path", ["data", "network", "training", "network.output", "network.layers.0"])
@pytest.mark.parametrize("value", [None, 5, "text", [], True, math.nan])
def test_every_part_is_an_object(path: str, value: Any) -> None:
    assert refused(changed(path, value)).first.field == path


@pytest.mark.parametrize(
    "path", ["", "data", "network", "network.output", "network.layers.0", "training", "training.switch"]
)
def test_no_part_takes_further_fields(path: str) -> None:
    where = f"{path}.surprise" if path else "surprise"
    assert refused(changed(where, 1)).first.field == where


@pytest.mark.parametrize("value", [5, "text", [], True, math.nan, {}, {"step": 5}, {"optimizer": {"id": "sgd"}}])
def test_a_switch_is_none_or_whole(value: Any) -> None:
    assert refused(changed("training.switch", value)).first.field.startswith("training.switch")


def test_names_that_are_no_field_names_are_not_repeated() -> None:
    nasty = "<script>alert(1)</script>"
    assert nasty not in json.dumps(refused({nasty: 1}).as_dict())
    refused({"\ud800": 1})
    refused({"training": {"x" * 5000: 1}})


@pytest.mark.parametrize("value", [[], ["x1", "x1"], ["no"], "x1", None, ["x1"] * 9, [["x1"]], [1]])
def test_features_are_a_choice_of_distinct_ones(value: Any) -> None:
    assert refused(changed("data.features", value)).first.field.startswith("data.features")


def test_at_most_32_layers_and_each_penalty_once() -> None:
    assert refused({"network": {"layers": [{}] * 33}}).first.bound == "a list of 0 to 32 entries"
    twice = [{"id": next(iter(FAMILIES["regularizers"])).id}] * 2
    assert refused({"training": {"regularizers": twice}}).first.field == "training.regularizers"


@pytest.mark.parametrize("asked", [None, 5, "text", [], [{}], True, math.nan])
def test_a_configuration_is_an_object(asked: Any) -> None:
    refused(asked)


def test_deep_nesting_is_refused_where_it_begins() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"optimizer": deep}
    assert refused({"training": deep}).first.field == "training.optimizer.optimizer"
    assert refused({"seed": deep}).first.field == "seed"


def test_many_problems_are_named_together() -> None:
    refusal = refused({"seed": -1, "training": {"batch_size": 0}, "speed": "fast"})
    assert {problem.field for problem in refusal.problems} == {"seed", "training.batch_size", "speed"}
    assert len(refused({f"x{number}": 1 for number in range(1000)}).problems) == 20
