"""The forward and the backward pass: a walk through the table of layers, and back.

Compiled once and called by address: what trains, evaluates or looks inside runs the same machine code, so that the same
numbers come out to the bit. A pass may also go through some of the layers only, so that what one leaves can be looked
at before the next overwrites it.

What a pass works on is told by one array of addresses, a `Walk`, so that a call costs nothing. They lead to `table`
[layers, FIELDS], `floats` [layers, 2, MAX_PARAMS], `dropout` [1 + 3 layers], the rates of the inputs, then of each
layer's units, weights and channels, zero for the last; to `w` and `g`, the flat parameters and gradients, `running`,
the running statistics, `arena`, the batch buffers [rows, stride], whose first rows are the inputs, and `effective`
parallel to the weights, for layers that do not use them as they are trained. `stride` is the number of samples rounded
up to eight.
"""

from __future__ import annotations

from kernels.cache import function, kernel
from kernels.calls import (
    BACKWARD,
    FORWARD,
    TRAINING,
    activate,
    activate_back,
    activate_units,
    activate_units_back,
    image_forward,
    image_input_gradient,
    image_weight_gradient,
    normalize,
    normalize_back,
    weigh,
    weigh_back,
)
from kernels.dense import dense_bias_gradient, dense_forward, dense_input_gradient, dense_weight_gradient
from kernels.dropout import CHANNEL_MASKS, INPUT_MASK, WEIGHT_MASKS, drop, drop_channels
from kernels.layer_kinds import MAX_SKIP
from kernels.layout import MAX_PARAMS
from kernels.rng import mask_key
from kernels.simd import Pointer, floats_at, integers_at, shift, shift_index
from kernels.state import Walk
from kernels.table import Field

TABLE, FLOATS, DROPOUT, LAYERS = int(Walk.TABLE), int(Walk.FLOATS), int(Walk.DROPOUT), int(Walk.LAYERS)
PARAMETERS, GRADIENTS, STATISTICS = int(Walk.PARAMETERS), int(Walk.GRADIENTS), int(Walk.RUNNING)
ARENA, EFFECTIVE, SEED = int(Walk.ARENA), int(Walk.EFFECTIVE), int(Walk.SEED)
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
FAN_IN, SHAPE = int(Field.FAN_IN), int(Field.CHANNELS)
IMAGE_FORWARD, IMAGE_WEIGHTS_BACK = int(Field.IMAGE_FORWARD), int(Field.IMAGE_WEIGHTS_BACK)
IMAGE_INPUTS_BACK = int(Field.IMAGE_INPUTS_BACK)
SKIP, SKIP_GRADIENT_ROW, SKIPS = int(Field.SKIP), int(Field.SKIP_GRADIENT_ROW), int(Field.SKIPS)
#: Where a layer's rates of dropout are, behind those of the layers before it.
_RATES, _UNITS, _WEIGHTS, _CHANNELS = 3, 1, 2, 3


@function
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
    """The weights in effect of the layer whose row of the table starts at t: [sums, fan-in]."""
    weights = shift(w, table[t + WEIGHT])
    out = shift(effective, table[t + WEIGHT])
    units, inputs = table[t + SUMS], table[t + FAN_IN]
    if table[t + WEIGH] != 0:
        weigh(table[t + WEIGH], weights, out, shift(w, table[t + GAIN]), units, inputs)
        weights = out
    if dropping:
        drop(weights, out, units * inputs, rate, mask_key(seed, step, WEIGHT_MASKS + layer))
        weights = out
    return weights


@function
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


@function
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


@function
def _output_row(table: Pointer, dropout: Pointer, layer: int, training: int) -> int:
    """The first row of what the layer passes on; of the inputs for layer -1."""
    if layer < 0:
        return 0
    rates = _RATES * layer
    if training > 0 and (dropout[rates + _UNITS] > 0 or dropout[rates + _CHANNELS] > 0):
        return int(table[layer * FIELDS + DROPPED_ROW])
    return int(table[layer * FIELDS + OUT_ROW])


@function
def _add(values: Pointer, target: Pointer, size: int) -> None:
    for i in range(size):
        target[i] += values[i]


@function
def copy(values: Pointer, target: Pointer, size: int) -> None:
    """Put values: [size] to `target`."""
    for i in range(size):
        target[i] = values[i]


@function
def _drop(
    a: Pointer, out: Pointer, units: int, pixels: int, stride: int, rates: Pointer, layer: int, seed: int, step: int
) -> None:
    """Silence units, or pixels, and channels of a layer by its rates. a, out: [units, pixels, stride]."""
    if rates[_UNITS] > 0:
        drop(a, out, units * pixels * stride, rates[_UNITS], mask_key(seed, step, layer))
        a = out
    if rates[_CHANNELS] > 0:
        drop_channels(a, out, units, pixels, stride, rates[_CHANNELS], mask_key(seed, step, CHANNEL_MASKS + layer))


@kernel(FORWARD)
def forward(walk: Pointer, first: int, last: int, count: int, training: int, step: int) -> None:
    """Through the layers `first` to `last`, counted from 0: from the inputs in the arena's first rows to the logits.

    Those are in the last layer's Z_ROW. A layer other than the first one finds what the one below has left.
    `training` is `INFERENCE`, `TRAINING` or `SECOND_LOOK`.
    """
    table, floats, dropout = integers_at(walk[TABLE]), floats_at(walk[FLOATS]), floats_at(walk[DROPOUT])
    w, running, arena = floats_at(walk[PARAMETERS]), floats_at(walk[STATISTICS]), floats_at(walk[ARENA])
    effective, seed, stride = floats_at(walk[EFFECTIVE]), walk[SEED], (count + 7) // 8 * 8
    if first == 0 and training == TRAINING and dropout[0] > 0:
        drop(arena, arena, table[INPUTS] * stride, dropout[0], mask_key(seed, step, INPUT_MASK))
    x = shift(arena, _output_row(table, dropout, first - 1, training) * stride)
    for layer in range(first, last + 1):
        t = layer * FIELDS
        units, sums, pixels = table[t + UNITS], table[t + SUMS], table[t + PIXELS]
        z = shift(arena, table[t + Z_ROW] * stride)
        y = shift(arena, table[t + Y_ROW] * stride)
        a = shift(arena, table[t + A_ROW] * stride)
        params = shift(floats, 2 * layer * MAX_PARAMS)
        normalization = shift(params, MAX_PARAMS)
        rates = shift(dropout, _RATES * layer)
        biased = table[t + BIAS] >= 0
        weights, bias = shift(w, max(0, table[t + WEIGHT])), shift(w, max(0, table[t + BIAS]))
        dropping = training > 0 and rates[_WEIGHTS] > 0
        if table[t + WEIGH] != 0 or dropping:
            weights = _weights(table, t, layer, w, effective, dropping, rates[_WEIGHTS], seed, step)
        if table[t + IMAGE_FORWARD] == 0:
            dense_forward(weights, bias, biased, x, z, table[t + INPUTS], sums, stride)
        else:
            shape = shift_index(table, t + SHAPE)
            image_forward(table[t + IMAGE_FORWARD], shape, weights, bias, biased, x, z, sums, stride)
        if table[t + NORMALIZE] != 0 and table[t + AFTER] == 0:
            _normalize(table, t, normalization, w, running, arena, table[t + Z_ROW], sums, count, stride, training)
        if table[t + SKIP] > 0:
            entered = _output_row(table, dropout, layer - table[t + SKIP], training)
            _add(shift(arena, entered * stride), y, units * pixels * stride)
        if table[t + ACTIVATE] != 0:
            activate(table[t + ACTIVATE], y, a, units * pixels * stride, params)
        elif table[t + ACTIVATE_UNITS] != 0:
            learned = shift(w, table[t + LEARNED])
            activate_units(table[t + ACTIVATE_UNITS], y, a, learned, units, pixels * stride, params)
        if table[t + NORMALIZE] != 0 and table[t + AFTER] == 1:
            _normalize(table, t, normalization, w, running, arena, table[t + A_ROW], units, count, stride, training)
        x = shift(arena, table[t + OUT_ROW] * stride)
        if training > 0 and (rates[_UNITS] > 0 or rates[_CHANNELS] > 0):
            out = shift(arena, table[t + DROPPED_ROW] * stride)
            _drop(x, out, units, pixels, stride, rates, layer, seed, step)
            x = out


@function
def _weight_gradients(
    table: Pointer,
    t: int,
    layer: int,
    w: Pointer,
    g: Pointer,
    d: Pointer,
    x: Pointer,
    transposed: Pointer,
    rate: float,
    stride: int,
    seed: int,
    step: int,
) -> None:
    """The gradient in a layer's weights and biases, from that in its sums, d, and its inputs, x."""
    sums, weights, dw = table[t + SUMS], shift(w, table[t + WEIGHT]), shift(g, table[t + WEIGHT])
    db, biased = shift(g, max(0, table[t + BIAS])), table[t + BIAS] >= 0
    if table[t + IMAGE_WEIGHTS_BACK] == 0:
        dense_weight_gradient(d, x, dw, transposed, table[t + INPUTS], sums, stride)
        if biased:
            dense_bias_gradient(d, db, sums, stride)
    else:
        shape = shift_index(table, t + SHAPE)
        image_weight_gradient(table[t + IMAGE_WEIGHTS_BACK], shape, d, x, dw, db, biased, sums, stride)
    if rate > 0:
        drop(dw, dw, sums * table[t + FAN_IN], rate, mask_key(seed, step, WEIGHT_MASKS + layer))
    if table[t + WEIGH_BACK] != 0:
        gain, d_gain = shift(w, table[t + GAIN]), shift(g, table[t + GAIN])
        weigh_back(table[t + WEIGH_BACK], weights, dw, gain, d_gain, sums, table[t + FAN_IN])


@function
def _input_gradient(
    table: Pointer, t: int, weights: Pointer, d: Pointer, x: Pointer, z: Pointer, dx: Pointer, stride: int
) -> None:
    """The gradient in a layer's inputs, from that in its sums, or in what a pool puts out."""
    if table[t + IMAGE_INPUTS_BACK] == 0:
        dense_input_gradient(weights, d, dx, table[t + INPUTS], table[t + SUMS], stride)
    else:
        shape = shift_index(table, t + SHAPE)
        image_input_gradient(table[t + IMAGE_INPUTS_BACK], shape, weights, d, x, z, dx, table[t + SUMS], stride)


@kernel(BACKWARD)
def backward(walk: Pointer, last: int, first: int, count: int, step: int) -> None:
    """Through the layers `last` down to `first`, counted from 0.

    From the gradient in the output of layer `last`, in its GRADIENT_ROW, to that of the parameters of all these layers
    in g, and to that in what enters layer `first`, in the GRADIENT_ROW of the one below it. Back-propagation as in
    Goodfellow et al. 2016, algorithm 6.4, after a `forward` in training of the same step.
    """
    table, floats, dropout = integers_at(walk[TABLE]), floats_at(walk[FLOATS]), floats_at(walk[DROPOUT])
    w, g, arena = floats_at(walk[PARAMETERS]), floats_at(walk[GRADIENTS]), floats_at(walk[ARENA])
    effective, layers, seed = floats_at(walk[EFFECTIVE]), walk[LAYERS], walk[SEED]
    stride = (count + 7) // 8 * 8
    for layer in range(last, first - 1, -1):
        t = layer * FIELDS
        units, sums, pixels = table[t + UNITS], table[t + SUMS], table[t + PIXELS]
        params = shift(floats, 2 * layer * MAX_PARAMS)
        normalization = shift(params, MAX_PARAMS)
        rates = shift(dropout, _RATES * layer)
        d = shift(arena, table[t + GRADIENT_ROW] * stride)
        if rates[_UNITS] > 0 or rates[_CHANNELS] > 0:
            _drop(d, d, units, pixels, stride, rates, layer, seed, step)
        if table[t + NORMALIZE_BACK] != 0 and table[t + AFTER] == 1:
            _normalize_back(table, t, normalization, w, g, arena, table[t + A_ROW], d, units, count, stride)
        y = shift(arena, table[t + Y_ROW] * stride)
        a = shift(arena, table[t + A_ROW] * stride)
        if table[t + ACTIVATE_BACK] != 0:
            activate_back(table[t + ACTIVATE_BACK], y, a, d, units * pixels * stride, params)
        elif table[t + ACTIVATE_UNITS_BACK] != 0:
            dy = shift(arena, table[t + SUMS_GRADIENT_ROW] * stride)
            learned, d_learned = shift(w, table[t + LEARNED]), shift(g, table[t + LEARNED])
            activate_units_back(
                table[t + ACTIVATE_UNITS_BACK], y, a, d, dy, learned, d_learned, units, pixels * stride, params
            )
            d = dy
        if table[t + SKIP] > 0:
            copy(d, shift(arena, table[t + SKIP_GRADIENT_ROW] * stride), units * pixels * stride)
        if table[t + NORMALIZE_BACK] != 0 and table[t + AFTER] == 0:
            _normalize_back(table, t, normalization, w, g, arena, table[t + Z_ROW], d, sums, count, stride)
        x = shift(arena, _output_row(table, dropout, layer - 1, 1) * stride)
        rate = rates[_WEIGHTS]
        if sums > 0:
            transposed = shift(arena, table[t + TRANSPOSED_ROW] * stride)
            _weight_gradients(table, t, layer, w, g, d, x, transposed, rate, stride, seed, step)
        if layer > 0:
            used = shift(w, max(0, table[t + WEIGHT]))
            if table[t + WEIGH] != 0 or rate > 0:
                used = shift(effective, table[t + WEIGHT])
            dx = shift(arena, table[t - FIELDS + GRADIENT_ROW] * stride)
            _input_gradient(table, t, used, d, x, a, dx, stride)
            if table[t + SKIPS] == 1:
                # What entered here was also added further up, by every block that begins with this layer.
                for end in range(layer, min(layers, layer + MAX_SKIP)):
                    row = end * FIELDS
                    if table[row + SKIP] == end - layer + 1:
                        _add(shift(arena, table[row + SKIP_GRADIENT_ROW] * stride), dx, table[t + INPUTS] * stride)
