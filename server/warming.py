"""Compiling the kernels while the page is served already."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

logger = logging.getLogger("livegrad.kernels")

Warm = Callable[[Callable[[int, int, str], None]], None]


@dataclass
class KernelStatus:
    """How far the kernels are: `done` of `total`, now at `label`."""

    state: Literal["compiling", "ready", "failed"] = "compiling"
    done: int = 0
    total: int = 0
    label: str = ""


def warm_kernels(progress: Callable[[int, int, str], None]) -> None:
    """Compile all kernels, or load them from disk."""
    from kernels.warm import warm

    warm(progress)


def warm_in_background(status: KernelStatus, warm: Warm, ready: Callable[[], None]) -> threading.Thread:
    """Warm up on a thread of its own, then call `ready` there, also after a failure: a run then says what is wrong."""

    def progress(done: int, total: int, label: str) -> None:
        status.done, status.total, status.label = done, total, label

    def work() -> None:
        try:
            warm(progress)
        except Exception:
            logger.exception("the kernels could not be compiled")
            status.state = "failed"
        else:
            status.state = "ready"
        ready()

    thread = threading.Thread(target=work, name="warming", daemon=True)
    thread.start()
    return thread
