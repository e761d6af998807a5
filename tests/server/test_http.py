"""The HTTP routes of a real server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import msgpack
import numpy as np
import pytest

from server.catalog import FAMILIES
from server.configuration import DEFAULT
from server.json_input import MAX_BYTES
from tests.server.conftest import SETTINGS, Live, bearer

JSON = {"Content-Type": "application/json"}


def post(live: Live, body: bytes | str, headers: dict[str, Any] | None = None) -> httpx.Response:
    return httpx.post(f"{live.address}/api/runs", content=body, headers=JSON if headers is None else headers)


def well_formed(answer: httpx.Response) -> dict[str, Any]:
    """Every refusal has the same shape."""
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"field", "message", "bound", "fields"}
    assert error["message"]["en"]
    assert error["message"]["zh"]
    return error


def test_health(live: Live) -> None:
    health = httpx.get(f"{live.address}/api/health").json()
    assert health["status"] == "ok"
    assert health["kernels"]["state"] == "ready"
    assert health["kernels"]["done"] == health["kernels"]["total"] > 0
    assert health["version"]


def test_the_catalogue_has_every_family_and_variant(live: Live) -> None:
    catalog = httpx.get(f"{live.address}/api/catalog").json()
    assert {name: [variant["id"] for variant in each] for name, each in catalog["families"].items()} == {
        family.id: [variant.id for variant in family] for family in FAMILIES.values()
    }
    assert catalog["default_config"] == DEFAULT.as_dict()
    assert catalog["limits"]["layers"] == 32
    for variants in catalog["families"].values():
        for variant in variants:
            assert all(variant[text]["en"] and variant[text]["zh"] for text in ("label", "help"))
            assert variant["formula"]
            assert variant["source"]
    assert all("tasks" in loss for loss in catalog["families"]["losses"])
    assert all("preview" in dataset for dataset in catalog["families"]["datasets"])
    whole = [optimizer["id"] for optimizer in catalog["families"]["optimizers"] if optimizer.get("full_batch")]
    assert whole == [optimizer.id for optimizer in FAMILIES["optimizers"] if optimizer.full_batch]
    assert whole
    assert "preview" not in catalog["families"]["losses"][0]


def test_what_routes_answer_is_what_the_description_says(live: Live) -> None:
    from server.views import CatalogView, CreatedView, HealthView, RunView

    run = live.create()
    for path, view in (("health", HealthView), ("catalog", CatalogView), (f"runs/{run['id']}", RunView)):
        view.model_validate_json(httpx.get(f"{live.address}/api/{path}").content)
    CreatedView.model_validate(run)
    described = httpx.get(f"{live.address}/api/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/health",
        "/api/catalog",
        "/api/runs",
        "/api/runs/{run_id}",
        "/api/runs/{run_id}/data",
        "/api/runs/{run_id}/derivative",
        "/api/runs/{run_id}/rehearsal",
        "/api/data",
        "/api/data/images",
        "/api/data/images/{images_id}",
        "/api/data/{table_id}",
        "/api/groups",
        "/api/groups/{group_id}",
        "/api/groups/{group_id}/commands",
        "/api/groups/{group_id}/runs",
        "/api/groups/{group_id}/runs/{run_id}",
        "/api/studies",
        "/api/studies/{study_id}",
    }
    live.delete(run)


@pytest.mark.parametrize("body", ["{}", ""])
def test_nothing_asked_starts_the_default_run(live: Live, body: str) -> None:
    answer = post(live, body)
    assert answer.status_code == 201
    run = answer.json()
    assert run["config"] == DEFAULT.as_dict()
    assert run["layout"]["tensors"][0]["name"] == "layer1.weight"
    found = live.read(run)
    assert (found["state"], found["generation"]) == ("running", 1)
    live.delete(run)


def test_a_run_trains_without_anybody_watching(live: Live) -> None:
    run = live.create(speed="full")
    answer = live.patch(run, training={"optimizer": {"learning_rate": 0.5}})
    assert answer.status_code == 200
    assert answer.json()["config"]["training"]["optimizer"]["learning_rate"] == 0.5

    async def step() -> int:
        async with live.watch(run) as viewer:
            return int((await viewer.frame(lambda frame: frame["step"] > 0))["step"])

    assert asyncio.run(step()) > 0
    live.delete(run)


def test_where_a_run_stands_is_told_watched_or_not(live: Live) -> None:
    run = live.create(speed="full")
    deadline = time.monotonic() + 30
    while (found := live.read(run))["step"] == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found["step"] > 0
    assert found["epoch"] == pytest.approx(found["step"] / found["steps_per_epoch"], rel=0.1)
    live.delete(run)


def test_a_patch_is_answered_when_it_is_done(live: Live) -> None:
    run = live.create()
    body = live.patch(run, network={"layers": [{"units": 4}]}).json()
    assert body["config"]["network"]["layers"][0]["units"] == 4
    assert body["layout"]["parameter_count"] == 4 * 2 + 4 + 4 + 1
    assert body["generation"] == 2
    body = live.patch(run, seed=9).json()
    assert (body["generation"], body["config"]["network"]["layers"][0]["units"]) == (3, 4)
    assert live.patch(run).json()["generation"] == 3
    live.delete(run)


def test_data_follow_the_configuration(live: Live) -> None:
    run = live.create()
    answer = httpx.get(f"{live.address}/api/runs/{run['id']}/data")
    assert answer.headers["content-type"] == "application/msgpack"
    data = msgpack.unpackb(answer.content)
    assert (data["task"], data["kind"], data["generation"]) == ("binary", "plane", 1)
    points = np.frombuffer(data["train"]["points"], "<f4").reshape(-1, 2)
    assert len(points) == len(data["train"]["targets"]) // 4 == 500
    live.patch(run, data={"dataset": {"id": "digits"}})
    data = msgpack.unpackb(httpx.get(f"{live.address}/api/runs/{run['id']}/data").content)
    assert (data["task"], data["kind"], data["classes"], data["generation"]) == ("multiclass", "images", 10, 2)
    assert len(data["train"]["images"]) // 64 + len(data["test"]["images"]) // 64 == 1797
    live.delete(run)


def test_only_the_token_changes_a_run(live: Live) -> None:
    run = live.create()
    address = f"{live.address}/api/runs/{run['id']}"
    attempts: list[tuple[Any, int]] = [
        ({}, 401),
        ({"Authorization": "Basic x"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": f"Bearer {run['control_token']}x"}, 403),
        ({"Authorization": b"Bearer \xff"}, 403),
    ]
    for headers, status in attempts:
        assert httpx.patch(address, json={"seed": 2}, headers=headers).status_code == status
        answer = httpx.delete(address, headers=headers)
        assert answer.status_code == status
        well_formed(answer)
    assert live.read(run)["config"]["seed"] == 1
    assert httpx.delete(address, headers=bearer(run)).status_code == 204
    assert httpx.delete(address, headers=bearer(run)).status_code == 404
    assert httpx.get(address).status_code == 404
    assert httpx.get(f"{address}/data").status_code == 404
    assert live.patch(run, seed=2).status_code == 404


def test_the_token_is_nowhere_but_in_the_answer_to_who_made_the_run(live: Live) -> None:
    run = live.create()
    for path in (f"runs/{run['id']}", f"runs/{run['id']}/data", "health"):
        assert run["control_token"].encode() not in httpx.get(f"{live.address}/api/{path}").content
    live.delete(run)


BODIES: list[tuple[bytes | str, int]] = [
    ("not json", 422),
    ("[]", 422),
    ("5", 422),
    ("null", 422),
    ('"text"', 422),
    ("NaN", 422),
    ('{"seed": NaN}', 422),
    ('{"seed": 1e999}', 422),
    ('{"training": {"optimizer": {"learning_rate": -Infinity}}}', 422),
    ('{"seed": ' + "9" * 5000 + "}", 422),
    ('{"seed": 1' + "0" * 400 + "}", 422),
    ("[" * 30_000, 422),
    ('{"seed":' * 8000, 422),
    ('{"training":' * 2000 + "1" + "}" * 2000, 422),
    (b'{"seed": "\xff\xfe"}', 422),
    (b"\xff\xfe\x00\x00", 422),
    ('{"\\ud800": 1}', 422),
    ('{"speed": "\\ud800"}', 422),
    ('{"training": {"loss": {"id": "\\udfff"}}}', 422),
    ("{} {}", 422),
    ("{" + '"a":1,' * 10 + '"b":2}', 422),
    ("x" * (MAX_BYTES + 1), 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: str(value)[:30])
def test_whatever_is_posted_is_refused_in_words(live: Live, body: bytes | str, status: int) -> None:
    answer = post(live, body)
    assert answer.status_code == status
    error = well_formed(answer)
    assert "9999" not in str(error)
    run = _kept_run(live)
    patched = httpx.patch(f"{live.address}/api/runs/{run['id']}", content=body, headers={**JSON, **bearer(run)})
    assert patched.status_code == status


_RUNS: dict[str, dict[str, Any]] = {}


def _kept_run(live: Live) -> dict[str, Any]:
    if live.address not in _RUNS:
        _RUNS[live.address] = live.create()
    return _RUNS[live.address]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", b"\xff"]
)
def test_only_json_is_read(live: Live, kind: str | bytes) -> None:
    answer = post(live, "{}", {"Content-Type": kind})
    assert answer.status_code == 415
    assert well_formed(answer)["field"] == "content-type"


def test_a_huge_body_is_refused_in_the_same_shape(live: Live) -> None:
    answer = post(live, b" " * 40_000_000)
    assert answer.status_code == 413
    well_formed(answer)


def test_a_body_without_a_length_is_measured_too(live: Live) -> None:
    def endless() -> Any:
        for _ in range(100):
            yield b" " * 4096

    answer = httpx.post(f"{live.address}/api/runs", content=endless(), headers=JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/runs/nothing", 404),
        ("GET", "/api/runs/%00%ff", 404),
        ("GET", "/api/runs/" + "x" * 3000, 404),
        ("PUT", "/api/runs", 405),
        ("DELETE", "/api/health", 405),
        ("POST", "/api/catalog", 405),
    ],
)
def test_what_is_not_there_is_said_in_the_same_shape(live: Live, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, live.address + path)
    assert answer.status_code == status
    well_formed(answer)


def test_too_many_runs_are_429_with_when_to_try_again(live_with: Callable[..., Live]) -> None:
    live = live_with(replace(SETTINGS, max_runs_per_address=2))
    runs = [live.create() for _ in range(2)]
    answer = post(live, "{}")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= SETTINGS.evict_seconds
    assert "2" in well_formed(answer)["message"]["en"]
    live.delete(runs[0])
    assert post(live, "{}").status_code == 201


def test_a_network_that_grows_beyond_the_memory_is_429(live_with: Callable[..., Live]) -> None:
    live = live_with(replace(SETTINGS, max_weights=1000))
    run = live.create()
    answer = live.patch(run, network={"layers": [{"units": 512}]})
    assert answer.status_code == 429
    assert live.read(run)["config"] == run["config"]
    assert post(live, '{"network": {"layers": [{"units": 512}]}}').status_code == 429


def test_runs_may_be_made_and_watched_while_the_kernels_compile(live_with: Callable[..., Live]) -> None:
    gate = threading.Event()

    def warm(progress: Callable[[int, int, str], None]) -> None:
        progress(3, 20, "optimizers.adam")
        gate.wait()

    live = live_with(SETTINGS, warm)

    async def scenario() -> None:
        run = live.create()
        kernels = live.health()["kernels"]
        assert kernels["others"]["done"] == 0 < kernels.pop("others")["total"]
        assert kernels == {"state": "compiling", "done": 3, "total": 20, "label": "optimizers.adam"}
        assert live.patch(run, seed=3).json()["config"]["seed"] == 3
        async with live.watch(run) as viewer:
            assert viewer.hello["config"]["seed"] == 3
            await viewer.say("set", config={"network": {"layers": []}})
            assert (await viewer.event("config"))["layout"]["parameter_count"] == 3
            gate.set()
            event = await viewer.until(lambda message: message.get("evaluated", [0])[0] > 0)
            assert (event["config"]["seed"], event["layout"]["parameter_count"]) == (3, 3)
            await viewer.frame(lambda frame: frame["step"] > 0)

    try:
        asyncio.run(asyncio.wait_for(scenario(), 60))
    finally:
        gate.set()


def test_kernels_that_cannot_be_compiled_are_reported(
    live_with: Callable[..., Live], caplog: pytest.LogCaptureFixture
) -> None:
    def warm(progress: Callable[[int, int, str], None]) -> None:
        progress(1, 20, "losses.mse")
        raise OSError("no space left")

    live = live_with(SETTINGS, warm)
    live.wait_until_ready()
    assert httpx.get(f"{live.address}/api/health").json()["kernels"]["state"] == "failed"
    assert "could not be compiled" in caplog.text
