"""The forward and the backward pass: a walk through the table of layers, and back.

All arguments are pointers, so that a call costs nothing: `table` [layers, FIELDS], `floats` [layers, 2, MAX_PARAMS],
`dropout` [1 + 2 layers], the rates of the inputs, then of each layer's units and weights, zero for the last; `w` and
`g` the flat parameters and gradients, `running` the running statistics, `arena` the batch buffers [rows, stride], whose
first rows are the inputs, `effective` parallel to the weights, for layers that do not use them as they are trained.
"""

from __future__ import annotations

import numba

from kernels.cache import OPTIONS
from kernels.calls import (
    activate,
    activate_back,
    activate_units,
    activate_units_back,
    normalize,
    normalize_back,
    weigh,
    weigh_back,
)
from kernels.dense import dense_bias_gradient, dense_forward, dense_input_gradient, dense_weight_gradient
from kernels.dropout import INPUT_MASK, WEIGHT_MASKS, drop
from kernels.layout import MAX_PARAMS, Field
from kernels.rng import mask_key
from kernels.simd import Pointer, shift

FIELDS = len(Field)
INPUTS, UNITS, SUMS, PIXELS = int(Field.INPUTS), int(Field.UNITS), int(Field.SUMS), int(Field.PIXELS)
WEIGHT, BIAS, GAMMA, BETA = int(Field.WEIGHT), int(Field.BIAS), int(Field.GAMMA), int(Field.BETA)
GAIN, LEARNED, RUNNING = int(Field.GAIN), int(Field.LEARNED), int(Field.RUNNING)
Z_ROW, Y_ROW, A_ROW = int(Field.Z_ROW), int(Field.Y_ROW), int(Field.A_ROW)
NORMALIZED_ROW, OUT_ROW, DROPPED_ROW = int(Field.NORMALIZED_ROW), int(Field.OUT_ROW), int(Field.DROPPED_ROW)
GRADIENT_ROW, SUMS_GRADIENT_ROW = int(Field.GRADIENT_ROW), int(Field.SUMS_GRADIENT_ROW)
SCRATCH_ROW, TRANSPOSED_ROW = int(Field.SCRATCH_ROW), int(Field.TRANSPOSED_ROW)
AFTER = int(Field.AFTER)
ACTIVATE, ACTIVATE_BACK = int(Field.ACTIVATE), int(Field.ACTIVATE_BACK)
ACTIVATE_UNITS, ACTIVATE_UNITS_BACK = int(Field.ACTIVATE_UNITS), int(Field.ACTIVATE_UNITS_BACK)
NORMALIZE, NORMALIZE_BACK = int(Field.NORMALIZE), int(Field.NORMALIZE_BACK)
WEIGH, WEIGH_BACK = int(Field.WEIGH), int(Field.WEIGH_BACK)


@numba.njit(**OPTIONS)
def _weights(
    table: Pointer,
    t: int,
    layer: int,
    w: Pointer,
    effective: Pointer,
    dropping: bool,
    rate: float,
    seed: int,
    step: int,
) -> Pointer:
    """The weights in effect of the layer whose row of the table starts at t: [sums, inputs]."""
    weights = shift(w, table[t + WEIGHT])
    out = shift(effective, table[t + WEIGHT])
    units, inputs = table[t + SUMS], table[t + INPUTS]
    if table[t + WEIGH] != 0:
        weigh(table[t + WEIGH], weights, out, shift(w, table[t + GAIN]), units, inputs)
        weights = out
    if dropping:
        drop(weights, out, units * inputs, rate, mask_key(seed, step, WEIGHT_MASKS + layer))
        weights = out
    return weights


@numba.njit(**OPTIONS)
def _normalize(
    table: Pointer,
    t: int,
    params: Pointer,
    w: Pointer,
    running: Pointer,
    arena: Pointer,
    row: int,
    units: int,
    count: int,
    stride: int,
    training: int,
) -> None:
    """Normalize the rows from `row` on into NORMALIZED_ROW."""
    normalize(
        table[t + NORMALIZE],
        shift(arena, row * stride),
        shift(arena, table[t + NORMALIZED_ROW] * stride),
        shift(arena, table[t + SCRATCH_ROW] * stride),
        shift(w, table[t + GAMMA]),
        shift(w, table[t + BETA]),
        shift(running, table[t + RUNNING]),
        units,
        table[t + PIXELS],
        count,
        stride,
        training,
        params,
    )


@numba.njit(**OPTIONS)
def _normalize_back(
    table: Pointer,
    t: int,
    params: Pointer,
    w: Pointer,
    g: Pointer,
    arena: Pointer,
    row: int,
    d: Pointer,
    units: int,
    count: int,
    stride: int,
) -> None:
    """Back through the normalization of the rows from `row` on, in place in d."""
    normalize_back(
        table[t + NORMALIZE_BACK],
        shift(arena, row * stride),
        d,
        shift(arena, table[t + SCRATCH_ROW] * stride),
        shift(w, table[t + GAMMA]),
        shift(g, table[t + GAMMA]),
        shift(g, table[t + BETA]),
        units,
        table[t + PIXELS],
        count,
        stride,
        params,
    )


@numba.njit(**OPTIONS)
def forward(
    table: Pointer,
    floats: Pointer,
    dropout: Pointer,
    layers: int,
    w: Pointer,
    running: Pointer,
    arena: Pointer,
    effective: Pointer,
    count: int,
    stride: int,
    training: int,
    seed: int,
    step: int,
) -> None:
    """From the inputs in the arena's first rows to the logits in the last layer's Z_ROW."""
    x = arena
    # In a second look at the same batch they are silenced already.
    if training == 1 and dropout[0] > 0:
        drop(x, x, table[INPUTS] * stride, dropout[0], mask_key(seed, step, INPUT_MASK))
    for layer in range(layers):
        t = layer * FIELDS
        units, sums, inputs = table[t + UNITS], table[t + SUMS], table[t + INPUTS]
        z = shift(arena, table[t + Z_ROW] * stride)
        y = shift(arena, table[t + Y_ROW] * stride)
        a = shift(arena, table[t + A_ROW] * stride)
        params = shift(floats, 2 * layer * MAX_PARAMS)
        normalization = shift(params, MAX_PARAMS)
        biased = table[t + BIAS] >= 0
        weights = shift(w, table[t + WEIGHT])
        dropping = training > 0 and dropout[2 + 2 * layer] > 0
        if table[t + WEIGH] != 0 or dropping:
            weights = _weights(table, t, layer, w, effective, dropping, dropout[2 + 2 * layer], seed, step)
        dense_forward(weights, shift(w, max(0, table[t + BIAS])), biased, x, z, inputs, sums, stride)
        if table[t + NORMALIZE] != 0 and table[t + AFTER] == 0:
            _normalize(table, t, normalization, w, running, arena, table[t + Z_ROW], sums, count, stride, training)
        if table[t + ACTIVATE] != 0:
            activate(table[t + ACTIVATE], y, a, units * stride, params)
        elif table[t + ACTIVATE_UNITS] != 0:
            activate_units(table[t + ACTIVATE_UNITS], y, a, shift(w, table[t + LEARNED]), units, stride, params)
        if table[t + NORMALIZE] != 0 and table[t + AFTER] == 1:
            _normalize(table, t, normalization, w, running, arena, table[t + A_ROW], units, count, stride, training)
        x = shift(arena, table[t + OUT_ROW] * stride)
        if training > 0 and dropout[1 + 2 * layer] > 0:
            out = shift(arena, table[t + DROPPED_ROW] * stride)
            drop(x, out, units * stride, dropout[1 + 2 * layer], mask_key(seed, step, layer))
            x = out


@numba.njit(**OPTIONS)
def backward(
    table: Pointer,
    floats: Pointer,
    dropout: Pointer,
    layers: int,
    w: Pointer,
    g: Pointer,
    arena: Pointer,
    effective: Pointer,
    count: int,
    stride: int,
    seed: int,
    step: int,
) -> None:
    """From the loss's gradient in the last layer's GRADIENT_ROW to the gradient of every parameter in g.

    Back-propagation as in Goodfellow et al. 2016, algorithm 6.4, after a `forward` in training of the same step.
    """
    for layer in range(layers - 1, -1, -1):
        t = layer * FIELDS
        units, sums, inputs = table[t + UNITS], table[t + SUMS], table[t + INPUTS]
        params = shift(floats, 2 * layer * MAX_PARAMS)
        normalization = shift(params, MAX_PARAMS)
        d = shift(arena, table[t + GRADIENT_ROW] * stride)
        if dropout[1 + 2 * layer] > 0:
            drop(d, d, units * stride, dropout[1 + 2 * layer], mask_key(seed, step, layer))
        if table[t + NORMALIZE_BACK] != 0 and table[t + AFTER] == 1:
            _normalize_back(table, t, normalization, w, g, arena, table[t + A_ROW], d, units, count, stride)
        y = shift(arena, table[t + Y_ROW] * stride)
        a = shift(arena, table[t + A_ROW] * stride)
        if table[t + ACTIVATE_BACK] != 0:
            activate_back(table[t + ACTIVATE_BACK], y, a, d, units * stride, params)
        elif table[t + ACTIVATE_UNITS_BACK] != 0:
            dy = shift(arena, table[t + SUMS_GRADIENT_ROW] * stride)
            learned, d_learned = shift(w, table[t + LEARNED]), shift(g, table[t + LEARNED])
            activate_units_back(table[t + ACTIVATE_UNITS_BACK], y, a, d, dy, learned, d_learned, units, stride, params)
            d = dy
        if table[t + NORMALIZE_BACK] != 0 and table[t + AFTER] == 0:
            _normalize_back(table, t, normalization, w, g, arena, table[t + Z_ROW], d, sums, count, stride)
        x = arena
        if layer > 0:
            below = t - FIELDS
            dropped = dropout[2 * layer - 1] > 0
            x = shift(arena, (table[below + DROPPED_ROW] if dropped else table[below + OUT_ROW]) * stride)
        transposed = shift(arena, table[t + TRANSPOSED_ROW] * stride)
        weights, dw = shift(w, table[t + WEIGHT]), shift(g, table[t + WEIGHT])
        rate = dropout[2 + 2 * layer]
        dense_weight_gradient(d, x, dw, transposed, inputs, sums, stride)
        if table[t + BIAS] >= 0:
            dense_bias_gradient(d, shift(g, table[t + BIAS]), sums, stride)
        if layer > 0:
            used = weights
            if table[t + WEIGH] != 0 or rate > 0:
                used = shift(effective, table[t + WEIGHT])
            dx = shift(arena, table[t - FIELDS + GRADIENT_ROW] * stride)
            dense_input_gradient(used, d, dx, inputs, sums, stride)
        if rate > 0:
            drop(dw, dw, sums * inputs, rate, mask_key(seed, step, WEIGHT_MASKS + layer))
        if table[t + WEIGH_BACK] != 0:
            gain, d_gain = shift(w, table[t + GAIN]), shift(g, table[t + GAIN])
            weigh_back(table[t + WEIGH_BACK], weights, dw, gain, d_gain, sums, inputs)
