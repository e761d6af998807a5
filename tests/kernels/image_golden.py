"""What the kernels compute on images in inference mode, for the page's own forward pass to be compared with.

    python -m tests.kernels.image_golden     writes web/src/generated/images.golden.json

Cases for every kind of layer: windows of all sorts on even and odd sizes, one and several channels, every normalization
on both sides of the activation, gates, a slope a channel, and skip connections. Each is a small network after a few
training steps, so that running statistics and all that is learned have moved, with its output for some test images.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from kernels.trainer import Trainer
from tests.kernels.forward_golden import explicit, numbers
from tests.kernels.support import every_placed

PATH = Path(__file__).parents[2] / "web" / "src" / "generated" / "images.golden.json"
TANH, HE, NONE = Choice("tanh"), Choice("he_normal"), Choice("none")
TRAINED, TESTED, STEPS = 24, 3, 4
#: Far from all outputs, so that a squared error tells an output's sign too.
TARGET = -8.0


def _conv(filters: int, kernel: int, activation: Choice = TANH, **more: Any) -> ConvSpec:
    return ConvSpec(filters, kernel, activation, HE, **more)


def architectures() -> list[tuple[tuple[int, int, int], tuple[LayerSpec, ...]]]:
    """Shapes of images, and the hidden layers that are put on them."""
    plain, batch_norm = _conv(4, 3), Choice("batch_norm")
    windows: list[tuple[LayerSpec, ...]] = [
        (_conv(4, kernel, stride=stride, padding=padding),)
        for kernel, stride, padding in (
            (1, 1, "same"),
            (2, 1, "same"),
            (3, 2, "same"),
            (4, 3, "same"),
            (7, 1, "same"),
            (3, 1, "valid"),
            (5, 2, 1),
            (5, 1, 4),
        )
    ]
    pools: list[tuple[LayerSpec, ...]] = [
        (plain, PoolSpec("max", 2, 2), _conv(3, 2), PoolSpec("mean", 2, 1)),
        (plain, PoolSpec("max", 3, 2), DenseSpec(6, TANH, HE)),
        (plain, PoolSpec("mean", 3, 3), GlobalPoolSpec(), DenseSpec(5, TANH, HE, skip=0)),
        (PoolSpec("max", 2, 1), plain, GlobalPoolSpec()),
    ]
    skips: list[tuple[LayerSpec, ...]] = [
        (plain, _conv(4, 3, skip=1), PoolSpec(), DenseSpec(6, TANH, HE), DenseSpec(6, TANH, HE, skip=1)),
        (plain, plain, _conv(4, 3, normalization=batch_norm, skip=2), _conv(4, 1, Choice("leaky_relu"), skip=3)),
    ]
    activations: list[tuple[LayerSpec, ...]] = [
        (_conv(4, 3, activation, normalization=normalization), PoolSpec())
        for activation in (
            Choice("simple_gate"),
            Choice("maxout", {"pieces": 3}),
            Choice("prelu", {"sharing": 0}),
            Choice("prelu", {"sharing": 1}),
        )
        for normalization in (NONE, Choice("layer_norm"))
    ]
    normalizations: list[tuple[LayerSpec, ...]] = [
        (_conv(4, 3, normalization=normalization), DenseSpec(6, TANH, HE))
        for normalization in every_placed(NORMALIZATIONS)
    ]
    odd: list[tuple[LayerSpec, ...]] = [*windows, *pools, *skips]
    return [
        *(((1, 8, 8), layers) for layers in windows),
        *(((3, 7, 9), layers) for layers in odd),
        *(((2, 6, 6), layers) for layers in [*activations, *normalizations]),
    ]


def _case(shape: tuple[int, int, int], layers: tuple[LayerSpec, ...], seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    network = NetworkSpec(shape, layers, 1, Choice("xavier_uniform"))
    x = random.normal(size=(TRAINED + TESTED, network.inputs)).astype(np.float32)
    y = np.sin(3 * x.mean(axis=1)).astype(np.float32)
    trainers = [_trained(network, x[:TRAINED], y[:TRAINED], x[one : one + 1], seed) for one in range(TRAINED, len(x))]
    column = next(i for i, each in enumerate(trainers[0].layout.columns) if each.name == "test_loss")
    return {
        "layers": [_layer(layer) for layer in layers],
        "layout": trainers[0].layout.as_dict(),
        "params": numbers(trainers[0].parameters),
        "running": numbers(trainers[0].running),
        "inputs": numbers(x[TRAINED:]),
        "outputs": [float(np.sqrt(float(trainer.stats[column]))) + TARGET for trainer in trainers],
    }


def _trained(
    network: NetworkSpec, x: NDArray[np.float32], y: NDArray[np.float32], image: NDArray[np.float32], seed: int
) -> Trainer:
    """The same training for every test image, whose output is then the only one in the test loss."""
    training = TrainingSpec(Choice("mse"), Choice("sgd", {"learning_rate": 0.004}), Choice("constant"), (), 8)
    trainer = Trainer(network, training, TrainingData(x, y, image, np.full(1, TARGET, np.float32)), seed)
    trainer.train(STEPS)
    return trainer


def _layer(layer: LayerSpec) -> dict[str, Any]:
    """What the page's forward pass takes of a layer's configuration."""
    if isinstance(layer, PoolSpec | GlobalPoolSpec):
        return {"kind": "pool"}
    return {
        "activation": explicit("activations", layer.activation),
        "normalization": explicit("normalizations", layer.normalization),
    }


def cases() -> list[dict[str, Any]]:
    """All cases, made anew."""
    return [_case(shape, layers, seed) for seed, (shape, layers) in enumerate(architectures())]


if __name__ == "__main__":
    PATH.write_text(json.dumps(cases()) + "\n", encoding="utf-8")
