"""Remakes the golden messages: `python -m tests.server.golden.make`.

Each `*.msgpack` is what the server sends; the `.json` beside it says what must be read from it, binary fields as lists
of numbers. pytest compares the server with them, Vitest decodes the same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from kernels.epochs import Stop
from kernels.layout import make_layout
from kernels.network import Choice, DenseSpec, NetworkSpec
from kernels.trainer import Divergence
from server.configuration import resolve
from server.frames import FrameBody, encode_config_event, encode_event, encode_frame, encode_hello, encode_measurement
from server.publications import Event, Measurement, Plan, Series, Snapshot

FOLDER = Path(__file__).parent

#: Names everything, so that another default changes nothing here.
CONFIG = {
    "seed": 7,
    "data": {
        "dataset": {"id": "circle", "samples": 200, "noise": 0.25},
        "train_share": 0.5,
        "seed": 9,
        "features": ["x1", "x2"],
        "preprocessing": {"id": "none"},
    },
    "network": {"layers": [{"units": 2, "normalization": {"id": "batch_norm"}}]},
    "training": {
        "loss": {"id": "mse"},
        "optimizer": {"id": "sgd", "learning_rate": 0.5},
        "schedule": {"id": "constant"},
        "regularizers": [{"id": "l2", "rate": 0.5}],
        "batch_size": 10,
        "clipping": {"id": "none"},
        "sampling": {"id": "shuffled"},
        "warmup": 0,
        "momentum_schedule": {"id": "constant"},
        "batch_schedule": {"id": "constant"},
        "averaging": {"id": "none"},
        "stopping": {"id": "none"},
        "switch": None,
    },
    "speed": 120,
}

#: Binary fields and what their numbers are; all others of type bytes would be a mistake.
ARRAYS = {
    "params": "<f4",
    "averaged": "<f4",
    "running": "<f4",
    "stats": "<f4",
    "gradients": "<f4",
    "updates": "<f4",
    "values": "<f4",
    "steps": "<f8",
}


def messages() -> dict[str, bytes]:
    """Every golden message by its name."""
    layer = DenseSpec(2, Choice("tanh"), Choice("xavier_uniform"), Choice("batch_norm"))
    layout = make_layout(NetworkSpec((2,), (layer,), 1, Choice("xavier_uniform")))
    plan = Plan(
        config=resolve(CONFIG),
        layout=layout,
        generation=3,
        step=41,
        steps_per_epoch=16,
        evaluated=(500, 250),
        pace=120.0,
        restarted=True,
    )
    columns, count = len(layout.columns), layout.parameter_count
    values = (np.arange(3 * columns).reshape(3, columns) / 8).astype(np.float32)
    values[1, 0] = np.nan
    snapshot = Snapshot(
        generation=3,
        step=2**40 + 1,
        epoch=2.5625,
        state="running",
        rate=119.5,
        params=np.linspace(-1, 1, count, dtype=np.float32),
        running=np.array([0.0, 0.5, 1.0, 1.5], np.float32),
        stats=(np.arange(columns) / 4).astype(np.float32),
        series=Series(0, np.zeros(0), values[:0]),
        averaged=np.linspace(1, -1, count + 4, dtype=np.float32),
        gradients=np.full(count, 0.25, np.float32),
        updates=np.full(count, -0.125, np.float32),
        worked=12.5,
    )
    body = FrameBody(snapshot)
    series = Series(7, np.array([1.0, 2.0, 2.0**40 + 1]), values)
    cosines = np.array([[0.5], [-0.25], [np.nan]], np.float32)
    measured = [encode_measurement("gradient_cosine", Measurement(2**40 + 1, 0.375, 0.0625, cosines))]
    compiling = {"name": {"en": "Mish", "zh": "Mish"}, "done": 1, "total": 2}
    rate = "training.optimizer.learning_rate"
    findings: list[dict[str, Any]] = [
        {"layer": None, "number": 1.5, "since": 12, "samples": None, "tensor": None},
        {"layer": 1, "number": 0.875, "since": 1, "samples": 500, "tensor": "layer1.activation"},
    ]
    findings[0] |= {"illness": "rate_too_high", "control": rate}
    findings[1] |= {"illness": "saturated", "control": "network.layers.0.initializer"}
    message = {"en": "training.batch_size must be a whole number.", "zh": "training.batch_size 必须是整数。"}
    problem = {"message": message, "field": "training.batch_size", "bound": "1 <= batch_size <= 500"}
    return {
        "hello": encode_hello("a1B2-c3_D4", plan, "running", None, owner=True),
        "hello_compiling": encode_hello("a1B2-c3_D4", plan, "running", None, compiling, owner=True),
        "hello_diverged": encode_hello("a1B2-c3_D4", plan, "diverged", Divergence(41, "layer1.weight"), owner=False),
        "hello_finished": encode_hello(
            "a1B2-c3_D4", plan, "finished", None, stopped=Stop(41, 2.0, 32, 0.125), owner=True
        ),
        "hello_ill": encode_hello("a1B2-c3_D4", plan, "running", None, findings=findings, owner=True),
        "frame": encode_frame(5, body, frozenset({"gradients", "updates"}), series, measured),
        "frame_small": encode_frame(6, body, frozenset(), Series(10, np.zeros(0), values[:0])),
        "event_config": encode_config_event(plan),
        "event_compiling": encode_event(Event("compiling", 3, 41, {"compiling": compiling})),
        "event_diverged": encode_event(Event("diverged", 3, 41, {"tensor": "layer1.weight"})),
        "event_finished": encode_event(
            Event("finished", 3, 41, {"best_epoch": 2.0, "best_step": 32, "best_loss": 0.125})
        ),
        "event_diagnosis": encode_event(Event("diagnosis", 3, 41, {"findings": findings})),
        "event_error": encode_event(Event("error", 3, 41, problem)),
        "event_state": encode_event(Event("state", 3, 41, {"state": "paused"})),
        "event_paused_idle": encode_event(Event("paused_idle", 3, 41)),
    }


def readable(value: Any, name: str = "") -> Any:
    """A decoded message with numbers in place of bytes, and null in place of NaN."""
    if isinstance(value, dict):
        return {key: readable(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [readable(each) for each in value]
    if isinstance(value, bytes):
        numbers = np.frombuffer(value, ARRAYS[name]).astype(float).tolist()
        return [None if number != number else number for number in numbers]  # noqa: PLR0124  (NaN)
    return value


def main() -> None:
    """Write all files."""
    for name, data in messages().items():
        (FOLDER / f"{name}.msgpack").write_bytes(data)
        text = json.dumps(readable(msgpack.unpackb(data)), indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
