"""Stand-ins that tests drive by hand: a clock, a trainer that only counts, and what a run publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kernels.epochs import Stop
from kernels.layout import Layout, make_layout
from kernels.network import NetworkSpec, TrainingSpec, WeightedSpec
from kernels.records import Records
from kernels.trainer import Divergence
from server.bus import Demand, LocalBus
from server.commands import Command, GroupCommand
from server.configuration import network_spec, resolve, training_size, training_spec
from server.pace import GroupClock
from server.preparation import PreparedData
from server.publications import Publication
from server.runs import Run
from server.scheduler import Scheduler
from server.schema import RunConfig


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class CountingTrainer:
    """Behaves like kernels.trainer.Trainer, but a step only counts, and takes `step_seconds` of the test's clock."""

    def __init__(self, config: RunConfig, clock: Clock, step_seconds: float = 1e-5) -> None:
        network: NetworkSpec = network_spec(config)
        self.layout: Layout = make_layout(network)
        self.training: TrainingSpec = training_spec(config)
        self.parameters = np.zeros(self.layout.parameter_count, np.float32)
        self.gradients = np.zeros_like(self.parameters)
        self.updates = np.zeros_like(self.parameters)
        self.running = np.zeros(self.layout.running_count, np.float32)
        self.stats = np.full(len(self.layout.columns), np.nan, np.float32)
        self.step = 0
        self.batch_size = self.training.batch_size
        self.samples = training_size(config.data)
        self.evaluated = (250, 250)
        self.step_flops = step_seconds * 5e9
        self.diverged: Divergence | None = None
        self.stopped: Stop | None = None
        self.averaged: np.ndarray[Any, Any] | None = None
        self.stop_at: int | None = None
        self.dropout: list[float] = []
        self.looks = 0
        self.calls: list[tuple[int, bool]] = []
        self.diverge_at: int | None = None
        self.fail_at: int | None = None
        self._clock = clock
        self._step_seconds = step_seconds

    @property
    def epoch(self) -> float:
        epochs, steps = divmod(self.step, -(-self.samples // self.batch_size))
        return epochs + steps * self.batch_size / self.samples

    @property
    def record_count(self) -> int:
        return self.step

    def train(self, steps: int, observe: bool = True) -> int:
        self.calls.append((steps, observe))
        if self.diverged is not None or self.stopped is not None:
            return 0
        if self.fail_at is not None and self.step + steps >= self.fail_at:
            self.fail_at = None
            raise MemoryError("on purpose")
        done = steps
        if self.diverge_at is not None and self.step + steps >= self.diverge_at:
            done = self.diverge_at - self.step
            self.diverged = Divergence(self.diverge_at, "layer1.weight")
        if self.stop_at is not None and self.step + steps >= self.stop_at:
            done = self.stop_at - self.step
            self.stopped, self.stop_at = Stop(self.stop_at, 2.0, 16, 0.5), None
        self.step += done
        self._clock.now += done * self._step_seconds
        if observe:
            self.stats[:] = self.step
        return done

    def observe(self) -> None:
        self.looks += 1

    def resume(self) -> None:
        self.stopped = None

    def records(self, start: int) -> Records:
        steps = np.arange(start, self.step, dtype=np.float64)
        values = np.repeat(steps[:, None], len(self.layout.columns), 1).astype(np.float32)
        # A share: more of it would call for a look at units that are not there.
        values[:, [column.name == "activation_zeros" for column in self.layout.columns]] = 0.0
        return Records(start, steps, values)

    def set_training(self, training: TrainingSpec) -> None:
        self.training = training
        self.batch_size = training.batch_size

    def set_dropout(self, network: NetworkSpec) -> None:
        self.dropout = [
            network.input_dropout,
            *(layer.dropout for layer in network.layers if isinstance(layer, WeightedSpec)),
        ]

    def set_parameter(self, tensor: str, index: int, value: float) -> None:
        self.parameters[self.layout.tensor(tensor).offset + index] = value

    def state(self) -> dict[str, Any]:
        return {"step": self.step, "parameters": self.parameters.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        self.step, self.parameters = state["step"], state["parameters"].copy()


class Bench:
    """A run on counting trainers: `trainers` holds every one that was built, the last one is at work."""

    def __init__(self, asked: dict[str, Any] | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.trainers: list[CountingTrainer] = []
        self.step_seconds = 1e-5
        self.run = self.make(resolve(asked or {}), self.clock())

    def make(self, config: RunConfig, now: float) -> Run:
        return Run(config, now, self._build, self.clock)

    @property
    def trainer(self) -> CountingTrainer:
        return self.trainers[-1]

    def _build(self, config: RunConfig, data: PreparedData) -> Any:
        assert data.training.x_train.shape[0] > 0
        self.trainers.append(CountingTrainer(config, self.clock, self.step_seconds))
        return self.trainers[-1]


class House:
    """A scheduler with counting runs, driven turn by turn."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.bus = LocalBus()
        self.published: list[tuple[str, Publication]] = []
        self.benches: list[Bench] = []
        #: Called after every turn.
        self.between: Callable[[], None] = lambda: None
        self.scheduler = Scheduler(self.bus, 1, self.clock, self._make, self.clock)
        self.bus.connect_running(self.scheduler)
        self.bus.connect_serving(lambda callback: callback(), self.published.extend)

    def _make(self, config: RunConfig, now: float) -> Run:
        assert now == self.clock.now
        bench = Bench(config.as_dict(), self.clock)
        self.benches.append(bench)
        return bench.run

    def open(self, run_id: str, step_seconds: float = 1e-5, **asked: Any) -> Bench:
        self.bus.open(run_id, resolve({"speed": "full", **asked}))
        bench = self.benches[-1]
        bench.step_seconds = step_seconds
        return bench

    def open_group(
        self, *asked: dict[str, Any], clock: GroupClock = "steps", step_seconds: Sequence[float] = ()
    ) -> dict[str, Bench]:
        """Runs "a", "b", … in lockstep as the group "g"; their steps take 10 microseconds, or as long as is said."""
        count, names = len(self.benches), "abcdefgh"[: len(asked)]
        self.bus.open_group(
            "g", clock, {name: resolve({"speed": "full", **each}) for name, each in zip(names, asked, strict=True)}
        )
        members = dict(zip(names, self.benches[count:], strict=True))
        for bench, seconds in zip(members.values(), step_seconds, strict=False):
            bench.step_seconds = seconds
        return members

    def advance(self, seconds: float) -> None:
        """Let that much time pass, in which whoever is due gets its turn."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            if not self.scheduler.turn():
                self.clock.now += 0.0005
            self.between()

    def state(self, bench: Bench) -> str:
        return bench.run.state

    def of(self, run_id: str, kind: type[Any]) -> list[Any]:
        return [item for name, item in self.published if name == run_id and isinstance(item, kind)]


def opened(configs: dict[str, RunConfig], clock: GroupClock, workers: int) -> tuple[LocalBus, Scheduler, list[Any]]:
    bus = LocalBus()
    received: list[tuple[str, Publication]] = []
    scheduler = Scheduler(bus, workers)
    bus.connect_running(scheduler)
    bus.connect_serving(lambda callback: callback(), received.extend)
    bus.open_group("g", clock, configs)
    return bus, scheduler, received


class Wire:
    """The running side's end of the bus, for tests of the serving side: notes what is asked of it."""

    def __init__(self) -> None:
        self.runs: dict[str, RunConfig] = {}
        self.groups: dict[str, GroupClock] = {}
        self.sent: list[tuple[str, Command]] = []
        self.steered: list[tuple[str, GroupCommand]] = []
        self.wanted: list[tuple[str, Demand]] = []

    @property
    def demands(self) -> list[Demand]:
        return [demand for _, demand in self.wanted]

    def open(self, run_id: str, config: RunConfig) -> None:
        self.runs[run_id] = config

    def open_group(self, group_id: str, clock: GroupClock, configs: Mapping[str, RunConfig]) -> None:
        self.groups[group_id] = clock
        self.runs.update(configs)

    def join(self, group_id: str, run_id: str, config: RunConfig) -> None:
        assert group_id in self.groups
        self.runs[run_id] = config

    def steer(self, group_id: str, command: GroupCommand) -> None:
        self.steered.append((group_id, command))

    def close(self, run_id: str) -> None:
        del self.runs[run_id]

    def send(self, run_id: str, command: Command) -> None:
        self.sent.append((run_id, command))

    def want(self, run_id: str, demand: Demand) -> None:
        self.wanted.append((run_id, demand))


def steps(members: dict[str, Bench]) -> list[int]:
    return [bench.trainer.step if bench.trainers else 0 for bench in members.values()]


def samples(members: dict[str, Bench]) -> list[int]:
    return [round(bench.trainer.epoch * bench.trainer.samples) for bench in members.values()]


def states(members: dict[str, Bench]) -> list[str]:
    return [bench.run.state for bench in members.values()]


def steer(house: House, *commands: Any, then: float = 0.3) -> None:
    """Ask this of the group "g", and let time pass."""
    for command in commands:
        house.bus.steer("g", command)
    house.advance(then)


def watch(house: House, members: dict[str, Bench]) -> None:
    """From now on somebody wants every frame of every member."""

    def want() -> None:
        for name in members:
            house.bus.want(name, Demand())

    want()
    house.between = want
