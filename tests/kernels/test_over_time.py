"""Momentum and batch size by a schedule, an optimizer that takes over, and means of the weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.live import steps_of
from kernels.network import Choice, Switch, TrainingSpec
from kernels.optimizers import OPTIMIZERS
from kernels.schedules import MOMENTUM_SCHEDULES
from tests.kernels.reference import scheduled
from tests.kernels.support import CONSTANT, MSE, Floats, make_data, make_trainer, same_bits

MOMENTUM = Choice("momentum", {"learning_rate": 0.05, "momentum": 0.8})


@pytest.mark.parametrize("name", ["linear", "increasing", "inverse_cycle"])
def test_the_velocity_follows_the_scheduled_momentum(name: str) -> None:
    given: dict[str, dict[str, float]] = {
        "linear": {"steps": 20}, "increasing": {"every": 3}, "inverse_cycle": {"lowest": 0.1}
    }  # fmt: skip
    params = given[name]
    schedule = Choice("cyclic", {"every": 7, "floor": 0.3})
    trainer = make_trainer(optimizer=MOMENTUM, schedule=schedule, momentum_schedule=Choice(name, params))
    variant = MOMENTUM_SCHEDULES[name]
    velocity: Floats = np.zeros(trainer.parameters.size, np.float32)
    seen = []
    for step in range(30):
        trainer.train(1)
        cycle = 1 - abs(2 * ((step / 14) % 1) - 1)
        mu = scheduled(variant, step, variant.values(params), target=0.8, cycle=cycle)
        velocity = (mu * velocity + trainer.gradients).astype(np.float32)
        np.testing.assert_allclose(trainer.state()["slots"].astype(np.float32), velocity, rtol=2e-5, atol=1e-6)
        seen.append(mu)
    assert max(seen) - min(seen) > 0.25


def test_sutskevers_momentum() -> None:
    variant = MOMENTUM_SCHEDULES["increasing"]
    for step in (0, 249, 250, 999, 1000, 123_456):
        truth = min(1 - 2 ** (-1 - np.log2(step // 250 + 1)), 0.99)
        assert variant.at(step, [250, 0.99]) == pytest.approx(truth, rel=1e-6)


def test_momentum_of_an_optimizer_without_any_is_left_alone() -> None:
    plain = make_trainer()
    scheduled_one = make_trainer(momentum_schedule=Choice("linear"))
    for trainer in (plain, scheduled_one):
        trainer.train(20)
    assert same_bits(plain.parameters, scheduled_one.parameters)
    having = {variant.id for variant in OPTIMIZERS if variant.momentum is not None}
    assert {"momentum", "nesterov", "adam", "nadam"} <= having
    assert not having & {"sgd", "adagrad", "rmsprop", "adadelta", "rprop"}


@pytest.mark.parametrize(
    ("choice", "sizes"),
    [
        (Choice("step_growth", {"every": 5, "gamma": 2, "largest": 20}), [6] * 5 + [12] * 5 + [20] * 5),
        (Choice("step_growth", {"every": 5, "gamma": 1.1, "largest": 500}), [6] * 10 + [7] * 5 + [7] * 5 + [8] * 5),
        (Choice("linear_growth", {"steps": 10, "largest": 11}), [6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 11]),
        (Choice("step_growth", {"every": 2, "gamma": 10, "largest": 500}), [6] * 2 + [40] * 5),
        (Choice("linear_growth", {"steps": 10, "largest": 2}), [6] * 12),
    ],
)
def test_batches_grow(choice: Choice, sizes: list[int]) -> None:
    trainer = make_trainer(batch_size=6, batch_schedule=choice)
    epoch = [column.name for column in trainer.layout.columns].index("epoch")
    left, seen = 40, 0
    for step, size in enumerate(sizes):
        assert trainer.batch_size == size, step
        assert trainer.steps_per_epoch == -(-40 // size)
        trainer.train(1)
        taken = min(size, left)
        left, seen = left - taken or 40, seen + taken
        assert trainer.stats[epoch] == pytest.approx(seen / 40)


@pytest.mark.parametrize("epochs", [1, 2, 5, 40])
@pytest.mark.parametrize(
    "choice", [CONSTANT, Choice("step_growth", {"every": 9}), Choice("linear_growth", {"steps": 30, "largest": 17})]
)
def test_steps_are_counted_by_epochs(choice: Choice, epochs: int) -> None:
    trainer = make_trainer(batch_size=6, batch_schedule=choice)
    trainer.train(steps_of(6, choice, 40, 0, epochs))
    assert trainer.epoch == epochs


def test_the_optimizer_takes_over_with_the_weights_as_they_are() -> None:
    adam, momentum = Choice("adam", {"learning_rate": 0.01}), MOMENTUM
    switched = make_trainer(optimizer=adam, switch=Switch(13, momentum))
    assert switched.train(50) == 50
    assert switched.optimizer == momentum
    by_hand = make_trainer(optimizer=adam)
    by_hand.train(13)
    assert by_hand.optimizer == adam
    by_hand.set_training(TrainingSpec(MSE, momentum, CONSTANT, (), 10))
    by_hand.train(37)
    assert same_bits(switched.parameters, by_hand.parameters)
    assert same_bits(switched.state()["slots"], by_hand.state()["slots"])


def test_the_same_optimizer_takes_over_with_fresh_slots() -> None:
    trainer = make_trainer(optimizer=MOMENTUM, switch=Switch(13, MOMENTUM))
    trainer.train(13)
    assert not trainer.state()["slots"].any()
    trainer.train(1)
    assert np.array_equal(trainer.state()["slots"], trainer.gradients)


def test_slots_that_come_to_mean_something_else_start_fresh() -> None:
    def sam(inner: float, rate: float = 0.01) -> Choice:
        return Choice("sam", {"inner": inner, "learning_rate": rate})

    trainer = make_trainer(optimizer=sam(1))
    trainer.train(20)
    trainer.set_training(TrainingSpec(MSE, sam(1, 0.02), CONSTANT, (), 10))
    assert trainer.state()["slots"].any(), "another rate keeps them"
    trainer.set_training(TrainingSpec(MSE, sam(0), CONSTANT, (), 10))
    trainer.train(20)
    assert not trainer.state()["slots"].any()
    fresh = make_trainer(optimizer=sam(1))
    fresh.restore(trainer.state())
    trainer.set_training(TrainingSpec(MSE, sam(1), CONSTANT, (), 10))
    trainer.train(1)
    # The first step of Adam goes the rate, whatever the gradient; were steps counted on, it would go a multiple.
    assert np.abs(trainer.updates).max() == pytest.approx(0.01, rel=1e-2)


def _history(steps: int) -> list[Floats]:
    trainer = make_trainer(optimizer=MOMENTUM, normalization=Choice("batch_norm"))
    rows = []
    for _ in range(steps):
        trainer.train(1)
        rows.append(np.concatenate([trainer.parameters, trainer.running]))
    return rows


@pytest.mark.parametrize("start", [0, 12])
def test_polyaks_mean(start: int) -> None:
    rows = _history(40)
    trainer = make_trainer(
        optimizer=MOMENTUM, normalization=Choice("batch_norm"), averaging=Choice("polyak", {"start": start})
    )
    for step in range(40):
        trainer.train(1)
        truth = np.mean(rows[start : step + 1], axis=0) if step >= start else rows[step]
        assert trainer.averaged is not None
        np.testing.assert_allclose(trainer.averaged, truth, rtol=1e-4, atol=1e-6)
    assert same_bits(trainer.parameters, rows[-1][: trainer.parameters.size]), "training goes on as without"


def test_the_exponential_mean_from_where_it_was_chosen() -> None:
    rows = _history(40)
    trainer = make_trainer(optimizer=MOMENTUM, normalization=Choice("batch_norm"))
    trainer.train(10)
    trainer.set_training(TrainingSpec(MSE, MOMENTUM, CONSTANT, (), 10, averaging=Choice("exponential", {"decay": 0.9})))
    assert trainer.averaged is not None
    np.testing.assert_array_equal(trainer.averaged, rows[9])
    trainer.train(30)
    truth = rows[10].astype(np.float64)
    for row in rows[11:]:
        truth = 0.9 * truth + 0.1 * row
    np.testing.assert_allclose(trainer.averaged, truth, rtol=1e-4, atol=1e-6)


def test_whole_sets_are_evaluated_with_the_mean() -> None:
    trainer = make_trainer(optimizer=MOMENTUM, normalization=Choice("batch_norm"), averaging=Choice("polyak"))
    trainer.train(60)
    assert trainer.averaged is not None
    plain = make_trainer(optimizer=MOMENTUM, normalization=Choice("batch_norm"))
    plain.parameters[:] = trainer.averaged[: plain.parameters.size]
    plain.running[:] = trainer.averaged[plain.parameters.size :]
    plain.observe()
    names = [column.name for column in plain.layout.columns]
    for name in ("train_loss", "test_loss"):
        column = names.index(name)
        assert trainer.stats[column] == plain.stats[column]
    plain.parameters[:] = trainer.parameters
    plain.running[:] = trainer.running
    plain.observe()
    assert trainer.stats[names.index("train_loss")] != plain.stats[names.index("train_loss")]


def test_the_mean_is_nearer_to_the_middle_than_noisy_weights() -> None:
    # SGD with a large constant rate circles around the minimum of a line's squared error; Polyak's mean finds it.
    rng = np.random.default_rng(3)
    x = rng.standard_normal((200, 2)).astype(np.float32)
    y = (x @ np.array([0.5, -1.0]) + 0.5 * rng.standard_normal(200)).astype(np.float32)
    data = dataclasses.replace(make_data("regression", 4), x_train=x, y_train=y, x_test=x, y_test=y)
    trainer = make_trainer(
        data, task="regression", hidden=(), batch_size=2, optimizer=Choice("sgd", {"learning_rate": 0.1}),
        averaging=Choice("polyak", {"start": 1000}),
    )  # fmt: skip
    trainer.train(6000)
    design = np.column_stack([x, np.ones(200)])
    best, *_ = np.linalg.lstsq(design, y, rcond=None)
    assert trainer.averaged is not None
    assert np.linalg.norm(trainer.averaged - best) < 0.2 * np.linalg.norm(trainer.parameters - best)


def test_the_loss_changes_while_training() -> None:
    trainer = make_trainer(loss=MSE)
    trainer.train(600, observe=False)
    spec = TrainingSpec(Choice("binary_cross_entropy"), Choice("sgd"), CONSTANT, (), 10)
    weights = trainer.parameters.copy()
    trainer.set_training(spec)
    assert same_bits(weights, trainer.parameters)
    trainer.train(100)
    fresh = make_trainer(loss=Choice("binary_cross_entropy"))
    state = make_trainer(loss=MSE)
    state.train(600, observe=False)
    taken = state.state()
    taken["losses"][:] = fresh.state()["losses"]
    fresh.restore(taken)
    fresh.train(100)
    assert same_bits(trainer.parameters, fresh.parameters)
    assert same_bits(trainer.records(0).values[-5:], fresh.records(0).values[-5:]), "no record mixes two losses"
