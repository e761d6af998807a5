"""What the viewer sees, against NumPy; padded lanes are never counted."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.labels import unpack_labels
from kernels.layout import LAYER_COLUMNS
from kernels.losses import LOSSES
from kernels.network import Choice
from kernels.simd import pointer
from kernels.statistics import all_finite, gather, layer_statistics, norm
from kernels.trainer import Trainer
from tests.kernels import reference
from tests.kernels.support import (
    FITTING_CHOICES,
    OUTPUTS,
    Floats,
    fitting,
    last_batch,
    make_data,
    make_network,
    make_trainer,
    targets_of,
)


@numba.njit(cache=True)
def _layer_statistics(a: Floats, count: int, low: float, high: float, out: Floats) -> None:
    layer_statistics(pointer(a, 0), a.shape[0], count, a.shape[1], low, high, pointer(out, 0))


@numba.njit(cache=True)
def _norm(values: Floats) -> Any:
    return norm(pointer(values, 0), values.size)


@numba.njit(cache=True)
def _all_finite(values: Floats) -> Any:
    return all_finite(pointer(values, 0), values.size)


@numba.njit(cache=True)
def _gather(x: Floats, order: NDArray[np.int64], start: int, count: int, out: Floats) -> None:
    gather(pointer(x, 0), x.shape[1], pointer(order, 0), start, count, out.shape[1], pointer(out, 0))


def _of(values: Floats, low: Any, high: Any) -> list[float]:
    saturated = (values <= low) | (values >= high)
    return [values.mean(), values.std(), values.min(), values.max(), (values == 0).mean(), saturated.mean()]


@pytest.mark.parametrize("units", [1, 2, 7])
@pytest.mark.parametrize("count", [1, 3, 8, 13, 64])
def test_layer_statistics(units: int, count: int) -> None:
    rng = np.random.default_rng([units, count])
    a = np.full((units, (count + 7) // 8 * 8), 1e5, np.float32)
    a[:, :count] = rng.choice([0.0, -0.97, 0.97, 0.5, 1.0], (units, count)) + rng.choice([0, 0.01], (units, count))
    out = np.full(6, 7, np.float32)
    _layer_statistics(a, count, np.float32(-0.97), np.float32(0.97), out)
    truth = _of(a[:, :count].astype(np.float32), np.float32(-0.97), np.float32(0.97))
    np.testing.assert_allclose(out, truth, rtol=1e-5, atol=1e-4)


def test_statistics_of_nan_are_nan() -> None:
    out = np.zeros(6, np.float32)
    _layer_statistics(np.full((2, 8), np.nan, np.float32), 5, -1.0, 1.0, out)
    assert np.isnan(out[:4]).all()


@pytest.mark.parametrize("scale", [1.0, 1e-15, 1e-25, 1e-37])
@pytest.mark.parametrize("size", [0, 1, 5, 8, 1000])
def test_norm(size: int, scale: float) -> None:
    values = (scale * np.random.default_rng(size).standard_normal(size)).astype(np.float32)
    assert _norm(values) == pytest.approx(np.linalg.norm(values.astype(np.float64)), rel=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("size", [1, 7, 8, 9, 100])
def test_all_finite_finds_one_bad_number_anywhere(size: int, bad: float) -> None:
    values = np.full(size, 3e38, np.float32)
    assert _all_finite(values)
    for i in range(size):
        values[i] = bad
        assert not _all_finite(values)
        values[i] = -3e38
    assert _all_finite(values)


@pytest.mark.parametrize("inputs", [1, 2, 7, 8, 9, 16, 64])
def test_gather_takes_the_chosen_samples_and_pads_with_zeros(inputs: int) -> None:
    x = np.random.default_rng(inputs).standard_normal((90, inputs)).astype(np.float32)
    order = np.random.default_rng(1).permutation(90)
    for start, count in ((0, 1), (3, 7), (5, 8), (0, 15), (11, 16), (20, 70)):
        out = np.full((inputs, (count + 7) // 8 * 8), 7, np.float32)
        _gather(x, order, start, count, out)
        np.testing.assert_array_equal(out[:, :count], x[order[start : start + count]].T)
        assert not out[:, count:].any()


def column(trainer: Trainer, name: str, **of: Any) -> float:
    """The present value of a column."""
    names = [(each.name, each.layer, each.tensor) for each in trainer.layout.columns]
    return float(trainer.stats[names.index((name, of.get("layer"), of.get("tensor")))])


@pytest.mark.parametrize(("choice", "task"), FITTING_CHOICES, ids=fitting)
@pytest.mark.parametrize("samples", [13, 300])
def test_a_row_of_a_run(choice: Choice, task: str, samples: int) -> None:
    """Every column of an observation against the reference network; 300 samples take several evaluation blocks."""
    data = make_data(task, samples)
    spec = make_network(2, (5, 4), OUTPUTS.get(task, 1))
    trainer = make_trainer(data, task=task, loss=choice, batch_size=8)
    trainer.train(3)
    before = trainer.parameters.copy()
    network = reference.twin(trainer, spec)
    trainer.train(1)
    x, y = data.x_train.astype(np.float64), targets_of(data.y_train)
    batch = last_batch(trainer, min(8, samples - (24 if samples > 24 else 8)))
    _, gradients = reference.loss_and_gradients(network, choice, x[batch], y[batch])

    for layer, seen in enumerate(network.trace, start=1):
        activate, _ = reference.activation(Choice("tanh" if layer < 3 else "linear"))
        low, high = (-0.97, 0.97) if layer < 3 else (-np.inf, np.inf)
        truth = _of(activate(seen.z).astype(np.float32), low, high)
        shown = [column(trainer, name, layer=layer) for name in LAYER_COLUMNS]
        np.testing.assert_allclose(shown, truth, rtol=1e-4, atol=1e-4)
    for tensor in trainer.layout.tensors:
        where = slice(tensor.offset, tensor.offset + tensor.size)
        of = {"layer": tensor.layer, "tensor": tensor.name}
        np.testing.assert_allclose(column(trainer, "gradient_norm", **of), np.linalg.norm(gradients[tensor.name]), 1e-4)
        np.testing.assert_allclose(
            column(trainer, "weight_norm", **of), np.linalg.norm(trainer.parameters[where]), 1e-5
        )
        np.testing.assert_allclose(trainer.updates[where], trainer.parameters[where] - before[where], atol=1e-7)
        np.testing.assert_allclose(column(trainer, "update_norm", **of), np.linalg.norm(trainer.updates[where]), 1e-5)

    after = reference.twin(trainer, spec)
    for part, x_part, y_part in (("train", x, y), ("test", data.x_test, targets_of(data.y_test))):
        z = after.forward(x_part.astype(np.float64), training=False)
        loss = LOSSES[choice.id]
        truth_loss = loss.reference(z, y_part, *loss.values(choice.params))
        assert column(trainer, f"{part}_loss") == pytest.approx(truth_loss, rel=1e-5)
        accuracy = column(trainer, f"{part}_accuracy")
        if task == "regression":
            assert np.isnan(accuracy)
        else:
            right = {
                "binary": z[:, 0] * y_part > 0,
                "multiclass": z.argmax(axis=1) == y_part,
                "multilabel": (z > 0) == unpack_labels(y_part, z.shape[1]),
            }[task]
            assert accuracy == pytest.approx(right.mean(), abs=1e-6)
    assert column(trainer, "learning_rate") == pytest.approx(0.1)
    assert column(trainer, "epoch") == pytest.approx(trainer.epoch)


def test_a_records_loss_spans_the_steps_since_the_record_before() -> None:
    single, whole = make_trainer(seed=4), make_trainer(seed=4)
    losses = []
    for _ in range(1100):
        state = single.state()["losses"]
        single.train(1)
        after = single.state()["losses"]
        losses.append(column(single, "loss") if after[1] == 0 else float(after[0] - state[0]))
    whole.train(1100)
    records = whole.records(0)
    names = [each.name for each in whole.layout.columns]
    between = np.flatnonzero(np.diff(records.steps) == 2)[:20]
    assert len(between) == 20
    for i in between:
        step = int(records.steps[i + 1])
        mean, low, high = (records.values[i + 1, names.index(name)] for name in ("loss", "loss_min", "loss_max"))
        # The first of the two steps was not recorded, so its loss is known by itself.
        first = losses[step - 2]
        second = 2 * mean - first
        assert low == pytest.approx(min(first, second), rel=1e-4)
        assert high == pytest.approx(max(first, second), rel=1e-4)


def test_no_test_set_gives_nan() -> None:
    data = make_data("binary", 20)
    empty = type(data)(data.x_train, data.y_train, data.x_test[:0], data.y_test[:0])
    trainer = make_trainer(empty)
    trainer.train(1)
    assert np.isnan(column(trainer, "test_loss"))
    assert np.isnan(column(trainer, "test_accuracy"))
    assert np.isfinite(column(trainer, "train_loss"))
