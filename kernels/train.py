"""The training loop: `train_chunk` is the only hot entry point.

It runs many steps in one call without the GIL and without allocating, and knows variants by address only, so it
compiles once for all of them. It stops at the step at which a number stops being finite.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from kernels.cache import OPTIONS
from kernels.calls import lose, optimize, pass_over_gradient, schedule
from kernels.layout import LAYER_COLUMNS, MAX_PARAMS, RUN_COLUMNS, TENSOR_COLUMNS
from kernels.passes import A_ROW, FIELDS, GRADIENT_ROW, UNITS, Z_ROW, backward, forward
from kernels.samplings import draw_epoch
from kernels.simd import Pointer, pointer, shift
from kernels.statistics import all_finite, evaluate, gather, layer_rows, norm


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


NOTHING, LOSS = -1, 1_000_000

_STEP, _EPOCH, _POSITION = int(Clock.STEP), int(Clock.EPOCH), int(Clock.POSITION)
_OPTIMIZER_STEP, _NEXT_RECORD = int(Clock.OPTIMIZER_STEP), int(Clock.NEXT_RECORD)
_RECORDS, _DRAWN, _CULPRIT = int(Clock.RECORDS), int(Clock.DRAWN), int(Clock.CULPRIT)
_LOSS, _LOSS_MIN, _LOSS_MAX, _TRAIN_LOSS, _TEST_LOSS, _TRAIN_ACCURACY, _TEST_ACCURACY, _LEARNING_RATE, _EPOCHS = range(
    len(RUN_COLUMNS)
)
_BATCH_SIZE, _SAMPLING, _WARMUP = 0, 1, 2  # as in LiveInteger
_LAYER_STATISTICS, _TENSOR_STATISTICS = len(LAYER_COLUMNS), len(TENSOR_COLUMNS)

#: While the step is below twice this many record intervals, the interval stays; then it doubles, again and again.
RECORDS_A_DOUBLING = 256


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
    LOSS = 1  # an address
    TASK = 2
    EVALUATED_TRAIN = 3  # how many samples the losses of whole sets look at
    EVALUATED_TEST = 4
    EVALUATED_WHEN_OBSERVED = 5  # 1: also in an observation between records
    RECORD_INTERVAL = 6  # a power of two
    SEED = 7


class Live(NamedTuple):
    """What a person may change between two calls."""

    optimizer: NDArray[np.float32]  # the parameters, the learning rate first, and as many to compute with
    schedule: NDArray[np.float32]
    loss: NDArray[np.float32]
    passes: NDArray[np.float32]  # [count, MAX_PARAMS], over the gradient: penalties, then clipping
    extents: NDArray[np.int64]  # [count], how many parameters each pass looks at
    addresses: NDArray[np.int64]  # optimizer, schedule (0: constant), passes…
    dropout: NDArray[np.float32]  # [1 + 2 layers]: of the inputs, then of each layer's units and weights
    integers: NDArray[np.int64]  # [len(LiveInteger)]
    ascent: NDArray[np.float32]  # [1], how far to climb before the gradient that counts is taken; 0: not at all


class LiveInteger(IntEnum):
    """The integers that a person may change."""

    BATCH_SIZE = 0
    SAMPLING = 1
    WARMUP = 2


class Memory(NamedTuple):
    """What training changes."""

    parameters: NDArray[np.float32]
    gradients: NDArray[np.float32]
    updates: NDArray[np.float32]
    slots: NDArray[np.float32]  # [slots, parameters] and scalars, flat
    ascended: NDArray[np.float32]  # [parameters], or [0] where the optimizer does not climb
    running: NDArray[np.float32]
    arena: NDArray[np.float32]
    effective: NDArray[np.float32]  # [weights] in use where they are not those that are trained, or [0]
    targets: NDArray[np.float32]  # of the batch
    scratch: NDArray[np.float32]  # [2, batch], for the loss
    order: NDArray[np.int64]  # of the training samples in this epoch
    clock: NDArray[np.int64]
    losses: NDArray[np.float64]  # [4]: sum, count, min, max since the last record
    random: NDArray[np.uint64]
    stats: NDArray[np.float32]  # [columns], the latest observation
    record_steps: NDArray[np.float64]  # [capacity]
    record_values: NDArray[np.float32]  # [capacity, columns]


@numba.njit(**OPTIONS)
def record_interval(step: int, base: int) -> int:
    """Steps until the record after one at `step`: `base` at first, doubling so that records grow with log(step)."""
    interval = base
    while step >= 2 * RECORDS_A_DOUBLING * interval:
        interval *= 2
    return interval


@numba.njit(**OPTIONS)
def _culprit(
    fields: Pointer, layers: int, tensors: Pointer, tensor_count: int, w: Pointer, arena: Pointer, stride: int
) -> int:
    """What was the first not to be finite: a layer's activations, else a tensor, else the loss alone."""
    for layer in range(layers):
        t = layer * FIELDS
        if not all_finite(shift(arena, fields[t + A_ROW] * stride), fields[t + UNITS] * stride):
            return -2 - layer
    for tensor in range(tensor_count):
        if not all_finite(shift(w, tensors[2 * tensor]), tensors[2 * tensor + 1]):
            return tensor
    return LOSS


@numba.njit(**OPTIONS)
def _evaluate(
    plan: Plan,
    live: Live,
    memory: Memory,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    limit: int,
    loss_column: int,
    accuracy_column: int,
) -> None:
    """Evaluate the first `limit` samples of x: [samples, inputs] and y: [samples] into columns of `memory.stats`."""
    evaluate(
        pointer(plan.fields, 0),
        pointer(plan.params, 0),
        pointer(live.dropout, 0),
        plan.fields.shape[0],
        pointer(memory.parameters, 0),
        pointer(memory.running, 0),
        pointer(memory.arena, 0),
        pointer(memory.effective, 0),
        pointer(x, 0),
        pointer(y, 0),
        limit,
        x.shape[1],
        pointer(plan.natural_order, 0),
        pointer(memory.targets, 0),
        pointer(memory.scratch, 0),
        memory.targets.size,
        plan.integers[PlanInteger.LOSS],
        pointer(live.loss, 0),
        plan.integers[PlanInteger.TASK],
        pointer(memory.stats, loss_column),
        pointer(memory.stats, accuracy_column),
    )


@numba.njit(**OPTIONS)
def evaluate_sets(plan: Plan, live: Live, memory: Memory) -> None:
    """Put loss and accuracy of the training and of the test set, with the present parameters, into `memory.stats`."""
    train_limit, test_limit = plan.integers[PlanInteger.EVALUATED_TRAIN], plan.integers[PlanInteger.EVALUATED_TEST]
    _evaluate(plan, live, memory, plan.x_train, plan.y_train, train_limit, _TRAIN_LOSS, _TRAIN_ACCURACY)
    _evaluate(plan, live, memory, plan.x_test, plan.y_test, test_limit, _TEST_LOSS, _TEST_ACCURACY)


@numba.njit(**OPTIONS)
def _observe(plan: Plan, live: Live, memory: Memory, count: int, stride: int, rate: float, evaluated: bool) -> None:
    """Fill `memory.stats` after a step, and `memory.updates`, which holds the parameters before it."""
    layers, row, losses, clock = plan.fields.shape[0], memory.stats, memory.losses, memory.clock
    row[_LOSS] = losses[0] / losses[1]
    row[_LOSS_MIN], row[_LOSS_MAX] = losses[2], losses[3]
    row[_LEARNING_RATE] = rate
    row[_EPOCHS] = clock[_EPOCH] + clock[_POSITION] / plan.x_train.shape[0]
    layer_rows(
        pointer(plan.fields, 0),
        pointer(plan.saturation, 0),
        layers,
        pointer(memory.arena, 0),
        count,
        stride,
        pointer(row, len(RUN_COLUMNS)),
    )
    w, updates = memory.parameters, memory.updates
    # A step that diverged may come unannounced: the parameters before it are then not known, nor what it added.
    diverged = clock[_CULPRIT] != NOTHING
    for i in range(w.size):
        updates[i] = np.nan if diverged else w[i] - updates[i]
    at = len(RUN_COLUMNS) + layers * _LAYER_STATISTICS
    for tensor in range(plan.tensors.shape[0]):
        offset, size = plan.tensors[tensor, 0], plan.tensors[tensor, 1]
        row[at] = norm(pointer(memory.gradients, offset), size)
        row[at + 1] = norm(pointer(w, offset), size)
        row[at + 2] = norm(pointer(updates, offset), size)
        at += _TENSOR_STATISTICS
    if evaluated:
        evaluate_sets(plan, live, memory)


@numba.njit(**OPTIONS)
def _record(memory: Memory, base_interval: int) -> None:
    """Keep `memory.stats` as a record, and begin the next one."""
    clock, losses = memory.clock, memory.losses
    at, step = clock[_RECORDS], clock[_STEP]
    memory.record_steps[at] = step
    for column in range(memory.stats.size):
        memory.record_values[at, column] = memory.stats[column]
    clock[_RECORDS] += 1
    clock[_NEXT_RECORD] = step + record_interval(step, base_interval)
    losses[0], losses[1], losses[2], losses[3] = 0.0, 0.0, np.inf, -np.inf


@numba.njit(**OPTIONS)
def _learning_rate(rate: np.float32, factor: int, params: Pointer, step: int, warmup: int) -> np.float32:
    """The learning rate in force: scheduled, where `factor` is an address, and growing from zero while it warms up."""
    if factor != 0:
        rate = np.float32(rate * schedule(factor, step, params))
    if step < warmup:
        rate = np.float32(rate * (step + 1) / warmup)
    return rate


@numba.njit(**OPTIONS)
def _pass_over(
    addresses: NDArray[np.int64],
    passes: NDArray[np.float32],
    extents: NDArray[np.int64],
    w: Pointer,
    g: Pointer,
    rate: float,
) -> None:
    """All passes over the gradient, in turn. addresses: behind those of optimizer and schedule."""
    for number in range(extents.size):
        pass_over_gradient(addresses[2 + number], w, g, extents[number], rate, pointer(passes, number * MAX_PARAMS))


@numba.njit(**OPTIONS)
def _tally(losses: NDArray[np.float64], loss: float) -> None:
    """Count one step's loss into losses: sum, count, min, max."""
    losses[0] += loss
    losses[1] += 1
    losses[2] = min(losses[2], loss)
    losses[3] = max(losses[3], loss)


@numba.njit(**OPTIONS)
def _copy(source: Pointer, target: Pointer, size: int) -> None:
    for i in range(size):
        target[i] = source[i]


@numba.njit(**OPTIONS)
def _climb(w: Pointer, g: Pointer, ascended: Pointer, size: int, rho: float) -> None:
    """Keep w: [size] in `ascended`, then move it by rho along the gradient (Foret et al. 2021, equation 2)."""
    _copy(w, ascended, size)
    scale = np.float32(rho / (norm(g, size) + 1e-12))
    for i in range(size):
        w[i] += scale * g[i]


@numba.njit(**OPTIONS)
def train_chunk(plan: Plan, live: Live, memory: Memory, steps: int, observe: bool) -> int:
    """Train for `steps` steps; fewer if the records are full or a number is not finite. Returns the steps done.

    With `observe` the last step also fills `memory.stats` and `memory.updates`. Nothing that is observed changes a bit
    of what is trained, nor do the places at which a run is cut into calls.
    """
    fields, floats, layers = pointer(plan.fields, 0), pointer(plan.params, 0), plan.fields.shape[0]
    tensors, tensor_count = pointer(plan.tensors, 0), plan.tensors.shape[0]
    samples, inputs = plan.x_train.shape
    x_train, y_train = pointer(plan.x_train, 0), pointer(plan.y_train, 0)
    weights, loss_address = plan.integers[PlanInteger.WEIGHTS], plan.integers[PlanInteger.LOSS]
    seed = plan.integers[PlanInteger.SEED]
    dropout, loss_params = pointer(live.dropout, 0), pointer(live.loss, 0)
    batch_size, sampling, warmup = live.integers[_BATCH_SIZE], live.integers[_SAMPLING], live.integers[_WARMUP]
    hyper, hyper_count = live.optimizer, live.optimizer.size // 2
    size = memory.parameters.size
    w, g, updates = pointer(memory.parameters, 0), pointer(memory.gradients, 0), pointer(memory.updates, 0)
    slots, running, ascended = pointer(memory.slots, 0), pointer(memory.running, 0), pointer(memory.ascended, 0)
    arena, effective = pointer(memory.arena, 0), pointer(memory.effective, 0)
    targets, scratch = pointer(memory.targets, 0), pointer(memory.scratch, 0)
    order, sorted_order, random = pointer(memory.order, 0), pointer(plan.sorted_order, 0), pointer(memory.random, 0)
    clock = memory.clock
    last = (layers - 1) * FIELDS
    outputs = plan.fields[layers - 1, UNITS]
    clock[_RECORDS] = 0
    clock[_CULPRIT] = NOTHING

    done = 0
    while done < steps and clock[_RECORDS] < memory.record_steps.size:
        if clock[_POSITION] >= samples:
            clock[_POSITION] = 0
            clock[_EPOCH] += 1
            draw_epoch(order, sorted_order, samples, random, sampling, clock[_DRAWN] != sampling)
            clock[_DRAWN] = sampling
        count = min(batch_size, samples - clock[_POSITION])
        stride = (count + 7) // 8 * 8
        step = clock[_STEP]
        recorded = step + 1 == clock[_NEXT_RECORD]
        observed = recorded or (observe and done == steps - 1)
        rate = _learning_rate(hyper[0], live.addresses[1], pointer(live.schedule, 0), step, warmup)

        gather(x_train, inputs, order, clock[_POSITION], count, stride, arena)
        gather(y_train, 1, order, clock[_POSITION], count, stride, targets)
        forward(fields, floats, dropout, layers, w, running, arena, effective, count, stride, 1, seed, step)
        z = shift(arena, fields[last + Z_ROW] * stride)
        d = shift(arena, fields[last + GRADIENT_ROW] * stride)
        loss = lose(loss_address, z, targets, d, scratch, outputs, count, stride, loss_params) / count
        finite = np.isfinite(loss)
        if finite:
            backward(fields, floats, dropout, layers, w, g, arena, effective, count, stride, seed, step)
            if live.ascent[0] > 0:
                _climb(w, g, ascended, size, live.ascent[0])
                # The same masks, and running statistics left alone: it is the same batch, seen from another point.
                forward(fields, floats, dropout, layers, w, running, arena, effective, count, stride, 2, seed, step)
                lose(loss_address, z, targets, d, scratch, outputs, count, stride, loss_params)
                backward(fields, floats, dropout, layers, w, g, arena, effective, count, stride, seed, step)
                _copy(ascended, w, size)
            if observed:
                _copy(w, updates, size)
            _pass_over(live.addresses, live.passes, live.extents, w, g, rate)
            hyper[hyper_count] = rate
            clock[_OPTIMIZER_STEP] += 1
            optimize(
                live.addresses[0], w, g, slots, size, weights, tensors, tensor_count, pointer(hyper, hyper_count),
                clock[_OPTIMIZER_STEP],
            )  # fmt: skip
            finite = all_finite(w, size)

        clock[_STEP] = step + 1
        clock[_POSITION] += count
        done += 1
        _tally(memory.losses, loss)
        if not finite:
            clock[_CULPRIT] = _culprit(fields, layers, tensors, tensor_count, w, arena, stride)
        if not (observed or clock[_CULPRIT] != NOTHING):
            continue

        evaluated = recorded or plan.integers[PlanInteger.EVALUATED_WHEN_OBSERVED] == 1
        _observe(plan, live, memory, count, stride, rate, evaluated)
        if recorded or clock[_CULPRIT] != NOTHING:
            _record(memory, plan.integers[PlanInteger.RECORD_INTERVAL])
        if clock[_CULPRIT] != NOTHING:
            break
    return done
