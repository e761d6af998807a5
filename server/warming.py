"""Compiling the kernels while the page is served already.

First the usual ones, without which no run begins; then, on threads of their own, what some run waits for, and all
others while nobody waits. A compiler that rests for as long as it worked leaves the cores to the runs; a lower
priority would not, since a thread that is not scheduled may hold the interpreter's lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kernels.warm import Piece, is_usual, pieces
from server.schema import CHOICE_FIELDS, RunConfig

logger = logging.getLogger("livegrad.kernels")

Warm = Callable[[Callable[[int, int, str], None]], None]


@dataclass
class Progress:
    """How far something is: `done` of `total`, now at `label`."""

    done: int = 0
    total: int = 0
    label: str = ""


@dataclass
class KernelStatus(Progress):
    """How far the usual kernels are, and all others."""

    state: Literal["compiling", "ready", "failed"] = "compiling"
    others: Progress = field(default_factory=Progress)


def warm_kernels(progress: Callable[[int, int, str], None]) -> None:
    """Compile the usual kernels, or load them from disk."""
    from kernels.warm import warm

    warm(progress, usual_only=True)


def choices_of(config: Any) -> Iterator[tuple[str, str]]:
    """Every choice in a configuration as plain values: its family and its variant."""
    for name, value in config.items() if isinstance(config, dict) else ():
        for each in value if isinstance(value, list) else [value]:
            if name in CHOICE_FIELDS and isinstance(each, dict):
                yield CHOICE_FIELDS[name], each["id"]
            yield from choices_of(each)


class Warming:
    """Compiles kernels. Tests put another way to warm up and other pieces in place."""

    def __init__(self, warm: Warm = warm_kernels, everything: Sequence[Piece] | None = None) -> None:
        self.status = KernelStatus()
        self._warm = warm
        self._pieces = {(piece.family, piece.variant): piece for piece in everything or pieces()}
        self._changed = threading.Condition()
        #: Who waits for what, in the order in which it was asked for.
        self._wanted: dict[Piece, set[str]] = {}
        self._failed: set[Piece] = set()
        self._stopping = False
        self._wake: Callable[[str], None] = lambda _: None

    def start(self, ready: Callable[[], None], wake: Callable[[str], None]) -> None:
        """Begin. `ready` is called once the usual ones are compiled, or cannot be: a run then says what is wrong.

        `wake` is called with a run's id when something that it waits for is there.
        """
        self._wake = wake
        threading.Thread(target=self._begin, args=[ready], name="warming", daemon=True).start()

    def stop(self) -> None:
        """Compile nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def missing(self, config: RunConfig) -> list[Piece]:
        """What a configuration needs and is not compiled yet; without what cannot be compiled."""
        needed = dict.fromkeys(self._pieces.get(choice) for choice in choices_of(config.model_dump()))
        return [piece for piece in needed if piece is not None and not piece.ready and piece not in self._failed]

    def want(self, run_id: str, missing: Sequence[Piece]) -> None:
        """Compile these before all others, and wake the run at each one that is there."""
        with self._changed:
            for piece in missing:
                self._wanted.setdefault(piece, set()).add(run_id)
            self._changed.notify_all()

    def _begin(self, ready: Callable[[], None]) -> None:
        def progress(done: int, total: int, label: str) -> None:
            self.status.done, self.status.total, self.status.label = done, total, label

        others = [piece for piece in self._pieces.values() if not is_usual(piece)]
        self.status.others.total = len(others)
        try:
            self._warm(progress)
        except Exception:
            logger.exception("the kernels could not be compiled")
            self.status.state = "failed"
        else:
            self.status.state = "ready"
        ready()
        threading.Thread(target=self._compile_what_is_wanted, name="compiling", daemon=True).start()
        self._compile_others(others)

    def _compile_what_is_wanted(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._stopping)
                if self._stopping:
                    return
                piece = next(iter(self._wanted))
            self._compile(piece)
            with self._changed:
                waiting = self._wanted.pop(piece)
                self._changed.notify_all()
            for run_id in waiting:
                self._wake(run_id)

    def _compile_others(self, others: Sequence[Piece]) -> None:
        status = self.status.others
        for piece in others:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or not self._wanted)
            if self._stopping:
                return
            status.label = piece.label
            started = time.monotonic()
            self._compile(piece)
            status.done += 1
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, time.monotonic() - started)
        status.label = ""

    def _compile(self, piece: Piece) -> None:
        try:
            piece.compile()
        except Exception:
            logger.exception("%s could not be compiled", piece.label)
            self._failed.add(piece)
