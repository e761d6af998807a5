"""Every route is behind the guard: origins, security headers, and who may embed."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import Mount, Route
from starlette.types import Message

from server.app import create_app
from server.settings import Settings
from server.site import Site
from tests.server.conftest import Live

HOST = "127.0.0.1:8000"
OWN = f"http://{HOST}"
FOREIGN = [
    "http://evil.example",
    "https://127.0.0.1:8000",
    "http://127.0.0.1",
    "http://127.0.0.1:80001",
    "http://127.0.0.1:8001",
    "http://localhost:8000",
    "http://127.0.0.1:8000.evil.example",
    "http://127.0.0.1:8000/",
    "null",
    "",
]


def make_app(**settings: object) -> FastAPI:
    return create_app(replace(Settings(), **settings))  # type: ignore[arg-type]


def ask(app: FastAPI, method: str, path: str, **headers: str) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            return await client.request(
                method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}
            )

    return asyncio.run(request())


def handshake(app: FastAPI, path: str, headers: dict[str, str]) -> list[Message]:
    """What the application says to a WebSocket that leaves at once."""
    said: list[Message] = []
    arriving: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1005}]

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    asyncio.run(app(scope, receive, send))
    return said


def routes(app: FastAPI | APIRouter) -> list[tuple[str, str]]:
    """Every method and path, with something in place of parameters."""
    found = []
    for route in app.routes:
        if isinstance(included := getattr(route, "original_router", None), APIRouter):
            found += routes(included)
            continue
        path = re.sub(r"\{\w+\}", "some-run", getattr(route, "path", ""))
        if isinstance(route, APIWebSocketRoute):
            found.append(("WS", path))
        elif isinstance(route, APIRoute | Route):
            found += [(method, path) for method in sorted(route.methods or [])]
        else:
            assert isinstance(route, Mount)
            found.append(("GET", "/"))
    return found


ROUTES = routes(make_app())


def test_the_walk_finds_all_kinds_of_routes() -> None:
    assert {method for method, _ in ROUTES} >= {"GET", "POST", "PATCH", "DELETE", "WS"}
    assert ("WS", "/api/runs/some-run/stream") in ROUTES
    assert ("DELETE", "/api/studies/some-run") in ROUTES
    assert len(ROUTES) >= 9


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] != "WS"])
def test_every_answer_carries_the_security_headers(method: str, path: str) -> None:
    answer = ask(make_app(), method, path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self'" in policy
    assert "object-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-frame-options" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] not in {"GET", "HEAD", "WS"}])
def test_no_write_from_another_origin(method: str, path: str, origin: str) -> None:
    answer = ask(make_app(), method, path, origin=origin)
    assert answer.status_code == 403
    assert answer.json()["error"]["field"] == "origin"


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "WS"])
def test_no_socket_from_another_origin(path: str, origin: str) -> None:
    assert handshake(make_app(), path, {"host": HOST, "origin": origin}) == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("headers", [{}, {"origin": OWN}, {"origin": "https://lecture.example"}])
def test_own_and_allowed_origins_may(headers: dict[str, str]) -> None:
    app = make_app(allowed_origins=("https://lecture.example",))
    assert ask(app, "POST", "/api/runs", **headers).status_code == 201
    said = handshake(app, "/api/runs/some-run/stream", {"host": HOST, **headers})
    assert said[0]["type"] == "websocket.accept"


def test_a_foreign_page_cannot_hide_its_origin() -> None:
    assert ask(make_app(), "POST", "/api/runs", sec_fetch_site="cross-site").status_code == 403
    assert ask(make_app(), "POST", "/api/runs", sec_fetch_site="same-origin").status_code == 201


def test_a_name_bent_to_this_machine_is_not_its_own() -> None:
    evil = {"host": "evil.example:8000", "origin": "http://evil.example:8000"}
    assert ask(make_app(), "POST", "/api/runs", **evil).status_code == 403
    assert ask(make_app(host="0.0.0.0"), "POST", "/api/runs", **evil).status_code == 201


def test_who_may_embed_is_a_setting() -> None:
    answer = ask(make_app(frame_ancestors="'self' https://slides.example"), "GET", "/api/health")
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'self' https://slides.example")


def test_a_host_cannot_smuggle_words_into_the_policy() -> None:
    answer = ask(make_app(), "GET", "/api/health", host="x;script-src *")
    assert "script-src *" not in answer.headers["content-security-policy"]


def test_a_real_socket_of_another_origin_is_refused(live: Live) -> None:
    run = live.create()
    address = live.stream_of(run).replace("ws://", "http://")
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Origin": "http://evil.example",
    }
    assert httpx.get(address, headers=headers).status_code == 403
    live.delete(run)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>")
    (tmp_path / "assets" / "index-a1b2c3.js").write_text("export const number = 1;\n" * 200)
    return tmp_path


def test_the_page_is_served_with_the_right_caching(page: Path) -> None:
    app = create_app(Settings(), page=Site(page))
    root = ask(app, "GET", "/?embed=1")
    assert root.status_code == 200
    assert root.headers["cache-control"] == "no-cache"
    script = ask(app, "GET", "/assets/index-a1b2c3.js", accept_encoding="gzip")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert "javascript" in script.headers["content-type"]
    for missing in ("/assets/none.js", "/none", "/api/none", "/..%2f..%2fpyproject.toml", "/%00"):
        assert ask(app, "GET", missing).status_code == 404


def test_without_a_page_there_is_one_that_says_how_to_build_it(tmp_path: Path) -> None:
    answer = ask(create_app(Settings(), page=Site(tmp_path / "none")), "GET", "/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
    assert "text/html" in answer.headers["content-type"]
