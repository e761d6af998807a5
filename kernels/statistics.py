"""What a viewer sees of a run: numbers about its layers, its tensors, and how well it does on whole data sets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import function
from kernels.calls import INFERENCE, lose, propagate
from kernels.passes import A_ROW, ARENA, FIELDS, GRADIENT_ROW, LAYERS, PIXELS, TABLE, UNITS, Z_ROW
from kernels.simd import Pointer, floats_at, integers_at, shift, shift_index, transpose_chosen

_ZERO: Any = np.float32(0)
#: Below it a sum of squares has lost digits, or all: gradients of 1e-25, as in thirty sigmoid layers, have none left.
_FAINT: Any = np.float32(1e-30)
#: A power of two, so that no bit is lost by it.
_RAISE: Any = np.float32(2.0**80)

#: How a prediction counts as right: not at all, by the sign of one logit, by the largest of several, each by its sign.
REGRESSION, BINARY, MULTICLASS, MULTILABEL = 0, 1, 2, 3


@function
def layer_statistics(a: Pointer, units: int, count: int, stride: int, low: float, high: float, out: Pointer) -> None:
    """Mean, standard deviation, min, max, share of zeros and share saturated of a: [units, stride] into out: [6]."""
    summed, squares, zeros, saturated = 0.0, 0.0, 0, 0
    smallest, largest = a[0], a[0]
    for unit in range(units):
        row_sum, row_squares = _ZERO, _ZERO
        for s in range(count):
            value = a[unit * stride + s]
            row_sum += value
            row_squares += value * value
            zeros += value == _ZERO
            saturated += (value <= low) | (value >= high)
            smallest = value if value < smallest else smallest
            largest = value if value > largest else largest
        summed += row_sum
        squares += row_squares
    size = units * count
    mean = summed / size
    out[0] = mean
    variance = squares / size - mean * mean
    out[1] = math.sqrt(0.0 if variance < 0.0 else variance)
    out[2] = smallest
    out[3] = largest
    out[4] = zeros / size
    out[5] = saturated / size


@function
def norm(values: Pointer, size: int) -> float:
    """The Euclidean norm of values: [size]."""
    squares = _ZERO
    for i in range(size):
        squares += values[i] * values[i]
    if squares < _FAINT:
        squares = _ZERO
        for i in range(size):
            raised = values[i] * _RAISE
            squares += raised * raised
        return float(math.sqrt(squares) / _RAISE)
    return math.sqrt(squares)


@function
def all_finite(values: Pointer, size: int) -> bool:
    """Whether no value of [size] is NaN or infinite: 0 times either is NaN, and sums vectorize where tests do not."""
    poison = _ZERO
    for i in range(size):
        poison += values[i] * _ZERO
    return bool(poison == _ZERO)


@function
def gather(x: Pointer, inputs: int, order: Pointer, start: int, count: int, stride: int, out: Pointer) -> None:
    """Samples order[start..start + count) of x: [samples, inputs] into out: [inputs, stride], zeros behind them.

    Rows of x are read as they lie, eight by eight: for many inputs that takes a third of gathering number by number.
    """
    blocked, full = inputs // 8 * 8, count // 8 * 8
    for s in range(0, full, 8):
        for i in range(0, blocked, 8):
            transpose_chosen(shift(x, i), shift_index(order, start + s), inputs, shift(out, i * stride + s), stride)
    for i in range(inputs):
        row = i * stride
        for s in range(full if i < blocked else 0, count):
            out[row + s] = x[order[start + s] * inputs + i]
        for s in range(count, stride):
            out[row + s] = _ZERO


@function
def _right(z: Pointer, y: Pointer, outputs: int, count: int, stride: int, task: int) -> int:
    """How many of `count` predictions are right, or of all their labels. z: [outputs, stride]; y: [stride]."""
    right = 0
    if task == MULTILABEL:
        for output in range(outputs):
            bit = np.int32(1) << np.int32(output)
            for s in range(count):
                value = z[output * stride + s]
                right += value > _ZERO if np.int32(y[s]) & bit else value < _ZERO
        return right
    for s in range(count):
        if task == MULTICLASS:
            best, best_value = 0, z[s]
            for output in range(1, outputs):
                if z[output * stride + s] > best_value:
                    best, best_value = output, z[output * stride + s]
            right += best == np.int64(y[s]) and not math.isnan(best_value)
        else:
            right += z[s] * y[s] > _ZERO
    return right


@function
def evaluate(
    walk: Pointer,
    x: Pointer,
    y: Pointer,
    limit: int,
    inputs: int,
    order: Pointer,
    targets: Pointer,
    scratch: Pointer,
    block: int,
    forward: int,
    loss: int,
    loss_params: Pointer,
    task: int,
    out_loss: Pointer,
    out_accuracy: Pointer,
) -> None:
    """Mean loss and share of right predictions (of right labels) over the first `limit` samples, as in inference.

    walk: on what to pass, see `kernels.passes`;
    x: [samples, inputs]; y: [samples]; order: 0, 1, 2 …; block: the most samples that the arena holds, a multiple of 8;
    forward, loss: the addresses of kernels.
    Both results are NaN where there is no sample, the accuracy also in regression.
    """
    summed, right = 0.0, 0
    table, arena, top = integers_at(walk[TABLE]), floats_at(walk[ARENA]), walk[LAYERS] - 1
    last = top * FIELDS
    outputs = table[last + UNITS]
    for start in range(0, limit, block):
        count = min(block, limit - start)
        stride = (count + 7) // 8 * 8
        gather(x, inputs, order, start, count, stride, arena)
        gather(y, 1, order, start, count, stride, targets)
        propagate(forward, walk, 0, top, count, INFERENCE, 0)
        z = shift(arena, table[last + Z_ROW] * stride)
        d = shift(arena, table[last + GRADIENT_ROW] * stride)
        summed += lose(loss, z, targets, d, scratch, outputs, count, stride, loss_params)
        if task != REGRESSION:
            right += _right(z, targets, outputs, count, stride, task)
    out_loss[0] = summed / limit if limit > 0 else np.nan
    votes = limit * outputs if task == MULTILABEL else limit
    out_accuracy[0] = right / votes if limit > 0 and task != REGRESSION else np.nan


@function
def layer_rows(
    table: Pointer, saturation: Pointer, layers: int, arena: Pointer, count: int, stride: int, out: Pointer
) -> None:
    """The statistics of every layer's activations on the present batch into out: [layers, 6]."""
    for layer in range(layers):
        t = layer * FIELDS
        a = shift(arena, table[t + A_ROW] * stride)
        low, high = saturation[2 * layer], saturation[2 * layer + 1]
        layer_statistics(a, table[t + UNITS] * table[t + PIXELS], count, stride, low, high, shift(out, 6 * layer))
