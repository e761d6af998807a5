"""What a training on images holds: little more than its parameters, slots, activations and data."""

from __future__ import annotations

import numpy as np
import pytest

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
from kernels.trainer import Trainer
from tests.kernels.memory import MEMORY_LIMIT, allocated, by_hand
from tests.kernels.support import CONSTANT, XAVIER

RELU, BATCH_NORM = Choice("relu"), Choice("batch_norm")
POOL = PoolSpec("max", 2, 2)
SAMPLES, TESTED = 1400, 300
#: The shape of the images, the hidden layers and the batch size.
NETWORKS: dict[str, tuple[tuple[int, int, int], tuple[LayerSpec, ...], int]] = {
    "default": ((1, 8, 8), (ConvSpec(8, 3, RELU, XAVIER), POOL, ConvSpec(16, 3, RELU, XAVIER), POOL), 32),
    "large": ((1, 28, 28), (ConvSpec(16, 3, RELU, XAVIER), POOL, ConvSpec(32, 3, RELU, XAVIER), POOL), 64),
    "normalized and dropped": (
        (3, 16, 16),
        (ConvSpec(16, 3, RELU, XAVIER, normalization=BATCH_NORM, channel_dropout=0.2), POOL, GlobalPoolSpec()),
        32,
    ),
    "residual": (
        (1, 16, 16),
        (
            ConvSpec(8, 3, RELU, XAVIER),
            *(ConvSpec(8, 3, RELU, XAVIER, normalization=BATCH_NORM, skip=1) for _ in range(6)),
            DenseSpec(64, RELU, XAVIER),
        ),
        32,
    ),
}


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_training_holds_little_more_than_by_hand(name: str) -> None:
    shape, layers, batch_size = NETWORKS[name]
    network = NetworkSpec(shape, layers, 10, XAVIER)
    training = TrainingSpec(Choice("softmax_cross_entropy"), Choice("adam"), CONSTANT, (), batch_size)

    def make() -> Trainer:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((SAMPLES, network.inputs)).astype(np.float32)
        y = rng.integers(0, 10, SAMPLES).astype(np.float32)
        return Trainer(network, training, TrainingData(x, y, x[:TESTED], y[:TESTED]), seed=1)

    found = allocated(make)
    counted = by_hand(make(), network, SAMPLES + TESTED)
    assert counted / 2 < found <= MEMORY_LIMIT * counted
