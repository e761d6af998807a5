"""Every initializer: shape, symmetry, and the spread that its formula promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernels.initializers import INITIALIZERS
from kernels.network import Choice
from tests.kernels.reference import named
from tests.kernels.support import describe, every, make_trainer

FAN_OUT, FAN_IN = 300, 500


@pytest.mark.parametrize("choice", every(INITIALIZERS), ids=describe)
def test_shape_mean_and_variance(choice: Choice) -> None:
    variant = INITIALIZERS[choice.id]
    values = variant.values(choice.params)
    weights = variant.draw(np.random.default_rng(3), (FAN_OUT, FAN_IN), values)
    assert weights.shape == (FAN_OUT, FAN_IN)
    variance = variant.variance(FAN_IN, FAN_OUT, values)
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


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (40, 40), (1, 7)])
def test_orthogonal_weights_keep_lengths(shape: tuple[int, int]) -> None:
    weights = INITIALIZERS["orthogonal"].draw(np.random.default_rng(2), shape, (1.5,))
    square = weights @ weights.T if shape[0] <= shape[1] else weights.T @ weights
    np.testing.assert_allclose(square, 1.5**2 * np.eye(min(shape)), atol=1e-12)


def test_sparse_units_have_exactly_their_nonzero_weights() -> None:
    draw = INITIALIZERS["sparse"].draw
    weights = draw(np.random.default_rng(2), (60, 40), (7, 1.0))
    assert (np.count_nonzero(weights, axis=1) == 7).all()
    assert np.count_nonzero(weights, axis=0).all(), "the inputs are drawn anew for each unit"
    assert np.count_nonzero(draw(np.random.default_rng(2), (60, 4), (7, 1.0))) == 240


@pytest.mark.parametrize("name", ["he_uniform", "he_normal"])
def test_he_takes_the_fan_that_is_chosen(name: str) -> None:
    initializer = INITIALIZERS[name]
    assert [key for key, _ in initializer.params[0].choices] == ["fan_in", "fan_out"]
    fan_in, fan_out = (initializer.draw(np.random.default_rng(4), (90, 10), (mode, 0.0)) for mode in (0, 1))
    np.testing.assert_allclose(fan_in, 3 * fan_out)
