"""Every loss against its reference, its gradient against central differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kernels.labels import MAX_LABELS, pack_labels, unpack_labels
from kernels.losses import LOSSES, default_loss
from kernels.network import Choice
from tests.kernels.reference import Array, slope
from tests.kernels.support import FITTING_CHOICES, Floats, call, fitting, vector

COUNTS = [1, 3, 8, 10, 17, 64]


def lose(choice: Choice, z: Floats, y: Floats) -> tuple[float, Floats]:
    """The sum of the losses, and the gradient of their mean with its padded lanes; z: [samples, outputs]."""
    count, outputs = z.shape
    stride = (count + 7) // 8 * 8
    padded = np.full((outputs, stride), 1e3, np.float32)
    padded[:, :count] = z.T
    targets = np.zeros(stride, np.float32)
    targets[:count] = y
    d = np.full((outputs, stride), 7, np.float32)
    scratch, loss = np.zeros(2 * stride, np.float32), LOSSES[choice.id]
    params = vector(loss.values(choice.params))
    value = call(loss.value, padded, targets, d, scratch, outputs, count, stride, params)
    return float(value), d


def truth_of(choice: Choice, y: Floats) -> Callable[[Array], float]:
    """The mean loss by its reference, as a function of z: [samples, outputs]."""
    loss, targets = LOSSES[choice.id], y.astype(np.float64)
    values = loss.values(choice.params)
    return lambda z: loss.reference(z, targets, *values)


def outputs_of(task: str) -> list[int]:
    return {"multiclass": [2, 3, 10], "multilabel": [1, 3, 10]}.get(task, [1])


def targets_of(task: str, count: int, outputs: int) -> Floats:
    rng = np.random.default_rng(count)
    drawn = {
        "regression": rng.uniform(-1, 1, count),
        "binary": rng.choice([-1.0, 1.0], count),
        "multiclass": rng.integers(0, outputs, count),
        "multilabel": rng.integers(0, 2**outputs, count),
    }
    return np.asarray(drawn[task], np.float32)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("choice", "task"), FITTING_CHOICES, ids=fitting)
def test_value_and_gradient(choice: Choice, task: str, count: int) -> None:
    for outputs in outputs_of(task):
        z = np.random.default_rng(outputs).normal(0, 2, (count, outputs)).astype(np.float32)
        y = targets_of(task, count, outputs)
        value, d = lose(choice, z, y)
        truth = truth_of(choice, y)
        np.testing.assert_allclose(value / count, truth(z.astype(np.float64)), rtol=2e-6)
        gradient = slope(truth, z.astype(np.float64))
        np.testing.assert_allclose(d[:, :count].T, gradient, rtol=1e-4, atol=1e-6 / count)
        assert not d[:, count:].any(), "the gradient of a padded lane must be zero"


@pytest.mark.parametrize(("choice", "task"), FITTING_CHOICES, ids=fitting)
def test_extreme_logits_neither_overflow_nor_lose_the_value(choice: Choice, task: str) -> None:
    for outputs in outputs_of(task):
        rng = np.random.default_rng(5)
        z = (rng.choice([-1e4, 0.0, 1e4], (20, outputs)) + rng.normal(0, 1, (20, outputs))).astype(np.float32)
        y = targets_of(task, 20, outputs)
        value, d = lose(choice, z, y)
        np.testing.assert_allclose(value / 20, truth_of(choice, y)(z.astype(np.float64)), rtol=1e-6)
        assert np.isfinite(d).all()


@pytest.mark.parametrize(("choice", "task"), FITTING_CHOICES, ids=fitting)
def test_one_nan_logit_makes_the_loss_nan(choice: Choice, task: str) -> None:
    for outputs in outputs_of(task):
        for output in range(outputs):
            z = np.ones((11, outputs), np.float32)
            z[4, output] = np.nan
            value, d = lose(choice, z, targets_of(task, 11, outputs))
            assert np.isnan(value)
            assert np.isnan(d[output, 4])


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_every_task_has_a_default_loss_that_fits(task: str) -> None:
    assert task in LOSSES[default_loss(task)].tasks  # type: ignore[arg-type]
    assert [loss.id for loss in LOSSES if task in loss.default_for] == [default_loss(task)]


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_smoothed_labels_ask_for_a_finite_logit(smoothing: float) -> None:
    # The best probability of the target is then 1 - smoothing / 2, and its logit the logarithm of the odds.
    choice, y = Choice("binary_cross_entropy", {"label_smoothing": smoothing}), np.ones(1, np.float32)
    best = np.log((2 - smoothing) / smoothing) if smoothing else 15.0
    before, after = (lose(choice, np.full((1, 1), best + off, np.float32), y)[1][0, 0] for off in (-0.1, 0.1))
    assert before < 0
    assert after > 0 if smoothing else after < 0


def test_each_label_is_a_binary_cross_entropy_of_its_own() -> None:
    rng = np.random.default_rng(3)
    z, labels = rng.normal(0, 2, (20, 3)).astype(np.float32), rng.integers(0, 2, (20, 3))
    value, d = lose(Choice("multilabel_cross_entropy"), z, pack_labels(labels))
    alone = [
        lose(Choice("binary_cross_entropy"), z[:, [k]], (2 * labels[:, k] - 1).astype(np.float32)) for k in range(3)
    ]
    assert value == pytest.approx(np.mean([each for each, _ in alone]), rel=1e-6)
    np.testing.assert_allclose(d, np.concatenate([each for _, each in alone]) / 3, rtol=1e-5, atol=1e-8)


def test_labels_are_packed_and_unpacked() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (100, MAX_LABELS))
    packed = pack_labels(labels)
    np.testing.assert_array_equal(unpack_labels(packed, MAX_LABELS), labels)
    np.testing.assert_array_equal(pack_labels(2.0 * labels - 1), packed)
    with pytest.raises(ValueError, match=f"at most {MAX_LABELS}"):
        pack_labels(np.zeros((2, MAX_LABELS + 1)))


def test_huber_is_half_the_square_within_delta_and_pulls_with_delta_beyond() -> None:
    z, y = np.array([[0.3], [-0.3], [5.0], [-7.0]], np.float32), np.zeros(4, np.float32)
    value, d = lose(Choice("huber", {"delta": 0.5}), z, y)
    np.testing.assert_allclose(4 * d[0, :4], [0.3, -0.3, 0.5, -0.5], rtol=1e-6)
    assert value == pytest.approx(0.3**2 + 0.5 * (5 - 0.25) + 0.5 * (7 - 0.25))


def test_hinge_moves_nothing_but_the_target_and_its_strongest_rival() -> None:
    z = np.array([[2.0, 0.5, 1.5], [0.0, 3.0, 1.0]], np.float32)
    value, d = lose(Choice("hinge"), z, np.array([0, 1], np.float32))
    assert value == pytest.approx(0.5)
    np.testing.assert_array_equal(d[:, :2].T, [[-0.5, 0, 0.5], [0, 0, 0]])


def right_answers(task: str, y: Floats, outputs: int, size: float) -> Array:
    """Outputs that say what the targets are, logits as large as `size`."""
    if task == "regression":
        return y[:, None].astype(np.float64)
    if task == "binary":
        return size * y[:, None].astype(np.float64)
    if task == "multiclass":
        return np.asarray(size * np.eye(outputs)[y.astype(int)])
    return np.asarray(size * (2 * unpack_labels(y, outputs) - 1), np.float64)


@pytest.mark.parametrize(("choice", "task"), FITTING_CHOICES, ids=fitting)
def test_no_loss_is_negative_however_certain_the_network_is(choice: Choice, task: str) -> None:
    for outputs in outputs_of(task):
        y = targets_of(task, 64, outputs)
        for size in (1e-4, 1.0, 8.0, 17.0, 60.0, 1e4):
            rng = np.random.default_rng(int(size))
            right = right_answers(task, y, outputs, size)
            for z in (right, right + rng.normal(0, 1e-3, right.shape), rng.normal(0, size, right.shape)):
                value, _ = lose(choice, z.astype(np.float32), y)
                assert value >= 0
