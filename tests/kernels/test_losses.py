"""Every loss against its reference, its gradient against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.losses import LOSSES, default_loss
from tests.kernels.reference import slope
from tests.kernels.support import FITTING, Floats, call

COUNTS = [1, 3, 8, 10, 17, 64]


def lose(loss: str, z: Floats, y: Floats) -> tuple[float, Floats]:
    """The sum of the losses, and the gradient of their mean with its padded lanes; z: [samples, outputs]."""
    count, outputs = z.shape
    stride = (count + 7) // 8 * 8
    padded = np.full((outputs, stride), 1e3, np.float32)
    padded[:, :count] = z.T
    targets = np.zeros(stride, np.float32)
    targets[:count] = y
    d = np.full((outputs, stride), 7, np.float32)
    value = call(LOSSES[loss].value, padded, targets, d, np.zeros(2 * stride, np.float32), outputs, count, stride)
    return float(value), d


def outputs_of(task: str) -> list[int]:
    return [2, 3, 10] if task == "multiclass" else [1]


def targets_of(task: str, count: int, outputs: int) -> Floats:
    rng = np.random.default_rng(count)
    drawn = {
        "regression": rng.uniform(-1, 1, count),
        "binary": rng.choice([-1.0, 1.0], count),
        "multiclass": rng.integers(0, outputs, count),
    }
    return np.asarray(drawn[task], np.float32)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("loss", "task"), FITTING)
def test_value_and_gradient(loss: str, task: str, count: int) -> None:
    for outputs in outputs_of(task):
        z = np.random.default_rng(outputs).normal(0, 2, (count, outputs)).astype(np.float32)
        y = targets_of(task, count, outputs)
        value, d = lose(loss, z, y)
        truth = LOSSES[loss].reference
        np.testing.assert_allclose(value / count, truth(z.astype(np.float64), y.astype(np.float64)), rtol=2e-6)
        gradient = slope(lambda at: truth(at, y.astype(np.float64)), z.astype(np.float64))  # noqa: B023
        np.testing.assert_allclose(d[:, :count].T, gradient, rtol=1e-4, atol=1e-6 / count)
        assert not d[:, count:].any(), "the gradient of a padded lane must be zero"


@pytest.mark.parametrize(("loss", "task"), FITTING)
def test_extreme_logits_neither_overflow_nor_lose_the_value(loss: str, task: str) -> None:
    for outputs in outputs_of(task):
        rng = np.random.default_rng(5)
        z = (rng.choice([-1e4, 0.0, 1e4], (20, outputs)) + rng.normal(0, 1, (20, outputs))).astype(np.float32)
        y = targets_of(task, 20, outputs)
        value, d = lose(loss, z, y)
        truth = LOSSES[loss].reference(z.astype(np.float64), y.astype(np.float64))
        np.testing.assert_allclose(value / 20, truth, rtol=1e-6)
        assert np.isfinite(d).all()


@pytest.mark.parametrize(("loss", "task"), FITTING)
def test_one_nan_logit_makes_the_loss_nan(loss: str, task: str) -> None:
    for outputs in outputs_of(task):
        for output in range(outputs):
            z = np.ones((11, outputs), np.float32)
            z[4, output] = np.nan
            value, d = lose(loss, z, targets_of(task, 11, outputs))
            assert np.isnan(value)
            assert np.isnan(d[output, 4])


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_every_task_has_a_default_loss_that_fits(task: str) -> None:
    assert task in LOSSES[default_loss(task)].tasks  # type: ignore[arg-type]
