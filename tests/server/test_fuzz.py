"""Hostile input that nobody thought of: no answer of 500, no run that dies."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from server.configuration import DEFAULT, resolve
from server.problems import Refused
from server.schema import RunConfig
from tests.server.conftest import Live, Watcher, bearer

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

NAMES = st.sampled_from(sorted({*"ab", "type", *json.dumps(DEFAULT.as_dict()).replace('"', " ").split()}))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**310)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(codec=None), max_size=8)
    | NAMES
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


#: The default network, and one with a layer of every kind.
WHOLE = [
    DEFAULT.as_dict(),
    resolve(
        {
            "data": {"dataset": {"id": "digits"}},
            "network": {
                "layers": [
                    {"kind": "conv", "filters": 4},
                    {"kind": "conv", "filters": 4, "normalization": {"id": "group_norm"}, "skip": 1},
                    {"kind": "pool"},
                    {"kind": "conv", "filters": 2, "kernel": 2, "stride": 2, "padding": 1, "channel_dropout": 0.5},
                    {"kind": "global_pool"},
                    {"kind": "dense", "units": 3},
                ]
            },
        }
    ).as_dict(),
]
#: Small whole numbers often nearly fit: a kernel, a stride, a size.
REPLACEMENTS = VALUES | st.integers(min_value=-1, max_value=9)


def reached(place: Any, key: Any) -> bool:
    """Whether there still is something at that key."""
    return key in place if isinstance(place, dict) else isinstance(place, list) and key in range(len(place))


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A configuration with a few places replaced by anything."""
    config = deepcopy(draw(st.sampled_from(WHOLE)))
    for *within, last in draw(st.lists(st.sampled_from([*paths(config)][1:]), min_size=1, max_size=3)):
        place: Any = config
        for key in within:
            place = place[key] if reached(place, key) else None
        if reached(place, last):
            place[last] = draw(REPLACEMENTS)
    return config


@given(VALUES | damaged())
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_anything_is_completed_or_refused(asked: Any) -> None:
    try:
        config = resolve(asked)
    except Refused as refusal:
        json.dumps(refusal.as_dict(), allow_nan=False, ensure_ascii=False).encode()
    else:
        assert resolve(config.as_dict()) == config
        assert RunConfig.model_validate_json(json.dumps(config.as_dict(), allow_nan=False)) == config


def test_no_request_is_answered_with_500(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    run = live.create()
    headers = {"Content-Type": "application/json"}

    with httpx.Client(base_url=live.address, headers=headers) as client:

        @given(VALUES | damaged())
        @QUICK
        def attack(asked: Any) -> None:
            body = json.dumps(asked).encode()
            made = client.post("/api/runs", content=body)
            assert made.status_code in {201, 422}, made.text
            if made.status_code == 201:
                client.delete(f"/api/runs/{made.json()['id']}", headers=bearer(made.json()))
            patched = client.patch(f"/api/runs/{run['id']}", content=body, headers=bearer(run))
            assert patched.status_code in {200, 422}, patched.text

        @given(st.binary(max_size=60))
        @QUICK
        def noise(body: bytes) -> None:
            assert client.post("/api/runs", content=body).status_code in {201, 422}

        attack()
        noise()
    assert live.read(run)["state"] in {"running", "diverged"}
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


KINDS = st.sampled_from(["hello", "play", "pause", "step", "set", "reset", "speed", "ack", "watch", "nonsense"])
MESSAGES = st.builds(
    lambda kind, extra: {**extra, "type": kind},
    KINDS,
    st.dictionaries(
        st.sampled_from(["seq", "count", "unit", "config", "parameters", "seed", "speed", "fields"]), VALUES
    ),
)


@given(st.lists(st.builds(json.dumps, MESSAGES | VALUES) | st.text(max_size=30), max_size=30))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_message_breaks_a_run_or_its_socket(live: Live, messages: list[str]) -> None:
    run = live.create(network={"layers": []})

    async def scenario() -> None:
        async with connect(live.stream_of(run), max_size=None) as connection:
            viewer = Watcher(connection)
            await viewer.say("hello", token=run["control_token"])
            for message in messages:
                await connection.send(message.encode("utf-8", "replace").decode())
            await viewer.say("set", config={"speed": 123})
            await viewer.until(lambda m: m.get("event") == "config" and m["config"]["speed"] == 123)
            assert live.read(run)["viewers"] == 1

    asyncio.run(asyncio.wait_for(scenario(), 60))
    live.delete(run)
