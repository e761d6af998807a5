"""What measuring costs: steps of the default run at full speed, with every probe watched, against none.

Both runs are given slices and asked for frames as the scheduler does. `python -m tests.bench.probes` prints it alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from kernels.probes import PROBES
from server.configuration import resolve
from server.runs import Run
from server.scheduler import FRAME_INTERVAL, SLICE
from tests.bench.one_thread import one_thread
from tests.bench.rounds import Work, medians

#: How much longer a step may take while everything is watched.
LIMIT = 1.10
#: Steps before the clock starts, after which records weigh little; and steps of a slice, about.
STEPS_BEFORE, STEPS_A_SLICE = 20_000, 500
SECONDS, ROUNDS = 0.25, 9
#: Pairs of runs, of which the median one counts: where their memory lies makes some slower than others.
PAIRS = 7


@dataclass(frozen=True)
class Cost:
    """Microseconds a step of the run that is measured and of the one that is not."""

    measured_us: float
    alone_us: float

    @property
    def ratio(self) -> float:
        """How many times as long a step takes."""
        return self.measured_us / self.alone_us

    @property
    def reached(self) -> bool:
        """Whether that is little enough."""
        return self.ratio <= LIMIT

    def as_dict(self) -> dict[str, object]:
        """The entry in `build/bench.json`."""
        return {
            "case": "default_run_with_every_probe",
            "ours_us": round(self.measured_us, 3),
            "against": "default_run",
            "against_us": round(self.alone_us, 3),
            "ratio": round(self.ratio, 3),
            "target": LIMIT,
            "at_most": True,
            "reached": self.reached,
        }


def _at_work(probes: frozenset[str]) -> Work:
    """The default run, trained and looked at by turns."""
    run = Run(resolve({"speed": "full"}), 0.0)
    run.prepare()
    next_frame = 0.0

    def train(steps: int) -> None:
        nonlocal next_frame
        for start in range(0, steps, STEPS_A_SLICE):
            run.train(min(STEPS_A_SLICE, steps - start), True, time.monotonic)
            if (now := time.monotonic()) >= next_frame:
                run.snapshot(frozenset(), probes, now)
                next_frame = now + FRAME_INTERVAL

    train(STEPS_BEFORE)
    return train


def _pair() -> Cost:
    """Two new runs, by turns. Slices take about as long as the scheduler's, or are shorter."""
    works = {"measured": _at_work(frozenset(PROBES.variants)), "alone": _at_work(frozenset())}
    taken = medians(works, dict.fromkeys(works, STEPS_A_SLICE), seconds=SECONDS, rounds=ROUNDS)
    if taken["alone"] * STEPS_A_SLICE > 2e6 * SLICE:
        raise RuntimeError("a slice of the bench is longer than one of the scheduler")
    return Cost(taken["measured"], taken["alone"])


def measure_all() -> list[Cost]:
    """The one row."""
    with one_thread():
        pairs = sorted((_pair() for _ in range(PAIRS)), key=lambda cost: cost.ratio)
    return [pairs[PAIRS // 2]]


def table(rows: list[Cost]) -> str:
    """The rows as text."""
    lines = [f"{'':32}{'measured':>10}{'alone':>10}{'ratio':>8}{'limit':>8}"]
    for row in rows:
        name = "default run, every probe"
        lines.append(f"{name:32}{row.measured_us:10.2f}{row.alone_us:10.2f}{row.ratio:8.3f}{LIMIT:8.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure_all()))
