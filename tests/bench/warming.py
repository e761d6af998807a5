"""How long the usual set of kernels compiles on a machine that has never done so; what a second start does, how soon.

All in processes of their own, with an empty cache folder. `python -m tests.bench.warming` prints it alone.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.one_thread import processors
from tests.bench.page import Entry, table
from tests.kernels.test_compile import compiled_passes
from tests.live_server import ROOT, LiveServer

#: Seconds that the usual set may take, and a second start; the median of so many starts counts.
SECONDS, READY, STARTS = 60.0, 2.0, 5
CORES = 2


def _warm(folder: str, *options: str) -> float:
    """Seconds of a warm-up in a process of its own."""
    environment = os.environ | {"LIVEGRAD_CACHE_DIR": folder}
    command = [sys.executable, "-m", "kernels.warm", *options]
    started = time.perf_counter()
    subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


def _start(folder: str) -> float:
    """Seconds until a server with compiled kernels answers that they are ready."""
    server = LiveServer(Path(folder) / "log.txt", {"LIVEGRAD_CACHE_DIR": folder})
    started = time.perf_counter()
    with server:
        return time.perf_counter() - started


def measure() -> list[Entry]:
    """Warm up cold on two cores, then start again."""
    with tempfile.TemporaryDirectory() as folder, processors(CORES):
        usual, others = _warm(folder, "--usual"), _warm(folder)
        again = compiled_passes(Path(folder))
        answers = statistics.median(_start(folder) for _ in range(STARTS))
    return [
        Entry("warm_up_usual_set_cold", usual, "s", SECONDS, at_most=True),
        Entry("warm_up_all_others", others, "s"),
        Entry("second_start_compiler_passes", again, "", 0.0, at_most=True),
        Entry("second_start_is_ready", answers, "s", READY, at_most=True),
    ]


if __name__ == "__main__":
    print(table(measure()))
