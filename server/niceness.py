"""Who goes first on a busy machine: whoever sends and draws frames, then the threads that train."""

from __future__ import annotations

import os
import sys
import threading

#: How far the threads that train stand back, as `nice` counts. They take all that is left: where there is a core for
#: each thread, that is as much as before.
NICENESS = 10
#: The system has no higher one.
HIGHEST = 19


def stand_back() -> None:
    """Let other threads and processes go before this thread, where the system knows priorities of threads."""
    if sys.platform == "linux":
        niceness = min(HIGHEST, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
