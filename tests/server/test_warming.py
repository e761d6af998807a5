"""Kernels that compile while runs go on: only who asked for them waits, is told so, and goes on; no wall clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kernels.cache import Kernel
from kernels.warm import Piece, is_usual, pieces
from server.catalog import FAMILIES
from server.commands import Configure, Pause
from server.configuration import DEFAULT, resolve
from server.publications import Event
from server.schema import CHOICE_FIELDS
from server.warming import Warming, choices_of
from tests.server.conftest import SETTINGS, Live
from tests.server.support import House

MISH: dict[str, Any] = {"network": {"layers": [{"units": 3, "activation": {"id": "mish"}}]}}


class SlowKernel(Kernel):
    """Compiles when the test opens its gate."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__(None, lambda: None)
        self.gate, self.begun, self.done, self.fails = threading.Event(), threading.Event(), False, fails

    @property
    def ready(self) -> bool:
        return self.done

    @property
    def address(self) -> int:
        self.begun.set()
        self.gate.wait()
        if self.fails:
            raise OSError("no space left")
        self.done = True
        return 1


def slow(family: str, variant: str, *, fails: bool = False) -> tuple[Piece, SlowKernel]:
    """A variant whose kernel is slow."""
    kernel = SlowKernel(fails=fails)
    return Piece(family, variant, FAMILIES[family][variant].label, (kernel,)), kernel


class Waking:
    """Who compiles, for a house without threads: the test says when something is there."""

    def __init__(self, *missing: Piece) -> None:
        self.pieces = list(missing)
        self.wanted: list[tuple[str, list[Piece]]] = []

    def missing(self, config: Any) -> list[Piece]:
        chosen = set(choices_of(config.model_dump()))
        return [piece for piece in self.pieces if (piece.family, piece.variant) in chosen and not piece.ready]

    def want(self, run_id: str, missing: Any) -> None:
        self.wanted.append((run_id, list(missing)))


def told(house: House, run_id: str) -> list[Any]:
    return [event.details["compiling"] for event in house.of(run_id, Event) if event.event == "compiling"]


def house_with(*missing: Piece) -> tuple[House, Waking]:
    house = House()
    kernels = Waking(*missing)
    house.scheduler._kernels = kernels
    return house, kernels


def test_a_new_run_waits_for_its_kernels_while_another_trains() -> None:
    mish, mish_kernel = slow("activations", "mish")
    house, kernels = house_with(mish)
    other, waiting = house.open("other"), house.open("waiting", **MISH)
    house.advance(0.5)
    assert other.trainer.step * 1e-5 > 0.4
    assert not waiting.trainers
    assert kernels.wanted == [("waiting", [mish])]
    assert told(house, "waiting") == [{"name": FAMILIES["activations"]["mish"].label, "done": 0, "total": 1}]
    mish_kernel.done = True
    house.scheduler.wake("waiting")
    house.advance(0.5)
    assert waiting.trainer.step > 0
    assert told(house, "waiting")[1:] == [None]
    assert told(house, "other") == []


def test_a_change_waits_with_all_that_comes_after_it() -> None:
    (lamb, lamb_kernel), (cosine, cosine_kernel) = slow("optimizers", "lamb"), slow("schedules", "cosine")
    house, kernels = house_with(lamb, cosine)
    bench = house.open("run")
    house.advance(0.1)
    training = {"optimizer": {"id": "lamb"}, "schedule": {"id": "cosine"}}
    house.bus.send("run", Configure(resolve({"speed": "full", "training": training})))
    house.bus.send("run", Pause())
    step = bench.trainer.step
    house.advance(0.1)
    assert (bench.trainer.step, house.state(bench)) == (step, "running")
    lamb_kernel.done = True
    house.scheduler.wake("run")
    house.advance(0.1)
    assert [entry and (entry["done"], entry["total"]) for entry in told(house, "run")] == [(0, 2), (1, 2)]
    assert [pieces for _, pieces in kernels.wanted] == [[lamb, cosine], [cosine]]
    cosine_kernel.done = True
    house.scheduler.wake("run")
    house.advance(0.1)
    assert told(house, "run")[-1] is None
    assert (bench.trainer.training.optimizer.id, house.state(bench)) == ("lamb", "paused")
    assert len(bench.trainers) == 1


def test_a_run_that_ends_while_it_waits_is_forgotten() -> None:
    mish, mish_kernel = slow("activations", "mish")
    house, _ = house_with(mish)
    house.open("run", **MISH)
    house.advance(0.1)
    house.bus.close("run")
    mish_kernel.done = True
    house.scheduler.wake("run")
    house.advance(0.1)
    assert told(house, "run")[-1] is not None


def test_what_somebody_waits_for_is_compiled_before_the_others() -> None:
    first, first_kernel = slow("activations", "elu")
    second, second_kernel = slow("activations", "selu")
    wanted, wanted_kernel = slow("activations", "mish")
    woken: list[str] = []
    heard, ready = threading.Event(), threading.Event()

    def wake(run_id: str) -> None:
        woken.append(run_id)
        heard.set()

    warming = Warming(lambda progress: progress(1, 1, "ready"), [first, second, wanted])
    warming.start(ready.set, wake)
    assert ready.wait(60)
    assert first_kernel.begun.wait(60)
    config = resolve(MISH)
    assert warming.missing(config) == [wanted]
    warming.want("a", [wanted])
    warming.want("b", [wanted])
    first_kernel.gate.set()
    assert wanted_kernel.begun.wait(60)
    assert not second_kernel.begun.is_set()
    wanted_kernel.gate.set()
    assert second_kernel.begun.wait(60)
    assert heard.wait(60)
    assert warming.missing(config) == []
    second_kernel.gate.set()
    warming.stop()
    assert set(woken) <= {"a", "b"}


def test_what_cannot_be_compiled_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    broken, broken_kernel = slow("activations", "mish", fails=True)
    broken_kernel.gate.set()
    heard = threading.Event()
    warming = Warming(lambda progress: progress(1, 1, "ready"), [broken])
    warming.start(lambda: warming.want("run", [broken]), lambda _: heard.set())
    assert heard.wait(60)
    assert warming.missing(resolve(MISH)) == []
    assert "activations.mish could not be compiled" in caplog.text
    warming.stop()


def test_viewers_are_told_what_their_run_waits_for(live_with: Callable[..., Live]) -> None:
    mish, mish_kernel = slow("activations", "mish")
    live = live_with(SETTINGS, warming=Warming(everything=[mish]))
    live.wait_until_ready()

    async def scenario() -> None:
        run, other = live.create(**MISH), live.create()
        async with live.watch(run) as viewer, live.watch(other) as beside:
            note = viewer.hello["compiling"] or (await viewer.event("compiling"))["compiling"]
            assert note == {"name": FAMILIES["activations"]["mish"].label, "done": 0, "total": 1}
            await beside.frame(lambda frame: frame["step"] > 0)
            async with live.watch(run) as late:
                assert late.hello["compiling"] == note
            assert live.health()["kernels"]["others"] == {"done": 0, "total": 1, "label": "activations.mish"}
            mish_kernel.gate.set()
            assert (await viewer.event("compiling"))["compiling"] is None
            await viewer.frame(lambda frame: frame["step"] > 0)

    try:
        asyncio.run(asyncio.wait_for(scenario(), 120))
    finally:
        mish_kernel.gate.set()


def test_the_default_run_needs_usual_kernels_only() -> None:
    usual = {(piece.family, piece.variant) for piece in pieces() if is_usual(piece)}
    with_kernels = {(piece.family, piece.variant) for piece in pieces()}
    assert set(choices_of(DEFAULT.as_dict())) & with_kernels <= usual


def test_every_choice_of_a_configuration_is_found() -> None:
    found = {family for family, _ in choices_of(resolve(MISH).as_dict())}
    assert {"activations", "initializers", "normalizations", "losses", "optimizers", "schedules", "datasets"} <= found
    assert found <= set(CHOICE_FIELDS.values())
    # A piece is ready exactly when its kernels are.
    kernel = Kernel(None, lambda: None)
    assert not Piece("activations", "x", {"en": "", "zh": ""}, (kernel,)).ready
    vars(kernel)["compiled"] = object()
    assert Piece("activations", "x", {"en": "", "zh": ""}, (kernel,)).ready
