"""The trainer's gradients and its training on images against the reference network, sample for sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kernels.activations import ACTIVATIONS
from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, LayerSpec, NetworkSpec, PoolSpec
from kernels.normalizations import NORMALIZATIONS
from tests.kernels.comparison import compare_steps
from tests.kernels.support import NONE, OUTPUTS, TANH, XAVIER, choices, describe, every_placed

#: A second batch of two is partial.
SAMPLES, BATCH_SIZE = 7, 5
CONV = ConvSpec(4, 3, TANH, XAVIER)
DENSE = DenseSpec(5, TANH, XAVIER)
DROPOUTS = ["dropout", "channel_dropout", "dropconnect", "input_dropout"]


def check(
    layers: tuple[LayerSpec, ...],
    shape: tuple[int, ...] = (2, 5, 4),
    *,
    task: str = "multiclass",
    loss: str = "softmax_cross_entropy",
    batch_size: int = BATCH_SIZE,
    input_dropout: float = 0.0,
    **kinds: Any,
) -> None:
    """Compare two steps of a network."""
    spec = NetworkSpec(shape, layers, OUTPUTS.get(task, 1), XAVIER, input_dropout=input_dropout)
    compare_steps(spec, task, loss, samples=SAMPLES, batch_size=batch_size, steps=2, **kinds)


@pytest.mark.parametrize("normalization", every_placed(NORMALIZATIONS), ids=describe)
@pytest.mark.parametrize("activation", list(ACTIVATIONS.variants))
def test_every_activation_with_every_normalization(activation: str, normalization: Choice) -> None:
    first = ConvSpec(2, 3, Choice(activation), XAVIER, normalization=normalization)
    check((first, PoolSpec("mean", 2, 2), replace(first, kernel=2)))


@pytest.mark.parametrize(
    "choice", [each for variant in ACTIVATIONS for each in choices(variant) if each.params], ids=describe
)
def test_activations_with_other_parameters(choice: Choice) -> None:
    check((replace(CONV, activation=choice), DENSE))


@pytest.mark.parametrize(
    "choice", [each for variant in NORMALIZATIONS for each in choices(variant) if each.params], ids=describe
)
def test_normalizations_with_other_parameters(choice: Choice) -> None:
    check((replace(CONV, normalization=choice), PoolSpec("max", 2, 1)))


@pytest.mark.parametrize("padding", ["same", "valid", 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 7])
def test_kernels_strides_and_paddings(kernel: int, stride: int, padding: Any) -> None:
    if isinstance(padding, int) and padding >= kernel:
        padding = kernel - 1
    layer = ConvSpec(3, kernel, TANH, XAVIER, stride=stride, padding=padding)
    check((layer,), (2, 8, 7), batch_size=3)
    if padding == "same":
        check((CONV, layer, ConvSpec(2, 2, TANH, XAVIER)), (1, 5, 6), batch_size=1)


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 8, 9])
@pytest.mark.parametrize("filters", [1, 3, 8, 13])
def test_channels_and_filters(channels: int, filters: int) -> None:
    check((ConvSpec(filters, 3, TANH, XAVIER), ConvSpec(3, 3, TANH, XAVIER)), (channels, 4, 5), batch_size=3)


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (2, 1), (3, 1), (3, 2), (2, 3), (4, 4)])
def test_pools(size: int, stride: int, pooling: Any) -> None:
    check((CONV, PoolSpec(pooling, size, stride)), (1, 7, 6))
    check((PoolSpec(pooling, size, stride), CONV, DENSE), (2, 6, 7), batch_size=1)
    check((CONV, PoolSpec(pooling, size, stride), ConvSpec(3, 2, TANH, XAVIER), GlobalPoolSpec()), (1, 9, 8))


STRUCTURES: dict[str, tuple[LayerSpec, ...]] = {
    "no layer": (),
    "dense alone": (DENSE,),
    "pool alone": (PoolSpec("max", 2, 2),),
    "global pool alone": (GlobalPoolSpec(),),
    "global pool and dense": (CONV, GlobalPoolSpec(), DENSE),
    "two pools on end": (CONV, PoolSpec("max", 2, 1), PoolSpec("mean", 2, 1)),
    "skip of one": (ConvSpec(2, 3, TANH, XAVIER, skip=1), ConvSpec(2, 3, TANH, XAVIER, skip=1)),
    "skip of two": (CONV, CONV, replace(CONV, skip=2), GlobalPoolSpec()),
    "skips that cross": (CONV, replace(CONV, skip=1), replace(CONV, skip=2), replace(CONV, skip=3)),
    "skip with batch norm": (CONV, replace(CONV, normalization=Choice("batch_norm"), skip=1), DENSE),
    "skip with a norm behind": (CONV, replace(CONV, normalization=Choice("layer_norm", {"position": 1}), skip=1), CONV),
    "skip with weight norm": (CONV, replace(CONV, normalization=Choice("weight_norm"), skip=1)),
    "skip of an unbounded sum": (CONV, replace(CONV, activation=Choice("linear"), skip=1), replace(CONV, skip=2)),
    "skip over a pool": (CONV, PoolSpec("max", 3, 1), ConvSpec(4, 3, TANH, XAVIER, padding=2, skip=2), DENSE),
    "skip from the input": (CONV, ConvSpec(2, 3, TANH, XAVIER, skip=2)),
    "skip of dense": (DENSE, replace(DENSE, skip=1), replace(DENSE, activation=Choice("prelu"), skip=2)),
}


@pytest.mark.parametrize("batch_size", [1, 5])
@pytest.mark.parametrize("name", list(STRUCTURES))
def test_structures(name: str, batch_size: int) -> None:
    check(STRUCTURES[name], batch_size=batch_size)


@pytest.mark.parametrize("what", DROPOUTS)
@pytest.mark.parametrize("normalization", [NONE, Choice("batch_norm"), Choice("weight_norm")], ids=describe)
def test_dropout(what: str, normalization: Choice) -> None:
    rates: dict[str, Any] = {each: 0.3 if each == what else 0.0 for each in DROPOUTS}
    inputs = rates.pop("input_dropout")
    layer = ConvSpec(4, 3, TANH, XAVIER, normalization=normalization, **rates)
    check((layer, PoolSpec("max", 2, 2), layer), input_dropout=inputs)


@pytest.mark.parametrize("activation", ["relu", "prelu", "maxout"])
@pytest.mark.parametrize("normalization", [Choice("weight_norm"), Choice("group_norm", {"position": 1})], ids=describe)
def test_all_dropout_at_once_and_skips(normalization: Choice, activation: str) -> None:
    dropped = ConvSpec(
        4, 3, Choice(activation), XAVIER, normalization=normalization, dropout=0.2, channel_dropout=0.3, dropconnect=0.2
    )
    # What a skip connection brings has gone through the dropout of the layer that it comes from.
    passed = replace(dropped, activation=Choice("relu"), skip=1)
    dense = DenseSpec(6, Choice(activation), XAVIER, dropout=0.3, dropconnect=0.2)
    check((dropped, passed, dropped, GlobalPoolSpec(), dense), input_dropout=0.2)


@pytest.mark.parametrize("loss", [("binary", "mse"), ("multilabel", "multilabel_cross_entropy")])
def test_other_tasks_and_penalties(loss: tuple[str, str]) -> None:
    penalties = (Choice("l2"), Choice("l1"))
    check((CONV, PoolSpec("max", 2, 2), DENSE), task=loss[0], loss=loss[1], regularizers=penalties)


#: What few people ask for: the shape of the images, the hidden layers, the batch size.
CORNERS: dict[str, tuple[tuple[int, ...], tuple[LayerSpec, ...], int]] = {
    "64 filters of 7x7 by 3": ((3, 11, 8), (ConvSpec(64, 7, TANH, XAVIER, stride=3, padding=3),), 3),
    "filters of 1x1": ((5, 3, 4), (ConvSpec(8, 1, TANH, XAVIER), ConvSpec(7, 1, TANH, XAVIER, stride=2)), 5),
    "32 layers of 3x3": ((1, 3, 4), tuple(ConvSpec(2, 3, TANH, Choice("orthogonal")) for _ in range(32)), 5),
    "one pixel": ((3, 1, 1), (CONV, ConvSpec(2, 7, TANH, XAVIER, stride=3)), 5),
    "one row": ((1, 1, 9), (ConvSpec(3, 5, TANH, XAVIER, stride=2), CONV), 5),
    "one column": ((1, 9, 1), (ConvSpec(3, 5, TANH, XAVIER, stride=2), CONV), 1),
    "a window as large as the image": ((2, 5, 5), (ConvSpec(3, 5, TANH, XAVIER, padding="valid"), DENSE), 5),
    "pixels that no window reaches": ((1, 6, 6), (ConvSpec(3, 2, TANH, XAVIER, stride=3, padding="valid"), CONV), 5),
}


@pytest.mark.parametrize("name", list(CORNERS))
def test_corners(name: str) -> None:
    shape, layers, batch_size = CORNERS[name]
    check(layers, shape, batch_size=batch_size)


def test_more_samples_than_lanes() -> None:
    spec = NetworkSpec((1, 6, 6), (CONV, PoolSpec("max", 2, 2), CONV), 3, XAVIER)
    compare_steps(spec, "multiclass", "softmax_cross_entropy", samples=45, batch_size=32, steps=2)
