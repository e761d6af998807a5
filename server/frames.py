"""From records to the bytes that a viewer gets: MessagePack maps, arrays as little-endian float32 (steps float64).

Pure functions. What all viewers of a run share is encoded once; a frame for one of them is a few bytes more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from kernels.epochs import Stop
from kernels.trainer import Divergence
from server.publications import WATCHABLE, Event, Plan, Series, Snapshot, State

PROTOCOL = 1

#: Map and array headers of MessagePack (specification: fixmap holds up to 15 pairs).
_FIXMAP = 0x80
_PAIRS_OF_ITS_OWN = 3


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


def _array(values: NDArray[Any], kind: str = "<f4") -> bytes:
    return np.ascontiguousarray(values, kind).tobytes()


def _pairs(pairs: Iterable[tuple[str, Any]]) -> bytes:
    return b"".join(_pack(name) + _pack(value) for name, value in pairs)


def encode_plan(plan: Plan) -> dict[str, Any]:
    """The part of `hello` and of a `config` event that says how to read frames."""
    return {
        "config": plan.config.as_dict(),
        "layout": plan.layout.as_dict(),
        "steps_per_epoch": plan.steps_per_epoch,
        "evaluated": list(plan.evaluated),
        "pace": plan.pace,
    }


def encode_details(details: Divergence | Stop | None) -> dict[str, Any] | None:
    """Where and since which step the numbers are no longer finite, or how training ended; None while it has not."""
    return None if details is None else asdict(details)


def encode_hello(
    run_id: str,
    plan: Plan,
    state: State,
    diverged: Divergence | None,
    compiling: Mapping[str, Any] | None = None,
    *,
    stopped: Stop | None = None,
    owner: bool,
) -> bytes:
    """The first message to a viewer. `compiling`: what the run waits for, as its event tells it."""
    message = {"type": "hello", "protocol": PROTOCOL, "run": run_id, "state": state, "owner": owner}
    message |= {"diverged": encode_details(diverged), "stopped": encode_details(stopped), "compiling": compiling}
    return _pack({**message, "generation": plan.generation, "step": plan.step, **encode_plan(plan)})


def encode_event(event: Event) -> bytes:
    """Something that happened."""
    head = {"type": "event", "event": event.event, "generation": event.generation, "step": event.step}
    return _pack({**head, **event.details})


def encode_config_event(plan: Plan) -> bytes:
    """The event that tells a change of the configuration."""
    details = {**encode_plan(plan), "restarted": plan.restarted}
    return encode_event(Event("config", plan.generation, plan.step, details))


class FrameBody:
    """What frames of one snapshot have in common, encoded once for every set of buffers that somebody watches."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._encoded: dict[frozenset[str], tuple[int, bytes]] = {}

    def encoded(self, fields: frozenset[str]) -> tuple[int, bytes]:
        """The number of pairs, and their bytes."""
        if fields not in self._encoded:
            snapshot = self.snapshot
            pairs: list[tuple[str, Any]] = [
                ("generation", snapshot.generation),
                ("step", snapshot.step),
                ("epoch", snapshot.epoch),
                ("state", snapshot.state),
                ("rate", snapshot.rate),
                ("params", _array(snapshot.params)),
                ("running", _array(snapshot.running)),
                ("stats", _array(snapshot.stats)),
            ]
            for name in WATCHABLE:
                values: NDArray[np.float32] | None = getattr(snapshot, name)
                if name in fields and values is not None:
                    pairs.append((name, _array(values)))
            if snapshot.averaged is not None:
                pairs.append(("averaged", _array(snapshot.averaged)))
            self._encoded[fields] = len(pairs), _pairs(pairs)
        return self._encoded[fields]


def encode_frame(seq: int, body: FrameBody, fields: frozenset[str], series: Series) -> bytes:
    """One viewer's frame: its number, the shared body, and the records that this viewer has not acknowledged."""
    count, shared = body.encoded(fields)
    own = {"start": series.start, "steps": _array(series.steps, "<f8"), "values": _array(series.values)}
    head = bytes([_FIXMAP | (count + _PAIRS_OF_ITS_OWN)])
    return head + _pairs([("type", "frame"), ("seq", seq)]) + shared + _pairs([("series", own)])
