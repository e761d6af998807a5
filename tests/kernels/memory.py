"""What a training holds in memory, against what its numbers take when they are counted by hand."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

from kernels.activations import ACTIVATIONS
from kernels.network import ConvSpec, NetworkSpec, WeightedSpec
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.shapes import Stage, stages
from kernels.trainer import Trainer

#: How many times as much as by hand a training of a network on images may hold.
MEMORY_LIMIT = 1.3
_FLOAT = 4


def allocated(make: Callable[[], Trainer]) -> int:
    """Bytes that a training holds after its first steps, as Python's allocator counts them: all that `make` leaves."""
    # Once before, so that what is compiled or cached for all trainings does not count.
    make().train(3)
    tracemalloc.start()
    try:
        trainer = make()
        trainer.train(3)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def _activations(network: NetworkSpec, stage: Stage, number: int) -> int:
    """The numbers that a layer puts somewhere for one sample: sums, normalized, activated, and after dropout."""
    out = math.prod(stage.shape)
    layer = network.layers[number] if number < len(network.layers) else None
    if not isinstance(layer, WeightedSpec):
        return out
    count = sums = stage.pieces * out
    normalization = NORMALIZATIONS[layer.normalization.id]
    if normalization.forward is not None:
        count += out if normalization.after(normalization.values(layer.normalization.params)) else sums
    if ACTIVATIONS[layer.activation.id].forward is not None:
        count += out
    if layer.dropout or (isinstance(layer, ConvSpec) and layer.channel_dropout):
        count += out
    return count


def by_hand(trainer: Trainer, network: NetworkSpec, samples: int) -> int:
    """Bytes of parameters, slots, activations and data, for so many samples to train and to test on together.

    Every parameter has its gradient and its last update, and the optimizer's slots. For each sample of a batch there is
    what comes in, what each layer makes of it, and the gradient of one layer at a time. A sample of the data is its
    inputs and its target.
    """
    parameters = trainer.layout.parameter_count * (3 + len(OPTIMIZERS[trainer.optimizer.id].slots))
    layers = stages(network)
    activations = network.inputs + sum(_activations(network, stage, i) for i, stage in enumerate(layers))
    gradient = max(math.prod(stage.shape) for stage in layers)
    batch = trainer.batch_size * (activations + gradient)
    return _FLOAT * (parameters + batch + samples * (network.inputs + 1))
