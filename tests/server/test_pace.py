"""Pacing is a function of time: no clock runs in these tests."""

from __future__ import annotations

import math

import pytest

from server.pace import MAX_BACKLOG, TICK, Pace, Speedometer, StepTime, auto_rate


@pytest.mark.parametrize("rate", [0.5, 1, 3, 59, 60, 61, 200, 1234.5, 1e6])
def test_a_pace_is_kept_over_a_minute(rate: float) -> None:
    pace, now, done, looks = Pace(rate, 5.0), 5.0, 0, 0
    while now < 65:
        due = int(pace.due(now))
        done += due
        pace.did(due, now)
        now = max(pace.next_time(), now + 1e-9)
        looks += 1
    assert done == pytest.approx(60 * rate, abs=rate * TICK + 1)
    assert looks <= 60 * min(rate, 1 / TICK) * 1.02 + 2


def test_no_step_is_due_before_its_time() -> None:
    pace = Pace(1.0, 0.0)
    assert pace.due(0.99) == 0
    assert pace.due(1.0) == 1
    pace.did(1, 1.0)
    assert pace.due(1.5) == 0
    assert pace.next_time() == 2.0


def test_what_is_late_by_more_than_the_backlog_is_forgotten() -> None:
    pace = Pace(1000.0, 0.0)
    assert pace.due(100.0) == 1000 * MAX_BACKLOG
    pace.did(int(1000 * MAX_BACKLOG), 100.0)
    assert pace.due(100.0) == 0
    assert pace.due(100.1) == 100


def test_a_late_slow_run_does_one_step() -> None:
    pace = Pace(0.5, 0.0)
    assert pace.due(100.0) == 1


def test_full_speed_is_always_due() -> None:
    pace = Pace(math.inf, 3.0)
    assert pace.due(3.0) == math.inf
    pace.did(10, 4.0)
    assert pace.next_time() == 4.0


def test_auto_goes_faster_where_an_epoch_is_longer() -> None:
    rates = [auto_rate(steps) for steps in (1, 16, 64, 1024, 5000)]
    assert rates[0] == rates[1]
    assert rates == sorted(rates)
    assert rates[-1] == 8 * rates[0]


def test_the_speedometer_shows_steps_of_wall_time() -> None:
    meter = Speedometer(0.0)
    for tick in range(1, 121):
        meter.note(10, tick / 60)
    assert meter.rate == pytest.approx(600, rel=0.01)
    meter.restart(10.0)
    assert meter.rate == 0
    meter.note(1, 12.0)
    assert meter.rate == 0.5


def test_slices_fit_their_budget_after_one_measurement() -> None:
    step_time = StepTime(1e4)
    step_time.note(100, 100 * 1e-5)
    assert step_time.fitting(0.008) == pytest.approx(800, rel=0.01)
    step_time.note(800, 10.0)  # the thread had to wait
    assert step_time.fitting(0.008) > 400
    assert StepTime(5e9).fitting(0.008) == 1
