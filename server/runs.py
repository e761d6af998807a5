"""A run: a state machine. Commands and time go in, publications come out; there is no I/O here and no thread.

A run is in one of these states: `running`; `paused`, where it may still owe the steps of a step command; `finished`,
when it was stopped early, which it leaves when played or stepped; `diverged`, which it leaves by new weights only. The
weights are made when first needed (`prepare`), so that a run exists before its kernels do, and so that ten changes in a
row cost one restart.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from kernels.live import steps_of
from kernels.trainer import Trainer
from server.checkpoints import Checkpoint
from server.commands import (
    Command,
    Configure,
    Differentiate,
    EditParameters,
    ParameterEdit,
    Pause,
    Play,
    Question,
    Rehearse,
    Report,
    Reset,
    Step,
    Withdraw,
)
from server.configuration import needs_new_weights, network_spec, training_size, training_spec
from server.diagnosing import Physician
from server.looking import Looking
from server.pace import THREAD_CLOCK, Pace, Progress, Speedometer
from server.plans import pace_of, plan_of
from server.preparation import PreparedData, prepare
from server.problems import unknown_parameter
from server.publications import Event, Plan, Publication, Receipt, Snapshot, State, error_event
from server.rehearsals import answer
from server.schema import RunConfig

logger = logging.getLogger("livegrad.runs")

#: Makes the trainer of a configuration from its data.
Build = Callable[[RunConfig, PreparedData], Trainer]


def build_trainer(config: RunConfig, data: PreparedData) -> Trainer:
    """A trainer with new weights."""
    return Trainer(network_spec(config), training_spec(config), data.training, config.seed)


class Run:
    """One network in training. Not safe for threads: whoever drives it lets one thread at a time in."""

    def __init__(
        self,
        config: RunConfig,
        now: float,
        build: Build = build_trainer,
        thread_clock: Callable[[], float] = THREAD_CLOCK,
    ) -> None:
        self.config = config
        self.generation = 1
        #: Counts what a viewer could see change; a snapshot is new if this has moved.
        self.version = 0
        self._build = build
        self._thread_clock = thread_clock
        self._trainer: Trainer | None = None
        self._looking: Looking | None = None
        self._data: PreparedData | None = None
        self._started = False
        self._playing = True
        self._diverged = False
        self._finished = False
        self._owed = 0
        self._urged = False
        self._edits: list[ParameterEdit] = []
        self._receipts: list[int] = []
        self._questions: deque[Question] = deque()
        self._pace = Pace(self._rate(), now)
        self._speedometer = Speedometer(now)
        self._physician = Physician(thread_clock)

    @property
    def state(self) -> State:
        """What the run is doing."""
        if self._diverged:
            return "diverged"
        if self._finished:
            return "finished"
        return "running" if self._playing else "paused"

    @property
    def step(self) -> int:
        """Steps since the weights were new."""
        return self._trainer.step if self._trainer is not None else 0

    @property
    def progress(self) -> Progress:
        """Where the run stands."""
        trainer, size = self._ready(), training_size(self.config.data)
        return Progress(trainer.step, round(trainer.epoch * size), trainer.batch_size, size)

    @property
    def _shown_rate(self) -> float:
        return self._speedometer.rate if self.state == "running" else 0.0

    @property
    def step_flops(self) -> float:
        """Operations of a step, about."""
        return self._ready().step_flops

    @property
    def owing(self) -> bool:
        """Whether steps of a step command are still to be done, by the run or by its group."""
        return self._owed > 0 or self._urged

    def urge(self, urged: bool) -> None:
        """Its group has steps to do, or comes to rest, though the run is paused; or no longer has."""
        if self._urged and not urged and self._looking is not None and self._looking.watched:
            # What is measured where it stands is still to come.
            self.version += 1
        self._urged = urged

    @property
    def asked(self) -> bool:
        """Whether there is a question that can be answered now."""
        return bool(self._questions) and not self.owing

    @property
    def standing(self) -> bool:
        """Whether the run stays at its step until the next command."""
        return self.state != "running" and not self.owing

    @property
    def prepared(self) -> bool:
        """Whether the weights exist, and nothing waits for them."""
        return self._trainer is not None and not (self._edits or self._receipts or self._questions)

    # Commands

    def handle(self, command: Command, now: float) -> list[Publication]:
        """Take a command. What needs the weights is done by the next `prepare`."""
        before = self.state
        published: list[Publication] = []
        match command:
            case Play():
                self._playing, self._owed = True, 0
                self._resume()
                self._restart_clock(now)
            case Pause():
                published += self._pause(command)
            case Step():
                self._playing = False
                self._owed += self._steps_of(command.count) if command.unit == "epoch" else command.count
                self._resume()
            case Reset():
                seed = self.config.seed if command.seed is None else command.seed
                self.config = self.config.model_copy(update={"seed": seed})
                self._discard_weights(now)
            case Configure():
                published += self._configure(command.config, now)
            case EditParameters():
                self._edits += command.edits
            case Report():
                self._receipts.append(command.ticket)
            case Rehearse() | Differentiate():
                self._questions.append(command)
            case Withdraw():
                self._questions = deque(each for each in self._questions if each.ticket != command.ticket)
        if self.state != before:
            published.append(self._event("state", state=self.state))
            self.version += 1
        return published

    def _pause(self, command: Pause) -> list[Publication]:
        was_running = self.state == "running"
        self._playing, self._owed = False, 0
        return [self._event("paused_idle")] if command.idle and was_running else []

    def _resume(self) -> None:
        """Go on after an early stop."""
        if self._finished and self._trainer is not None:
            self._finished = False
            self._trainer.resume()

    def _configure(self, config: RunConfig, now: float) -> list[Publication]:
        old, self.config = self.config, config
        if needs_new_weights(old, config):
            if old.data != config.data:
                self._data = None
            self._discard_weights(now)
            return []
        if self._trainer is not None:
            self._trainer.set_training(training_spec(config))
            self._trainer.set_dropout(network_spec(config))
            self._look().measuring.changed()
            self.version += 1
        if old.speed != config.speed or pace_of(old) != pace_of(config):
            self._restart_clock(now)
        # Without weights there is no plan yet; the one that comes with them tells this change too.
        return [self._plan(self._trainer, restarted=False)] if self._trainer is not None else []

    def _discard_weights(self, now: float) -> None:
        self._trainer = None
        self._diverged = self._finished = False
        self._edits.clear()
        self._owed = 0
        self._restart_clock(now)

    def _restart_clock(self, now: float) -> None:
        self._pace = Pace(self._rate(), now)
        self._speedometer.restart(now)

    def _rate(self) -> float:
        """Steps per second at the present speed."""
        speed = self.config.speed
        if speed == "full":
            return math.inf
        return pace_of(self.config) if speed == "auto" else float(speed)

    # Weights

    def prepare(self) -> list[Publication]:
        """Make the weights if there are none, and do what waited for them. May take long, and raise MemoryError."""
        published: list[Publication] = []
        trainer = self._trainer
        if trainer is None:
            if self._data is None:
                self._data = prepare(self.config.data)
            trainer = self._take(self._build(self.config, self._data))
            trainer.observe()
            if self._started:
                self.generation += 1
            published.append(self._plan(trainer, restarted=self._started))
            self._started = True
            self.version += 1
        published += self._edit(trainer)
        rate, epoch = self._shown_rate, trainer.epoch
        published += [Receipt(ticket, self.generation, self.step, epoch, rate) for ticket in self._receipts]
        self._receipts.clear()
        if self.asked:
            # One at a time: an answer may be large, and others have their turn between two.
            published.append(answer(self._questions.popleft(), trainer, self.state, self.generation))
        return published

    def _edit(self, trainer: Trainer) -> list[Publication]:
        published: list[Publication] = []
        edited = False
        tensors = {tensor.name: tensor for tensor in trainer.layout.tensors}
        for edit in self._edits:
            tensor = tensors.get(edit.tensor)
            if tensor is None or not 0 <= edit.index < tensor.size:
                published.append(error_event(unknown_parameter(list(tensors)), self.generation, self.step))
                continue
            trainer.set_parameter(edit.tensor, edit.index, edit.value)
            edited = True
        self._edits.clear()
        if edited:
            trainer.observe()
            self._look().measuring.changed()
            self.version += 1
        return published

    # Time

    def next_time(self) -> float:
        """When the run next wants to train; infinity while it stands still."""
        if self._diverged or self._finished:
            return -math.inf if self._questions else math.inf
        if self._owed or self._questions:
            return -math.inf
        return self._pace.next_time() if self._playing else math.inf

    def due(self, now: float) -> float:
        """How many steps are to be done now; infinity for as many as there is time for."""
        if self._diverged or self._finished:
            return 0
        if self._owed:
            return self._owed
        return self._pace.due(now) if self._playing else 0

    def train(self, steps: int, observe: bool, now: Callable[[], float]) -> list[Publication]:
        """Do so many steps; with `observe`, a snapshot can be taken after them."""
        trainer = self._ready()
        began = self._thread_clock()
        done = trainer.train(steps, observe)
        self._look().trained(self._thread_clock() - began)
        time = now()
        self.version += 1
        if self._owed:
            self._owed = max(self._owed - done, 0)
        else:
            self._pace.did(done, time)
            self._speedometer.note(done, time)
        if trainer.diverged is not None:
            self._diverged, self._owed = True, 0
            reason = self._event("diverged", tensor=trainer.diverged.tensor)
        elif trainer.stopped is not None:
            self._finished, self._owed = True, 0
            details = {name: value for name, value in asdict(trainer.stopped).items() if name != "step"}
            reason = self._event("finished", **details)
        else:
            return []
        return [reason, self._event("state", state=self.state)]

    def snapshot(self, fields: frozenset[str], probes: frozenset[str] = frozenset(), now: float = 0.0) -> Snapshot:
        """Copies of what viewers see, with the records since the last snapshot of these weights.

        Of the probes, those that are due are measured. What a standing run still owes of them is news: another version.
        """
        looking = self._look()
        snapshot = looking.snapshot(
            fields,
            probes,
            now,
            generation=self.generation,
            state=self.state,
            rate=self._shown_rate,
            standing=self.standing,
            idle=not math.isinf(self._rate()),
        )
        if looking.unfinished:
            self.version += 1
        return snapshot

    def diagnose(self, now: float) -> list[Publication]:
        """What is wrong with the run, if that has changed since the last look; it is looked at from time to time."""
        if self._data is None:
            return []
        try:
            findings = self._physician.look(self._ready(), self.config, self._data, now, standing=self.standing)
        except Exception:
            # Looking must never stop what is looked at.
            logger.exception("a run could not be looked at for what is wrong with it")
            return []
        return [] if findings is None else [self._event("diagnosis", findings=findings)]

    # Faults

    def checkpoint(self) -> Checkpoint:
        """Everything needed to go on from here."""
        return Checkpoint(self.config, self.generation, self._ready().state(), self._look().worked)

    def recover(self, checkpoint: Checkpoint | None) -> list[Publication]:
        """After a fault inside: stand still, with the weights of the checkpoint if they fit what the run is to do now.

        Without a fitting checkpoint the next `prepare` makes new ones.
        """
        self._trainer, self._diverged, self._finished, self._playing, self._owed = None, False, False, False, 0
        self._edits.clear()
        published: list[Publication] = []
        if checkpoint is not None and checkpoint.fits(self.config, self.generation):
            data = self._data or prepare(self.config.data)
            trainer = self._build(self.config, data)
            trainer.restore(checkpoint.trainer)
            self._take(trainer, checkpoint.worked)
            self._data = data
            self._finished = trainer.stopped is not None
            self.generation += 1
            self.version += 1
            published.append(self._plan(trainer, restarted=True))
        published.append(self._event("state", state=self.state))
        return published

    # Words

    def _event(self, name: str, **details: Any) -> Event:
        return Event(name, self.generation, self.step, details)

    def _plan(self, trainer: Trainer, *, restarted: bool) -> Plan:
        return plan_of(self.config, trainer, self.generation, restarted=restarted)

    def _steps_of(self, epochs: int) -> int:
        """How many steps so many epochs take, from where the run stands."""
        training = training_spec(self.config)
        return steps_of(
            training.batch_size, training.batch_schedule, training_size(self.config.data), self.step, epochs
        )

    def _take(self, trainer: Trainer, worked: float = 0.0) -> Trainer:
        """Go on with this network, which has trained for so many seconds."""
        self._trainer, self._looking = trainer, Looking(trainer, self._thread_clock, worked)
        return trainer

    def _look(self) -> Looking:
        if self._looking is None:
            raise RuntimeError("prepare() comes first")
        return self._looking

    def _ready(self) -> Trainer:
        if self._trainer is None:
            raise RuntimeError("prepare() comes first")
        return self._trainer
