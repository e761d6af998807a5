"""The references' own proof where images are concerned: against SciPy, the textbooks, and their own slopes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve, correlate

from kernels.activations import ACTIVATIONS
from kernels.layout import make_layout
from kernels.losses import LOSSES
from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, LayerSpec, NetworkSpec, PoolSpec
from kernels.normalizations import NORMALIZATIONS
from tests.kernels import reference
from tests.kernels import reference_images as images
from tests.kernels.reference import Array, slope
from tests.kernels.support import TANH, XAVIER, describe, every_placed

CONVOLUTIONS = [
    (kernel, stride, padding)
    for kernel in (1, 2, 3, 5)
    for stride in (1, 2, 3)
    for padding in ("same", "valid", 1)
    if padding != 1 or kernel > 1
]


def drawn(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def test_a_window_without_padding_is_scipys_correlation() -> None:
    x, w = drawn(3, 2, 7, 6), drawn(4, 2, 3, 3, seed=1)
    truth = np.array([[correlate(image, one, "valid")[0] for one in w] for image in x])
    np.testing.assert_allclose(images.convolve(x, w, 1, (0, 0)), truth, atol=1e-12)
    np.testing.assert_allclose(images.convolve(x, w, 2, (0, 0)), truth[:, :, ::2, ::2], atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_padding_is_a_window_centred_on_each_pixel(kernel: int, stride: int) -> None:
    x, w = drawn(1, 1, 7, 8), drawn(1, 1, kernel, kernel, seed=1)
    z = images.convolve(x, w, stride, images.padding_of("same", kernel))
    assert z.shape[2:] == (-(-7 // stride), -(-8 // stride))
    # With even kernels SciPy has the odd row on top, as textbooks and libraries do not.
    full = correlate(x[0, 0], w[0, 0], "full")
    after = kernel - 1 - (kernel - 1) // 2
    np.testing.assert_allclose(z[0, 0], full[after : after + 7 : stride, after : after + 8 : stride], atol=1e-12)


def test_the_gradient_of_the_input_is_the_full_convolution_with_the_kernel() -> None:
    # Goodfellow et al. 2016, 9.5: correlation with the kernel turned by 180 degrees, on a border of kernel - 1 zeros.
    x, w, d = drawn(2, 3, 6, 6), drawn(4, 3, 3, 3, seed=1), drawn(2, 4, 4, 4, seed=2)
    dx, _ = images.convolve_back(x, w, d, 1, (0, 0))
    truth = np.array([[sum(convolve(one[f], w[f, c], "full") for f in range(4)) for c in range(3)] for one in d])
    np.testing.assert_allclose(dx, truth, atol=1e-12)
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    np.testing.assert_allclose(dx, images.convolve(d, turned, 1, (2, 2)), atol=1e-12)


@pytest.mark.parametrize(("kernel", "stride", "padding"), CONVOLUTIONS)
def test_a_convolutions_way_back_is_its_slope(kernel: int, stride: int, padding: str | int) -> None:
    around = images.padding_of(padding, kernel)
    x, w = drawn(2, 2, 5, 6), drawn(3, 2, kernel, kernel, seed=1)
    d = drawn(*images.convolve(x, w, stride, around).shape, seed=2)
    dx, dw = images.convolve_back(x, w, d, stride, around)
    np.testing.assert_allclose(
        dx, slope(lambda at: float(np.sum(d * images.convolve(at, w, stride, around))), x), atol=1e-8
    )
    np.testing.assert_allclose(
        dw, slope(lambda at: float(np.sum(d * images.convolve(x, at, stride, around))), w), atol=1e-8
    )


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (2, 1), (3, 2), (2, 3), (4, 4)])
def test_a_pools_way_back_is_its_slope(size: int, stride: int, pooling: str) -> None:
    x = drawn(2, 3, 7, 6)
    d = drawn(*images.pool(x, pooling, size, stride).shape, seed=2)
    truth = slope(lambda at: float(np.sum(d * images.pool(at, pooling, size, stride))), x)
    np.testing.assert_allclose(images.pool_back(x, d, pooling, size, stride), truth, atol=1e-8)


def test_pools_by_hand() -> None:
    x = np.array([[[[1.0, 2.0, 5.0], [4.0, 3.0, 5.0], [9.0, 9.0, 9.0]]]])
    one = np.ones((1, 1, 1, 1))
    assert images.pool(x, "max", 2, 2).tolist() == [[[[4.0]]]]
    assert images.pool_back(x, one, "max", 2, 2).tolist() == [[[[0, 0, 0], [1, 0, 0], [0, 0, 0]]]]
    assert images.pool(x, "mean", 2, 2).tolist() == [[[[2.5]]]]
    assert images.pool_back(x, one, "mean", 2, 2).tolist() == [[[[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]]]
    assert images.pool_all(x).tolist() == [[x.mean()]]
    np.testing.assert_allclose(images.pool_all_back(x, np.array([[9.0]])), np.ones_like(x))
    # Of equals the first is the largest.
    assert images.pool_back(np.ones((1, 1, 2, 2)), one, "max", 2, 2).tolist() == [[[[1, 0], [0, 0]]]]


def random_network(spec: NetworkSpec) -> reference.Network:
    """A reference network with random parameters, scales of weights that keep sums moderate."""
    rng = np.random.default_rng(2)
    parameters = {}
    for tensor in make_layout(spec).tensors:
        centre = 1.0 if tensor.role in ("gamma", "gain") else 0.0
        parameters[tensor.name] = rng.normal(centre, 0.4, tensor.shape)
    running = {buffer.name: np.ones(buffer.shape) for buffer in make_layout(spec).buffers}
    return reference.Network(spec, parameters, running)


def check_slope(layers: tuple[LayerSpec, ...], shape: tuple[int, ...] = (2, 5, 4), samples: int = 4) -> None:
    """Compare the way back through a network, with masks, with the slope of its loss in every parameter."""
    spec = NetworkSpec(shape, layers, 3, XAVIER)
    network, loss = random_network(spec), LOSSES["softmax_cross_entropy"]
    rng = np.random.default_rng(3)
    x = rng.standard_normal((samples, spec.inputs))
    y = rng.integers(0, 3, samples).astype(np.float64)
    network.forward(x, training=True)
    # What leaves a layer has the shape of what enters the next; what leaves the last is a vector or flattened.
    behind = [trace.x.shape for trace in network.trace[1:]]
    masks = reference.Masks([rng.choice([0.0, 1.25], each) for each in behind])
    _, gradients = reference.loss_and_gradients(network, Choice(loss.id), x, y, masks)
    assert set(gradients) == set(network.parameters)
    for name, values in network.parameters.items():

        def value(at: Array, name: str = name) -> float:
            changed = reference.Network(spec, network.parameters | {name: at}, dict(network.running))
            return loss.reference(changed.forward(x, training=True, masks=masks), y, *loss.values({}))

        np.testing.assert_allclose(gradients[name], slope(value, values), rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("normalization", [Choice("none"), Choice("batch_norm")], ids=describe)
@pytest.mark.parametrize("activation", list(ACTIVATIONS.variants))
def test_every_activation_of_a_convolution(activation: str, normalization: Choice) -> None:
    layer = ConvSpec(2, 2, Choice(activation), XAVIER, normalization=normalization)
    check_slope((layer, PoolSpec("mean")))


@pytest.mark.parametrize("normalization", every_placed(NORMALIZATIONS), ids=describe)
def test_every_normalization_of_a_convolution(normalization: Choice) -> None:
    check_slope((ConvSpec(4, 3, TANH, XAVIER, normalization=normalization), PoolSpec(size=2, stride=2)), (1, 4, 5))


CONV = ConvSpec(2, 3, TANH, XAVIER)
STRUCTURES: dict[str, tuple[LayerSpec, ...]] = {
    "stride": (ConvSpec(2, 3, TANH, XAVIER, stride=2), ConvSpec(3, 2, TANH, XAVIER, padding=1)),
    "global pool": (CONV, GlobalPoolSpec()),
    "global pool and dense": (CONV, GlobalPoolSpec(), DenseSpec(3, TANH, XAVIER)),
    "pools overlapping": (CONV, PoolSpec("max", 3, 1), PoolSpec("mean", 2, 1)),
    "pool first": (PoolSpec("mean", 2, 2), CONV),
    "skip of one": (ConvSpec(2, 3, TANH, XAVIER, skip=1), ConvSpec(2, 3, TANH, XAVIER, skip=1)),
    "skip of two": (CONV, CONV, ConvSpec(2, 3, TANH, XAVIER, skip=2)),
    "skips across": (CONV, ConvSpec(2, 3, TANH, XAVIER, skip=2), ConvSpec(2, 3, TANH, XAVIER, skip=2)),
    "skip with batch norm": (CONV, ConvSpec(2, 3, TANH, XAVIER, normalization=Choice("batch_norm"), skip=1)),
    "skip with norm behind": (
        CONV,
        ConvSpec(2, 3, TANH, XAVIER, normalization=Choice("batch_norm", {"position": 1}), skip=2),
    ),
    "skip over a pool": (
        CONV,
        PoolSpec("max", 3, 1),
        ConvSpec(2, 3, TANH, XAVIER, padding=2, skip=2),
    ),
    "skip of dense": (DenseSpec(4, TANH, XAVIER), DenseSpec(4, TANH, XAVIER, skip=1)),
}


@pytest.mark.parametrize("name", list(STRUCTURES))
def test_every_structure(name: str) -> None:
    check_slope(STRUCTURES[name])
