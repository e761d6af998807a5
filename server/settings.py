"""What whoever runs the server may set, by environment variables named LIVEGRAD_ and the field in capitals."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

#: Settings of which there must be at least one.
_COUNTS = (
    "max_runs", "max_runs_per_address", "max_weights", "max_viewers", "max_studies", "max_studies_per_address"
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Limits and addresses. Times are in seconds, sizes in bytes.

    `allowed_origins` are further origins (scheme, host and port, such as `https://example.org`) whose pages may change
    runs; the server's own is always allowed. `frame_ancestors` says who may embed the page, in the words of the
    Content-Security-Policy directive of that name. `trusted_proxy` is the address of a reverse proxy whose
    X-Forwarded-For and X-Forwarded-Proto are believed; empty, none is.

    Runs: when an address has `max_runs_per_address`, or the server `max_runs`, a new run takes the place of the one
    that has been without a viewer longest, if that is at least `evict_seconds`; else the answer is 429. So a person who
    reloads the page over and over never locks himself out, and nobody loses a run that he watches.
    `max_weights` bounds the trainable parameters of all runs together, and so the memory.

    A viewer is sent at most `frames_per_second` (at least 1), which bounds what a class of students takes from the
    network: a frame of the default network has about 1.5 kB.

    Studies: of those under way an address may have `max_studies_per_address`, the server `max_studies`; one more is
    answered with 429. They are cancelled and forgotten after as long without being looked at as runs.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 0
    max_runs: int = 64
    max_runs_per_address: int = 24
    max_weights: int = 20_000_000
    max_viewers: int = 600
    max_studies: int = 16
    max_studies_per_address: int = 4
    evict_seconds: float = 30.0
    idle_pause_seconds: float = 120.0
    keep_seconds: float = 1800.0
    ack_timeout_seconds: float = 10.0
    hello_timeout_seconds: float = 10.0
    frames_per_second: float = 120.0
    commands_per_second: float = 40.0
    frame_ancestors: str = "'self'"
    allowed_origins: tuple[str, ...] = ()
    trusted_proxy: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a value that would break the server or let a header be smuggled in."""
        if not 0 <= self.port <= 65535:
            raise ValueError("port must be between 0 and 65535")
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for setting in fields(self):
            value = getattr(self, setting.name)
            if isinstance(value, float) and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{setting.name} must be more than 0")
        if self.frames_per_second < 1:
            raise ValueError("frames_per_second must be at least 1")
        if any(character in self.frame_ancestors for character in ";,\r\n") or not self.frame_ancestors.strip():
            raise ValueError("frame_ancestors must be a list of sources, such as: 'self' https://example.org")

    @property
    def worker_count(self) -> int:
        """How many threads train: `workers`, or with 0 as many as this process has cores."""
        if self.workers > 0:
            return self.workers
        if hasattr(os, "sched_getaffinity"):
            return max(1, len(os.sched_getaffinity(0)))
        return os.cpu_count() or 1


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from LIVEGRAD_* variables, defaults for what is not set. Lists are separated by spaces.

    Raises ValueError naming the variable that cannot be read.
    """
    given: dict[str, Any] = {}
    for setting in fields(Settings):
        variable = f"LIVEGRAD_{setting.name.upper()}"
        text = environment.get(variable)
        if text is None:
            continue
        try:
            if isinstance(setting.default, tuple):
                given[setting.name] = tuple(origin.rstrip("/") for origin in text.split())
            elif isinstance(setting.default, str):
                given[setting.name] = text
            else:
                given[setting.name] = int(text) if isinstance(setting.default, int) else float(text)
        except ValueError:
            raise ValueError(f"{variable} must be a number") from None
    return Settings(**given)
