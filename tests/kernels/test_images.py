"""Networks on images as a whole: their gradients by central differences, same bits, one compilation, divergence."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numba.core.runtime import _nrt_python, rtsys
from numpy.typing import NDArray

from kernels.activations import ACTIVATIONS
from kernels.network import (
    Choice,
    ConvSpec,
    DenseSpec,
    GlobalPoolSpec,
    LayerSpec,
    NetworkSpec,
    PoolSpec,
    TrainingData,
    TrainingSpec,
)
from kernels.normalizations import NORMALIZATIONS
from kernels.train import train_chunk
from kernels.trainer import Divergence, Trainer
from tests.kernels.reference import Array, slope
from tests.kernels.support import CONSTANT, XAVIER, last_batch, same_bits

TANH, RELU, LINEAR = Choice("tanh"), Choice("relu"), Choice("linear")
SHAPE, CLASSES = (2, 7, 6), 3


def conv(filters: int, kernel: int = 3, activation: Choice = TANH, **more: Any) -> ConvSpec:
    return ConvSpec(filters, kernel, activation, XAVIER, **more)


def dense(units: int, activation: Choice = TANH, **more: Any) -> DenseSpec:
    return DenseSpec(units, activation, XAVIER, **more)


def network(*layers: LayerSpec, **more: Any) -> NetworkSpec:
    return NetworkSpec(SHAPE, layers, CLASSES, XAVIER, **more)


def images(samples: int) -> TrainingData:
    rng = np.random.default_rng(samples)
    x = rng.standard_normal((samples, int(np.prod(SHAPE)))).astype(np.float32)
    y = rng.integers(0, CLASSES, samples).astype(np.float32)
    return TrainingData(x, y, x[:5], y[:5])


def train(spec: NetworkSpec, samples: int = 40, batch_size: int = 13, **more: Any) -> Trainer:
    training = TrainingSpec(
        Choice("softmax_cross_entropy"), more.pop("optimizer", Choice("sgd", {"learning_rate": 0.05})), CONSTANT, (),
        batch_size, **more,
    )  # fmt: skip
    return Trainer(spec, training, images(samples), seed=7)


def flat_of(trainer: Trainer) -> dict[str, slice]:
    return {each.name: slice(each.offset, each.offset + each.size) for each in trainer.layout.tensors}


def logits(trainer: Trainer, spec: NetworkSpec, parameters: Array, x: Array) -> Array:
    """The forward pass in float64, one window after the other. x: [samples, channels, height, width]."""
    places, outputs = flat_of(trainer), [x]
    for stage, layer in zip(trainer.layout.stages, (*spec.layers, None), strict=True):
        before = outputs[-1]
        if stage.pieces == 0:
            size = stage.kernel or before.shape[2:]
            height, width = size if isinstance(size, tuple) else (size, size)
            reduce = np.max if stage.pooling == "max" else np.mean
            pooled = np.zeros((len(x), *stage.shape))
            for y, x_out in np.ndindex(*(stage.shape[1:] or (1, 1))):
                top, left = y * stage.stride, x_out * stage.stride
                value = reduce(before[:, :, top : top + height, left : left + width], axis=(2, 3))
                pooled[(..., y, x_out) if stage.shape[1:] else ...] = value
            outputs.append(pooled)
            continue
        w = parameters[places[f"{stage.name}.weight"]].reshape(trainer.layout.tensor(f"{stage.name}.weight").shape)
        b = parameters[places[f"{stage.name}.bias"]]
        if stage.kind == "dense":
            z = before.reshape(len(x), -1) @ w.T + b
        else:
            wide = np.zeros((len(x), before.shape[1], before.shape[2] + 12, before.shape[3] + 12))
            rows, columns = (slice(stage.padding, stage.padding + side) for side in before.shape[2:])
            wide[:, :, rows, columns] = before
            z = np.zeros((len(x), *stage.shape))
            for y, x_out in np.ndindex(*stage.shape[1:]):
                top, left = y * stage.stride, x_out * stage.stride
                seen = wide[:, :, top : top + stage.kernel, left : left + stage.kernel]
                z[:, :, y, x_out] = np.tensordot(seen, w, ([1, 2, 3], [1, 2, 3])) + b
        if stage.skip:
            z = z + outputs[-stage.skip]
        outputs.append(np.tanh(z) if isinstance(layer, ConvSpec | DenseSpec) and layer.activation == TANH else z)
    return outputs[-1]


def cross_entropy(z: Array, y: NDArray[np.int64]) -> float:
    shifted = z - z.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))


ARCHITECTURES: dict[str, tuple[LayerSpec, ...]] = {
    "all kinds": (conv(3), PoolSpec("max"), conv(4, 2, stride=1), GlobalPoolSpec(), dense(5)),
    "strides": (conv(4, 3, stride=2, padding=2), PoolSpec("mean", 2, 1), conv(2, 2, padding="valid")),
    "skip over one": (conv(2, skip=1), conv(2, 5, skip=1)),
    "skips that begin together": (conv(3), conv(3, skip=1), conv(3, skip=2), conv(3, activation=LINEAR, skip=3)),
    "a skip from the inputs": (conv(4, 1), conv(2, 3, skip=2), PoolSpec("max", 3, 1)),
    "a skip between dense layers": (GlobalPoolSpec(), dense(6), dense(6), dense(6, skip=2), dense(6, skip=3)),
    "overlapping pools": (PoolSpec("max", 3, 1), conv(5, 3), PoolSpec("mean", 3, 2)),
    "a pool first, then flattened": (PoolSpec("mean", 2, 3), dense(4)),
    "a skip around a pool's own size": (conv(2, 2, padding=1), PoolSpec("max", 2, 1), conv(2, 1, skip=1)),
}  # fmt: skip


@pytest.mark.parametrize("batch_size", [1, 13])
@pytest.mark.parametrize("layers", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_gradients_by_central_differences(layers: tuple[LayerSpec, ...], batch_size: int) -> None:
    spec = network(*layers)
    trainer = train(spec, batch_size=batch_size)
    trainer.parameters[:] += np.random.default_rng(1).normal(0, 0.1, trainer.parameters.size).astype(np.float32)
    start = trainer.parameters.astype(np.float64)
    data = images(40)
    trainer.train(1)
    batch = last_batch(trainer, batch_size)
    x = data.x_train[batch].astype(np.float64).reshape(-1, *SHAPE)
    y = data.y_train[batch].astype(np.int64)
    assert trainer.stats[0] == pytest.approx(cross_entropy(logits(trainer, spec, start, x), y), rel=1e-5)
    truth = slope(lambda at: cross_entropy(logits(trainer, spec, at, x), y), start, 1e-5)
    for name, place in flat_of(trainer).items():
        np.testing.assert_allclose(trainer.gradients[place], truth[place], rtol=1e-3, atol=2e-6, err_msg=name)


#: All that a layer for images can do at once.
RICH = (
    conv(4, normalization=Choice("batch_norm"), dropout=0.2, channel_dropout=0.3),
    conv(4, 3, RELU, skip=1, dropconnect=0.2, normalization=Choice("weight_norm")),
    PoolSpec("max"),
    conv(6, 2, Choice("maxout", {"pieces": 2}), normalization=Choice("instance_norm", {"position": 1})),
    conv(6, 3, Choice("prelu"), skip=1, normalization=Choice("group_norm", {"groups": 3})),
    GlobalPoolSpec(),
    dense(6, skip=0, dropout=0.3),
)


@pytest.mark.parametrize("optimizer", ["adam", "sam"])
def test_the_same_bits_whatever_the_slicing(optimizer: str) -> None:
    spec = network(*RICH, input_dropout=0.1)
    whole = train(spec, optimizer=Choice(optimizer, {"learning_rate": 0.003}))
    whole.train(90)
    for length in (1, 7, 40):
        cut = train(spec, optimizer=Choice(optimizer, {"learning_rate": 0.003}))
        while cut.step < 90:
            cut.train(min(length, 90 - cut.step), observe=length == 1)
            cut.observe()
        for name in ("parameters", "running", "gradients"):
            assert same_bits(getattr(cut, name), getattr(whole, name)), (length, name)
    assert whole.diverged is None
    assert np.isfinite(whole.stats).all()


def _without_dropout(layer: LayerSpec) -> LayerSpec:
    if isinstance(layer, ConvSpec):
        return dataclasses.replace(layer, dropout=0.0, channel_dropout=0.0)
    return dataclasses.replace(layer, dropout=0.0) if isinstance(layer, DenseSpec) else layer


def test_dropout_takes_memory_only_while_it_is_on() -> None:
    spec = network(*RICH, input_dropout=0.1)
    quiet = tuple(_without_dropout(layer) for layer in spec.layers)
    off = dataclasses.replace(spec, layers=quiet)
    switched, steady = train(off), train(spec)
    assert switched.arena_size < steady.arena_size
    for rates in (spec, off, spec):
        switched.set_dropout(rates)
    assert switched.arena_size == steady.arena_size
    switched.train(20)
    steady.train(20)
    assert same_bits(switched.parameters, steady.parameters)


@pytest.mark.parametrize("normalization", list(NORMALIZATIONS.variants))
def test_every_normalization_learns_on_images_with_every_kind_of_activation(normalization: str) -> None:
    for activation in ("relu", "prelu", "maxout"):
        layers = (conv(4, 3, Choice(activation), normalization=Choice(normalization)), PoolSpec(), conv(8, 3, RELU))
        trainer = train(network(*layers), optimizer=Choice("adam", {"learning_rate": 0.01}))
        trainer.observe()
        before = float(trainer.stats[3])
        trainer.train(300)
        assert trainer.diverged is None
        assert float(trainer.stats[3]) < 0.5 * before, (normalization, activation)


def test_the_training_loop_is_not_compiled_again_for_images() -> None:
    for layers in ARCHITECTURES.values():
        train(network(*layers)).train(2)
    for name in ACTIVATIONS.variants:
        train(network(conv(4, 3, Choice(name)), PoolSpec())).train(2, observe=False)
    train(network(*RICH)).train(2)
    assert len(train_chunk.signatures) == 1


def test_nothing_is_allocated_while_training_on_images() -> None:
    trainer = train(network(*RICH, input_dropout=0.1), optimizer=Choice("adam"))
    trainer.train(5)
    _nrt_python.memsys_enable_stats()
    counts = []
    for steps in (1, 50):
        before = rtsys.get_allocation_stats()
        trainer.train(steps)
        after = rtsys.get_allocation_stats()
        counts.append((after.alloc - before.alloc, after.mi_alloc - before.mi_alloc))
        assert after.alloc - after.free == before.alloc - before.free
    assert counts[0] == counts[1], "what is allocated does not depend on the number of steps"


@pytest.mark.parametrize("pool", [PoolSpec("max"), PoolSpec("mean"), PoolSpec("max", 3, 1), GlobalPoolSpec()])
def test_divergence_inside_a_convolution_is_named(pool: LayerSpec) -> None:
    trainer = train(network(conv(4, activation=RELU), conv(4, activation=RELU), pool))
    trainer.train(3)
    trainer.set_parameter("layer2.weight", 40, 3e38)
    trainer.set_parameter("layer2.weight", 41, -3e38)
    trainer.set_parameter("layer2.weight", 42, 3e38)
    trainer.train(10)
    assert trainer.diverged is not None
    assert trainer.diverged == Divergence(trainer.step, "layer2.activation")


def test_a_step_counts_the_operations_of_its_convolutions() -> None:
    trainer = train(network(conv(4), PoolSpec()), batch_size=10)
    assert trainer.layout.operations == 4 * 2 * 9 * 42 + 4 * 9 * 4 + 36 * 3
    assert trainer.step_flops == 6.0 * trainer.layout.operations * 10
