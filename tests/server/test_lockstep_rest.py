"""A group that comes to rest: what is asked and measured meanwhile, and how it goes on when nobody was left."""

from __future__ import annotations

import time

import pytest

from server.bus import Demand
from server.commands import ConfigureMembers, Pause, Play, Rehearse, Report, Reset, Step
from server.configuration import resolve
from server.publications import Answer, Receipt, Snapshot
from tests.server.support import House, opened, states, steer, steps


def test_who_asks_while_all_come_to_rest_hears_where_they_come_to_stand() -> None:
    house = House()
    members = house.open_group(*[{}] * 3)
    for ticket in range(40):
        house.bus.steer("g", Play())
        house.advance(0.05 + 0.0007 * ticket)
        house.bus.steer("g", Pause())
        for name in members:
            house.bus.send(name, Report(ticket))
        house.advance(0.1)
        receipts = [[receipt for receipt in house.of(name, Receipt) if receipt.ticket == ticket] for name in members]
        assert [[receipt.step for receipt in each] for each in receipts] == [[steps(members)[0]]] * 3


def test_who_asks_on_a_long_way_is_answered_on_it() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.1)
    steer(house, Pause())
    stood = steps(members)[0]
    house.bus.steer("g", Step(100_000))
    house.bus.send("b", Report(1))
    house.advance(0.2)
    assert stood <= house.of("b", Receipt)[0].step < stood + 100_000
    house.advance(2.0)
    assert steps(members) == [stood + 100_000] * 2


def test_what_is_asked_of_the_next_step_waits_until_the_group_stands() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.1)
    steer(house, Pause())
    stood = steps(members)[0]
    house.bus.steer("g", Step(50_000))
    house.bus.send("b", Rehearse(1, 0))
    house.advance(0.2)
    assert house.of("b", Answer) == []
    moving = members["b"].run.owing
    house.advance(1.0)
    assert steps(members) == [stood + 50_000] * 2
    assert (moving, members["b"].run.owing) == (True, False)
    assert [answer.ticket for answer in house.of("b", Answer)] == [1]


def test_who_asks_while_one_run_alone_is_changed_is_answered() -> None:
    house = House()
    members = house.open_group(*[{}] * 3)
    house.advance(0.1)
    steer(house, Pause())
    changed = resolve({"training": {"optimizer": {"learning_rate": 0.5}}}, members["a"].run.config)
    for name in ("a", "c"):
        house.bus.steer("g", ConfigureMembers({name: changed}))
        house.bus.send(name, Report(1))
        house.advance(0.1)
        assert [receipt.ticket for receipt in house.of(name, Receipt)] == [1]


@pytest.mark.parametrize("pressed", [1, 2])
def test_when_all_have_stopped_early_all_go_on_from_the_furthest(pressed: int) -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.01)
    steer(house, Pause())
    members["a"].trainer.stop_at, members["b"].trainer.stop_at = 2000, 3000
    steer(house, Step(50_000), then=1.0)
    assert states(members) == ["finished"] * 2
    # What was owed before is not.
    for _ in range(pressed):
        house.bus.steer("g", Step(5))
    house.advance(0.3)
    assert states(members) == ["paused"] * 2
    assert steps(members) == [3000 + 5 * pressed] * 2
    for member in members.values():
        member.trainer.stop_at = 3100
    steer(house, Play())
    assert states(members) == ["finished"] * 2
    steer(house, *[Play()] * pressed)
    assert states(members) == ["running"] * 2
    assert min(steps(members)) > 3100


def test_who_had_stopped_early_trains_again_with_new_weights() -> None:
    house = House()
    members = house.open_group(*[{}] * 2)
    house.advance(0.01)
    members["b"].trainer.stop_at = 2000
    house.advance(0.5)
    steer(house, Pause(), Play())
    assert states(members) == ["running", "finished"]
    steer(house, Reset())
    assert states(members) == ["running"] * 2
    assert min(steps(members)) > 0


def test_a_paused_group_is_measured_where_it_stands_and_then_is_quiet() -> None:
    names, probes = ("a", "b", "c"), frozenset({"weight_histogram", "gradient_cosine"})
    bus, scheduler, received = opened({name: resolve({"speed": "full"}) for name in names}, "steps", 1)

    def watched(turns: int) -> None:
        for _ in range(turns):
            for name in names:
                bus.want(name, Demand(probes=probes))
            scheduler.turn()

    def measured() -> tuple[set[int], dict[tuple[str, str], int]]:
        frames = [(name, item) for name, item in received if isinstance(item, Snapshot)]
        steps = {name: frame.step for name, frame in frames}
        return set(steps.values()), {
            (name, probe): found.step for name, frame in frames for probe, found in frame.probes.items()
        }

    def quiet() -> bool:
        before = len(received)
        # Longer than a frame waits for the next one.
        time.sleep(0.1)
        watched(100)
        return len(received) == before

    watched(200)
    bus.steer("g", Pause())
    deadline = time.monotonic() + 60
    while not quiet() and time.monotonic() < deadline:
        pass
    assert quiet()
    (stood,), found = measured()
    assert found == {(name, probe): stood for name in names for probe in probes}
