"""What a training holds in memory, against what its numbers take when they are counted by hand."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

from kernels.optimizers import OPTIMIZERS
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


def by_hand(trainer: Trainer, samples: tuple[int, int]) -> int:
    """Bytes of parameters, slots, activations and data, for so many samples to train and to test on.

    Every parameter has its gradient and its last update, and the optimizer's slots. For each sample of a batch there is
    what comes in, and of each layer the weighted sums, what leaves its activation where it has one, and the gradient of
    what leaves it. A sample of the data is its inputs, its target, and its place in the epoch's order.
    """
    layout = trainer.layout
    optimizer = OPTIMIZERS[trainer.optimizer.id]
    parameters = layout.parameter_count * (3 + len(optimizer.slots))
    inputs = math.prod(layout.input_shape)
    activations = inputs
    for stage in layout.stages:
        out = math.prod(stage.shape)
        activations += 2 * out if stage.name == "output" or not stage.pieces else 3 * out
    return _FLOAT * (parameters + trainer.batch_size * activations + sum(samples) * (inputs + 2))
