"""When what is measured: as often as a small share of the run's time allows, and where a run stands, once a step.

Time is a run's: seconds that a thread has worked for it. What is measured is what viewers watch just then.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kernels.probes import PROBES, Probe, Specimen
from server.pace import THREAD_CLOCK
from server.publications import Measurement

logger = logging.getLogger("livegrad.measuring")

#: Of the time that a run's thread trains, measuring may take this share. With what it does to the caches and what goes
#: out besides, all of it stays under a tenth (bench); 0.08 sometimes did not.
SHARE = 0.05
#: A run that is not at full speed leaves its thread idle: measuring may take this share of the time that goes by, so
#: that a hundred such runs on one machine take no more than a core.
IDLE_SHARE = 0.01
#: Seconds of measuring after which a frame goes out and the rest waits for the next one: while the run trains, and
#: while it stands. One measurement of a large network may take longer.
LONGEST, LONGEST_STANDING = 0.004, 0.05
#: How fast the measured interval between two measurements follows a change, as a share a measurement.
_FOLLOWS = 0.3
#: What goes by between two frames counts up to so many seconds: nobody watched before that.
_LONGEST_GAP = 0.25


@dataclass(frozen=True)
class _Last:
    """The last measurement of a probe; `time` is -inf where the run stood still since."""

    step: int
    cost: float
    every: float
    time: float


class Measuring:
    """Measures of one network in training what is asked for. Not safe for threads, as the run."""

    def __init__(self, specimen: Specimen, thread_clock: Callable[[], float] = THREAD_CLOCK) -> None:
        self._specimen = specimen
        self._clock = thread_clock
        self._last: dict[str, _Last] = {}
        self._allowance = 0.0
        self._then = -math.inf

    def trained(self, seconds: float) -> None:
        """The run's thread trained for so long."""
        self._allow(SHARE * seconds)

    def changed(self) -> None:
        """The network is not what it was at this step when it was measured."""
        self._last = {name: replace(last, step=-1) for name, last in self._last.items()}

    def measure(
        self, probes: frozenset[str], now: float, *, standing: bool, idle: bool
    ) -> tuple[dict[str, Measurement], bool]:
        """Measure of these probes what is due, and say whether some of a standing run still are.

        `now` is wall time, `idle` whether the run leaves its thread time. Where a run stands at a step, everything is
        measured there, since nothing else is to be done.
        """
        if idle:
            self._allow(IDLE_SHARE * min(now - self._then, _LONGEST_GAP))
        self._then = now
        step = self._specimen.step
        due = [PROBES[name] for name in probes if name not in self._last or self._last[name].step != step]
        found: dict[str, Measurement] = {}
        expected = sum(self._last[probe.id].cost for probe in due if probe.id in self._last)
        if not due or not (standing or self._allowance >= min(expected, LONGEST)):
            return found, False
        # What was not looked at for longest comes first.
        due.sort(key=lambda probe: self._last[probe.id].step if probe.id in self._last else -1)
        self._specimen.forget()
        spent, most = 0.0, LONGEST_STANDING if standing else min(self._allowance, LONGEST)
        for probe in due:
            if found and spent >= most:
                break
            found[probe.id] = self._one(probe, step, now, standing=standing)
            spent += found[probe.id].cost
        if not standing:
            self._allowance -= spent
        return found, standing and len(found) < len(due)

    def _one(self, probe: Probe, step: int, now: float, *, standing: bool) -> Measurement:
        began = self._clock()
        try:
            # Near a divergence numbers overflow; what is not finite is not defined.
            with np.errstate(all="ignore"):
                values = probe.measure(self._specimen)
            values[~np.isfinite(values)] = np.nan
        except Exception:
            # Looking must never stop what is looked at.
            logger.exception("%s could not be measured", probe.id)
            layout = self._specimen.layout
            values = np.full((len(probe.rows(layout)), probe.width(layout)), np.nan, np.float32)
        cost = self._clock() - began
        last = self._last.get(probe.id)
        every = 0.0 if last is None else last.every
        if last is not None and not math.isinf(last.time) and not standing:
            every = now - last.time if every == 0 else every + _FOLLOWS * (now - last.time - every)
        self._last[probe.id] = _Last(step, cost, every, -math.inf if standing else now)
        return Measurement(step, every, cost, values)

    def _allow(self, seconds: float) -> None:
        self._allowance = min(self._allowance + seconds, LONGEST)
