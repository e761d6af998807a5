"""Fairness, slices and faults, with a clock that only the runs' own steps move. Threads come in the last tests only."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import pytest

from server.bus import Demand, LocalBus
from server.commands import Configure, Pause, Play, Report, Step
from server.configuration import resolve
from server.niceness import HIGHEST, NICENESS
from server.preparation import PreparedData
from server.publications import Event, Plan, Publication, Receipt, Snapshot
from server.runs import Run
from server.scheduler import FRAME_INTERVAL, LONGEST_SLICE, SLICE, Scheduler
from server.schema import RunConfig
from tests.server.support import Clock, CountingTrainer, House


@pytest.mark.parametrize("runs", [20, 100])
def test_runs_at_full_speed_share_the_time_equally(runs: int) -> None:
    house = House()
    benches = [house.open(str(number)) for number in range(runs)]
    house.advance(runs * SLICE * 50)
    steps = [bench.trainer.step for bench in benches]
    mean = sum(steps) / runs
    assert all(0.9 * mean < each < 1.1 * mean for each in steps)
    assert sum(steps) * 1e-5 > 0.95 * runs * SLICE * 50


def test_a_heavy_run_gets_as_much_time_as_a_light_one() -> None:
    house = House()
    light, heavy = house.open("light", 1e-6), house.open("heavy", 1e-3)
    house.advance(4.0)
    shares = light.trainer.step * 1e-6, heavy.trainer.step * 1e-3
    assert shares[0] == pytest.approx(shares[1], rel=0.15)


def test_slices_are_5_to_10_milliseconds() -> None:
    house = House()
    bench = house.open("run", 2e-5)
    house.advance(1.0)
    lengths = [steps * 2e-5 for steps, _ in bench.trainer.calls[3:]]
    assert all(0.005 <= length <= LONGEST_SLICE + 1e-9 for length in lengths)


def test_a_step_longer_than_a_slice_is_done_one_at_a_time() -> None:
    house = House()
    bench = house.open("run", 0.05)
    house.advance(2.0)
    assert {steps for steps, _ in bench.trainer.calls} == {1}


def test_a_pace_is_kept_beside_runs_at_full_speed() -> None:
    house = House()
    paced = house.open("paced", speed=50)
    for number in range(3):
        house.open(str(number))
    house.advance(10.0)
    assert paced.trainer.step == pytest.approx(500, abs=5)


def test_a_slow_run_costs_a_turn_a_step_and_sleeps_between() -> None:
    house = House()
    bench = house.open("run", speed=2)
    house.advance(10.1)
    assert bench.trainer.step == 20
    assert len(bench.trainer.calls) == 20


def test_a_pause_takes_effect_before_the_next_step() -> None:
    house = House()
    bench = house.open("run")
    house.advance(0.1)
    house.bus.send("run", Pause())
    before = bench.trainer.step
    house.advance(0.1)
    assert bench.trainer.step == before
    house.bus.send("run", Play())
    house.advance(0.1)
    assert bench.trainer.step > before


def test_owed_steps_are_exact_and_do_not_starve_others() -> None:
    house = House()
    stepping, other = house.open("stepping"), house.open("other")
    house.bus.send("stepping", Step(5000, "epoch"))
    house.advance(0.4)
    assert other.trainer.step > 0.3 * stepping.trainer.step
    house.bus.send("other", Pause())
    house.advance(2.0)
    assert stepping.trainer.step == 5000 * 16


def test_commands_are_done_in_order_and_confirmed() -> None:
    house = House()
    house.open("run")
    house.bus.send("run", Configure(resolve({"seed": 4})))
    house.bus.send("run", Report(1))
    house.bus.send("run", Pause())
    house.bus.send("run", Report(2))
    house.advance(0.05)
    assert [receipt.ticket for receipt in house.of("run", Receipt)] == [1, 2]
    assert [plan.config.seed for plan in house.of("run", Plan)] == [4]


def test_without_demand_nothing_is_observed_or_copied() -> None:
    house = House()
    bench = house.open("run")
    house.advance(0.5)
    assert not any(observe for _, observe in bench.trainer.calls)
    assert house.of("run", Snapshot) == []


def test_frames_come_at_most_sixty_times_a_second_and_show_the_present_step() -> None:
    house = House()
    bench = house.open("run")
    for _ in range(2000):
        house.bus.want("run", Demand())
        if not house.scheduler.turn():
            house.clock.now += 0.0005
    elapsed = house.clock.now - 1000.0
    frames = house.of("run", Snapshot)
    assert 0.9 * elapsed / FRAME_INTERVAL < len(frames) < 1.1 * elapsed / FRAME_INTERVAL
    assert all((frame.stats == frame.step).all() for frame in frames)
    counts = [len(frame.series.steps) for frame in frames]
    assert sum(counts) == frames[-1].step <= bench.trainer.step


def test_big_frames_are_rarer() -> None:
    house = House()
    house.open("run", network={"layers": [{"units": 512}] * 4})
    for _ in range(400):
        house.bus.want("run", Demand(frozenset({"gradients", "updates"})))
        if not house.scheduler.turn():
            house.clock.now += 0.0005
    # The last one is not paid for yet.
    sent = sum(frame.size for frame in house.of("run", Snapshot)[:-1])
    assert 20e6 < sent / (house.clock.now - 1000.0) < 41e6


def test_what_changed_last_is_shown_even_if_asked_for_late() -> None:
    house = House()
    bench = house.open("run")
    house.advance(0.1)
    house.bus.send("run", Pause())
    house.advance(0.1)
    house.bus.want("run", Demand())
    house.advance(0.1)
    (frame,) = house.of("run", Snapshot)
    assert (frame.step, frame.state) == (bench.trainer.step, "paused")
    house.bus.want("run", Demand())
    house.advance(0.1)
    assert len(house.of("run", Snapshot)) == 1
    house.bus.want("run", Demand(fresh=True))
    house.advance(0.1)
    assert len(house.of("run", Snapshot)) == 2


def test_a_fault_stops_its_run_only() -> None:
    house = House()
    bad, good = house.open("bad"), house.open("good")
    house.advance(0.05)
    bad.trainer.fail_at = bad.trainer.step + 10
    house.advance(0.5)
    events = [event.event for event in house.of("bad", Event)]
    assert events == ["error", "state"]
    assert house.of("bad", Event)[0].details["message"]["zh"]
    assert house.state(bad) == "paused"
    assert good.trainer.step > 10_000
    house.bus.send("bad", Play())
    house.advance(0.1)
    assert house.state(bad) == "running"
    assert bad.trainer.step > 0


def test_a_run_that_ends_gets_no_further_turn() -> None:
    house = House()
    bench = house.open("run")
    house.advance(0.05)
    house.bus.close("run")
    steps = bench.trainer.step
    house.advance(0.1)
    assert bench.trainer.step == steps
    house.bus.open("run", resolve({}))


class Busy(CountingTrainer):
    """Notes when two threads are in the same trainer."""

    collisions = 0

    def train(self, steps: int, observe: bool = True) -> int:
        if not self.gate.acquire(blocking=False):
            Busy.collisions += 1
        try:
            time.sleep(0.0002)
            return super().train(steps, observe)
        finally:
            self.gate.release()

    gate = property(lambda self: self.__dict__.setdefault("_gate", threading.Lock()))


def test_threads_share_all_runs_but_never_one_run() -> None:
    trainers: list[Busy] = []

    def build(config: RunConfig, data: PreparedData) -> Any:
        assert len(data.train)
        trainers.append(Busy(config, Clock()))
        return trainers[-1]

    bus = LocalBus()
    received: list[tuple[str, Publication]] = []
    scheduler = Scheduler(bus, 4, make=lambda config, now: Run(config, now, build))
    bus.connect_running(scheduler)
    bus.connect_serving(lambda callback: callback(), received.extend)
    for number in range(6):
        bus.open(str(number), resolve({"speed": 5000}))
    scheduler.start()
    for ticket in range(200):
        bus.send(str(ticket % 6), Report(ticket))
        bus.want(str(ticket % 6), Demand(fresh=True))
        time.sleep(0.001)
    deadline = time.monotonic() + 60
    while sum(isinstance(item, Receipt) for _, item in received) < 200 and time.monotonic() < deadline:
        time.sleep(0.01)
    scheduler.stop()
    assert {item.ticket for _, item in received if isinstance(item, Receipt)} == set(range(200))
    assert Busy.collisions == 0
    assert len(trainers) == 6
    assert all(trainer.step > 0 for trainer in trainers)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own here")
def test_threads_that_train_let_others_go_first() -> None:
    seen: list[int] = []

    class Nice(CountingTrainer):
        def train(self, steps: int, observe: bool = True) -> int:
            seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            return super().train(steps, observe)

    def build(config: RunConfig, data: PreparedData) -> Any:
        assert len(data.train)
        return Nice(config, Clock())

    bus = LocalBus()
    scheduler = Scheduler(bus, 1, make=lambda config, now: Run(config, now, build))
    bus.connect_running(scheduler)
    bus.connect_serving(lambda callback: callback(), lambda _: None)
    bus.open("run", resolve({"speed": "full"}))
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    scheduler.start()
    deadline = time.monotonic() + 60
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    scheduler.stop()
    assert set(seen) == {min(HIGHEST, mine + NICENESS)}
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine


def test_stopping_ends_the_threads() -> None:
    bus = LocalBus()
    scheduler = Scheduler(bus, 2)
    bus.connect_running(scheduler)
    before = threading.active_count()
    scheduler.start()
    assert threading.active_count() == before + 2
    scheduler.stop(timeout=10)
    assert threading.active_count() == before
