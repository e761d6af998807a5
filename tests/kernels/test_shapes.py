"""Shapes behind every layer, and what is said where layers do not fit together."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from kernels.layers import groups_of
from kernels.layout import make_layout
from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, LayerSpec, NetworkSpec, PoolSpec
from kernels.shapes import Stage, Unfit, stages
from tests.kernels.support import XAVIER

RELU = Choice("relu")
DENSE = DenseSpec(10, RELU, XAVIER)


def conv(filters: int = 4, kernel: int = 3, activation: Choice = RELU, **more: Any) -> ConvSpec:
    return ConvSpec(filters, kernel, activation, XAVIER, **more)


def network(*layers: LayerSpec, shape: tuple[int, ...] = (3, 8, 6)) -> NetworkSpec:
    return NetworkSpec(shape, layers, 5, XAVIER)


def test_a_network_of_all_kinds() -> None:
    layers = (conv(kernel=5, stride=2), conv(kernel=3, skip=1), PoolSpec("mean", 2, 1), GlobalPoolSpec(), DENSE)
    assert stages(network(*layers)) == (
        Stage("layer1", "conv", (3, 8, 6), (4, 4, 3), 1, 5, 2, 2, "", 0, 1, 4 * 3 * 25 * 12),
        Stage("layer2", "conv", (4, 4, 3), (4, 4, 3), 1, 3, 1, 1, "", 1, 1, 4 * 4 * 9 * 12),
        Stage("layer3", "pool", (4, 4, 3), (4, 3, 2), 0, 2, 1, 0, "mean", 0, 1, 4 * 6 * 4),
        Stage("layer4", "global_pool", (4, 3, 2), (4,), 0, 0, 0, 0, "mean", 0, 1, 24),
        Stage("layer5", "dense", (4,), (10,), 1, 0, 0, 0, "", 0, 1, 40),
        Stage("output", "dense", (10,), (5,), 1, 0, 0, 0, "", 0, 1, 50),
    )


def test_groups_of_a_normalization_within_each_sample() -> None:
    kinds = {"none": 1, "layer_norm": 1, "batch_norm": 1, "group_norm": 2, "instance_norm": 8}
    gate = Choice("maxout", {"pieces": 2})
    for kind, groups in kinds.items():
        assert stages(network(conv(4, 3, gate, normalization=Choice(kind))))[0].groups == groups
    after = Choice("instance_norm", {"position": 1})
    assert stages(network(conv(4, 3, gate, normalization=after)))[0].groups == 4


def test_a_dense_layer_flattens_an_image() -> None:
    dense, output = stages(network(DENSE))
    assert (dense.input_shape, dense.shape, dense.operations) == ((3, 8, 6), (10,), 1440)
    assert output.input_shape == (10,)


@pytest.mark.parametrize("kernel", range(1, 8))
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_window_has_as_many_places_as_one_counts(kernel: int, stride: int) -> None:
    for side in range(1, 12):
        same = stages(network(conv(kernel=kernel, stride=stride), shape=(1, side, side)))[0]
        assert same.shape == (4, -(-side // stride), -(-side // stride))
        assert same.padding == (kernel - 1) // 2
        for padding in range(kernel):
            places = [at for at in range(-padding, side + padding, stride) if at + kernel <= side + padding]
            spec = network(conv(kernel=kernel, stride=stride, padding=padding), shape=(1, side, 40))
            if places:
                stage = stages(spec)[0]
                assert (stage.shape[1], stage.padding) == (len(places), padding)
            else:
                with pytest.raises(Unfit, match=f"kernel {kernel} does not fit a {side}×40 input"):
                    stages(spec)
        if kernel <= side:
            valid = stages(network(conv(kernel=kernel, stride=stride, padding="valid"), shape=(1, side, side)))[0]
            assert (valid.shape[1], valid.padding) == (len(range(0, side - kernel + 1, stride)), 0)


@pytest.mark.parametrize("size", [2, 3, 8])
@pytest.mark.parametrize("stride", [1, 2, 5])
def test_a_pool_looks_at_whole_windows_only(size: int, stride: int) -> None:
    for side in range(size, 14):
        stage = stages(network(PoolSpec("max", size, stride), shape=(2, side, 8)))[0]
        assert stage.shape == (2, len(range(0, side - size + 1, stride)), len(range(0, 8 - size + 1, stride)))
        assert stage.operations == int(np.prod(stage.shape)) * size * size


@pytest.mark.parametrize(
    ("layers", "index", "field", "bound", "told"),
    [
        ((PoolSpec(), conv(kernel=5, padding="valid")), 1, "kernel", "kernel <= 3", "5 does not fit a 4×3 input: take"),
        ((conv(kernel=3, padding=3),), 0, "padding", "0 <= padding <= 2", "padding is 3"),
        ((conv(kernel=3, padding=-1),), 0, "padding", "0 <= padding <= 2", "padding is -1"),
        ((PoolSpec(), PoolSpec("max", 4)), 1, "size", "size <= 3", "a window of 4 does not fit a 4×3 input"),
        ((DENSE, conv()), 1, "", "an input of (channels, height, width)", "gets 10 numbers"),
        ((GlobalPoolSpec(), PoolSpec()), 1, "", "an input of (channels, height, width)", "gets 3 numbers"),
        ((GlobalPoolSpec(), GlobalPoolSpec()), 1, "", "an input of (channels, height, width)", "gets 3 numbers"),
        ((conv(skip=2),), 0, "skip", "0 <= skip <= 1", "up to here there are 1 layers"),
        ((conv(skip=1),), 0, "skip", "equal shapes", "adds 3×8×6 to 4×8×6"),
        ((conv(), conv(stride=2, skip=1)), 1, "skip", "equal shapes", "adds 4×8×6 to 4×4×3"),
        ((DENSE, DenseSpec(9, RELU, XAVIER, skip=1)), 1, "skip", "equal shapes", "adds 10 to 9"),
        ((DENSE, DenseSpec(10, Choice("maxout"), XAVIER, skip=1)), 1, "skip", "skip == 0", "gated activation"),
        ((conv(filters=65),), 0, "filters", "1 <= filters <= 64", "filters is 65"),
        ((conv(kernel=8),), 0, "kernel", "1 <= kernel <= 7", "kernel is 8"),
        ((conv(stride=4),), 0, "stride", "1 <= stride <= 3", "stride is 4"),
        ((conv(skip=9),), 0, "skip", "0 <= skip <= 8", "skip is 9"),
        ((PoolSpec("max", 1),), 0, "size", "2 <= size <= 8", "size is 1"),
        ((PoolSpec("max", 2, 0),), 0, "stride", "1 <= stride <= 8", "stride is 0"),
    ],
)
def test_what_does_not_fit_is_told(
    layers: tuple[LayerSpec, ...], index: int, field: str, bound: str, told: str
) -> None:
    with pytest.raises(Unfit) as refused:
        make_layout(network(*layers))
    unfit = refused.value
    assert (unfit.layer_index, unfit.field, unfit.bound) == (index, field, bound)
    assert told in unfit.text["en"]
    assert str(unfit) == f"layer{index + 1}: {unfit.text['en']}"
    assert unfit.text["zh"].endswith("。")


def test_a_skip_connection_around_a_block() -> None:
    found = stages(network(conv(3), conv(7), conv(3, skip=2), DENSE, DENSE, DenseSpec(10, RELU, XAVIER, skip=2)))
    assert [stage.skip for stage in found] == [0, 0, 2, 0, 0, 2, 0]


def test_tensors_of_image_layers() -> None:
    gate = conv(4, 3, Choice("maxout", {"pieces": 2}), normalization=Choice("batch_norm"))
    layout = make_layout(network(conv(6, 5), PoolSpec(), gate, GlobalPoolSpec()))
    assert [(each.name, each.shape, each.layer) for each in layout.tensors] == [
        ("layer1.weight", (6, 3, 5, 5), 1),
        ("layer3.weight", (8, 6, 3, 3), 3),
        ("output.weight", (5, 4), 5),
        ("layer1.bias", (6,), 1),
        ("layer3.gamma", (8,), 3),
        ("layer3.beta", (8,), 3),
        ("output.bias", (5,), 5),
    ]
    assert [each.shape for each in layout.buffers] == [(8,), (8,)]
    assert (layout.input_shape, layout.layer_units) == ((3, 8, 6), (6, 6, 4, 4, 5))
    assert layout.weight_count == 6 * 75 + 8 * 54 + 20
    assert json.loads(json.dumps(layout.as_dict()))["stages"][2] == {
        **asdict(stages(network(conv(6, 5), PoolSpec(), gate))[2]), "input_shape": [6, 4, 3], "shape": [4, 4, 3]
    }  # fmt: skip


def test_groups_are_of_channels() -> None:
    group = Choice("group_norm", {"groups": 3})
    assert groups_of(conv(6, normalization=group)) == (3, 6)
    assert groups_of(PoolSpec()) == (1, 0)
    with pytest.raises(ValueError, match=r"groups is 3, but must divide the 4 units of layer2: 1, 2, 4"):
        make_layout(network(PoolSpec(), conv(4, normalization=group)))
