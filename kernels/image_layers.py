"""What convolutions and pools do, as kernels that the passes call by their address.

Inlined into the passes they were optimized again with every function around them, which took as long as all the rest.
"""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from dataclasses import dataclass

from kernels.cache import Kernel, kernel
from kernels.calls import IMAGE_FORWARD, IMAGE_INPUT_GRADIENT, IMAGE_WEIGHT_GRADIENT
from kernels.conv import conv_forward, conv_input_gradient
from kernels.conv_weights import conv_bias_gradient, conv_weight_gradient
from kernels.pools import max_pool_backward, max_pool_forward, mean_pool_backward, mean_pool_forward
from kernels.shapes import Stage
from kernels.simd import Pointer


@kernel(IMAGE_FORWARD)
def _convolve(
    shape: Pointer, w: Pointer, bias: Pointer, biased: int, x: Pointer, z: Pointer, filters: int, stride: int
) -> None:
    conv_forward(shape, w, bias, biased != 0, x, z, filters, stride)


@kernel(IMAGE_WEIGHT_GRADIENT)
def _convolve_weights_back(
    shape: Pointer, d: Pointer, x: Pointer, dw: Pointer, db: Pointer, biased: int, filters: int, stride: int
) -> None:
    conv_weight_gradient(shape, d, x, dw, filters, stride)
    if biased != 0:
        conv_bias_gradient(d, db, filters, shape[3] * shape[4] * stride)


@kernel(IMAGE_INPUT_GRADIENT)
def _convolve_back(
    shape: Pointer, w: Pointer, d: Pointer, x: Pointer, z: Pointer, dx: Pointer, filters: int, stride: int
) -> None:
    conv_input_gradient(shape, w, d, dx, filters, stride)


@kernel(IMAGE_FORWARD)
def _pool_largest(
    shape: Pointer, w: Pointer, bias: Pointer, biased: int, x: Pointer, z: Pointer, filters: int, stride: int
) -> None:
    max_pool_forward(shape, x, z, stride)


@kernel(IMAGE_INPUT_GRADIENT)
def _pool_largest_back(
    shape: Pointer, w: Pointer, d: Pointer, x: Pointer, z: Pointer, dx: Pointer, filters: int, stride: int
) -> None:
    max_pool_backward(shape, x, z, d, dx, stride)


@kernel(IMAGE_FORWARD)
def _pool_mean(
    shape: Pointer, w: Pointer, bias: Pointer, biased: int, x: Pointer, z: Pointer, filters: int, stride: int
) -> None:
    mean_pool_forward(shape, x, z, stride)


@kernel(IMAGE_INPUT_GRADIENT)
def _pool_mean_back(
    shape: Pointer, w: Pointer, d: Pointer, x: Pointer, z: Pointer, dx: Pointer, filters: int, stride: int
) -> None:
    mean_pool_backward(shape, d, dx, stride)


@dataclass(frozen=True)
class ImageLayer:
    """The kernels of a layer on images: there, back to its weights where it has some, and back to its inputs."""

    forward: Kernel
    weights_back: Kernel | None
    inputs_back: Kernel


CONVOLUTION = ImageLayer(_convolve, _convolve_weights_back, _convolve_back)
MAX_POOL = ImageLayer(_pool_largest, None, _pool_largest_back)
MEAN_POOL = ImageLayer(_pool_mean, None, _pool_mean_back)

#: All kernels of layers on images.
IMAGE_KERNELS = tuple(
    each
    for layer in (CONVOLUTION, MAX_POOL, MEAN_POOL)
    for each in (layer.forward, layer.weights_back, layer.inputs_back)
    if each is not None
)


def image_layer(stage: Stage) -> ImageLayer | None:
    """The kernels of a stage; None for a dense one."""
    if stage.kind == "dense":
        return None
    if stage.kind == "conv":
        return CONVOLUTION
    return MAX_POOL if stage.pooling == "max" else MEAN_POOL
