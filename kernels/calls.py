"""How the training loop calls a variant: the signature of each family's functions, and an intrinsic that calls one.

All buffers are batch-last: `z[unit * stride + sample]`, where `stride` is the number of samples rounded up to eight.
The lanes behind the last sample hold finite rubbish in activations and zeros in gradients.
"""

# ruff: noqa: ARG001 -- an intrinsic's arguments are read by Numba, from its signature

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from kernels.simd import POINTER, call_by_address

_SIZE = types.intp
_SHAPE = _WALK = types.CPointer(types.intp)

#: What a forward pass is for: the `training` of signatures. A second look is at the same batch: its inputs are silenced
#: already, and it leaves running statistics alone.
INFERENCE, TRAINING, SECOND_LOOK = 0, 1, 2

#: (walk, first, last, count, training, step): forward through these layers, see `kernels.passes`; `walk` as in
#: `kernels.state`. No more arguments than registers: others go through memory, ten nanoseconds a call.
FORWARD = types.void(_WALK, _SIZE, _SIZE, _SIZE, _SIZE, _SIZE)
#: (walk, last, first, count, step): back through these layers.
BACKWARD = types.void(_WALK, _SIZE, _SIZE, _SIZE, _SIZE)
#: (z, a, size, params): fills a[0..size) from z. For activations that take each weighted sum by itself.
ACTIVATION_FORWARD = types.void(POINTER, POINTER, _SIZE, POINTER)
#: (z, a, d, size, params): multiplies the gradient d by the derivative at z, in place.
ACTIVATION_BACKWARD = types.void(POINTER, POINTER, POINTER, _SIZE, POINTER)
#: (z, a, learned, units, stride, params): fills a [units, stride] from z [pieces * units, stride], row order
#: [piece][unit]. For activations with a learned tensor, or of several weighted sums a unit.
UNIT_FORWARD = types.void(POINTER, POINTER, POINTER, _SIZE, _SIZE, POINTER)
#: (z, a, d, dz, learned, d_learned, units, stride, params): from d [units, stride], which it may use up, to
#: dz [pieces * units, stride], the same memory where there is one piece, and to the learned tensor's gradient.
UNIT_BACKWARD = types.void(POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE, POINTER)
#: (x, y, scratch, gamma, beta, running, units, pixels, count, stride, training, params): y from x, both
#: [units, pixels, stride]; a unit of a dense layer has one pixel, one of an image is a channel. What it puts into its
#: scratch rows, the way back finds there.
NORMALIZATION_FORWARD = types.void(
    POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE, _SIZE, _SIZE, _SIZE, POINTER
)
#: (x, d, scratch, gamma, d_gamma, d_beta, units, pixels, count, stride, params): in place in d.
NORMALIZATION_BACKWARD = types.void(
    POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE, _SIZE, _SIZE, POINTER
)
#: (v, w, gain, units, inputs): the weights w in effect from the trained ones v, both [units, inputs].
WEIGHTS_FORWARD = types.void(POINTER, POINTER, POINTER, _SIZE, _SIZE)
#: (v, d, gain, d_gain, units, inputs): in place in d, from the gradient in w to that in v.
WEIGHTS_BACKWARD = types.void(POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE)
#: (shape, w, bias, biased, x, z, filters, stride): z from the images x; `shape` as in `kernels.conv`. Pools have no
#: weights and read none.
IMAGE_FORWARD = types.void(_SHAPE, POINTER, POINTER, _SIZE, POINTER, POINTER, _SIZE, _SIZE)
#: (shape, d, x, dw, db, biased, filters, stride): the gradients of weights and, where `biased` is not 0, biases.
IMAGE_WEIGHT_GRADIENT = types.void(_SHAPE, POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE, _SIZE)
#: (shape, w, d, x, z, dx, filters, stride): from the gradient d in z, put out for x, to that in x.
IMAGE_INPUT_GRADIENT = types.void(_SHAPE, POINTER, POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE)
#: (z, y, d, scratch, outputs, count, stride, params) -> the sum of the samples' losses; d becomes the gradient of
#: their mean.
LOSS = types.float64(POINTER, POINTER, POINTER, POINTER, _SIZE, _SIZE, _SIZE, POINTER)
#: (w, g, slots, size, weights, tensors, tensor_count, params, step): one update of w [size]. Slot k starts at
#: slots[k * size], scalars follow the last slot; `weights` is the prefix on which decay acts; tensors [tensor_count, 2]
#: holds each tensor's offset and size; step counts from 1.
OPTIMIZER = types.void(POINTER, POINTER, POINTER, _SIZE, _SIZE, types.CPointer(types.intp), _SIZE, POINTER, _SIZE)
#: (step, params) -> the factor on the learning rate; step counts from 0.
SCHEDULE = types.float64(_SIZE, POINTER)
#: (w, g, size, learning_rate, params): a pass over the gradient before the optimizer: penalties, decay, clipping.
GRADIENT_PASS = types.void(POINTER, POINTER, _SIZE, types.float32, POINTER)


@intrinsic
def propagate(typing: Any, address: Any, walk: Any, first: Any, last: Any, count: Any, training: Any, step: Any) -> Any:
    """Call a function of `FORWARD`."""
    return call_by_address(FORWARD)


@intrinsic
def propagate_back(typing: Any, address: Any, walk: Any, last: Any, first: Any, count: Any, step: Any) -> Any:
    """Call a function of `BACKWARD`."""
    return call_by_address(BACKWARD)


@intrinsic
def activate(typing: Any, address: Any, z: Any, a: Any, size: Any, params: Any) -> Any:
    """Call a function of `ACTIVATION_FORWARD`."""
    return call_by_address(ACTIVATION_FORWARD)


@intrinsic
def activate_back(typing: Any, address: Any, z: Any, a: Any, d: Any, size: Any, params: Any) -> Any:
    """Call a function of `ACTIVATION_BACKWARD`."""
    return call_by_address(ACTIVATION_BACKWARD)


@intrinsic
def activate_units(
    typing: Any, address: Any, z: Any, a: Any, learned: Any, units: Any, stride: Any, params: Any
) -> Any:
    """Call a function of `UNIT_FORWARD`."""
    return call_by_address(UNIT_FORWARD)


@intrinsic
def activate_units_back(
    typing: Any,
    address: Any,
    z: Any,
    a: Any,
    d: Any,
    dz: Any,
    learned: Any,
    d_learned: Any,
    units: Any,
    stride: Any,
    params: Any,
) -> Any:
    """Call a function of `UNIT_BACKWARD`."""
    return call_by_address(UNIT_BACKWARD)


@intrinsic
def weigh(typing: Any, address: Any, v: Any, w: Any, gain: Any, units: Any, inputs: Any) -> Any:
    """Call a function of `WEIGHTS_FORWARD`."""
    return call_by_address(WEIGHTS_FORWARD)


@intrinsic
def weigh_back(typing: Any, address: Any, v: Any, d: Any, gain: Any, d_gain: Any, units: Any, inputs: Any) -> Any:
    """Call a function of `WEIGHTS_BACKWARD`."""
    return call_by_address(WEIGHTS_BACKWARD)


@intrinsic
def image_forward(
    typing: Any, address: Any, shape: Any, w: Any, bias: Any, biased: Any, x: Any, z: Any, filters: Any, stride: Any
) -> Any:
    """Call a function of `IMAGE_FORWARD`."""
    return call_by_address(IMAGE_FORWARD)


@intrinsic
def image_weight_gradient(
    typing: Any, address: Any, shape: Any, d: Any, x: Any, dw: Any, db: Any, biased: Any, filters: Any, stride: Any
) -> Any:
    """Call a function of `IMAGE_WEIGHT_GRADIENT`."""
    return call_by_address(IMAGE_WEIGHT_GRADIENT)


@intrinsic
def image_input_gradient(
    typing: Any, address: Any, shape: Any, w: Any, d: Any, x: Any, z: Any, dx: Any, filters: Any, stride: Any
) -> Any:
    """Call a function of `IMAGE_INPUT_GRADIENT`."""
    return call_by_address(IMAGE_INPUT_GRADIENT)


@intrinsic
def normalize(
    typing: Any,
    address: Any,
    x: Any,
    y: Any,
    scratch: Any,
    gamma: Any,
    beta: Any,
    running: Any,
    units: Any,
    pixels: Any,
    count: Any,
    stride: Any,
    training: Any,
    params: Any,
) -> Any:
    """Call a function of `NORMALIZATION_FORWARD`."""
    return call_by_address(NORMALIZATION_FORWARD)


@intrinsic
def normalize_back(
    typing: Any,
    address: Any,
    x: Any,
    d: Any,
    scratch: Any,
    gamma: Any,
    d_gamma: Any,
    d_beta: Any,
    units: Any,
    pixels: Any,
    count: Any,
    stride: Any,
    params: Any,
) -> Any:
    """Call a function of `NORMALIZATION_BACKWARD`."""
    return call_by_address(NORMALIZATION_BACKWARD)


@intrinsic
def lose(
    typing: Any,
    address: Any,
    z: Any,
    y: Any,
    d: Any,
    scratch: Any,
    outputs: Any,
    count: Any,
    stride: Any,
    params: Any,
) -> Any:
    """Call a function of `LOSS`."""
    return call_by_address(LOSS)


@intrinsic
def optimize(
    typing: Any,
    address: Any,
    w: Any,
    g: Any,
    slots: Any,
    size: Any,
    weights: Any,
    tensors: Any,
    tensor_count: Any,
    params: Any,
    step: Any,
) -> Any:
    """Call a function of `OPTIMIZER`."""
    return call_by_address(OPTIMIZER)


@intrinsic
def schedule(typing: Any, address: Any, step: Any, params: Any) -> Any:
    """Call a function of `SCHEDULE`."""
    return call_by_address(SCHEDULE)


@intrinsic
def pass_over_gradient(typing: Any, address: Any, w: Any, g: Any, size: Any, learning_rate: Any, params: Any) -> Any:
    """Call a function of `GRADIENT_PASS`."""
    return call_by_address(GRADIENT_PASS)
