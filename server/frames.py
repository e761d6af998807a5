"""From records to the bytes that a viewer gets: MessagePack maps, arrays as little-endian float32 (steps float64).

Pure functions. What all viewers of a run share is encoded once; a frame for one of them is a few bytes more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from kernels.epochs import Stop
from kernels.probes import PROBES
from kernels.trainer import Divergence
from server.publications import WATCHABLE, Event, Measurement, Plan, Series, Snapshot, State

PROTOCOL = 1

#: Headers of MessagePack's maps: one byte for up to 15 pairs, three for more.
_FIXMAP, _FIXMAP_MOST, _MAP16 = 0x80, 15, 0xDE
_PAIRS_OF_ITS_OWN = 3


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


def _array(values: NDArray[Any], kind: str = "<f4") -> bytes:
    return np.ascontiguousarray(values, kind).tobytes()


def _map_header(pairs: int) -> bytes:
    return bytes([_FIXMAP | pairs]) if pairs <= _FIXMAP_MOST else bytes([_MAP16]) + pairs.to_bytes(2, "big")


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
        "probes": {probe.id: probe.as_dict(plan.layout) for probe in PROBES},
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
    findings: Sequence[Mapping[str, Any]] = (),
    owner: bool,
) -> bytes:
    """The first message to a viewer. `compiling`: what the run waits for, `findings`: as their events tell them."""
    message = {"type": "hello", "protocol": PROTOCOL, "run": run_id, "state": state, "owner": owner}
    message |= {"diverged": encode_details(diverged), "stopped": encode_details(stopped), "compiling": compiling}
    message["findings"] = list(findings)
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
                ("worked", snapshot.worked),
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


def encode_measurement(probe_id: str, measurement: Measurement) -> bytes:
    """A measurement as a pair of a frame's map of them: encoded once for all viewers."""
    details = {
        "step": measurement.step,
        "every": measurement.every,
        "cost": measurement.cost,
        "values": _array(measurement.values),
    }
    return _pairs([(probe_id, details)])


def encode_frame(
    seq: int, body: FrameBody, fields: frozenset[str], series: Series, measurements: Sequence[bytes] = ()
) -> bytes:
    """One viewer's frame: its number, the shared body, and the records that this viewer has not acknowledged.

    `measurements` are those that are new to this viewer, each as `encode_measurement` gives it.
    """
    count, shared = body.encoded(fields)
    own = {"start": series.start, "steps": _array(series.steps, "<f8"), "values": _array(series.values)}
    head = _map_header(count + _PAIRS_OF_ITS_OWN + bool(measurements))
    frame = head + _pairs([("type", "frame"), ("seq", seq)]) + shared + _pairs([("series", own)])
    if measurements:
        frame += _pack("probes") + _map_header(len(measurements)) + b"".join(measurements)
    return frame
