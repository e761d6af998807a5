"""Studies over HTTP, on a real server."""

from __future__ import annotations

import time
from typing import Any

import httpx

from kernels.optimizers import OPTIMIZERS
from server.studies.quantities import PLACES
from server.views import CatalogView
from tests.server.conftest import Live, bearer
from tests.server.test_studies import SMALL


def begin(live: Live, **asked: Any) -> dict[str, Any]:
    answer = httpx.post(f"{live.address}/api/studies", json=asked)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def read(live: Live, study: dict[str, Any], since: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{live.address}/api/studies/{study['id']}", params={"since": since}).json()
    return found


def until_done(live: Live, study: dict[str, Any]) -> dict[str, Any]:
    while (found := read(live, study))["state"] == "running":
        time.sleep(0.02)
    return found


def test_a_study_over_http_gives_the_same_numbers_again_and_tells_news_only(live: Live) -> None:
    asked = {"base": SMALL, "configs": [{}, {"training": {"optimizer": {"id": "sgd"}}}], "seeds": 2, "steps": 50}
    first, second = (until_done(live, begin(live, **asked)) for _ in range(2))
    assert first["done"] == first["total"] == 4
    assert first["steps"][0] == 0
    assert first["steps"][-1] == 50
    assert first["seeds"] == [1, 2]
    places = [(result["seed"], result["config"]) for result in first["results"]]
    assert places == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert [result["values"] for result in first["results"]] == [result["values"] for result in second["results"]]
    assert len({str(result["values"]) for result in first["results"]}) == 4
    assert read(live, first, first["version"])["results"] == []
    assert first["claim"] is None


def test_a_ready_comparison_over_http_says_for_which_seeds_its_claim_held(live: Live) -> None:
    found = until_done(live, begin(live, comparison="momentum", seeds=2))
    assert [each["seed"] for each in found["claim"]["seeds"]] == [1, 2]
    assert all(each["held"] for each in found["claim"]["seeds"])
    assert found["claim"]["text"]["zh"]


def test_only_its_token_cancels_a_study(live: Live) -> None:
    study = begin(live, base={"network": {"layers": [{"units": 64}] * 6}}, configs=[{}], seeds=20, steps=20_000)
    address = f"{live.address}/api/studies/{study['id']}"
    assert httpx.delete(address).status_code == 401
    assert httpx.delete(address, headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert httpx.delete(address, headers=bearer(study)).status_code == 204
    assert read(live, study)["state"] == "cancelled"
    assert httpx.get(f"{live.address}/api/studies/nobody").status_code == 404
    assert httpx.get(f"{address}?since=soon").status_code == 422


def test_what_is_no_study_is_refused_over_http(live: Live) -> None:
    for body in (b"[1]", b'{"configs": [{}], "steps": 1e999}', b'{"configs": 5}', b"{}", b'{"seeds": NaN}'):
        answer = httpx.post(f"{live.address}/api/studies", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, body
        assert answer.json()["error"]["message"]["en"]


def test_the_catalogue_says_what_studies_can_do(live: Live) -> None:
    catalog = httpx.get(f"{live.address}/api/catalog", timeout=60).json()
    CatalogView.model_validate(catalog)
    assert list(catalog["studies"]["learning_rates"]) == [optimizer.id for optimizer in OPTIMIZERS]
    assert [each["id"] for each in catalog["studies"]["quantities"]] == list(PLACES)
