"""Members of a group that do not do as the others, and what a group does on real kernels and threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from kernels.spec import Text
from kernels.warm import Piece
from server.bus import Demand, LocalBus
from server.commands import (
    ConfigureMembers,
    EditParameters,
    GroupCommand,
    ParameterEdit,
    Pause,
    Play,
    Report,
    Reset,
    Step,
)
from server.configuration import resolve
from server.lockstep import ROUND
from server.pace import GroupClock
from server.publications import Event, Plan, Publication, Receipt, Snapshot
from server.runs import Run
from server.scheduler import Scheduler
from server.schema import RunConfig
from tests.server.support import Clock, CountingTrainer, House, opened, states, steer, steps


def test_who_diverges_or_finishes_holds_nobody_up() -> None:
    house = House()
    members = house.open_group(*[{}] * 4)
    house.advance(0.01)
    members["b"].trainer.diverge_at = 5000
    members["c"].trainer.stop_at = 7000
    house.advance(2.0)
    assert states(members) == ["running", "diverged", "finished", "running"]
    assert steps(members)[1:3] == [5000, 7000]
    assert min(steps(members)[0], steps(members)[3]) > 50_000
    steer(house, Pause())
    steer(house, Play())
    steer(house, Step(7))
    assert states(members) == ["paused", "diverged", "finished", "paused"]
    assert steps(members)[1:3] == [5000, 7000]
    assert steps(members)[0] == steps(members)[3]
    steer(house, Reset(), Step(3))
    assert steps(members) == [3] * 4
    assert states(members) == ["paused"] * 4


def test_when_nobody_is_left_the_group_rests() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.01)
    for bench in members.values():
        bench.trainer.diverge_at = 500
    house.advance(1.0)
    turns = len(members["a"].trainer.calls)
    house.advance(1.0)
    assert states(members) == ["diverged"] * 2
    assert len(members["a"].trainer.calls) == turns
    assert not house.scheduler.turn()


def test_who_has_a_fault_holds_nobody_up_and_comes_up_to_the_others_again() -> None:
    house = House()
    members = house.open_group(*[{}] * 3)
    house.advance(0.05)
    members["b"].trainer.fail_at = members["b"].trainer.step + 10
    house.advance(0.5)
    assert [event.event for event in house.of("b", Event)] == ["error", "state"]
    assert members["a"].trainer.step > members["b"].trainer.step + 1000
    steer(house, Pause())
    assert len(set(steps(members))) == 1


def test_who_leaves_holds_nobody_up() -> None:
    house = House()
    members = house.open_group(*[{}] * 3, step_seconds=[1e-5, 5.0, 1e-5])
    house.advance(0.01)
    house.bus.close("b")
    del members["b"]
    house.advance(0.5)
    assert min(steps(members)) > 1000
    house.bus.close("a")
    house.bus.close("c")
    house.advance(0.1)
    house.bus.steer("g", Play())
    assert not house.scheduler.turn()


@pytest.mark.parametrize("playing", [True, False])
def test_who_joins_comes_up_to_the_others(playing: bool) -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(2.0)
    if not playing:
        steer(house, Pause())
    stood = steps(members)[0]
    house.bus.join("g", "new", resolve({"speed": "full"}))
    new = house.benches[-1]
    new.step_seconds = 1e-5
    seen: list[tuple[int, int]] = []
    house.between = lambda: seen.append((members["a"].trainer.step, new.trainer.step if new.trainers else 0))
    house.advance(2.0)
    # Nobody goes on before it is there.
    assert all(others <= stood + 1000 for others, own in seen if own < stood)
    assert states({"new": new}) == (["running"] if playing else ["paused"])
    assert abs(new.trainer.step - members["a"].trainer.step) < 1000
    if playing:
        assert members["a"].trainer.step > stood
    else:
        assert {*steps(members), new.trainer.step} == {stood}


def test_who_comes_up_shows_how_far_it_is() -> None:
    house = House()
    house.open_group(*[{}] * 2)
    house.advance(4.0)
    house.bus.join("g", "new", resolve({"speed": "full"}))
    house.benches[-1].step_seconds = 1e-5
    house.between = lambda: house.bus.want("new", Demand())
    house.advance(1.0)
    shown = [frame.step for frame in house.of("new", Snapshot)]
    assert len(shown) > 30
    assert shown == sorted(set(shown))


def test_a_live_change_of_one_lets_all_go_on() -> None:
    house = House()
    members = house.open_group(*[{}] * 3)
    house.advance(0.2)
    before = min(steps(members))
    changed = resolve({"training": {"optimizer": {"learning_rate": 0.5}}}, members["b"].run.config)
    steer(house, ConfigureMembers({"b": changed}))
    assert min(steps(members)) > before > 0
    rates = [bench.trainer.training.optimizer.params["learning_rate"] for bench in members.values()]
    assert rates == [0.01, 0.5, 0.01]
    assert [len(bench.trainers) for bench in members.values()] == [1, 1, 1]


@pytest.mark.parametrize("playing", [True, False])
def test_a_change_of_one_that_takes_new_weights_begins_all_again(playing: bool) -> None:
    house = House()
    members = house.open_group(*[{}] * 3)
    house.advance(0.2)
    if not playing:
        steer(house, Pause())
    changed = resolve({"network": {"layers": [{"units": 3}]}}, members["b"].run.config)
    steer(house, ConfigureMembers({"b": changed}), then=0.02)
    assert [len(bench.trainers) for bench in members.values()] == [2, 2, 2]
    assert [bench.run.generation for bench in members.values()] == [2, 2, 2]
    house.advance(0.2)
    if playing:
        steer(house, Pause())
        assert steps(members)[0] > 0
    else:
        assert steps(members) == [0, 0, 0]
    assert len(set(steps(members))) == 1


def test_a_change_of_all_is_one_beginning() -> None:
    house = House()
    members = house.open_group(*[{}] * 3)
    house.advance(0.2)
    data = {"data": {"seed": 5}}
    configs = {name: resolve(data, bench.run.config) for name, bench in members.items()}
    steer(house, ConfigureMembers(configs), then=0.05)
    assert [len(bench.trainers) for bench in members.values()] == [2, 2, 2]
    assert all(bench.run.config.data.seed == 5 for bench in members.values())


def test_a_new_speed_is_that_of_all() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.1)
    steer(house, Pause())
    before = steps(members)[0]
    slow = {name: resolve({"speed": 10}, bench.run.config) for name, bench in members.items()}
    steer(house, ConfigureMembers(slow), Play(), then=5.0)
    assert [each - before for each in steps(members)] == [pytest.approx(50, abs=2)] * 2
    assert [plan.config.speed for plan in house.of("b", Plan)] == ["full", 10]


def test_commands_keep_their_order() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.1)
    tensor = members["a"].trainer.layout.tensors[0].name
    house.bus.send("a", EditParameters((ParameterEdit(tensor, 0, 7.0),)))
    house.bus.steer("g", Reset())
    house.bus.send("a", EditParameters((ParameterEdit(tensor, 1, 8.0),)))
    house.bus.send("a", Report(1))
    house.advance(0.1)
    assert members["a"].trainer.parameters[:2].tolist() == [0.0, 8.0]
    (receipt,) = house.of("a", Receipt)
    assert receipt.generation == 2


class Compilers:
    """Compiles when told to."""

    def __init__(self) -> None:
        self.lacking: set[str] = set()
        self.piece = Piece("optimizers", "odd", Text(en="odd", zh="odd"), ())

    def missing(self, config: RunConfig) -> Sequence[Piece]:
        return [self.piece] if config.training.optimizer.id in self.lacking else []

    def want(self, run_id: str, missing: Sequence[Piece]) -> None:
        pass


@pytest.mark.parametrize("at_first", [True, False])
def test_all_wait_while_kernels_of_one_compile(at_first: bool) -> None:
    house, kernels = House(), Compilers()
    house.scheduler = Scheduler(house.bus, 1, house.clock, house._make, house.clock, kernels)
    house.bus.connect_running(house.scheduler)
    kernels.lacking.add("rmsprop")
    other = {"training": {"optimizer": {"id": "rmsprop"}}}
    members = house.open_group({}, other if at_first else {}, {})
    house.advance(0.2)
    if not at_first:
        assert min(steps(members)) > 0
        house.bus.steer("g", ConfigureMembers({"b": resolve(other, members["b"].run.config)}))
        house.advance(0.2)
    stood = steps(members)
    house.advance(0.5)
    assert steps(members) == stood
    (told,) = [event for event in house.of("b", Event) if event.event == "compiling"]
    assert told.details["compiling"]["total"] == 1
    # Meanwhile the others are seen, wherever they stand.
    house.bus.want("a", Demand(fresh=True))
    house.advance(0.2)
    assert house.of("a", Snapshot)[-1].step == stood[0]
    kernels.lacking.clear()
    house.scheduler.wake("b")
    house.advance(0.5)
    steer(house, Pause())
    assert steps(members)[0] == steps(members)[1] == steps(members)[2] > stood[0]


def test_in_a_group_a_run_does_what_it_does_alone_to_the_bit() -> None:
    asked: list[dict[str, Any]] = [{}, {"training": {"optimizer": {"id": "sgd"}}}, {"training": {"batch_size": 7}}]
    configs = {str(number): resolve({"speed": "full", **each}) for number, each in enumerate(asked)}
    bus, scheduler, received = opened(configs, "steps", 1)
    bus.steer("g", Pause())
    bus.steer("g", Step(100))
    bus.join("g", "3", configs["1"])
    bus.steer("g", Step(137))
    while scheduler.turn():
        pass
    for name in [*configs, "3"]:
        bus.want(name, Demand(fresh=True))
    while scheduler.turn():
        pass
    last = {name: item for name, item in received if isinstance(item, Snapshot)}
    assert {frame.step for frame in last.values()} == {237}
    for name, config in {**configs, "3": configs["1"]}.items():
        run = Run(config, 0.0)
        run.prepare()
        run.train(237, False, lambda: 0.0)
        assert np.array_equal(last[name].params, run.snapshot(frozenset()).params)


def test_runs_of_a_group_begin_alike_and_share_their_data() -> None:
    configs = {name: resolve({"training": {"optimizer": {"id": name}}}) for name in ("sgd", "adam")}
    bus, scheduler, received = opened(configs, "steps", 1)
    bus.steer("g", Pause())
    for name in configs:
        bus.want(name, Demand(fresh=True))
    while scheduler.turn():
        pass
    first, second = (item for _, item in received if isinstance(item, Snapshot))
    assert np.array_equal(first.params, second.params)
    assert first.step == second.step == 0


class Watched(CountingTrainer):
    """Notes the greatest distance between the trainers of a group while its steps are done on several threads."""

    all: ClassVar[list[Watched]] = []
    distance = 0

    def train(self, steps: int, observe: bool = True) -> int:
        time.sleep(0.0002)
        done = super().train(steps, observe)
        stood = [trainer.step for trainer in Watched.all]
        Watched.distance = max(Watched.distance, max(stood) - min(stood))
        return done


@pytest.mark.parametrize("clock", ["steps", "samples"])
def test_threads_keep_step_and_lose_no_command(clock: GroupClock) -> None:
    Watched.all, Watched.distance = [], 0

    def build(config: RunConfig, data: Any) -> Any:
        assert len(data.train)
        Watched.all.append(Watched(config, Clock()))
        return Watched.all[-1]

    bus = LocalBus()
    received: list[tuple[str, Publication]] = []
    # No step takes any time on this clock, so that what is known of it stays the first guess.
    scheduler = Scheduler(bus, 4, make=lambda config, now: Run(config, now, build), thread_clock=lambda: 0.0)
    bus.connect_running(scheduler)
    bus.connect_serving(lambda callback: callback(), received.extend)
    names = [str(number) for number in range(8)]
    bus.open_group("g", clock, {name: resolve({"speed": "full"}) for name in names})
    scheduler.start()
    for ticket in range(60):
        commands: list[GroupCommand] = [Play(), Pause(), Step(3)]
        bus.steer("g", commands[ticket % 3])
        for name in names:
            bus.send(name, Report(ticket))
            bus.want(name, Demand(fresh=True))
        time.sleep(0.003)
    bus.steer("g", Pause())
    for name in names:
        bus.send(name, Report(60))
    deadline = time.monotonic() + 60

    def missing() -> bool:
        receipts = {(name, item.ticket) for name, item in received if isinstance(item, Receipt)}
        return len(receipts) < 61 * 8 or len({trainer.step for trainer in Watched.all}) > 1

    while missing() and time.monotonic() < deadline:
        time.sleep(0.01)
    before = threading.active_count()
    scheduler.stop()
    assert threading.active_count() == before - 4
    assert not missing()
    assert len(Watched.all) == 8
    assert Watched.all[0].step > 0
    # The last batch of an epoch is smaller, so that as many samples take a few steps more.
    assert 0 < Watched.distance <= 1.05 * ROUND * 4 / 8 / 1.2e-5
