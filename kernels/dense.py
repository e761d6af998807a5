"""Dense layers: three matrix products, blocked for the registers of a vector machine.

Buffers are batch-last, so that eight samples lie side by side. Blocks of six rows by sixteen samples keep twelve sums
in registers: at 64x64x64 that gives 97 GFLOP/s where the processor can do 104 and OpenBLAS does 60. Large products
first copy sixteen columns of the second factor side by side into a panel that stays in the first cache. What does not
divide into such panels goes to OpenBLAS, from about two million multiply-adds on.
"""

from __future__ import annotations

import numba
import numpy as np

from kernels.cache import function, inlined
from kernels.simd import (
    PANEL_DEPTH,
    Float32,
    Pointer,
    add,
    load,
    multiply_add,
    panel,
    shift,
    spread,
    store,
    store_totals,
    total,
    transpose_block,
    zero,
)

BLAS_FROM = 2_000_000
#: From so many multiply-adds on a panel pays for being copied.
PACK_FROM = 1_000_000
#: From so many inputs, units and samples on, a transpose pays for itself in a weight gradient.
TRANSPOSE_FROM = 32


@inlined
def _tile_6(
    a: Pointer,
    across: int,
    down: int,
    b: Pointer,
    b_stride: int,
    c: Pointer,
    c_stride: int,
    depth: int,
    begun: bool,
    biased: bool,
    bias: Pointer,
) -> None:
    """Six rows of `_product` by sixteen columns; where `begun`, added to what is there instead of to the bias."""
    if begun:
        c00, c01 = load(c, 0), load(c, 8)
        c10, c11 = load(c, c_stride), load(c, c_stride + 8)
        c20, c21 = load(c, 2 * c_stride), load(c, 2 * c_stride + 8)
        c30, c31 = load(c, 3 * c_stride), load(c, 3 * c_stride + 8)
        c40, c41 = load(c, 4 * c_stride), load(c, 4 * c_stride + 8)
        c50, c51 = load(c, 5 * c_stride), load(c, 5 * c_stride + 8)
    else:
        c00 = spread(bias, 0) if biased else zero()
        c10 = spread(bias, 1) if biased else zero()
        c20 = spread(bias, 2) if biased else zero()
        c30 = spread(bias, 3) if biased else zero()
        c40 = spread(bias, 4) if biased else zero()
        c50 = spread(bias, 5) if biased else zero()
        c01, c11, c21, c31, c41, c51 = c00, c10, c20, c30, c40, c50
    for k in range(depth):
        at = k * down
        x0, x1 = load(b, k * b_stride), load(b, k * b_stride + 8)
        w = spread(a, at)
        c00, c01 = multiply_add(w, x0, c00), multiply_add(w, x1, c01)
        w = spread(a, at + across)
        c10, c11 = multiply_add(w, x0, c10), multiply_add(w, x1, c11)
        w = spread(a, at + 2 * across)
        c20, c21 = multiply_add(w, x0, c20), multiply_add(w, x1, c21)
        w = spread(a, at + 3 * across)
        c30, c31 = multiply_add(w, x0, c30), multiply_add(w, x1, c31)
        w = spread(a, at + 4 * across)
        c40, c41 = multiply_add(w, x0, c40), multiply_add(w, x1, c41)
        w = spread(a, at + 5 * across)
        c50, c51 = multiply_add(w, x0, c50), multiply_add(w, x1, c51)
    store(c, 0, c00)
    store(c, 8, c01)
    store(c, c_stride, c10)
    store(c, c_stride + 8, c11)
    store(c, 2 * c_stride, c20)
    store(c, 2 * c_stride + 8, c21)
    store(c, 3 * c_stride, c30)
    store(c, 3 * c_stride + 8, c31)
    store(c, 4 * c_stride, c40)
    store(c, 4 * c_stride + 8, c41)
    store(c, 5 * c_stride, c50)
    store(c, 5 * c_stride + 8, c51)


@inlined
def _rows_4(
    a: Pointer,
    across: int,
    down: int,
    b: Pointer,
    b_stride: int,
    c: Pointer,
    c_stride: int,
    depth: int,
    width: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """Four rows of `_product`, sixteen columns at a time."""
    s = 0
    while s < width:
        c00 = spread(bias, 0) if biased else zero()
        c10 = spread(bias, 1) if biased else zero()
        c20 = spread(bias, 2) if biased else zero()
        c30 = spread(bias, 3) if biased else zero()
        if s + 16 <= width:
            c01, c11, c21, c31 = c00, c10, c20, c30
            for k in range(depth):
                at = k * down
                x0, x1 = load(b, k * b_stride + s), load(b, k * b_stride + s + 8)
                w = spread(a, at)
                c00, c01 = multiply_add(w, x0, c00), multiply_add(w, x1, c01)
                w = spread(a, at + across)
                c10, c11 = multiply_add(w, x0, c10), multiply_add(w, x1, c11)
                w = spread(a, at + 2 * across)
                c20, c21 = multiply_add(w, x0, c20), multiply_add(w, x1, c21)
                w = spread(a, at + 3 * across)
                c30, c31 = multiply_add(w, x0, c30), multiply_add(w, x1, c31)
            store(c, s + 8, c01)
            store(c, c_stride + s + 8, c11)
            store(c, 2 * c_stride + s + 8, c21)
            store(c, 3 * c_stride + s + 8, c31)
            done = 16
        else:
            for k in range(depth):
                at = k * down
                x0 = load(b, k * b_stride + s)
                c00 = multiply_add(spread(a, at), x0, c00)
                c10 = multiply_add(spread(a, at + across), x0, c10)
                c20 = multiply_add(spread(a, at + 2 * across), x0, c20)
                c30 = multiply_add(spread(a, at + 3 * across), x0, c30)
            done = 8
        store(c, s, c00)
        store(c, c_stride + s, c10)
        store(c, 2 * c_stride + s, c20)
        store(c, 3 * c_stride + s, c30)
        s += done


@inlined
def _row(
    a: Pointer, down: int, b: Pointer, b_stride: int, c: Pointer, depth: int, width: int, biased: bool, bias: Pointer
) -> None:
    """One row of `_product`."""
    for s in range(0, width, 8):
        c0 = spread(bias, 0) if biased else zero()
        for k in range(depth):
            c0 = multiply_add(spread(a, k * down), load(b, k * b_stride + s), c0)
        store(c, s, c0)


@inlined
def _product(
    a: Pointer,
    across: int,
    down: int,
    b: Pointer,
    b_stride: int,
    c: Pointer,
    c_stride: int,
    rows: int,
    depth: int,
    width: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """c[r, s] = bias[r] + sum_k a[r * across + k * down] b[k, s].

    b: [depth, width]; c: [rows, width]; the width is a multiple of 8.
    """
    if rows < 4:
        for r in range(rows):
            _row(shift(a, r * across), down, b, b_stride, shift(c, r * c_stride), depth, width, biased, shift(bias, r))
        return
    sixes = rows // 6 if width % 16 == 0 else 0
    if 0 < rows - 6 * sixes < 3 and sixes > 0:
        sixes -= 1  # seven or eight rows are two blocks of four
    for r in range(0, 6 * sixes, 6):
        for s in range(0, width, 16):
            _tile_6(
                shift(a, r * across), across, down, shift(b, s), b_stride, shift(c, r * c_stride + s), c_stride, depth,
                False, biased, shift(bias, r),
            )  # fmt: skip
    for start in range(6 * sixes, rows, 4):
        # The last block overlaps the one before: computing a row twice is cheaper than computing it alone.
        r = min(start, rows - 4)
        a_r, c_r, bias_r = shift(a, r * across), shift(c, r * c_stride), shift(bias, r)
        _rows_4(a_r, across, down, b, b_stride, c_r, c_stride, depth, width, biased, bias_r)


@function
def _packs(rows: int, depth: int, width: int) -> bool:
    """Whether a product is one for `_packed_product`."""
    return rows * depth * width >= PACK_FROM and rows >= 6 and width % 16 == 0


@inlined
def _packed_product(
    a: Pointer,
    across: int,
    down: int,
    b: Pointer,
    b_stride: int,
    transposed: bool,
    c: Pointer,
    rows: int,
    depth: int,
    width: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """`_product` by panels of sixteen columns of b, which is [width, depth] where `transposed`.

    c: [rows, width]; the width is a multiple of 16, the depth, where `transposed`, of 8.
    """
    copied = panel()
    edge = shift(copied, 16 * PANEL_DEPTH)
    whole = rows // 6 * 6
    for first in range(0, depth, PANEL_DEPTH):
        count = min(PANEL_DEPTH, depth - first)
        for s in range(0, width, 16):
            if transposed:
                for k in range(0, count, 8):
                    transpose_block(shift(b, s * b_stride + first + k), b_stride, shift(copied, 16 * k), 16)
                    transpose_block(shift(b, (s + 8) * b_stride + first + k), b_stride, shift(copied, 16 * k + 8), 16)
            else:
                for k in range(count):
                    store(copied, 16 * k, load(b, (first + k) * b_stride + s))
                    store(copied, 16 * k + 8, load(b, (first + k) * b_stride + s + 8))
            for r in range(0, whole, 6):
                _tile_6(
                    shift(a, r * across + first * down), across, down, copied, 16, shift(c, r * width + s), width,
                    count, first > 0, biased, shift(bias, r),
                )  # fmt: skip
            if whole < rows:
                # The last six rows go to a place of their own, so that none is added to twice.
                last = rows - 6
                for r in range(last, rows):
                    for half in range(0, 16, 8):
                        store(edge, 16 * (r - last) + half, load(c, r * width + s + half))
                _tile_6(
                    shift(a, last * across + first * down), across, down, copied, 16, edge, 16, count,
                    first > 0, biased, shift(bias, last),
                )  # fmt: skip
                for r in range(whole, rows):
                    for half in range(0, 16, 8):
                        store(c, r * width + s + half, load(edge, 16 * (r - last) + half))


@function
def dense_forward(
    w: Pointer, bias: Pointer, biased: bool, x: Pointer, z: Pointer, inputs: int, units: int, stride: int
) -> None:
    """Weighted sums: z = W x + b.

    w: [units, inputs]; bias: [units], read where `biased`; x: [inputs, stride]; z: [units, stride].
    """
    if _packs(units, inputs, stride):
        _packed_product(w, inputs, 1, x, stride, False, z, units, inputs, stride, biased, bias)
        return
    if units * inputs * stride < BLAS_FROM:
        _product(w, inputs, 1, x, stride, z, stride, units, inputs, stride, biased, bias)
        return
    out = numba.carray(z, (units, stride))
    np.dot(numba.carray(w, (units, inputs)), numba.carray(x, (inputs, stride)), out)
    if biased:
        for unit in range(units):
            for s in range(stride):
                out[unit, s] += bias[unit]


@function
def dense_input_gradient(w: Pointer, d: Pointer, dx: Pointer, inputs: int, units: int, stride: int) -> None:
    """Back to the inputs: dx = W' d. w: [units, inputs]; d: [units, stride]; dx: [inputs, stride]."""
    if _packs(inputs, units, stride):
        _packed_product(w, 1, inputs, d, stride, False, dx, inputs, units, stride, False, w)
        return
    if units * inputs * stride < BLAS_FROM:
        _product(w, 1, inputs, d, stride, dx, stride, inputs, units, stride, False, w)
        return
    np.dot(numba.carray(w, (units, inputs)).T, numba.carray(d, (units, stride)), numba.carray(dx, (inputs, stride)))


@function
def _dots_2_by_4(d: Pointer, x: Pointer, dw: Pointer, inputs: int, stride: int) -> None:
    """Two rows of d times four of x: eight sums at once."""
    c00, c01, c02, c03 = zero(), zero(), zero(), zero()
    c10, c11, c12, c13 = zero(), zero(), zero(), zero()
    for s in range(0, stride, 8):
        d0, d1 = load(d, s), load(d, stride + s)
        x0 = load(x, s)
        c00, c10 = multiply_add(d0, x0, c00), multiply_add(d1, x0, c10)
        x0 = load(x, stride + s)
        c01, c11 = multiply_add(d0, x0, c01), multiply_add(d1, x0, c11)
        x0 = load(x, 2 * stride + s)
        c02, c12 = multiply_add(d0, x0, c02), multiply_add(d1, x0, c12)
        x0 = load(x, 3 * stride + s)
        c03, c13 = multiply_add(d0, x0, c03), multiply_add(d1, x0, c13)
    store_totals(dw, 0, c00, c01, c02, c03)
    store_totals(dw, inputs, c10, c11, c12, c13)


@function
def _dot(d: Pointer, x: Pointer, stride: int) -> Float32:
    """The dot product of two rows."""
    c0 = zero()
    for s in range(0, stride, 8):
        c0 = multiply_add(load(d, s), load(x, s), c0)
    return total(c0)


@function
def dense_weight_gradient(
    d: Pointer, x: Pointer, dw: Pointer, transposed: Pointer, inputs: int, units: int, stride: int
) -> None:
    """The weights' gradient: dW = d x'.

    d: [units, stride], zero behind the last sample; x: [inputs, stride]; dw: [units, inputs].
    Large ones transpose x into `transposed` [stride, inputs] first, small ones sum along the samples.
    """
    if _packs(units, stride, inputs):
        _packed_product(d, stride, 1, x, stride, True, dw, units, stride, inputs, False, d)
        return
    if units * inputs * stride >= BLAS_FROM:
        np.dot(numba.carray(d, (units, stride)), numba.carray(x, (inputs, stride)).T, numba.carray(dw, (units, inputs)))
        return
    done = 0
    if min(inputs, units, stride) >= TRANSPOSE_FROM:
        done = inputs // 8 * 8
        for i in range(0, done, 8):
            for s in range(0, stride, 8):
                transpose_block(shift(x, i * stride + s), stride, shift(transposed, s * done + i), done)
        _product(d, stride, 1, transposed, done, dw, inputs, units, stride, done, False, d)
    paired, blocked = units // 2 * 2, done + (inputs - done) // 4 * 4
    for unit in range(0, paired, 2):
        for i in range(done, blocked, 4):
            _dots_2_by_4(shift(d, unit * stride), shift(x, i * stride), shift(dw, unit * inputs + i), inputs, stride)
        for i in range(blocked, inputs):
            dw[unit * inputs + i] = _dot(shift(d, unit * stride), shift(x, i * stride), stride)
            dw[(unit + 1) * inputs + i] = _dot(shift(d, (unit + 1) * stride), shift(x, i * stride), stride)
    for unit in range(paired, units):
        for i in range(done, inputs):
            dw[unit * inputs + i] = _dot(shift(d, unit * stride), shift(x, i * stride), stride)


@function
def dense_bias_gradient(d: Pointer, db: Pointer, units: int, stride: int) -> None:
    """The biases' gradient: db = the sum of d over the samples. d: [units, stride]; db: [units]."""
    for unit in range(units):
        c0 = zero()
        for s in range(0, stride, 8):
            c0 = add(c0, load(d, unit * stride + s))
        db[unit] = total(c0)
