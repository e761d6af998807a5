"""`python -m tests.bench`: measure everything, print tables, write build/bench.json; fail when a target is missed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tests.bench import cliffs, images, kernels, load, optimizers, page, probes, warming
from tests.live_server import ROOT

RESULTS = ROOT / "build" / "bench.json"


class Row(Protocol):
    """One measured line of some table."""

    @property
    def reached(self) -> bool:
        """Whether its target, if it has one, is reached."""

    def as_dict(self) -> dict[str, Any]:
        """As it goes into build/bench.json."""


def parts(minutes: float) -> dict[str, tuple[str, Callable[[], Sequence[Any]], Callable[[Any], str]]]:
    """What can be measured: a heading, how, and how to print it."""
    return {
        "kernels": (
            "Kernels against their peers, microseconds a training step on one thread",
            kernels.measure_all,
            kernels.table,
        ),
        "images": (
            "Networks on images against their peers, microseconds a training step on one thread, and what they hold",
            images.measure_all,
            images.table,
        ),
        "optimizers": (
            f"Optimizers against PyTorch's, microseconds an update of {optimizers.SIZE:,} parameters on one thread",
            optimizers.measure_all,
            optimizers.table,
        ),
        "cliffs": (
            "Each choice alone, in the 64-64-64-10 network or in one on images, microseconds a step on one thread",
            cliffs.measure_all,
            cliffs.table,
        ),
        "probes": (
            "What measuring costs the default run, microseconds a step on one thread",
            probes.measure_all,
            probes.table,
        ),
        "warming": ("Compiling the kernels", warming.measure, page.table),
        "page": ("Page and server, in headless Chromium", lambda: page.measure(minutes), page.table),
        "load": (
            "Eight runs side by side, and the dynamics of thirty layers, in headless Chromium",
            lambda: load.measure(minutes),
            page.table,
        ),
    }


def main() -> int:
    """Measure what is asked for; returns 1 when something missed its target."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--minutes",
        type=float,
        default=1.0,
        help="how long to watch the memory",
    )
    parser.add_argument("--only", choices=list(parts(0)), nargs="+", help="measure these parts only")
    given = parser.parse_args()

    rows: list[Row] = []
    for name, (heading, measure, table) in parts(given.minutes).items():
        if given.only and name not in given.only:
            continue
        print(f"{heading}\n", flush=True)
        found = measure()
        print(table(found), end="\n\n", flush=True)
        rows += found
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([row.as_dict() for row in rows], indent=2) + "\n", encoding="utf-8")
    print(f"Written to {RESULTS.relative_to(ROOT)}")
    missed = [str(row.as_dict()["case"]) for row in rows if not row.reached]
    print(f"Missed: {', '.join(missed)}" if missed else "Every target is reached.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
