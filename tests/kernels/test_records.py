"""Records: written at steps that depend on nothing, never changed, ever sparser."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.train import RECORDS_A_DOUBLING, record_interval
from kernels.trainer import RECORDS_A_CALL
from tests.kernels.support import make_data, make_trainer, same_bits


def expected_steps(last: int, base: int = 1) -> list[int]:
    """Every `base` steps at first; the interval doubles with every doubling of the step."""
    steps, step = [1], 1
    while True:
        interval = base
        while step >= 2 * RECORDS_A_DOUBLING * interval:
            interval *= 2
        step += interval
        if step > last:
            return steps
        steps.append(step)


def test_steps_are_known_beforehand() -> None:
    trainer = make_trainer(hidden=(2,))
    trainer.train(20_000, observe=False)
    assert trainer.records(0).steps.astype(int).tolist() == expected_steps(20_000)


@pytest.mark.parametrize("base", [1, 2, 16])
def test_their_number_grows_with_the_logarithm_of_the_steps(base: int) -> None:
    counts = [len(expected_steps(base * 2**power, base)) for power in range(9, 24)]
    assert set(np.diff(counts)) == {RECORDS_A_DOUBLING}
    for step in (0, 1, 511, 512, 1023, 1024, 10**6, 10**9):
        interval = record_interval(step * base, base)
        assert step * base < 2 * RECORDS_A_DOUBLING * interval
        assert interval == base or step * base >= RECORDS_A_DOUBLING * interval


def test_a_record_never_changes() -> None:
    trainer = make_trainer(hidden=(3,))
    held = trainer.records(0)
    seen: list[bytes] = []
    for _ in range(40):
        trainer.train(37)
        records = trainer.records(0)
        assert [row.tobytes() for row in records.values[: len(seen)]] == seen
        seen = [row.tobytes() for row in records.values]
        assert len(seen) == trainer.record_count
        tail = trainer.records(trainer.record_count - 2)
        assert tail.start == trainer.record_count - 2
        assert same_bits(tail.values, records.values[-2:])
        assert held.values.tobytes() == b"".join(seen[: len(held.values)])
        held = records if len(held.values) < 200 else held


def test_one_call_writes_more_records_than_its_buffer_holds() -> None:
    trainer = make_trainer(hidden=(2,))
    assert trainer.train(RECORDS_A_CALL + 100) == RECORDS_A_CALL + 100
    assert trainer.record_count == RECORDS_A_CALL + 100


@pytest.mark.parametrize(("hidden", "share"), [((128, 64), 0.1), ((512, 512), 0.05)])
def test_expensive_evaluations_make_the_interval_longer(hidden: tuple[int, ...], share: float) -> None:
    data = make_data("multiclass", 3000, inputs=64)
    trainer = make_trainer(data, task="multiclass", loss=Choice("softmax_cross_entropy"), hidden=hidden, batch_size=64)
    trainer.train(300)
    steps = np.diff(trainer.records(0).steps)
    interval = int(steps[0])
    assert interval > 1
    assert interval & (interval - 1) == 0
    assert set(steps) == {interval}
    evaluation = 2.0 * trainer.layout.operations * sum(trainer.evaluated)
    assert evaluation <= share * interval * trainer.step_flops < 2 * evaluation
    assert np.isfinite(trainer.records(0).values[:, :6]).all()
    assert trainer.evaluated[0] < 3000
