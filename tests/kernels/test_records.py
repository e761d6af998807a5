"""Records: written at steps that depend on nothing, never changed, ever sparser."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

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
    records = trainer.records(0)
    names = [column.name for column in trainer.layout.columns]
    sets = [names.index(name) for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy")]
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(records.values[:, sets]).all(axis=1))
    assert np.isnan(records.values[~whole][:, sets]).all(), "what was not evaluated is not told"
    others = [column for column in range(len(names)) if column not in sets]
    assert np.isfinite(records.values[:, others]).all()
    of_records, interval = (set(np.diff(steps).tolist()) for steps in (records.steps, records.steps[whole]))
    assert len(of_records) == len(interval) == 1
    (apart,) = interval
    assert int(apart) & (int(apart) - 1) == 0
    assert of_records < {2.0**power for power in range(20)}
    evaluation = 2.0 * trainer.layout.operations * sum(trainer.evaluated)
    assert evaluation <= share * apart * trainer.step_flops < 2 * evaluation
    assert 4 * whole.sum() <= len(whole), "records are cheaper than evaluations"
    assert np.isfinite(trainer.stats[sets]).all(), "who looks sees the last evaluation"
    assert trainer.evaluated[0] < 3000
