"""Every normalization: forward in training and inference, running statistics, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.normalizations import NORMALIZATIONS
from tests.kernels.reference import Array, named, slope
from tests.kernels.support import Floats, call, describe, every, vector

CHOICES = [choice for choice in every(NORMALIZATIONS) if NORMALIZATIONS[choice.id].forward is not None]
UNITS = 5


class Case:
    """Random weighted sums [units, samples], padded with rubbish, and everything else that a normalization reads."""

    def __init__(self, choice: Choice, count: int) -> None:
        rng = np.random.default_rng(count)
        self.variant = NORMALIZATIONS[choice.id]
        self.params = vector(self.variant.values(choice.params))
        self.named = named(self.variant, choice)
        self.count, self.stride = count, (count + 7) // 8 * 8
        self.z = np.full((UNITS, self.stride), 1e6, np.float32)
        self.z[:, :count] = rng.normal(3, 2, (UNITS, count))
        self.gamma, self.beta = rng.normal(1, 0.5, (2, UNITS)).astype(np.float32)
        self.running = np.stack([rng.normal(0, 1, UNITS), rng.uniform(0.5, 2, UNITS)]).astype(np.float32)
        self.normalized = np.full_like(self.z, 7)
        self.inverse_std = np.zeros(UNITS, np.float32)
        self.x: Array = self.z[:, :count].T.astype(np.float64)

    def forward(self, training: bool) -> Floats:
        assert self.variant.forward is not None
        call(
            self.variant.forward, self.z, self.normalized, self.inverse_std, self.gamma, self.beta, self.running,
            UNITS, self.count, self.stride, int(training), self.params,
        )  # fmt: skip
        return self.z[:, : self.count].T

    def truth(self, x: Array, gamma: Array, beta: Array, running: Array, training: bool) -> Array:
        assert self.variant.reference is not None
        return self.variant.reference(x, gamma, beta, running, training, **self.named)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 64])
@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_forward_and_running_statistics(choice: Choice, count: int, training: bool) -> None:
    case = Case(choice, count)
    running = case.running.astype(np.float64)
    before = case.running.copy()
    truth = case.truth(case.x, case.gamma.astype(float), case.beta.astype(float), running, training)
    np.testing.assert_allclose(case.forward(training), truth, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(case.running, running, rtol=1e-5, atol=1e-6)
    if not training:
        np.testing.assert_array_equal(case.running, before)


@pytest.mark.parametrize("count", [2, 7, 8, 33])
@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_backward_is_the_slope_of_forward(choice: Choice, count: int) -> None:
    case = Case(choice, count)
    gamma, beta, x = case.gamma.astype(float), case.beta.astype(float), case.x
    case.forward(training=True)
    d = np.zeros((UNITS, case.stride), np.float32)
    d[:, :count] = np.random.default_rng(0).normal(0, 1, (UNITS, count))
    weights = d[:, :count].T.astype(np.float64)

    def weighted(x: Array, gamma: Array, beta: Array) -> float:
        return float(np.sum(weights * case.truth(x, gamma, beta, np.zeros((2, UNITS)), True)))

    d_gamma, d_beta = np.zeros((2, UNITS), np.float32)
    assert case.variant.backward is not None
    call(
        case.variant.backward, d, case.normalized, case.inverse_std, case.gamma, d_gamma, d_beta, UNITS, count,
        case.stride,
    )  # fmt: skip
    np.testing.assert_allclose(d[:, :count].T, slope(lambda at: weighted(at, gamma, beta), x), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(d_gamma, slope(lambda at: weighted(x, at, beta), gamma), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(d_beta, slope(lambda at: weighted(x, gamma, at), beta), rtol=1e-4, atol=1e-4)
    assert not d[:, count:].any(), "the gradient of a padded lane must stay zero"


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_training_centres_and_scales_every_unit(choice: Choice) -> None:
    case = Case(choice, 50)
    case.gamma[:], case.beta[:] = 1, 0
    y = case.forward(training=True)
    assert abs(y).max() < 10
    assert y.std() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_padded_lanes_stay_small(choice: Choice) -> None:
    # With one sample the scale is 1 / sqrt(epsilon): lanes that kept it would grow by it in every layer.
    case = Case(choice, 1)
    case.forward(training=True)
    assert np.abs(case.z).max() < 10
    assert np.abs(case.normalized).max() < 10
