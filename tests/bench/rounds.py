"""Timing several ways of doing the same, fairly: round after round, each in turn, and the median counts.

A machine that slows down slows all of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

#: Does so many steps.
Work = Callable[[int], None]

ROUNDS = 9
ROUND_SECONDS = 0.25


def timed(work: Work, steps: int) -> float:
    """Microseconds a step."""
    started = time.perf_counter()
    work(steps)
    return (time.perf_counter() - started) / steps * 1e6


def steps_a_round(work: Work, multiple: int, seconds: float = ROUND_SECONDS) -> int:
    """How many steps, a multiple of `multiple`, take about so many seconds, after compiling and warming up."""
    work(multiple)
    one = min(timed(work, multiple) for _ in range(3))
    return max(1, round(seconds * 1e6 / one / multiple)) * multiple


def medians(
    works: Mapping[str, Work],
    multiples: Mapping[str, int],
    *,
    seconds: float = ROUND_SECONDS,
    rounds: int = ROUNDS,
) -> dict[str, float]:
    """Microseconds a step of each, the median of the rounds. A round is `seconds` long, in multiples of its steps."""
    steps = {name: steps_a_round(work, multiples[name], seconds) for name, work in works.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(timed(work, steps[name]))
    return {name: statistics.median(values) for name, values in taken.items()}
