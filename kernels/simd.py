"""Pointers and vectors of eight floats for Numba.

Numba leaves vectorization to LLVM, which cannot block a matrix product for registers. With these few intrinsics a
kernel says it itself and reaches 90 GFLOP/s at 64x64x64 where OpenBLAS reaches 60. LLVM maps eight floats to one AVX
register, to two of SSE or NEON. Pointers are raw: no bounds check, no negative index, no reference count, nothing to
allocate.
"""

# ruff: noqa: ARG001, ARG005 -- Numba passes what it passes: an intrinsic's typing, a code generator's context

from __future__ import annotations

from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

#: Annotations for readers: Numba infers its own types.
Pointer: TypeAlias = Any
Vector: TypeAlias = Any
Float32: TypeAlias = Any

WIDTH = 8
#: Rows of a panel: with sixteen columns they take half of a first cache of 32 KB.
PANEL_DEPTH = 256
POINTER = types.CPointer(types.float32)
_LANES = ir.VectorType(ir.FloatType(), WIDTH)
_INDEX = ir.IntType(32)
_UNALIGNED = 4
#: Lets LLVM fuse a product and a sum where the machine can, and not call a slow library function where it cannot.
_FUSE = ("contract",)


class _Float32x8(types.Type):
    """Eight floats in one register."""

    def __init__(self) -> None:
        super().__init__(name="Float32x8")


_VECTOR = _Float32x8()


@register_model(_Float32x8)
class _Float32x8Model(models.PrimitiveModel):
    def __init__(self, manager: Any, front_end_type: Any) -> None:
        super().__init__(manager, front_end_type, _LANES)


def _broadcast(builder: Any, scalar: Any) -> Any:
    one = builder.insert_element(ir.Constant(_LANES, ir.Undefined), scalar, ir.Constant(_INDEX, 0))
    zeros = ir.Constant(ir.VectorType(_INDEX, WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(one, ir.Constant(_LANES, ir.Undefined), zeros)


@intrinsic
def pointer(typing: Any, array: Any, offset: Any) -> Any:
    """The address of the element `offset` of an array's memory, whatever its type."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, [args[1]])

    return types.CPointer(array.dtype)(array, types.intp), code


@intrinsic
def shift(typing: Any, base: Any, offset: Any) -> Any:
    """The address `offset` floats behind `base`."""
    return POINTER(POINTER, types.intp), lambda context, builder, signature, args: builder.gep(args[0], [args[1]])


@intrinsic
def shift_index(typing: Any, base: Any, offset: Any) -> Any:
    """The address `offset` integers behind `base`."""
    indices = types.CPointer(types.intp)
    return indices(indices, types.intp), lambda context, builder, signature, args: builder.gep(args[0], [args[1]])


@intrinsic
def floats_at(typing: Any, address: Any) -> Any:
    """The pointer to floats at an address."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.FloatType().as_pointer())

    return POINTER(types.intp), code


@intrinsic
def integers_at(typing: Any, address: Any) -> Any:
    """The pointer to integers at an address."""
    indices = types.CPointer(types.intp)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(indices))

    return indices(types.intp), code


@intrinsic
def address_of(typing: Any, array: Any) -> Any:
    """Where an array's memory begins."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, context.get_value_type(types.intp))

    return types.intp(array), code


@intrinsic
def load(typing: Any, base: Any, offset: Any) -> Any:
    """Eight floats from `base[offset]` on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.bitcast(builder.gep(args[0], [args[1]]), _LANES.as_pointer())
        return builder.load(place, align=_UNALIGNED)

    return _VECTOR(POINTER, types.intp), code


@intrinsic
def store(typing: Any, base: Any, offset: Any, vector: Any) -> Any:
    """Put eight floats to `base[offset]` and on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.bitcast(builder.gep(args[0], [args[1]]), _LANES.as_pointer())
        builder.store(args[2], place, align=_UNALIGNED)
        return context.get_dummy_value()

    return types.void(POINTER, types.intp, _VECTOR), code


@intrinsic
def spread(typing: Any, base: Any, offset: Any) -> Any:
    """The float at `base[offset]`, eight times."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _broadcast(builder, builder.load(builder.gep(args[0], [args[1]])))

    return _VECTOR(POINTER, types.intp), code


@intrinsic
def zero(typing: Any) -> Any:
    """Eight zeros."""
    return _VECTOR(), lambda context, builder, signature, args: ir.Constant(_LANES, [0.0] * WIDTH)


@intrinsic
def add(typing: Any, a: Any, b: Any) -> Any:
    """`a + b` in each lane."""
    return _VECTOR(_VECTOR, _VECTOR), lambda context, builder, signature, args: builder.fadd(args[0], args[1])


@intrinsic
def multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """`a * b + c` in each lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(builder.fmul(args[0], args[1], flags=_FUSE), args[2], flags=_FUSE)

    return _VECTOR(_VECTOR, _VECTOR, _VECTOR), code


@intrinsic
def where_equal(typing: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    """`x` in each lane where `a` and `b` are equal, `y` in the others."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("==", args[0], args[1]), args[2], args[3])

    return _VECTOR(_VECTOR, _VECTOR, _VECTOR, _VECTOR), code


@intrinsic
def total(typing: Any, vector: Any) -> Any:
    """The sum of the eight lanes."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        shape = ir.FunctionType(ir.FloatType(), [ir.FloatType(), _LANES])
        reduce = cgutils.get_or_insert_function(builder.module, shape, "llvm.vector.reduce.fadd.v8f32")
        return builder.call(reduce, [ir.Constant(ir.FloatType(), -0.0), args[0]], fastmath=("reassoc",))

    return types.float32(_VECTOR), code


def _fold(builder: Any, x: Any, y: Any) -> Any:
    """What x86 calls a horizontal add: pairs of x beside pairs of y, in each half."""
    index = ir.VectorType(_INDEX, WIDTH)
    even = builder.shuffle_vector(x, y, ir.Constant(index, [0, 2, 8, 10, 4, 6, 12, 14]))
    odd = builder.shuffle_vector(x, y, ir.Constant(index, [1, 3, 9, 11, 5, 7, 13, 15]))
    return builder.fadd(even, odd)


def _four_totals(builder: Any, vectors: Any) -> Any:
    """The sums of four vectors' lanes, as a vector of four: 10 instructions, where four `total` take 26."""
    a, b, c, d = vectors
    folded = _fold(builder, _fold(builder, a, b), _fold(builder, c, d))
    half = ir.VectorType(_INDEX, 4)
    low = builder.shuffle_vector(folded, folded, ir.Constant(half, [0, 1, 2, 3]))
    high = builder.shuffle_vector(folded, folded, ir.Constant(half, [4, 5, 6, 7]))
    return builder.fadd(low, high)


@intrinsic
def store_totals(typing: Any, base: Any, offset: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Put the sums of four vectors' lanes to `base[offset]` and on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.bitcast(builder.gep(args[0], [args[1]]), ir.VectorType(ir.FloatType(), 4).as_pointer())
        builder.store(_four_totals(builder, args[2:]), place, align=_UNALIGNED)
        return context.get_dummy_value()

    return types.void(POINTER, types.intp, _VECTOR, _VECTOR, _VECTOR, _VECTOR), code


@intrinsic
def add_totals(typing: Any, base: Any, across: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Add the sums of four vectors' lanes to `base[0]`, `base[across]`, `base[2 * across]`, `base[3 * across]`."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        totals = _four_totals(builder, args[2:])
        for row in range(4):
            place = builder.gep(args[0], [builder.mul(args[1], ir.Constant(args[1].type, row))])
            sum_of_lanes = builder.extract_element(totals, ir.Constant(_INDEX, row))
            builder.store(builder.fadd(builder.load(place), sum_of_lanes), place)
        return context.get_dummy_value()

    return types.void(POINTER, types.intp, _VECTOR, _VECTOR, _VECTOR, _VECTOR), code


def _vector_at(builder: Any, base: Any, offset: Any) -> Any:
    return builder.bitcast(builder.gep(base, [offset]), _LANES.as_pointer())


_LOW_PAIRS, _HIGH_PAIRS = (0, 8, 1, 9, 4, 12, 5, 13), (2, 10, 3, 11, 6, 14, 7, 15)
_LOW_FOURS, _HIGH_FOURS = (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)
_LOW_HALVES, _HIGH_HALVES = (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)


def _transpose(builder: Any, places: list[Any], target: Any, target_stride: Any) -> None:
    """Load a vector from each of eight places, and store their transpose, row i at `target[i * target_stride]`."""

    def mixed(x: Any, y: Any, order: tuple[int, ...]) -> Any:
        return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(_INDEX, WIDTH), list(order)))

    # Pairs, then fours, within each half of a register, where moving is cheap; then the halves: 24 instructions.
    rows = [builder.load(place, align=_UNALIGNED) for place in places]
    pairs = [mixed(rows[i], rows[i + 1], order) for i in range(0, WIDTH, 2) for order in (_LOW_PAIRS, _HIGH_PAIRS)]
    fours = [mixed(pairs[i], pairs[i + 2], order) for i in (0, 1, 4, 5) for order in (_LOW_FOURS, _HIGH_FOURS)]
    rows = [mixed(fours[i], fours[i + 4], order) for order in (_LOW_HALVES, _HIGH_HALVES) for i in range(4)]
    for row, vector in enumerate(rows):
        offset = builder.mul(target_stride, ir.Constant(target_stride.type, row))
        builder.store(vector, _vector_at(builder, target, offset), align=_UNALIGNED)


@intrinsic
def transpose_block(typing: Any, source: Any, source_stride: Any, target: Any, target_stride: Any) -> Any:
    """Transpose 8 by 8 floats; row i starts at `source[i * source_stride]`, and at `target[i * target_stride]`."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        offsets = [builder.mul(args[1], ir.Constant(args[1].type, row)) for row in range(WIDTH)]
        _transpose(builder, [_vector_at(builder, args[0], offset) for offset in offsets], args[2], args[3])
        return context.get_dummy_value()

    return types.void(POINTER, types.intp, POINTER, types.intp), code


@intrinsic
def transpose_chosen(typing: Any, source: Any, rows: Any, source_stride: Any, target: Any, target_stride: Any) -> Any:
    """Like `transpose_block`, of the eight rows that `rows[0..8)` names: row i starts at `source[rows[i] * stride]`."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        chosen = [builder.load(builder.gep(args[1], [ir.Constant(_INDEX, row)])) for row in range(WIDTH)]
        places = [_vector_at(builder, args[0], builder.mul(row, args[2])) for row in chosen]
        _transpose(builder, places, args[3], args[4])
        return context.get_dummy_value()

    return types.void(POINTER, types.CPointer(types.intp), types.intp, POINTER, types.intp), code


@intrinsic
def panel(typing: Any) -> Any:
    """Room for PANEL_DEPTH + 6 rows of sixteen floats on the stack, until the calling function returns."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), (PANEL_DEPTH + 6) * 2 * WIDTH))
        return builder.bitcast(place, ir.FloatType().as_pointer())

    return POINTER(), code


@intrinsic
def float_from_bits(typing: Any, bits: Any) -> Any:
    """The float32 whose bits are those of an int32."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), code


@intrinsic
def bits_from_float(typing: Any, value: Any) -> Any:
    """The bits of a float32 as an int32."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _INDEX)

    return types.int32(types.float32), code


def call_by_address(shape: Any) -> Any:
    """What an intrinsic returns that calls the C function of that signature, whose address is its first argument."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arguments = [context.get_value_type(argument) for argument in shape.args]
        result = ir.VoidType() if shape.return_type == types.void else context.get_value_type(shape.return_type)
        function = builder.inttoptr(args[0], ir.FunctionType(result, arguments).as_pointer())
        value = builder.call(function, args[1:])
        return context.get_dummy_value() if shape.return_type == types.void else value

    return shape.return_type(types.intp, *shape.args), code
