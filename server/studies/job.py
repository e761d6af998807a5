"""One run of a study: a network that trains without viewers, a slice at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from kernels.live import largest_batch
from kernels.trainer import Trainer
from server.configuration import training_size
from server.layer_specs import kernel_choice
from server.pace import StepTime
from server.preparation import prepare
from server.runs import Build, build_trainer
from server.schema import RunConfig
from server.studies.outcome import Outcome
from server.studies.quantities import measure

#: What the points of a study are counted in.
Clock = Literal["steps", "samples"]


class Job:
    """Trains a configuration and measures it at each of `ticks`, which rise and are counted in `clock`.

    A point is measured after the first step by which so much was done. One thread at a time.
    """

    def __init__(
        self, config: RunConfig, clock: Clock, ticks: Sequence[int], outcome: Outcome, build: Build = build_trainer
    ) -> None:
        self.config = config
        self.outcome = outcome
        self._ticks = ticks
        self._build = build
        self._samples = training_size(config.data)
        self._trainer: Trainer | None = None
        self._step_time = StepTime(1.0)
        training = config.training
        #: What one step adds at most, in the study's clock.
        self._stride = 1
        if clock == "samples":
            self._stride = largest_batch(training.batch_size, kernel_choice(training.batch_schedule), self._samples)
        self._in_samples = clock == "samples"

    def advance(self, seconds: float, now: Callable[[], float]) -> None:
        """Go on for about so many seconds of `now`; the weights are made in a slice of their own.

        Raises what making or training a network may raise, such as MemoryError.
        """
        trainer = self._trainer
        if trainer is None:
            self._trainer = self._build(self.config, prepare(self.config.data))
            self.outcome.state = "running"
            return
        end = now() + seconds
        while not self.outcome.finished:
            self._go_on(trainer, end - now(), now)
            if now() >= end:
                break

    def finish(self) -> None:
        """Forget the network."""
        self._trainer = None

    def _go_on(self, trainer: Trainer, seconds: float, now: Callable[[], float]) -> None:
        """Train towards the next point, and measure it if it is reached."""
        outcome = self.outcome
        left = self._ticks[outcome.measured] - self._progress(trainer)
        if left > 0:
            if self._step_time.step_flops != trainer.step_flops:
                self._step_time = StepTime(trainer.step_flops)
            # Never past the point: wherever the slices end, it is measured after the same step.
            needed = max(left // self._stride, 1)
            steps = min(needed, self._step_time.fitting(max(seconds, 0.0)))
            began = now()
            trainer.train(steps, observe=steps * self._stride >= left)
            self._step_time.note(steps, now() - began)
        if trainer.diverged is not None:
            outcome.state, outcome.ended_at = "diverged", trainer.diverged.step
        elif self._progress(trainer) >= self._ticks[outcome.measured]:
            trainer.observe()
            outcome.add(measure(trainer))
            if outcome.measured == len(self._ticks):
                outcome.state = "done"
        elif trainer.stopped is not None:
            outcome.state, outcome.ended_at = "stopped", trainer.stopped.step

    def _progress(self, trainer: Trainer) -> int:
        """Steps or samples so far."""
        return round(trainer.epoch * self._samples) if self._in_samples else trainer.step
