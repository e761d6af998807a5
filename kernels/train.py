"""The training loop: `train_chunk` is the only hot entry point.

It runs many steps in one call without the GIL and without allocating, and knows variants by address only, so it
compiles once for all of them. It stops at the step at which a number stops being finite.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from kernels.augmentation import gather_augmented
from kernels.cache import OPTIONS, function
from kernels.calls import lose, optimize, pass_over_gradient, propagate, propagate_back, schedule
from kernels.layout import LAYER_COLUMNS, MAX_PARAMS, RUN_COLUMNS, TENSOR_COLUMNS
from kernels.passes import A_ROW, FIELDS, GRADIENT_ROW, PIXELS, UNITS, Z_ROW, copy
from kernels.samplings import draw_epoch
from kernels.simd import Pointer, address_of, pointer, shift
from kernels.state import Clock, Live, LiveAddress, LiveInteger, Memory, Plan, PlanInteger, Walk
from kernels.statistics import all_finite, evaluate, gather, layer_rows, norm

NOTHING, LOSS = -1, 1_000_000

_STEP, _EPOCH, _POSITION = int(Clock.STEP), int(Clock.EPOCH), int(Clock.POSITION)
_OPTIMIZER_STEP, _NEXT_RECORD = int(Clock.OPTIMIZER_STEP), int(Clock.NEXT_RECORD)
_RECORDS, _DRAWN, _CULPRIT = int(Clock.RECORDS), int(Clock.DRAWN), int(Clock.CULPRIT)
_NEXT_EVALUATION = int(Clock.NEXT_EVALUATION)
_LOSS, _LOSS_MIN, _LOSS_MAX, _TRAIN_LOSS, _TEST_LOSS, _TRAIN_ACCURACY, _TEST_ACCURACY, _LEARNING_RATE, _EPOCHS = range(
    len(RUN_COLUMNS)
)
_BATCH_SIZE, _SAMPLING, _WARMUP = int(LiveInteger.BATCH_SIZE), int(LiveInteger.SAMPLING), int(LiveInteger.WARMUP)
_MOMENTUM_PARAM, _LARGEST_BATCH = int(LiveInteger.MOMENTUM), int(LiveInteger.LARGEST_BATCH)
_CUT, _AUGMENTED = int(LiveInteger.CUT), int(LiveInteger.AUGMENTED)
_CHANNELS, _HEIGHT, _WIDTH = int(LiveInteger.CHANNELS), int(LiveInteger.HEIGHT), int(LiveInteger.WIDTH)
_OPTIMIZER, _LOSS_KERNEL, _SCHEDULE = int(LiveAddress.OPTIMIZER), int(LiveAddress.LOSS), int(LiveAddress.SCHEDULE)
_MOMENTUM, _BATCH, _SHARE = int(LiveAddress.MOMENTUM), int(LiveAddress.BATCH), int(LiveAddress.SHARE)
_PASSES = int(LiveAddress.PASSES)
_LAYER_STATISTICS, _TENSOR_STATISTICS = len(LAYER_COLUMNS), len(TENSOR_COLUMNS)

#: While the step is below twice this many record intervals, the interval stays; then it doubles, again and again.
RECORDS_A_DOUBLING = 256


@function
def record_interval(step: int, base: int) -> int:
    """Steps until the record after one at `step`: `base` at first, doubling so that records grow with log(step)."""
    interval = base
    while step >= 2 * RECORDS_A_DOUBLING * interval:
        interval *= 2
    return interval


@function
def _culprit(
    fields: Pointer, layers: int, tensors: Pointer, tensor_count: int, w: Pointer, arena: Pointer, stride: int
) -> int:
    """What was the first not to be finite: a layer's activations, else a tensor, else the loss alone."""
    for layer in range(layers):
        t = layer * FIELDS
        size = fields[t + UNITS] * fields[t + PIXELS] * stride
        if not all_finite(shift(arena, fields[t + A_ROW] * stride), size):
            return -2 - layer
    for tensor in range(tensor_count):
        if not all_finite(shift(w, tensors[2 * tensor]), tensors[2 * tensor + 1]):
            return tensor
    return LOSS


@function
def set_out(plan: Plan, live: Live, memory: Memory) -> None:
    """Tell the passes on what to work, once a call: each array that is named costs a reference."""
    walk = memory.walk
    walk[Walk.TABLE], walk[Walk.FLOATS] = address_of(plan.fields), address_of(plan.params)
    walk[Walk.DROPOUT], walk[Walk.LAYERS] = address_of(live.dropout), plan.fields.shape[0]
    walk[Walk.PARAMETERS], walk[Walk.GRADIENTS] = address_of(memory.parameters), address_of(memory.gradients)
    walk[Walk.RUNNING], walk[Walk.ARENA] = address_of(memory.running), address_of(memory.arena)
    walk[Walk.EFFECTIVE], walk[Walk.SEED] = address_of(memory.effective), plan.integers[PlanInteger.SEED]


@function
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
    """Evaluate the first `limit` samples of x: [samples, inputs] and y: [samples] into columns of `memory.stats`.

    Where the weights are averaged, their mean is what is evaluated.
    """
    set_out(plan, live, memory)
    if live.addresses[_SHARE] != 0:
        mean = address_of(memory.averaged)
        memory.walk[Walk.PARAMETERS] = mean
        memory.walk[Walk.RUNNING] = mean + memory.averaged.itemsize * memory.parameters.size
    evaluate(
        pointer(memory.walk, 0),
        pointer(x, 0),
        pointer(y, 0),
        limit,
        x.shape[1],
        pointer(plan.natural_order, 0),
        pointer(memory.targets, 0),
        pointer(memory.scratch, 0),
        memory.targets.size,
        plan.integers[PlanInteger.FORWARD],
        live.addresses[_LOSS_KERNEL],
        pointer(live.loss, 0),
        plan.integers[PlanInteger.TASK],
        pointer(memory.stats, loss_column),
        pointer(memory.stats, accuracy_column),
    )
    memory.walk[Walk.PARAMETERS], memory.walk[Walk.RUNNING] = address_of(memory.parameters), address_of(memory.running)


@numba.njit(**OPTIONS)
def evaluate_sets(plan: Plan, live: Live, memory: Memory) -> None:
    """Put loss and accuracy of the training and of the test set, with the present parameters, into `memory.stats`."""
    limit = plan.integers[PlanInteger.EVALUATED_TRAIN]
    _evaluate(plan, live, memory, plan.x_train, plan.y_train, limit, _TRAIN_LOSS, _TRAIN_ACCURACY)
    evaluate_test(plan, live, memory)


@numba.njit(**OPTIONS)
def evaluate_test(plan: Plan, live: Live, memory: Memory) -> float:
    """Put loss and accuracy of the test set into `memory.stats`. Returns the loss."""
    limit = plan.integers[PlanInteger.EVALUATED_TEST]
    _evaluate(plan, live, memory, plan.x_test, plan.y_test, limit, _TEST_LOSS, _TEST_ACCURACY)
    return float(memory.stats[_TEST_LOSS])


@function
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


@function
def _record(plan: Plan, memory: Memory, evaluated: bool) -> None:
    """Keep `memory.stats` as a record, and begin the next one. Of whole sets that were not evaluated it has NaN."""
    clock, losses = memory.clock, memory.losses
    at, step = clock[_RECORDS], clock[_STEP]
    memory.record_steps[at] = step
    for column in range(memory.stats.size):
        memory.record_values[at, column] = memory.stats[column]
    if evaluated:
        clock[_NEXT_EVALUATION] = step + record_interval(step, plan.integers[PlanInteger.EVALUATION_INTERVAL])
    else:
        for column in range(_TRAIN_LOSS, _TEST_ACCURACY + 1):
            memory.record_values[at, column] = np.nan
    clock[_RECORDS] += 1
    clock[_NEXT_RECORD] = step + record_interval(step, plan.integers[PlanInteger.RECORD_INTERVAL])
    losses[0], losses[1], losses[2], losses[3] = 0.0, 0.0, np.inf, -np.inf


@function
def _learning_rate(rate: np.float32, factor: int, params: Pointer, step: int, warmup: int) -> np.float32:
    """The learning rate in force: scheduled, where `factor` is an address, and growing from zero while it warms up."""
    if factor != 0:
        rate = np.float32(rate * schedule(factor, step, params))
    if step < warmup:
        rate = np.float32(rate * (step + 1) / warmup)
    return rate


@function
def _set_momentum(live: Live, step: int) -> None:
    """Put the momentum in force, by its schedule's address, among the parameters to compute with."""
    momentum, place = live.momentum, live.optimizer.size // 2 + live.integers[_MOMENTUM_PARAM]
    if live.addresses[_SCHEDULE] != 0:
        momentum[momentum.size - 1] = schedule(live.addresses[_SCHEDULE], step, pointer(live.cycle, 0))
    live.optimizer[place] = schedule(live.addresses[_MOMENTUM], step, pointer(momentum, 0))


@function
def _batch_size(live: Live, step: int) -> int:
    """The batch size in force, by its schedule's address."""
    size = schedule(live.addresses[_BATCH], step, pointer(live.batch, 0))
    return int(min(size, live.integers[_LARGEST_BATCH]))


@function
def _average(live: Live, memory: Memory, step: int) -> None:
    """Move the mean of weights and running statistics by a share of the way to them."""
    share = np.float32(schedule(live.addresses[_SHARE], step, pointer(live.share, 0)))
    w, running, mean = memory.parameters, memory.running, memory.averaged
    for i in range(w.size):
        mean[i] += share * (w[i] - mean[i])
    for i in range(running.size):
        mean[w.size + i] += share * (running[i] - mean[w.size + i])


@function
def _pass_over(
    addresses: NDArray[np.int64],
    passes: NDArray[np.float32],
    extents: NDArray[np.int64],
    w: Pointer,
    g: Pointer,
    rate: float,
) -> None:
    """All passes over the gradient, in turn."""
    for number in range(extents.size):
        pass_over_gradient(
            addresses[_PASSES + number], w, g, extents[number], rate, pointer(passes, number * MAX_PARAMS)
        )


@function
def _begin_epoch(plan: Plan, memory: Memory, sampling: int) -> None:
    """Draw the order of the next epoch's samples."""
    clock, order, sorted_order = memory.clock, pointer(memory.order, 0), pointer(plan.sorted_order, 0)
    drawn_so = clock[_DRAWN] == sampling
    draw_epoch(order, sorted_order, memory.order.size, pointer(memory.random, 0), sampling, not drawn_so)
    clock[_POSITION] = 0
    clock[_EPOCH] += 1
    clock[_DRAWN] = sampling
    memory.losses[4], memory.losses[5] = 0.0, 0.0


@function
def _gather_batch(plan: Plan, live: Live, memory: Memory, count: int, stride: int) -> None:
    """Put the next samples of the epoch, or changed copies of them, into the arena's first rows."""
    x, order, start = pointer(plan.x_train, 0), pointer(memory.order, 0), memory.clock[_POSITION]
    arena, integers = pointer(memory.arena, 0), live.integers
    if integers[_AUGMENTED] == 1:
        gather_augmented(
            x, integers[_CHANNELS], integers[_HEIGHT], integers[_WIDTH], order, start, count, stride, arena,
            pointer(live.augmentation, 0), plan.integers[PlanInteger.SEED], memory.clock[_STEP],
        )  # fmt: skip
    else:
        gather(x, plan.x_train.shape[1], order, start, count, stride, arena)


@function
def _look(
    fields: Pointer,
    top: int,
    walk: Pointer,
    arena: Pointer,
    targets: Pointer,
    scratch: Pointer,
    forward: int,
    backward: int,
    loss_kernel: int,
    loss_params: Pointer,
    count: int,
    training: int,
    step: int,
) -> float:
    """Forward through the gathered batch and back, `training` as in a forward pass. Returns the samples' mean loss.

    Where that of a first look is not finite there is no way back, and the gradients stay as they are.
    """
    stride, last = (count + 7) // 8 * 8, top * FIELDS
    propagate(forward, walk, 0, top, count, training, step)
    z = shift(arena, fields[last + Z_ROW] * stride)
    d = shift(arena, fields[last + GRADIENT_ROW] * stride)
    summed = lose(loss_kernel, z, targets, d, scratch, fields[last + UNITS], count, stride, loss_params)
    loss: float = summed / count
    if training == 2 or np.isfinite(loss):
        propagate_back(backward, walk, top, 0, count, step)
    return loss


@function
def _tally(losses: NDArray[np.float64], loss: float) -> None:
    """Count one step's loss into losses: sum, count, min, max; sum, count of the epoch."""
    losses[0] += loss
    losses[1] += 1
    losses[2] = min(losses[2], loss)
    losses[3] = max(losses[3], loss)
    losses[4] += loss
    losses[5] += 1


@function
def _climb(w: Pointer, g: Pointer, ascended: Pointer, size: int, rho: float) -> None:
    """Keep w: [size] in `ascended`, then move it by rho along the gradient (Foret et al. 2021, equation 2)."""
    copy(w, ascended, size)
    scale = np.float32(rho / (norm(g, size) + 1e-12))
    for i in range(size):
        w[i] += scale * g[i]


@numba.njit(**OPTIONS)
def train_chunk(plan: Plan, live: Live, memory: Memory, steps: int, observe: bool) -> int:
    """Train for `steps` steps, fewer if the records are full, a number is not finite, or the epoch ends a call.

    Returns the steps done.

    With `observe` the last step also fills `memory.stats` and `memory.updates`. Nothing that is observed changes a bit
    of what is trained, nor do the places at which a run is cut into calls.
    """
    fields, layers, samples = pointer(plan.fields, 0), plan.fields.shape[0], plan.x_train.shape[0]
    tensors, tensor_count = pointer(plan.tensors, 0), plan.tensors.shape[0]
    forward, backward = plan.integers[PlanInteger.FORWARD], plan.integers[PlanInteger.BACKWARD]
    loss_kernel, loss_params = live.addresses[_LOSS_KERNEL], pointer(live.loss, 0)
    weights, y_train = plan.integers[PlanInteger.WEIGHTS], pointer(plan.y_train, 0)
    batch_size, warmup = live.integers[_BATCH_SIZE], live.integers[_WARMUP]
    hyper, hyper_count = live.optimizer, live.optimizer.size // 2
    size = memory.parameters.size
    w, g, updates = pointer(memory.parameters, 0), pointer(memory.gradients, 0), pointer(memory.updates, 0)
    slots, ascended = pointer(memory.slots, 0), pointer(memory.ascended, 0)
    arena, targets, scratch = pointer(memory.arena, 0), pointer(memory.targets, 0), pointer(memory.scratch, 0)
    order, walk, top = pointer(memory.order, 0), pointer(memory.walk, 0), layers - 1
    set_out(plan, live, memory)
    clock = memory.clock
    clock[_RECORDS], clock[_CULPRIT] = 0, NOTHING

    done = 0
    while done < steps and clock[_RECORDS] < memory.record_steps.size:
        if clock[_POSITION] >= samples:
            _begin_epoch(plan, memory, live.integers[_SAMPLING])
        step = clock[_STEP]
        if live.addresses[_BATCH] != 0:
            batch_size = _batch_size(live, step)
        count = min(batch_size, samples - clock[_POSITION])
        stride = (count + 7) // 8 * 8
        recorded = step + 1 == clock[_NEXT_RECORD]
        observed = recorded or (observe and done == steps - 1)
        rate = _learning_rate(hyper[0], live.addresses[_SCHEDULE], pointer(live.schedule, 0), step, warmup)

        _gather_batch(plan, live, memory, count, stride)
        gather(y_train, 1, order, clock[_POSITION], count, stride, targets)
        loss = _look(
            fields, top, walk, arena, targets, scratch, forward, backward, loss_kernel, loss_params, count, 1, step
        )  # fmt: skip
        finite = np.isfinite(loss)
        if finite:
            if live.ascent[0] > 0:
                _climb(w, g, ascended, size, live.ascent[0])
                # The same masks, and running statistics left alone: it is the same batch, seen from another point.
                _look(
            fields, top, walk, arena, targets, scratch, forward, backward, loss_kernel, loss_params, count, 2, step
        )  # fmt: skip
                copy(ascended, w, size)
            if observed:
                copy(w, updates, size)
            _pass_over(live.addresses, live.passes, live.extents, w, g, rate)
            hyper[hyper_count] = rate
            if live.addresses[_MOMENTUM] != 0:
                _set_momentum(live, step)
            clock[_OPTIMIZER_STEP] += 1
            optimize(
                live.addresses[_OPTIMIZER], w, g, slots, size, weights, tensors, tensor_count,
                pointer(hyper, hyper_count), clock[_OPTIMIZER_STEP],
            )  # fmt: skip
            finite = all_finite(w, size)
            if live.addresses[_SHARE] != 0 and finite:
                _average(live, memory, step)

        clock[_STEP] = step + 1
        clock[_POSITION] += count
        done += 1
        _tally(memory.losses, loss)
        if not finite:
            clock[_CULPRIT] = _culprit(fields, layers, tensors, tensor_count, w, arena, stride)
        if observed or clock[_CULPRIT] != NOTHING:
            due = recorded and step + 1 >= clock[_NEXT_EVALUATION]
            evaluated = due or plan.integers[PlanInteger.EVALUATED_WHEN_OBSERVED] == 1
            _observe(plan, live, memory, count, stride, rate, evaluated)
            if recorded or clock[_CULPRIT] != NOTHING:
                _record(plan, memory, evaluated)
        if clock[_CULPRIT] != NOTHING or (live.integers[_CUT] == 1 and clock[_POSITION] >= samples):
            break
    return done
