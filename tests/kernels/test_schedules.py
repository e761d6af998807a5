"""Every schedule's kernel against its reference."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice, TrainingSpec
from kernels.schedules import SCHEDULES
from kernels.trainer import MAX_WARMUP
from tests.kernels.support import CONSTANT, MSE, call, describe, every, make_trainer, vector

STEPS = [0, 1, 2, 9, 10, 11, 999, 1000, 1001, 1999, 2000, 54_321, 1_000_000, 10_000_000]


@pytest.mark.parametrize("choice", every(SCHEDULES), ids=describe)
def test_factor_is_the_reference_and_never_negative(choice: Choice) -> None:
    variant = SCHEDULES[choice.id]
    values = variant.values(choice.params)
    for step in STEPS:
        # Kernels get their parameters as float32.
        truth = variant.reference(step, *(float(np.float32(value)) for value in values))
        factor = 1.0 if variant.factor is None else call(variant.factor, step, vector(values))
        assert factor == pytest.approx(truth, rel=1e-5, abs=1e-300)
        assert factor >= 0


@pytest.mark.parametrize("choice", every(SCHEDULES), ids=describe)
def test_the_trainer_records_the_scheduled_rate(choice: Choice) -> None:
    trainer = make_trainer(optimizer=Choice("sgd", {"learning_rate": 0.01}), schedule=choice)
    trainer.train(30)
    variant = SCHEDULES[choice.id]
    names = [column.name for column in trainer.layout.columns]
    recorded = trainer.records(0).values[:, names.index("learning_rate")]
    truth = [0.01 * variant.reference(step, *variant.values(choice.params)) for step in range(30)]
    np.testing.assert_allclose(recorded, truth, rtol=1e-5)


@pytest.mark.parametrize("warmup", [0, 1, 7, 100])
@pytest.mark.parametrize("name", list(SCHEDULES.variants))
def test_warm_up_grows_in_a_straight_line_before_any_schedule(name: str, warmup: int) -> None:
    trainer = make_trainer(optimizer=Choice("sgd", {"learning_rate": 0.01}), schedule=Choice(name), warmup=warmup)
    trainer.train(30)
    variant = SCHEDULES[name]
    names = [column.name for column in trainer.layout.columns]
    recorded = trainer.records(0).values[:, names.index("learning_rate")]
    factors = np.array([variant.reference(step, *variant.values({})) for step in range(30)])
    warm = np.minimum(1, np.arange(1, 31) / max(1, warmup))
    np.testing.assert_allclose(recorded, 0.01 * factors * warm, rtol=1e-5)


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
