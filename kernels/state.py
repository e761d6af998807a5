"""What the training loop works on: arrays in named tuples, and names for their integers."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Clock(IntEnum):
    """Where a run is: the integers of its state."""

    STEP = 0
    EPOCH = 1  # finished epochs
    POSITION = 2  # samples of the present epoch that have been seen
    OPTIMIZER_STEP = 3  # steps since the optimizer's slots were fresh
    NEXT_RECORD = 4  # the step after which the next record is written
    RECORDS = 5  # records written by this call
    DRAWN = 6  # how the present epoch's order was drawn, -1: not yet
    CULPRIT = 7  # what was not finite: NOTHING, LOSS, a tensor's index, or -2 - a layer's index for its activations
    NEXT_EVALUATION = 8  # the step from which on the next record evaluates whole sets


class Plan(NamedTuple):
    """What stays as long as the network and its data do."""

    fields: NDArray[np.int64]  # [layers, FIELDS]
    params: NDArray[np.float32]  # [layers, 2, MAX_PARAMS]
    saturation: NDArray[np.float32]  # [layers, 2]
    tensors: NDArray[np.int64]  # [tensors, 2], offset and size
    x_train: NDArray[np.float32]  # [samples, inputs]
    y_train: NDArray[np.float32]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.float32]
    natural_order: NDArray[np.int64]  # 0, 1, 2 …
    sorted_order: NDArray[np.int64]  # of the training samples, by target
    integers: NDArray[np.int64]  # [len(PlanInteger)]


class PlanInteger(IntEnum):
    """The integers of a plan."""

    WEIGHTS = 0  # the prefix of the parameters on which penalties act
    TASK = 1
    EVALUATED_TRAIN = 2  # how many samples the losses of whole sets look at
    EVALUATED_TEST = 3
    EVALUATED_WHEN_OBSERVED = 4  # 1: also in an observation between records
    RECORD_INTERVAL = 5  # powers of two: steps from one record to the next at first
    SEED = 6
    FORWARD = 7  # addresses of the passes
    BACKWARD = 8
    EVALUATION_INTERVAL = 9  # and from one evaluation of whole sets to the next


class Live(NamedTuple):
    """What a person may change between two calls."""

    optimizer: NDArray[np.float32]  # the parameters, the learning rate first, and as many to compute with
    schedule: NDArray[np.float32]
    cycle: NDArray[np.float32]  # the schedule's parameters with its lowest points at 0
    momentum: NDArray[np.float32]  # parameters of its schedule, the target, and room for where the cycle stands
    batch: NDArray[np.float32]  # parameters of the batch size's schedule, and the size that is set
    share: NDArray[np.float32]  # parameters of the averaging, and the step from which it is on
    loss: NDArray[np.float32]
    passes: NDArray[np.float32]  # [count, MAX_PARAMS], over the gradient: penalties, then clipping
    extents: NDArray[np.int64]  # [count], how many parameters each pass looks at
    addresses: NDArray[np.int64]  # [LiveAddress.PASSES + count]; 0: nothing of the kind
    dropout: NDArray[np.float32]  # [1 + 3 layers]: of the inputs, then of each layer's units, weights and channels
    integers: NDArray[np.int64]  # [len(LiveInteger)]
    ascent: NDArray[np.float32]  # [1], how far to climb before the gradient that counts is taken; 0: not at all
    augmentation: NDArray[np.float32]  # [4]: shift in pixels, rotation in radians, flip, noise


class LiveInteger(IntEnum):
    """The integers that a person may change."""

    BATCH_SIZE = 0
    SAMPLING = 1
    WARMUP = 2
    MOMENTUM = 3  # which of the optimizer's parameters a momentum schedule sets
    LARGEST_BATCH = 4
    CUT = 5  # 1: a call ends with the epoch
    AUGMENTED = 6  # 1: batches are of changed copies, of images of so many channels, rows and columns
    CHANNELS = 7
    HEIGHT = 8
    WIDTH = 9


class LiveAddress(IntEnum):
    """The kernels that a person may change."""

    OPTIMIZER = 0
    LOSS = 1
    SCHEDULE = 2
    MOMENTUM = 3
    BATCH = 4
    SHARE = 5
    PASSES = 6


class Walk(IntEnum):
    """What a pass through the layers works on: addresses, see `kernels.passes`, the number of layers, and the seed."""

    TABLE = 0
    FLOATS = 1
    DROPOUT = 2
    LAYERS = 3
    PARAMETERS = 4
    GRADIENTS = 5
    RUNNING = 6
    ARENA = 7
    EFFECTIVE = 8
    SEED = 9


class Memory(NamedTuple):
    """What training changes."""

    parameters: NDArray[np.float32]
    gradients: NDArray[np.float32]
    updates: NDArray[np.float32]
    slots: NDArray[np.float32]  # [slots, parameters] and scalars, flat
    ascended: NDArray[np.float32]  # [parameters], or [0] where the optimizer does not climb
    running: NDArray[np.float32]
    averaged: NDArray[np.float32]  # [parameters + running statistics], or [0] where nothing is averaged
    arena: NDArray[np.float32]
    walk: NDArray[np.int64]  # [len(Walk)], filled before every pass
    effective: NDArray[np.float32]  # [weights] in use where they are not those that are trained, or [0]
    targets: NDArray[np.float32]  # of the batch
    scratch: NDArray[np.float32]  # [2, batch], for the loss
    order: NDArray[np.int64]  # of the training samples in this epoch
    clock: NDArray[np.int64]
    losses: NDArray[np.float64]  # [6]: sum, count, min, max since the last record; sum, count since the epoch began
    random: NDArray[np.uint64]
    stats: NDArray[np.float32]  # [columns], the latest observation
    record_steps: NDArray[np.float64]  # [capacity]
    record_values: NDArray[np.float32]  # [capacity, columns]
