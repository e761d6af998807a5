"""The passes by themselves: layer by layer they do what they do in one go, to the bit, whoever calls them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, LayerSpec, NetworkSpec, PoolSpec, TrainingSpec
from kernels.passes import backward, forward
from kernels.state import Walk
from kernels.trainer import Trainer
from tests.kernels.support import CONSTANT, SGD, TANH, XAVIER, call, make_data, same_bits

COUNT, STEP = 11, 3
BATCH_NORM, WEIGHT_NORM = Choice("batch_norm"), Choice("weight_norm")
DENSE = DenseSpec(5, TANH, XAVIER)

NETWORKS: dict[str, tuple[tuple[int, ...], tuple[LayerSpec, ...], dict[str, Any]]] = {
    "plain": ((2,), (DENSE, DENSE), {}),
    "dropped": ((2,), (replace(DENSE, dropout=0.3, dropconnect=0.2), DENSE), {"input_dropout": 0.4}),
    "skipped": ((2,), (DENSE, replace(DENSE, skip=1, normalization=BATCH_NORM), replace(DENSE, skip=2), DENSE), {}),
    "gated": ((2,), (replace(DENSE, activation=Choice("maxout"), normalization=WEIGHT_NORM, dropout=0.5), DENSE), {}),
    "images": (
        (2, 6, 6),
        (
            ConvSpec(4, 3, TANH, XAVIER, normalization=Choice("batch_norm", {"position": 1}), channel_dropout=0.3),
            PoolSpec(),
            ConvSpec(4, 3, Choice("relu"), XAVIER, skip=1, dropout=0.2),
            GlobalPoolSpec(),
        ),
        {},
    ),
}


class Walker:
    """Walks a network forward and back, with a trainer of its own."""

    def __init__(self, name: str) -> None:
        shape, layers, more = NETWORKS[name]
        network = NetworkSpec(shape, layers, 1, XAVIER, **more)
        data = make_data("binary", 40, inputs=network.inputs)
        training = TrainingSpec(Choice("binary_cross_entropy"), SGD, CONSTANT, (), COUNT)
        plan, live, self.memory = Trainer(network, training, data, seed=2).parts
        rng = np.random.default_rng(5)
        self.memory.arena[:] = rng.standard_normal(self.memory.arena.size).astype(np.float32)
        self.layers = len(layers) + 1
        walk = self.walk = np.zeros(len(Walk), np.int64)
        walk[Walk.LAYERS], walk[Walk.SEED] = self.layers, 2
        for place, array in (
            (Walk.TABLE, plan.fields), (Walk.FLOATS, plan.params), (Walk.DROPOUT, live.dropout),
            (Walk.PARAMETERS, self.memory.parameters), (Walk.GRADIENTS, self.memory.gradients),
            (Walk.RUNNING, self.memory.running), (Walk.ARENA, self.memory.arena),
            (Walk.EFFECTIVE, self.memory.effective),
        ):  # fmt: skip
            walk[place] = array.ctypes.data
        # Whose memory the addresses lead to.
        self.held = plan, live

    def forward(self, first: int, last: int, training: int) -> None:
        call(forward, self.walk, first, last, COUNT, training, STEP)

    def backward(self, last: int, first: int) -> None:
        call(backward, self.walk, last, first, COUNT, STEP)


@pytest.mark.parametrize("training", [0, 1, 2])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_layer_by_layer_as_in_one_go(name: str, training: int) -> None:
    whole, parts = Walker(name), Walker(name)
    begun = whole.memory.arena.copy()
    whole.forward(0, whole.layers - 1, training)
    whole.backward(whole.layers - 1, 0)
    parts.forward(0, 0, training)
    parts.forward(1, parts.layers - 1, training)
    for layer in reversed(range(parts.layers)):
        parts.backward(layer, layer)
    assert not same_bits(begun, whole.memory.arena)
    assert np.abs(whole.memory.gradients).max() > 0
    for name_of_part in ("arena", "gradients", "running", "effective"):
        assert same_bits(getattr(whole.memory, name_of_part), getattr(parts.memory, name_of_part)), name_of_part


def test_one_layer_alone_leaves_the_others() -> None:
    walker = Walker("plain")
    walker.forward(0, 2, 1)
    done = walker.memory.arena.copy()
    # The first layer's inputs move; what the last one finds below it has not.
    walker.memory.arena[:8] += 1
    walker.forward(2, 2, 1)
    assert same_bits(walker.memory.arena[8:], done[8:])
    walker.forward(0, 2, 1)
    assert not same_bits(walker.memory.arena[8:], done[8:])
