"""Every initializer: shape, symmetry, and the spread that its formula promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kernels.initializers import INITIALIZERS
from kernels.network import Choice
from tests.kernels.reference import named
from tests.kernels.support import describe, every, make_trainer

FAN_OUT, FAN_IN = 300, 500

#: The variance that each source states; a new initializer states its own here, since its draw is its only truth.
VARIANCES: dict[str, Callable[..., float]] = {
    "zeros": lambda: 0.0,
    "normal": lambda std: std**2,
    "uniform": lambda range: range**2 / 3,  # noqa: A006
    "xavier_uniform": lambda: 2 / (FAN_IN + FAN_OUT),
    "he_normal": lambda: 2 / FAN_IN,
}


@pytest.mark.parametrize("choice", every(INITIALIZERS), ids=describe)
def test_shape_mean_and_variance(choice: Choice) -> None:
    variant = INITIALIZERS[choice.id]
    values = variant.values(choice.params)
    weights = variant.draw(np.random.default_rng(3), (FAN_OUT, FAN_IN), values)
    assert weights.shape == (FAN_OUT, FAN_IN)
    variance = VARIANCES[choice.id](**named(variant, choice))
    # Six standard errors of the mean; 3 % of the variance is more than ten of its own.
    assert abs(weights.mean()) <= 6 * math.sqrt(variance / weights.size)
    assert weights.var() == pytest.approx(variance, rel=0.03)


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
            assert values.std() == pytest.approx(truth.std(), rel=0.05)


def test_uniform_draws_reach_their_range_and_no_further() -> None:
    weights = INITIALIZERS["uniform"].draw(np.random.default_rng(1), (100, 100), (0.25,))
    assert 0.249 < np.abs(weights).max() <= 0.25
