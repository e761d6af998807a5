"""Layers of every kind in the configuration: their fields and bounds, how they fit, and what data do to them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from kernels.layer_kinds import LAYER_KINDS
from kernels.network import ConvSpec, GlobalPoolSpec, PoolSpec
from kernels.shapes import KINDS
from kernels.spec import Param
from server.catalog import families
from server.configuration import DEFAULT, layout_of, needs_new_weights, network_spec, resolve
from server.problems import Refused
from server.schema import CONVOLUTIONAL, LAYERS, RunConfig, words_of
from tests.server.test_schema import NOT_FINITE, NOT_NUMBERS, outside, refused

DIGITS: dict[str, Any] = {"data": {"dataset": {"id": "digits"}}}
POINTS: dict[str, Any] = {"data": {"dataset": {"id": "circle"}}}


def network(*layers: dict[str, Any]) -> dict[str, Any]:
    return {**DIGITS, "network": {"layers": list(layers)}}


def shapes(config: RunConfig) -> list[tuple[int, ...]]:
    return [stage.shape for stage in layout_of(config).stages]


def every_number() -> Iterator[tuple[str, Param]]:
    for kind in LAYER_KINDS:
        for param in kind.params:
            if not param.choices:
                yield kind.id, param


def test_every_kind_has_its_model_its_record_and_what_the_page_needs() -> None:
    kinds = [kind.id for kind in LAYER_KINDS]
    assert list(LAYERS) == kinds == list(KINDS.values())
    for entry, kind in zip(families()["layer_kinds"], LAYER_KINDS, strict=True):
        fields = list(LAYERS[kind.id].model_fields)
        assert set(fields) == {"kind", *(param.id for param in kind.params), *kind.choices}
        assert entry["choices"] == list(kind.choices)


@pytest.mark.parametrize(("kind", "param"), [pytest.param(k, p, id=f"{k}.{p.id}") for k, p in every_number()])
def test_every_number_of_every_kind_names_its_bound(kind: str, param: Param) -> None:
    for value in [*outside(param), *NOT_FINITE, *NOT_NUMBERS]:
        problem = refused(network({"kind": kind, param.id: value})).first
        assert problem.field == f"network.layers.0.{param.id}", value
        assert param.id in problem.bound
        assert f"{param.maximum:g}" in problem.bound


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_takes_what_it_declares_and_nothing_else(kind: str) -> None:
    defaults = LAYERS[kind]().model_dump()
    assert resolve(network({"kind": kind})).as_dict()["network"]["layers"] == [defaults]
    problem = refused(network({"kind": kind, "surprise": 1})).first
    assert problem.field == "network.layers.0.surprise"
    assert all(name in problem.bound for name in defaults)


@pytest.mark.parametrize("unknown", ["no_such_kind", "", 5, None, [], {"id": 1}, True, math.nan, "\ud800"])
def test_an_unknown_kind_is_answered_with_those_there_are(unknown: Any) -> None:
    problem = refused(network({}, {"kind": unknown})).first
    assert problem.field == "network.layers.1.kind"
    assert problem.bound == "one of: dense, conv, pool, global_pool"


def test_a_layer_without_a_kind_is_dense() -> None:
    assert DEFAULT.as_dict()["network"]["layers"][0]["kind"] == "dense"
    layers = [{key: value for key, value in layer.items() if key not in {"kind", "skip"}}
              for layer in DEFAULT.as_dict()["network"]["layers"]]  # fmt: skip
    assert resolve({"network": {"layers": layers}}) == DEFAULT


@pytest.mark.parametrize(("kind", "name"), [("conv", "padding"), ("pool", "pooling")])
def test_words_are_among_those_declared(kind: str, name: str) -> None:
    words = words_of(kind, name)
    for word in words:
        config = resolve(network({"kind": kind, name: word, **({"kernel": 7} if kind == "conv" else {})}))
        assert config.as_dict()["network"]["layers"][0][name] == word
    wrong: list[Any] = [*NOT_FINITE, "", "Same", "1", None, True, False, 1.0, [], {}, -1, 7, 10**400]
    for value in wrong:
        problem = refused(network({"kind": kind, name: value})).first
        assert problem.field == f"network.layers.0.{name}", value
        assert problem.bound == f"one of: {', '.join(map(str, words))}"


def test_no_zeros_at_all_are_valid_padding() -> None:
    assert resolve(network({"kind": "conv", "padding": 0})) == resolve(network({"kind": "conv", "padding": "valid"}))


def test_the_kernels_get_every_kind() -> None:
    conv = {
        "kind": "conv", "filters": 5, "kernel": 2, "stride": 2, "padding": 1, "channel_dropout": 0.25, "dropout": 0.1,
        "dropconnect": 0.2, "activation": {"id": "leaky_relu", "slope": 0.2}, "normalization": {"id": "batch_norm"},
    }  # fmt: skip
    spec = network_spec(
        resolve(network(conv, {"kind": "pool", "pooling": "mean", "stride": 1}, {"kind": "global_pool"}))
    )
    assert spec.shape == (1, 8, 8)
    first, second, third = spec.layers
    assert isinstance(first, ConvSpec)
    assert (first.filters, first.kernel, first.stride, first.padding) == (5, 2, 2, 1)
    assert (first.dropout, first.channel_dropout, first.dropconnect) == (0.1, 0.25, 0.2)
    assert (first.activation.params, first.normalization.id) == ({"slope": 0.2}, "batch_norm")
    assert (second, third) == (PoolSpec("mean", 2, 1), GlobalPoolSpec())


def test_shapes_follow_from_layer_to_layer() -> None:
    layers = [layer.model_dump() for layer in CONVOLUTIONAL]
    assert shapes(resolve(network(*layers))) == [(8, 8, 8), (8, 4, 4), (16, 4, 4), (16, 2, 2), (10,)]
    assert shapes(resolve(network(*layers, {"kind": "global_pool"}, {"units": 6})))[4:] == [(16,), (6,), (10,)]


CONV: dict[str, Any] = {"kind": "conv"}


@pytest.mark.parametrize(
    ("layers", "field", "words"),
    [
        ([CONV, {"kind": "conv", "kernel": 5, "padding": "valid"}, {**CONV, "kernel": 5, "padding": "valid"}],
         "2.kernel", ("kernel 5 does not fit a 4×4 input", "4×4")),
        ([{**CONV, "padding": 3}], "0.padding", ("less than the kernel", "必须小于")),
        ([{"kind": "pool", "size": 8}, {"kind": "pool"}], "1.size", ("does not fit a 1×1 input", "1×1")),
        ([{}, CONV], "1.kind", ("needs an image", "需要图像")),
        ([{"kind": "global_pool"}, {"kind": "pool"}], "1.kind", ("needs an image", "需要图像")),
        ([{**CONV, "stride": 2, "skip": 1}], "0.skip", ("adds 1×8×8 to 8×4×4", "形状相同")),
        ([{**CONV, "skip": 2}], "0.skip", ("there are 1 layers", "只有 1 层")),
        ([{**CONV, "normalization": {"id": "group_norm", "groups": 3}}], "0.normalization.groups",
         ("8 channels", "8 个通道")),
    ],
)  # fmt: skip
def test_layers_that_do_not_fit_are_refused_with_the_reason(
    layers: list[dict[str, Any]], field: str, words: tuple[str, str]
) -> None:
    problem = refused(network(*layers)).first
    assert problem.field == f"network.layers.{field}"
    assert words[0] in problem.message["en"]
    assert words[1] in problem.message["zh"]
    assert problem.bound


def test_points_leave_the_image_layers_out_unless_layers_are_asked_for() -> None:
    images = resolve(network(*({"kind": kind} for kind in ("conv", "pool", "global_pool")), {"units": 7}, {"units": 3}))
    points = resolve(POINTS, images)
    assert [getattr(layer, "units", None) for layer in points.network.layers] == [7, 3]
    with pytest.raises(Refused) as refusal:
        resolve({**POINTS, "network": {"layers": [CONV]}}, images)
    assert refusal.value.first.field == "network.layers.0.kind"
    assert resolve(DIGITS, points).network == points.network


def test_a_skip_connection_that_the_data_no_longer_let_fit_goes_too() -> None:
    same = resolve({"network": {"layers": [{"units": 2, "skip": 1}, {"units": 2, "skip": 1}]}})
    layers = resolve({"data": {"features": ["x1"]}}, same).as_dict()["network"]["layers"]
    assert [layer["skip"] for layer in layers] == [0, 1]


@pytest.mark.parametrize("rate", ["dropout", "channel_dropout", "dropconnect"])
def test_rates_may_change_while_training(rate: str) -> None:
    config = resolve(network(CONV))
    assert not needs_new_weights(config, resolve(network({**CONV, rate: 0.5})))


@pytest.mark.parametrize("part", [{"kernel": 5}, {"stride": 2}, {"padding": "valid"}, {"filters": 4}, {"skip": 1}])
def test_what_makes_the_shape_takes_new_weights(part: dict[str, Any]) -> None:
    config = resolve(network({"kind": "conv", "filters": 1}))
    assert needs_new_weights(config, resolve(network({"kind": "conv", "filters": 1, **part})))
