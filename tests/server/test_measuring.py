"""When is measured what: as often as its share of the time allows, and at every step where a run stands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kernels.probes import PROBES, Probe, Specimen
from kernels.spec import Family, Text
from server import measuring
from server.commands import Configure, EditParameters, ParameterEdit, Pause, Step
from server.configuration import resolve
from server.measuring import IDLE_SHARE, LONGEST, LONGEST_STANDING, SHARE, Measuring
from server.publications import Snapshot
from server.runs import Run
from tests.server.support import Bench, Clock

ONE, OTHER, THIRD = list(PROBES.variants)[:3]
NAMELESS = Text(en="", zh="")
ALL = frozenset({ONE, OTHER, THIRD})


def offer(monkeypatch: pytest.MonkeyPatch, *probes: Probe) -> None:
    """Let these be all the probes that there are."""
    monkeypatch.setattr(measuring, "PROBES", Family("probes", NAMELESS, NAMELESS, probes, live=True))


class House:
    """Probes that take as long as a test says, on a run that trains as long as it says."""

    def __init__(self, costs: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
        self.thread = Clock()
        self.now = 0.0
        self.bench = Bench()
        self.bench.run.prepare()
        # It stands for a trainer: the probes of these tests look at nothing of it.
        trainer: Any = self.bench.trainer
        self.measuring = Measuring(Specimen(trainer), self.thread)
        self.calls: list[str] = []

        def probe(name: str) -> Any:
            def measure(_: Specimen) -> Any:
                self.thread.now += costs[name]
                self.calls.append(name)
                return np.zeros((1, 1), np.float32)

            return replace(PROBES[name], measure=measure)

        offer(monkeypatch, *(probe(name) for name in costs))

    def frames(self, count: int, share: float = 1.0, gap: float = 1 / 60, idle: bool = False) -> Iterator[set[str]]:
        """What is measured for frames of a run that trains for that share of the time between two of them."""
        for _ in range(count):
            self.now += gap
            self.bench.trainer.step += 1
            self.measuring.trained(share * gap)
            found, unfinished = self.measuring.measure(ALL & set(PROBES.variants), self.now, standing=False, idle=idle)
            assert not unfinished
            yield set(found)


@pytest.mark.parametrize("costs", [{ONE: 1e-5}, {ONE: 0.001, OTHER: 0.002, THIRD: 1e-4}, {ONE: 0.2, OTHER: 0.01}])
@pytest.mark.parametrize("share", [1.0, 0.25])
def test_measuring_takes_its_share_of_what_the_thread_trains_and_no_more(
    costs: dict[str, float], share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(costs, monkeypatch)
    monkeypatch.setattr("tests.server.test_measuring.ALL", frozenset(costs))
    began = house.thread.now
    for _ in house.frames(6000, share):
        pass
    spent, trained = house.thread.now - began, 100 * share
    # One round at the beginning is free.
    assert spent <= SHARE * trained + sum(costs.values())
    most_often = sum(costs.values()) * 6000
    assert spent >= min(0.8 * SHARE * trained, 0.9 * most_often)
    for name in costs:
        assert house.calls.count(name) >= len(house.calls) / len(costs) - 1, "every probe has its turn"


def test_a_run_with_a_pace_of_its_own_leaves_time_for_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House({ONE: 0.001}, monkeypatch)
    monkeypatch.setattr("tests.server.test_measuring.ALL", frozenset({ONE}))
    measured = [bool(found) for found in house.frames(600, share=0.001, idle=True)]
    assert measured[0]
    assert sum(measured) == pytest.approx(10 * IDLE_SHARE / 0.001, abs=3)
    # A viewer who was away for a minute does not find a minute's allowance.
    before = len(house.calls)
    list(house.frames(1, gap=60.0, share=0.0, idle=True))
    assert len(house.calls) <= before + 1


def test_how_often_is_told_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House({ONE: 0.01}, monkeypatch)
    every = []
    for _ in range(1500):
        house.now += 1 / 60
        house.bench.trainer.step += 1
        house.measuring.trained(1 / 60)
        found, _ = house.measuring.measure(frozenset({ONE}), house.now, standing=False, idle=False)
        every += [measurement.every for measurement in found.values()]
    assert every[0] == 0
    assert every[-1] == pytest.approx(0.01 / SHARE, rel=0.2)


def test_one_frame_waits_for_a_few_measurements_only(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(dict.fromkeys((ONE, OTHER, THIRD), LONGEST), monkeypatch)
    (first,) = house.frames(1)
    assert len(first) == 1
    found: list[set[str]] = [each for each in house.frames(600) if each]
    assert all(len(each) == 1 for each in found)
    assert found[0] != found[1] != first


def test_where_a_run_stands_everything_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(dict.fromkeys((ONE, OTHER, THIRD), 0.6 * LONGEST_STANDING), monkeypatch)
    results = [house.measuring.measure(ALL, 0.0, standing=True, idle=False) for _ in range(4)]
    counts = [(len(found), unfinished) for found, unfinished in results]
    assert counts == [(2, True), (1, False), (0, False), (0, False)]
    assert sorted(house.calls) == sorted(ALL)
    house.measuring.changed()
    again, _ = house.measuring.measure(frozenset({ONE}), 0.0, standing=True, idle=False)
    assert list(again) == [ONE]


def test_a_probe_that_fails_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House({ONE: 0.0}, monkeypatch)

    def fail(_: Specimen) -> Any:
        raise MemoryError("on purpose")

    offer(monkeypatch, replace(PROBES[ONE], measure=fail))
    found, _ = house.measuring.measure(frozenset({ONE}), 0.0, standing=True, idle=False)
    layout = house.bench.trainer.layout
    assert found[ONE].values.shape == (len(PROBES[ONE].rows(layout)), PROBES[ONE].width(layout))
    assert np.isnan(found[ONE].values).all()


# With a run and the real kernels


def real(**asked: Any) -> Run:
    run = Run(resolve(asked), 0.0)
    run.prepare()
    return run


def look(run: Run, probes: frozenset[str] = frozenset(PROBES.variants)) -> Snapshot:
    return run.snapshot(frozenset(), probes, 0.0)


def until_all_are_measured(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {}
    version = -1
    while run.version != version:
        version = run.version
        found |= look(run).probes
    return found


def test_all_probes_on_or_off_the_bits_are_the_same() -> None:
    def outcome(watched: bool) -> tuple[bytes, bytes]:
        network = {"layers": [{"dropout": 0.2, "normalization": {"id": "batch_norm"}}] * 2}
        run = real(network=network, speed="full")
        for steps in (1, 30, 2, 67, 100):
            run.train(steps, watched, lambda: 0.0)
            if watched:
                look(run)
        run.handle(Pause(), 0.0)
        if watched:
            until_all_are_measured(run)
        run.handle(Step(3), 0.0)
        run.train(3, True, lambda: 0.0)
        state = run.checkpoint().trainer
        return state["parameters"].tobytes(), state["record_values"].tobytes()

    assert outcome(True) == outcome(False)


def test_where_a_run_stops_it_is_measured_one_last_time() -> None:
    run = real(speed="full")
    run.train(10, True, lambda: 0.0)
    look(run)
    run.handle(Pause(), 0.0)
    found = until_all_are_measured(run)
    assert {measurement.step for measurement in found.values()} <= {10}
    assert look(run).probes == {}
    run.handle(Step(2), 0.0)
    run.train(2, True, lambda: 0.0)
    found = until_all_are_measured(run)
    assert set(found) == set(PROBES.variants)
    assert {measurement.step for measurement in found.values()} == {12}


def test_what_a_person_changes_while_it_stands_is_measured_anew() -> None:
    run = real()
    run.handle(Pause(), 0.0)
    until_all_are_measured(run)
    run.handle(EditParameters((ParameterEdit("layer1.weight", 0, 3.0),)), 0.0)
    run.prepare()
    found = until_all_are_measured(run)
    assert found["weight_histogram"].values[0, 1] == 3.0
    assert math.isnan(found["dropout_mask"].values[1, 0])
    run.handle(Configure(resolve({"network": {"layers": [{"dropout": 0.5}] * 3}}, run.config)), 0.0)
    assert not math.isnan(until_all_are_measured(run)["dropout_mask"].values[1, 0])


def test_nothing_is_measured_of_a_run_that_diverged() -> None:
    run = real(
        data={"dataset": {"id": "plane"}},
        network={"layers": [{"activation": {"id": "linear"}}] * 3},
        training={"optimizer": {"id": "sgd", "learning_rate": 100.0}},
    )
    run.train(10_000, True, lambda: 0.0)
    assert run.state == "diverged"
    assert look(run).probes == {}
