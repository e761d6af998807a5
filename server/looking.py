"""What a run shows: copies of its buffers and new records for a frame, and what is measured for those who watch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels.probes import Specimen
from kernels.trainer import Trainer
from server.measuring import Measuring
from server.publications import Measurement, Series, Snapshot, State


class Looking:
    """The side of a run that looks at its network. It changes no bit of it."""

    def __init__(self, trainer: Trainer, thread_clock: Callable[[], float], worked: float = 0.0) -> None:
        self._trainer = trainer
        self._published_records = 0
        #: Seconds of a thread for which the network has trained.
        self.worked = worked
        self.measuring = Measuring(Specimen(trainer), thread_clock)
        #: Whether probes were asked for when it was last looked at.
        self.watched = False
        #: Whether more of what was asked for is to be measured at this step.
        self.unfinished = False

    def trained(self, seconds: float) -> None:
        """The network has trained for so many seconds of a thread."""
        self.worked += seconds
        self.measuring.trained(seconds)

    def snapshot(
        self,
        fields: frozenset[str],
        probes: frozenset[str],
        now: float,
        *,
        generation: int,
        state: State,
        rate: float,
        standing: bool,
        idle: bool,
    ) -> Snapshot:
        """Copies of what viewers see, with the records since the last snapshot.

        `standing` is whether the run stays at its step, `idle` whether it leaves its thread time.
        """
        trainer = self._trainer
        measurements: dict[str, Measurement] = {}
        self.watched, self.unfinished = bool(probes), False
        if probes and trainer.diverged is None:
            measurements, self.unfinished = self.measuring.measure(probes, now, standing=standing, idle=idle)
        records = trainer.records(self._published_records)
        self._published_records = records.start + len(records.steps)
        return Snapshot(
            generation=generation,
            step=trainer.step,
            epoch=trainer.epoch,
            state=state,
            rate=rate,
            params=trainer.parameters.copy(),
            running=trainer.running.copy(),
            stats=trainer.stats.copy(),
            series=Series(records.start, np.array(records.steps), np.array(records.values)),
            averaged=None if trainer.averaged is None else trainer.averaged.copy(),
            gradients=trainer.gradients.copy() if "gradients" in fields else None,
            updates=trainer.updates.copy() if "updates" in fields else None,
            probes=measurements,
            worked=self.worked,
        )
