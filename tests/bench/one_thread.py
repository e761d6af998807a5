"""One thread for everybody: set before NumPy, JAX and PyTorch load, and held to one processor while measuring."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")


@contextlib.contextmanager
def processors(count: int) -> Iterator[None]:
    """Hold this process and those that it starts to so many processors, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[-count:]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold this process to one processor, so that no library's helper threads count."""
    with processors(1):
        yield
