"""Every schedule's kernel against its expression, and what the trainer makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.live import MAX_WARMUP
from kernels.network import Choice, TrainingSpec
from kernels.schedules import BATCH_SCHEDULES, MOMENTUM_SCHEDULES, SCHEDULES, Schedule
from kernels.spec import Family
from kernels.trainer import Trainer
from tests.kernels.reference import scheduled
from tests.kernels.support import CONSTANT, MSE, Floats, call, describe, every, make_trainer, vector

STEPS = [0, 1, 2, 9, 10, 11, 999, 1000, 1001, 1999, 2000, 54_321, 1_000_000, 10_000_000]


#: What the families add to the parameters, in their order.
ADDED: dict[str, dict[str, float]] = {
    "schedules": {},
    "momentum_schedules": {"target": 0.875, "cycle": 0.25},
    "batch_schedules": {"size": 24},
}
FAMILIES: tuple[Family[Schedule], ...] = (SCHEDULES, MOMENTUM_SCHEDULES, BATCH_SCHEDULES)
ALL = [(family, choice) for family in FAMILIES for choice in every(family)]


@pytest.mark.parametrize(("family", "choice"), ALL, ids=[f"{family.id}-{describe(choice)}" for family, choice in ALL])
def test_the_kernel_is_the_expression_and_never_negative(family: Family[Schedule], choice: Choice) -> None:
    variant = family[choice.id]
    added = {"reached": 0.125} if variant.advances else ADDED[family.id]
    # Kernels get their parameters as float32.
    values = [float(np.float32(value)) for value in variant.values(choice.params)]
    for step in STEPS:
        truth = scheduled(variant, step, values, **added)
        if variant.value is None:
            assert truth == next(iter(added.values()), 1.0)
            continue
        value = call(variant.value, step, vector([*values, *added.values()]))
        assert value == pytest.approx(truth, rel=1e-5, abs=1e-300)
        assert variant.at(step, [*values, *added.values()]) == pytest.approx(value, rel=1e-6)
        assert value >= 0


@pytest.mark.parametrize("choice", every(SCHEDULES), ids=describe)
def test_the_trainer_records_the_scheduled_rate(choice: Choice) -> None:
    if SCHEDULES[choice.id].advances:
        pytest.skip("follows the loss: test_epochs.py")
    trainer = make_trainer(optimizer=Choice("sgd", {"learning_rate": 0.01}), schedule=choice)
    trainer.train(30)
    variant = SCHEDULES[choice.id]
    truth = [0.01 * scheduled(variant, step, variant.values(choice.params)) for step in range(30)]
    np.testing.assert_allclose(recorded_rates(trainer), truth, rtol=1e-5)


def recorded_rates(trainer: Trainer) -> Floats:
    """The learning rate of every step."""
    names = [column.name for column in trainer.layout.columns]
    rates: Floats = trainer.records(0).values[:, names.index("learning_rate")]
    return rates


@pytest.mark.parametrize("warmup", [0, 1, 7, 100])
@pytest.mark.parametrize("name", list(SCHEDULES.variants))
def test_warm_up_grows_in_a_straight_line_before_any_schedule(name: str, warmup: int) -> None:
    trainer = make_trainer(optimizer=Choice("sgd", {"learning_rate": 0.01}), schedule=Choice(name), warmup=warmup)
    trainer.train(30)
    variant = SCHEDULES[name]
    added = {"reached": 1.0} if variant.advances else {}
    factors = np.array([scheduled(variant, step, variant.values({}), **added) for step in range(30)])
    warm = np.minimum(1, np.arange(1, 31) / max(1, warmup))
    np.testing.assert_allclose(recorded_rates(trainer), 0.01 * factors * warm, rtol=1e-5)


def test_the_step_itself_is_warmed_up() -> None:
    cold, warm = (make_trainer(optimizer=Choice("sgd"), warmup=warmup) for warmup in (0, 4))
    for trainer in (cold, warm):
        trainer.train(1)
    np.testing.assert_allclose(warm.updates, cold.updates / 4, rtol=1e-3, atol=1e-7)


def test_a_longer_warm_up_may_be_asked_for_while_training() -> None:
    trainer = make_trainer(optimizer=Choice("sgd", {"learning_rate": 0.1}))
    trainer.train(3)
    rate = [column.name for column in trainer.layout.columns].index("learning_rate")
    trainer.set_training(TrainingSpec(MSE, Choice("sgd", {"learning_rate": 0.1}), CONSTANT, (), 10, warmup=8))
    trainer.train(2)
    assert trainer.stats[rate] == pytest.approx(0.1 * 5 / 8)


@pytest.mark.parametrize("warmup", [-1, MAX_WARMUP + 1])
def test_a_warm_up_out_of_range_is_refused(warmup: int) -> None:
    with pytest.raises(ValueError, match=f"warmup is {warmup}, but must satisfy 0 <= warmup <= {MAX_WARMUP}"):
        make_trainer(warmup=warmup)
    make_trainer(warmup=MAX_WARMUP).train(1)
