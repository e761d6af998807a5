"""Names, places and columns: what a viewer relies on to read the flat buffers."""

from __future__ import annotations

import json

import pytest

from kernels.layout import LAYER_COLUMNS, RUN_COLUMNS, TENSOR_COLUMNS, make_layout
from kernels.network import Choice, DenseSpec, NetworkSpec
from tests.kernels.support import XAVIER, make_network

TANH_LAYER = DenseSpec(4, Choice("tanh"), XAVIER)
NORMALIZED = DenseSpec(3, Choice("relu"), XAVIER, Choice("batch_norm"))
MIXED = NetworkSpec((2,), (TANH_LAYER, NORMALIZED), 5, XAVIER)


def test_names_shapes_and_roles() -> None:
    layout = make_layout(MIXED)
    assert [(each.name, each.shape, each.layer) for each in layout.tensors] == [
        ("layer1.weight", (4, 2), 1),
        ("layer2.weight", (3, 4), 2),
        ("output.weight", (5, 3), 3),
        ("layer1.bias", (4,), 1),
        ("layer2.gamma", (3,), 2),
        ("layer2.beta", (3,), 2),
        ("output.bias", (5,), 3),
    ]
    assert all(each.name.endswith(f".{each.role}") for each in layout.tensors)
    assert [(each.name, each.shape) for each in layout.buffers] == [
        ("layer2.running_mean", (3,)),
        ("layer2.running_var", (3,)),
    ]


@pytest.mark.parametrize("network", [MIXED, make_network(7, (), 1), make_network(2, (3,) * 32, 2)])
def test_places_are_contiguous_and_weights_come_first(network: NetworkSpec) -> None:
    layout = make_layout(network)
    for tensors, count in ((layout.tensors, layout.parameter_count), (layout.buffers, layout.running_count)):
        place = 0
        for tensor in tensors:
            assert tensor.offset == place
            place += tensor.size
        assert place == count
    weights = [each for each in layout.tensors if each.role == "weight"]
    assert list(layout.tensors[: len(weights)]) == weights
    assert layout.weight_count == sum(each.size for each in weights)


def test_what_else_is_learned_comes_behind_the_weights() -> None:
    kinds = {
        "position": DenseSpec(4, Choice("tanh"), XAVIER, Choice("batch_norm", {"position": 1})),
        "gain": DenseSpec(4, Choice("prelu"), XAVIER, Choice("weight_norm")),
        "gate": DenseSpec(4, Choice("simple_gate"), XAVIER, Choice("layer_norm")),
        "gate_after": DenseSpec(4, Choice("maxout", {"pieces": 3}), XAVIER, Choice("group_norm", {"position": 1})),
    }
    found = {
        kind: [(each.role, each.shape) for each in make_layout(NetworkSpec((2,), (layer,), 1, XAVIER)).tensors[2:-1]]
        for kind, layer in kinds.items()
    }
    assert found == {
        "position": [("bias", (4,)), ("gamma", (4,)), ("beta", (4,))],
        "gain": [("bias", (4,)), ("gain", (4,)), ("slope", (4,))],
        "gate": [("gamma", (8,)), ("beta", (8,))],
        "gate_after": [("bias", (12,)), ("gamma", (4,)), ("beta", (4,))],
    }


def test_columns() -> None:
    layout = make_layout(MIXED)
    assert [each.name for each in layout.columns[: len(RUN_COLUMNS)]] == list(RUN_COLUMNS)
    rest = [(each.name, each.layer, each.tensor) for each in layout.columns[len(RUN_COLUMNS) :]]
    layers = [(name, layer, None) for layer in (1, 2, 3) for name in LAYER_COLUMNS]
    tensors = [(name, each.layer, each.name) for each in layout.tensors for name in TENSOR_COLUMNS]
    assert rest == layers + tensors


def test_as_dict_is_json() -> None:
    assert json.loads(json.dumps(make_layout(MIXED).as_dict()))["tensors"][0]["shape"] == [4, 2]


def test_an_unknown_tensor_is_named_with_those_that_there_are() -> None:
    with pytest.raises(KeyError, match=r"layer9\.weight.*layer1\.weight, .*output\.bias"):
        make_layout(MIXED).tensor("layer9.weight")
