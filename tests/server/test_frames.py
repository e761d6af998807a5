"""The bytes that viewers get, against the golden files that the page's tests decode too."""

from __future__ import annotations

import json

import msgpack
import numpy as np
import pytest

from kernels.layout import make_layout
from kernels.network import Choice, ConvSpec, LayerSpec, NetworkSpec, PoolSpec
from server.frames import FrameBody, encode_frame
from server.publications import Series, Snapshot
from tests.server.golden.make import FOLDER, messages, readable

NAMES = sorted(messages())


def test_no_golden_file_is_left_over() -> None:
    assert (
        {path.stem for path in FOLDER.glob("*.msgpack")} == {path.stem for path in FOLDER.glob("*.json")} == set(NAMES)
    )


@pytest.mark.parametrize("name", NAMES)
def test_messages_are_the_golden_bytes(name: str) -> None:
    assert messages()[name] == (FOLDER / f"{name}.msgpack").read_bytes(), "python -m tests.server.golden.make"


@pytest.mark.parametrize("name", NAMES)
def test_golden_bytes_say_what_their_twin_says(name: str) -> None:
    decoded = msgpack.unpackb((FOLDER / f"{name}.msgpack").read_bytes())
    assert readable(decoded) == json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def small_snapshot() -> Snapshot:
    numbers = np.arange(3, dtype=np.float32)
    return Snapshot(
        1, 2, 0.5, "paused", 0.0, numbers, numbers[:0], numbers, Series(0, np.zeros(0), numbers[:0]), numbers
    )


def test_a_frame_carries_only_what_is_watched_and_there() -> None:
    body = FrameBody(small_snapshot())
    series = Series(4, np.array([9.0]), np.array([[1.0, 2.0, 3.0]], np.float32))
    frame = msgpack.unpackb(encode_frame(1, body, frozenset({"gradients", "updates"}), series))
    assert "gradients" in frame
    assert "updates" not in frame
    assert list(frame)[:2] == ["type", "seq"]
    assert frame["series"]["start"] == 4
    assert np.frombuffer(frame["series"]["values"], "<f4").tolist() == [1, 2, 3]
    assert "gradients" not in msgpack.unpackb(encode_frame(1, body, frozenset(), series))


def test_viewers_share_the_body() -> None:
    body = FrameBody(small_snapshot())
    assert body.encoded(frozenset())[1] is body.encoded(frozenset())[1]


@pytest.mark.parametrize("side", [8, 28])
def test_a_frame_of_the_usual_convolutional_network_is_little_more_than_its_parameters(side: int) -> None:
    """Feature maps are made in the browser: none travel, also with as many records as a drawn frame may miss."""
    layers: list[LayerSpec] = []
    for filters in (8, 16):
        layers += [ConvSpec(filters, 3, Choice("relu"), Choice("he_normal")), PoolSpec("max", 2, 2)]
    layout = make_layout(NetworkSpec((1, side, side), tuple(layers), 10, Choice("xavier_uniform")))
    records, columns = 8, len(layout.columns)
    series = Series(0, np.zeros(records), np.zeros((records, columns), np.float32))
    params, running = np.zeros(layout.parameter_count, np.float32), np.zeros(layout.running_count, np.float32)
    snapshot = Snapshot(1, 10**6, 1e3, "running", 1e3, params, running, np.zeros(columns, np.float32), series)
    frame = encode_frame(10**6, FrameBody(snapshot), frozenset(), series)
    assert 4 * layout.parameter_count < len(frame) <= 4 * layout.parameter_count + 4096
