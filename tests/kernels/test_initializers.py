"""Every initializer: shape, symmetry, and the spread that its formula promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kernels.initializers import INITIALIZERS, Shape, fans
from kernels.network import Choice
from tests.kernels.reference import named
from tests.kernels.support import describe, every, make_trainer

#: Of a dense layer, and of a convolution whose flattened matrix is wide, or high.
SHAPES: list[Shape] = [(300, 500), (64, 60, 6, 6), (200, 2, 7, 7)]


def written(argument: Choice | Shape) -> str:
    """An argument as a test's name."""
    return describe(argument) if isinstance(argument, Choice) else "x".join(map(str, argument))


@pytest.mark.parametrize("shape", SHAPES, ids=written)
@pytest.mark.parametrize("choice", every(INITIALIZERS), ids=describe)
def test_shape_mean_and_variance(choice: Choice, shape: Shape) -> None:
    variant = INITIALIZERS[choice.id]
    values = variant.values(choice.params)
    weights = variant.draw(np.random.default_rng(3), shape, values)
    assert weights.shape == shape
    variance = variant.variance(shape, values)
    mean = named(variant, choice).get("value", 0.0)
    drawn = max(1, int(np.count_nonzero(weights)))
    # Six standard errors of the mean, and of the variance of a normal distribution.
    assert abs(weights.mean() - mean) <= 6 * math.sqrt(variance / weights.size) + 1e-12
    assert weights.var() == pytest.approx(variance, rel=6 * math.sqrt(2 / drawn), abs=1e-24)


@pytest.mark.parametrize("choice", every(INITIALIZERS), ids=describe)
def test_the_same_generator_draws_the_same(choice: Choice) -> None:
    variant = INITIALIZERS[choice.id]
    first, second = (variant.draw(np.random.default_rng(9), (4, 3), variant.values(choice.params)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_fans_of_a_filter() -> None:
    assert fans((300, 500)) == (500, 300)
    # What the windows say: every input pixel, away from the edges, is in kernel^2 windows of every filter.
    filters, channels, kernel, side = 3, 2, 3, 9
    sums_of = np.zeros((channels, side, side), int)
    inputs_of = channels * kernel * kernel
    for y in range(side - kernel + 1):
        for x in range(side - kernel + 1):
            sums_of[:, y : y + kernel, x : x + kernel] += filters
    assert fans((filters, channels, kernel, kernel)) == (inputs_of, sums_of[0, side // 2, side // 2])


@pytest.mark.parametrize(
    ("name", "fan"),
    [
        ("lecun_normal", lambda fan_in, _: fan_in),
        ("xavier_normal", lambda fan_in, fan_out: (fan_in + fan_out) / 2),
        ("xavier_uniform", lambda fan_in, fan_out: (fan_in + fan_out) / 2),
        ("he_normal", lambda fan_in, _: fan_in / 2),
        ("he_uniform", lambda fan_in, _: fan_in / 2),
    ],
)
def test_the_variance_of_a_filter_is_one_over_its_fans(name: str, fan: Callable[[int, int], float]) -> None:
    filters, channels, kernel = 40, 24, 5
    variant = INITIALIZERS[name]
    weights = variant.draw(np.random.default_rng(5), (filters, channels, kernel, kernel), variant.values({}))
    expected = 1 / fan(channels * kernel**2, filters * kernel**2)
    assert weights.var() == pytest.approx(expected, rel=6 * math.sqrt(2 / weights.size))


def test_a_convolution_keeps_the_variance_of_what_he_silences() -> None:
    # He et al. 2015, section 2.2: half of a symmetric signal is silenced, and twice the variance makes up for it.
    variant, rng = INITIALIZERS["he_normal"], np.random.default_rng(7)
    weights = variant.draw(rng, (2000, 32, 3, 3), variant.values({})).reshape(2000, -1)
    signal = rng.standard_normal((32 * 9, 500))
    sums = weights @ np.maximum(signal, 0)
    assert (sums**2).mean() == pytest.approx((signal**2).mean(), rel=0.05)


@pytest.mark.parametrize("choice", every(INITIALIZERS), ids=describe)
def test_a_trainer_draws_weights_and_starts_biases_at_zero(choice: Choice) -> None:
    trainer = make_trainer(hidden=(200, 100), initializer=choice)
    for tensor in trainer.layout.tensors:
        values = trainer.parameters[tensor.offset : tensor.offset + tensor.size]
        if tensor.role == "bias":
            assert not values.any()
        elif tensor.name == "layer2.weight":
            variant = INITIALIZERS[choice.id]
            truth = variant.draw(np.random.default_rng(0), (100, 200), variant.values(choice.params))
            assert values.std() == pytest.approx(truth.std(), rel=0.05, abs=1e-6)


def test_uniform_draws_reach_their_range_and_no_further() -> None:
    weights = INITIALIZERS["uniform"].draw(np.random.default_rng(1), (100, 100), (0.25,))
    assert 0.249 < np.abs(weights).max() <= 0.25


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (40, 40), (1, 7), (8, 3, 3, 3), (64, 1, 5, 5)], ids=written)
def test_orthogonal_weights_keep_lengths(shape: Shape) -> None:
    weights = INITIALIZERS["orthogonal"].draw(np.random.default_rng(2), shape, (1.5,)).reshape(shape[0], -1)
    square = weights @ weights.T if weights.shape[0] <= weights.shape[1] else weights.T @ weights
    np.testing.assert_allclose(square, 1.5**2 * np.eye(min(weights.shape)), atol=1e-12)


def test_sparse_units_have_exactly_their_nonzero_weights() -> None:
    draw = INITIALIZERS["sparse"].draw
    weights = draw(np.random.default_rng(2), (60, 40), (7, 1.0))
    assert (np.count_nonzero(weights, axis=1) == 7).all()
    assert np.count_nonzero(weights, axis=0).all(), "the inputs are drawn anew for each unit"
    assert np.count_nonzero(draw(np.random.default_rng(2), (60, 4), (7, 1.0))) == 240
    filters = draw(np.random.default_rng(2), (60, 4, 3, 3), (7, 1.0))
    assert (np.count_nonzero(filters, axis=(1, 2, 3)) == 7).all()
    assert np.count_nonzero(filters, axis=0).all()


@pytest.mark.parametrize("name", ["he_uniform", "he_normal"])
def test_he_takes_the_fan_that_is_chosen(name: str) -> None:
    initializer = INITIALIZERS[name]
    assert [key for key, _ in initializer.params[0].choices] == ["fan_in", "fan_out"]
    fan_in, fan_out = (initializer.draw(np.random.default_rng(4), (90, 10), (mode, 0.0)) for mode in (0, 1))
    np.testing.assert_allclose(fan_in, 3 * fan_out)
