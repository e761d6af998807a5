"""Groups of runs that keep step: rounds, pauses, steps, clocks and frames, as a clock moves that only steps move."""

from __future__ import annotations

from typing import Any

import pytest

from server.bus import Demand
from server.commands import (
    Pause,
    Play,
    Reset,
    SetClock,
    Step,
)
from server.lockstep import ROUND, steps_until
from server.pace import Progress
from server.publications import Snapshot
from tests.server.support import House, samples, states, steer, steps, watch


@pytest.mark.parametrize("speed", ["full", "auto", 7, 50_000])
def test_members_are_never_further_apart_than_a_round(speed: Any) -> None:
    house = House()
    members = house.open_group(*[{"speed": speed}] * 8, step_seconds=[1e-5 * (1 + number) for number in range(8)])
    most = ROUND / sum(1e-5 * (1 + number) for number in range(8))
    distances: set[int] = set()
    house.between = lambda: distances.add(max(steps(members)) - min(steps(members)))
    house.advance(2.0)
    assert 0 < max(distances) <= most + 1
    assert min(steps(members)) > 10


def test_a_group_goes_at_its_own_pace() -> None:
    house = House()
    members = house.open_group(*[{"speed": 40}] * 3)
    house.open("other")
    house.advance(10.0)
    assert steps(members) == [pytest.approx(400, abs=3)] * 3


def test_auto_is_the_pace_of_the_slowest() -> None:
    house = House()
    members = house.open_group(*[{"speed": "auto", "training": {"batch_size": size}} for size in (32, 2)])
    house.advance(10.0)
    assert steps(members) == [pytest.approx(1200, abs=5)] * 2


def test_at_full_speed_little_time_is_lost() -> None:
    house = House()
    members = house.open_group(*[{}] * 4, step_seconds=[1e-5, 2e-5, 1e-5, 4e-5])
    house.advance(4.0)
    assert min(steps(members)) * 8e-5 > 3.9


def test_a_group_shares_the_time_with_other_runs() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    alone = house.open("alone")
    house.advance(4.0)
    assert sum(steps(members)) > 0.9 * alone.trainer.step
    assert alone.trainer.step > 0.9 * steps(members)[0]


@pytest.mark.parametrize("when", [0.0, 0.0171, 0.2, 1.0])
def test_after_a_pause_all_stand_at_the_same_step(when: float) -> None:
    house = House()
    members = house.open_group(*[{}] * 8, step_seconds=[1e-5 * (1 + number) for number in range(8)])
    house.advance(when)
    reached = max(steps(members), default=0)
    steer(house, Pause())
    assert states(members) == ["paused"] * 8
    assert len(set(steps(members))) == 1
    stood = steps(members)
    assert reached <= stood[0] <= reached + ROUND / 36e-5 + 1
    house.advance(1.0)
    assert steps(members) == stood
    steer(house, Play())
    assert states(members) == ["running"] * 8
    assert min(steps(members)) > stood[0]


@pytest.mark.parametrize(("unit", "each"), [("step", 1), ("epoch", 16)])
def test_steps_are_done_by_all_to_the_last(unit: Any, each: int) -> None:
    house = House()
    members = house.open_group(*[{}] * 3, step_seconds=[1e-5, 1e-3, 1e-2])
    steer(house, Pause())
    stood = steps(members)[0]
    steer(house, Step(1, unit))
    assert steps(members) == [stood + each] * 3
    distances: list[int] = []
    house.between = lambda: distances.append(max(steps(members)) - min(steps(members)))
    steer(house, Step(4, unit), Step(5, unit), then=10.0)
    assert steps(members) == [stood + 10 * each] * 3
    assert max(distances) == 1
    assert states(members) == ["paused"] * 3


def test_a_pause_and_play_give_up_steps_that_are_owed() -> None:
    house = House()
    members = house.open_group(*[{}] * 2, step_seconds=[1e-3, 1e-3])
    steer(house, Pause(), Step(10_000), then=0.5)
    steer(house, Pause())
    stood = steps(members)
    assert stood[0] == stood[1] < 1000
    steer(house, Step(10_000), Play(), then=0.5)
    steer(house, Pause())
    assert steps(members)[0] == steps(members)[1] < 2000


BATCHES = [{"training": {"batch_size": size}} for size in (32, 8, 3)]


def test_samples_as_a_clock() -> None:
    house = House()
    members = house.open_group(*BATCHES, clock="samples")
    house.advance(1.0)
    for _ in range(3):
        steer(house, Play(), then=0.05)
        steer(house, Pause())
        seen = samples(members)
        assert all(0 <= each - min(seen) < 32 for each in seen)
    assert steps(members)[1] == pytest.approx(4 * steps(members)[0], rel=0.05)


def test_a_step_by_samples_is_the_largest_batch_and_an_epoch_is_exact() -> None:
    house = House()
    members = house.open_group(*BATCHES, clock="samples")
    steer(house, Pause(), then=0.0)
    steer(house, Reset())
    assert samples(members) == [0, 0, 0]
    steer(house, Step(1))
    assert steps(members) == [1, 4, 11]
    steer(house, Reset(), Step(3, "epoch"))
    assert samples(members) == [1500, 1500, 1500]


def test_an_epoch_by_steps_is_that_of_the_smallest_batches() -> None:
    house = House()
    members = house.open_group(*BATCHES)
    steer(house, Pause(), Reset(), Step(1, "epoch"))
    assert steps(members) == [167] * 3


def test_wall_time_as_a_clock() -> None:
    house = House()
    members = house.open_group({}, {}, {}, clock="wall", step_seconds=[1e-5, 3e-5, 0.05])
    house.advance(6.0)
    steer(house, Pause())
    worked = [step * seconds for step, seconds in zip(steps(members), [1e-5, 3e-5, 0.05], strict=True)]
    assert max(worked) - min(worked) <= 0.05 + ROUND
    assert min(worked) > 1.5


def test_slow_motion_by_wall_time_goes_by_the_slowest() -> None:
    house = House()
    members = house.open_group({"speed": 10}, {"speed": 10}, clock="wall", step_seconds=[1e-3, 4e-3])
    house.advance(10.0)
    assert steps(members) == [pytest.approx(400, rel=0.05), pytest.approx(100, rel=0.05)]


def test_another_clock_begins_again() -> None:
    house = House()
    members = house.open_group(*BATCHES)
    house.advance(0.2)
    steer(house, Pause())
    steer(house, SetClock("steps"))
    assert steps(members)[0] > 0
    steer(house, SetClock("samples"))
    assert steps(members) == [0, 0, 0]
    steer(house, Step(1))
    assert steps(members) == [1, 4, 11]


@pytest.mark.parametrize(("count", "least", "most"), [(2, 55, 66), (4, 55, 66), (8, 35, 42)])
def test_all_show_the_same_steps_and_share_the_frames(count: int, least: int, most: int) -> None:
    house = House()
    members = house.open_group(*[{}] * count, step_seconds=[1e-5 * (1 + number) for number in range(count)])
    watch(house, members)
    house.advance(4.0)
    steer(house, Pause())
    # Who is ready last begins at once, without a frame of step 0.
    shown = [[frame.step for frame in house.of(name, Snapshot) if frame.step > 0] for name in members]
    assert all(steps_of_one == shown[0] for steps_of_one in shown)
    assert 4 * least < len(shown[0]) < 4 * most
    assert all(
        (frame.stats == frame.step).all() for name in members for frame in house.of(name, Snapshot) if frame.step
    )
    assert shown[0][-1] == steps(members)[0]


def test_a_viewer_that_comes_while_all_stand_sees_where_they_stand() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.1)
    steer(house, Pause())
    house.bus.want("b", Demand(fresh=True))
    house.advance(0.1)
    (frame,) = house.of("b", Snapshot)
    assert (frame.step, frame.state) == (steps(members)[0], "paused")
    assert (frame.stats == frame.step).all()


@pytest.mark.parametrize(("batch", "size"), [(32, 500), (500, 500), (1, 7), (3, 7), (8, 8), (10, 499)])
def test_steps_until_so_many_samples_are_seen(batch: int, size: int) -> None:
    def seen(step: int) -> int:
        epochs, rest = divmod(step, -(-size // batch))
        return epochs * size + rest * batch

    for step in range(40):
        for ahead in (1, 2, batch - 1, batch, batch + 1, size - 1, size, size + 1, 3 * size + 5):
            if ahead < 1:
                continue
            needed = steps_until(ahead, Progress(step, seen(step), batch, size))
            assert seen(step + needed) >= seen(step) + ahead > seen(step + needed - 1)
