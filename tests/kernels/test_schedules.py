"""Every schedule's kernel against its reference."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.schedules import SCHEDULES
from tests.kernels.support import call, describe, every, make_trainer, vector

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
