"""The forward and the backward pass: a walk through the table of layers, and back.

All arguments are pointers, so that a call costs nothing: `table` [layers, FIELDS], `floats` [layers, 2, MAX_PARAMS],
`dropout` [hidden layers], `w` and `g` the flat parameters and gradients, `running` the running statistics, `arena` the
batch buffers [rows, stride], whose first rows are the inputs, `inverse_std` the normalizations' scales.
"""

from __future__ import annotations

import numba

from kernels.cache import OPTIONS
from kernels.calls import activate, activate_back, normalize, normalize_back
from kernels.dense import dense_bias_gradient, dense_forward, dense_input_gradient, dense_weight_gradient
from kernels.dropout import drop
from kernels.layout import MAX_PARAMS, Field
from kernels.rng import mask_key
from kernels.simd import Pointer, shift

FIELDS = len(Field)
INPUTS, UNITS = int(Field.INPUTS), int(Field.UNITS)
WEIGHT, BIAS, GAMMA, BETA, RUNNING = (
    int(Field.WEIGHT),
    int(Field.BIAS),
    int(Field.GAMMA),
    int(Field.BETA),
    int(Field.RUNNING),
)
Z_ROW, A_ROW, DROPPED_ROW = int(Field.Z_ROW), int(Field.A_ROW), int(Field.DROPPED_ROW)
GRADIENT_ROW, NORMALIZED_ROW, INVERSE_STD = (
    int(Field.GRADIENT_ROW),
    int(Field.NORMALIZED_ROW),
    int(Field.INVERSE_STD),
)
TRANSPOSED_ROW = int(Field.TRANSPOSED_ROW)
ACTIVATE, ACTIVATE_BACK = int(Field.ACTIVATE), int(Field.ACTIVATE_BACK)
NORMALIZE, NORMALIZE_BACK = int(Field.NORMALIZE), int(Field.NORMALIZE_BACK)


@numba.njit(**OPTIONS)
def forward(
    table: Pointer,
    floats: Pointer,
    dropout: Pointer,
    layers: int,
    w: Pointer,
    running: Pointer,
    arena: Pointer,
    inverse_std: Pointer,
    count: int,
    stride: int,
    training: int,
    seed: int,
    step: int,
) -> None:
    """From the inputs in the arena's first rows to the logits in the last layer's Z_ROW."""
    x = arena
    for layer in range(layers):
        t = layer * FIELDS
        units, inputs = table[t + UNITS], table[t + INPUTS]
        z = shift(arena, table[t + Z_ROW] * stride)
        a = shift(arena, table[t + A_ROW] * stride)
        biased = table[t + BIAS] >= 0
        dense_forward(
            shift(w, table[t + WEIGHT]), shift(w, max(0, table[t + BIAS])), biased, x, z, inputs, units, stride
        )
        if table[t + NORMALIZE] != 0:
            normalize(
                table[t + NORMALIZE],
                z,
                shift(arena, table[t + NORMALIZED_ROW] * stride),
                shift(inverse_std, table[t + INVERSE_STD]),
                shift(w, table[t + GAMMA]),
                shift(w, table[t + BETA]),
                shift(running, table[t + RUNNING]),
                units,
                count,
                stride,
                training,
                shift(floats, (2 * layer + 1) * MAX_PARAMS),
            )
        if table[t + ACTIVATE] != 0:
            activate(table[t + ACTIVATE], z, a, units * stride, shift(floats, 2 * layer * MAX_PARAMS))
        x = a
        if training > 0 and layer < layers - 1 and dropout[layer] > 0:
            x = shift(arena, table[t + DROPPED_ROW] * stride)
            drop(a, x, units * stride, dropout[layer], mask_key(seed, step, layer))


@numba.njit(**OPTIONS)
def backward(
    table: Pointer,
    floats: Pointer,
    dropout: Pointer,
    layers: int,
    w: Pointer,
    g: Pointer,
    arena: Pointer,
    inverse_std: Pointer,
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
        units, inputs = table[t + UNITS], table[t + INPUTS]
        d = shift(arena, table[t + GRADIENT_ROW] * stride)
        if layer < layers - 1 and dropout[layer] > 0:
            drop(d, d, units * stride, dropout[layer], mask_key(seed, step, layer))
        if table[t + ACTIVATE_BACK] != 0:
            activate_back(
                table[t + ACTIVATE_BACK],
                shift(arena, table[t + Z_ROW] * stride),
                shift(arena, table[t + A_ROW] * stride),
                d,
                units * stride,
                shift(floats, 2 * layer * MAX_PARAMS),
            )
        if table[t + NORMALIZE_BACK] != 0:
            normalize_back(
                table[t + NORMALIZE_BACK],
                d,
                shift(arena, table[t + NORMALIZED_ROW] * stride),
                shift(inverse_std, table[t + INVERSE_STD]),
                shift(w, table[t + GAMMA]),
                shift(g, table[t + GAMMA]),
                shift(g, table[t + BETA]),
                units,
                count,
                stride,
            )
        x = arena
        if layer > 0:
            below = t - FIELDS
            dropped = dropout[layer - 1] > 0
            x = shift(arena, (table[below + DROPPED_ROW] if dropped else table[below + A_ROW]) * stride)
        transposed = shift(arena, table[t + TRANSPOSED_ROW] * stride)
        dense_weight_gradient(d, x, shift(g, table[t + WEIGHT]), transposed, inputs, units, stride)
        if table[t + BIAS] >= 0:
            dense_bias_gradient(d, shift(g, table[t + BIAS]), units, stride)
        if layer > 0:
            dx = shift(arena, table[t - FIELDS + GRADIENT_ROW] * stride)
            dense_input_gradient(shift(w, table[t + WEIGHT]), d, dx, inputs, units, stride)
