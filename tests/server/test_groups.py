"""Groups of runs on a real server: over HTTP, and over the streams of their members."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

from server.groups import MOST_RUNS
from server.schema import MAX_SEED
from server.views import CreatedGroupView, CreatedView, GroupView
from tests.server.conftest import PATIENCE, Live, bearer, play, settle

SLOW = {"speed": 20}
OPTIMIZERS = [{"training": {"optimizer": {"id": name}}} for name in ("sgd", "momentum", "adam")]


def post(live: Live, path: str, body: Any, token: dict[str, Any] | None = None) -> httpx.Response:
    headers = {} if token is None else bearer(token)
    return httpx.post(f"{live.address}/api/groups{path}", json=body, headers=headers, timeout=PATIENCE)


def create(live: Live, *runs: dict[str, Any], **asked: Any) -> dict[str, Any]:
    answer = post(live, "", {"runs": list(runs), **asked})
    assert answer.status_code == 201, answer.text
    group: dict[str, Any] = answer.json()
    return group


def read(live: Live, group: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.get(f"{live.address}/api/groups/{group['id']}", timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def delete(live: Live, group: dict[str, Any], run: dict[str, Any] | None = None) -> httpx.Response:
    path = f"{live.address}/api/groups/{group['id']}" + ("" if run is None else f"/runs/{run['id']}")
    return httpx.delete(path, headers=bearer(group), timeout=PATIENCE)


def command(live: Live, group: dict[str, Any], kind: str, **content: Any) -> None:
    answer = post(live, f"/{group['id']}/commands", {"type": kind, **content}, group)
    assert answer.status_code == 204, answer.text


def steps(live: Live, group: dict[str, Any]) -> list[int]:
    return [run["step"] for run in read(live, group)["runs"]]


def until(live: Live, group: dict[str, Any], wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The runs once they are as wanted: a busy server may answer with what it last knew of them."""
    deadline = time.monotonic() + PATIENCE
    while True:
        runs: list[dict[str, Any]] = read(live, group)["runs"]
        if wanted(runs):
            return runs
        assert time.monotonic() < deadline, [(run["state"], run["step"]) for run in runs]
        time.sleep(0.02)


def come_to(live: Live, group: dict[str, Any], places: list[int]) -> None:
    """Wait until the runs are at these steps."""
    until(live, group, lambda runs: [run["step"] for run in runs] == places)


def pause(live: Live, group: dict[str, Any]) -> int:
    """Pause all, and return the step at which they stand."""
    command(live, group, "pause")
    runs = until(
        live,
        group,
        lambda runs: {run["state"] for run in runs} == {"paused"} and len({run["step"] for run in runs}) == 1,
    )
    return int(runs[0]["step"])


def configs(live: Live, group: dict[str, Any]) -> list[dict[str, Any]]:
    return [run["config"] for run in read(live, group)["runs"]]


def test_a_group_is_begun_steered_read_and_ended(live: Live) -> None:
    group = create(live, *OPTIMIZERS, base={"speed": "full", "seed": 3})
    CreatedGroupView.model_validate(group)
    assert group["clock"] == "steps"
    assert [run["config"]["training"]["optimizer"]["id"] for run in group["runs"]] == ["sgd", "momentum", "adam"]
    assert all(run["config"]["seed"] == 3 for run in group["runs"])
    assert {run["control_token"] for run in group["runs"]} == {group["control_token"]}
    stood = pause(live, group)
    GroupView.model_validate(read(live, group))
    command(live, group, "step", count=5)
    come_to(live, group, [stood + 5] * 3)
    command(live, group, "reset")
    command(live, group, "step", count=2, unit="epoch")
    come_to(live, group, [32] * 3)
    assert delete(live, group).status_code == 204
    assert all(httpx.get(f"{live.address}/api/runs/{run['id']}").status_code == 404 for run in group["runs"])
    assert httpx.get(f"{live.address}/api/groups/{group['id']}").status_code == 404


def test_all_begin_with_the_same_weights_and_show_the_same_steps(live: Live) -> None:
    async def scenario() -> None:
        group = create(live, *OPTIMIZERS, base=SLOW)
        command(live, group, "pause")
        command(live, group, "reset")
        async with asyncio.TaskGroup() as tasks:
            watching = [tasks.create_task(params_at(run, 0)) for run in group["runs"]]
        first = [task.result() for task in watching]
        assert np.array_equal(first[0], first[1])
        assert np.array_equal(first[0], first[2])
        command(live, group, "step", count=10)
        async with asyncio.TaskGroup() as tasks:
            watching = [tasks.create_task(params_at(run, 10)) for run in group["runs"]]
        assert not np.array_equal(watching[0].result(), watching[1].result())
        delete(live, group)

    async def params_at(run: dict[str, Any], step: int) -> Any:
        async with live.watch(run) as viewer:
            frame = await viewer.frame(lambda frame: frame["step"] == step and frame["state"] == "paused")
            return np.frombuffer(frame["params"], "<f4")

    play(scenario())


def test_what_steers_one_over_its_stream_steers_all(live: Live) -> None:
    async def scenario() -> None:
        group = create(live, {}, {"training": {"batch_size": 8}}, base=SLOW)
        one, other = group["runs"]
        async with live.watch(one) as viewer, live.watch(other) as second:
            await viewer.say("pause")
            assert (await second.event("state"))["state"] == "paused"
            await viewer.say("reset")
            await viewer.say("step", count=7)
            await second.frame(lambda frame: frame["step"] == 7)
            await viewer.say("speed", speed="full")
            assert (await second.event("config"))["config"]["speed"] == "full"
            await second.say("play")
            await viewer.frame(lambda frame: frame["step"] > 500)
            # A change of one that takes new weights begins all again.
            await second.say("set", config={"network": {"layers": [{"units": 5}]}})
            assert (await viewer.event("config"))["generation"] == 3
            await second.say("pause")
            await settle(lambda: {run["state"] for run in read(live, group)["runs"]} == {"paused"})
            await settle(lambda: len(set(steps(live, group))) == 1)
        # Who only watches steers nothing.
        async with live.watch(one, owner=False) as viewer:
            await viewer.say("play")
            assert "watch" in (await viewer.event("error"))["message"]["en"]
        assert {run["state"] for run in read(live, group)["runs"]} == {"paused"}
        delete(live, group)

    play(scenario())


def test_settings_of_all_and_of_one(live: Live) -> None:
    group = create(live, {}, {"training": {"batch_size": 8}}, base=SLOW)
    command(live, group, "set", config={"training": {"optimizer": {"learning_rate": 0.2}}})
    assert [config["training"]["optimizer"]["learning_rate"] for config in configs(live, group)] == [0.2, 0.2]
    assert [config["training"]["batch_size"] for config in configs(live, group)] == [32, 8]
    live.patch(group["runs"][1], training={"batch_size": 16}, speed=50)
    assert [config["training"]["batch_size"] for config in configs(live, group)] == [32, 16]
    assert [config["speed"] for config in configs(live, group)] == [50, 50]
    command(live, group, "speed", speed="auto")
    assert [config["speed"] for config in configs(live, group)] == ["auto", "auto"]
    command(live, group, "clock", clock="samples")
    assert read(live, group)["clock"] == "samples"
    command(live, group, "pause")
    command(live, group, "reset")
    command(live, group, "step", count=3)
    come_to(live, group, [3, 6])
    delete(live, group)


def test_seeds_that_differ_go_on_to_differ(live: Live) -> None:
    group = create(live, {"seed": 5}, {"seed": 7}, base=SLOW)
    command(live, group, "reset", seed=MAX_SEED)
    assert [config["seed"] for config in configs(live, group)] == [MAX_SEED, 1]
    delete(live, group)


def test_a_run_is_added_and_removed(live: Live) -> None:
    group = create(live, *OPTIMIZERS[:2], base=SLOW)
    command(live, group, "pause")
    command(live, group, "reset")
    command(live, group, "step", count=40)
    path = f"/{group['id']}/runs"
    answer = post(live, path, {"config": {"training": {"batch_size": 4}}}, group)
    assert answer.status_code == 201, answer.text
    CreatedView.model_validate(answer.json())
    assert answer.json()["config"]["training"]["optimizer"]["id"] == "sgd"
    come_to(live, group, [40] * 3)
    second = post(live, path, {"like": group["runs"][1]["id"]}, group).json()
    assert second["config"] == group["runs"][1]["config"]
    come_to(live, group, [40] * 4)
    assert delete(live, group, group["runs"][0]).status_code == 204
    assert [run["id"] for run in read(live, group)["runs"]][-2:] == [answer.json()["id"], second["id"]]
    command(live, group, "step", count=2)
    come_to(live, group, [42] * 3)
    assert delete(live, group, group["runs"][0]).status_code == 404
    for _ in range(MOST_RUNS - 3):
        assert post(live, path, {}, group).status_code == 201
    refused = post(live, path, {}, group)
    assert refused.status_code == 422
    assert refused.json()["error"]["bound"] == f"at most {MOST_RUNS}"
    delete(live, group)


def test_who_diverges_stays_behind(live: Live) -> None:
    async def scenario() -> None:
        mad = {"training": {"optimizer": {"id": "sgd", "learning_rate": 10}, "loss": {"id": "mse"}}}
        relu = {"network": {"layers": [{"units": 8, "activation": {"id": "relu"}}] * 3}}
        group = create(live, {}, {**mad, **relu}, base={"speed": "full"})
        async with live.watch(group["runs"][1]) as viewer:
            await viewer.until(lambda message: message.get("state") == "diverged")
        await settle(lambda: steps(live, group)[0] > 2 * steps(live, group)[1] + 1000)
        found = read(live, group)["runs"]
        assert [run["state"] for run in found] == ["running", "diverged"]
        assert found[1]["diverged"]["step"] == found[1]["step"]
        delete(live, group)

    play(scenario())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "runs"),
        ({"runs": []}, "runs"),
        ({"runs": [{}]}, "runs"),
        ({"runs": [{}] * 9}, "runs"),
        ({"runs": [{}, 3]}, "runs.1"),
        ({"runs": [{}, {}], "clock": "moon"}, "clock"),
        ({"runs": [{}, {}], "what": 1}, "what"),
        ({"runs": [{}, {"training": {"batch_size": 0}}]}, "runs.1.training.batch_size"),
        ({"runs": [{}, {}], "base": {"seed": -1}}, "base.seed"),
        ([], ""),
    ],
)
def test_what_cannot_be_begun_is_named(live: Live, body: Any, field: str) -> None:
    before = live.health()["runs"]
    answer = post(live, "", body)
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["message"]["en"]
    assert error["message"]["zh"]
    assert live.health()["runs"] == before


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"type": "fly"}, "type"),
        ({}, "type"),
        ([1], "type"),
        ({"type": "step", "count": 0}, "count"),
        ({"type": "clock", "clock": "moon"}, "clock"),
        ({"type": "speed", "speed": 0}, "speed"),
        ({"type": "set", "config": {"training": {"batch_size": 0}}}, "training.batch_size"),
        ({"type": "set", "config": 7}, "config"),
        ({"type": "reset", "seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_asked_is_named(live: Live, content: Any, field: str) -> None:
    group = create(live, {}, {}, base=SLOW)
    answer = post(live, f"/{group['id']}/commands", content, group)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field
    delete(live, group)


def test_only_the_token_changes_a_group(live: Live) -> None:
    group, other = create(live, {}, {}, base=SLOW), create(live, {}, {}, base=SLOW)
    run = group["runs"][0]["id"]
    for method, path in (
        ("POST", "/commands"),
        ("POST", "/runs"),
        ("DELETE", f"/runs/{run}"),
        ("DELETE", ""),
    ):
        address = f"{live.address}/api/groups/{group['id']}{path}"
        for headers, status in (({}, 401), (bearer(other), 403)):
            assert httpx.request(method, address, headers=headers).status_code == status
        unknown = f"{live.address}/api/groups/none{path}"
        assert httpx.request(method, unknown, headers=bearer(group)).status_code == 404
    # A run of another group is none of this one.
    assert delete(live, group, other["runs"][0]).status_code == 404
    assert len(read(live, group)["runs"]) == len(read(live, other)["runs"]) == 2
    delete(live, group)
    delete(live, other)


def test_a_run_that_is_ended_by_itself_leaves_its_group(live: Live) -> None:
    group = create(live, {}, {}, base=SLOW)
    for left, run in zip((1, 0), group["runs"], strict=True):
        live.delete(run)
        if left:
            assert [found["id"] for found in read(live, group)["runs"]] == [group["runs"][1]["id"]]
    assert httpx.get(f"{live.address}/api/groups/{group['id']}").status_code == 404
