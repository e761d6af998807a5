"""One pure-ASGI guard before every route, HTTP and WebSocket.

A page of another origin may neither change a run nor open a socket: the Origin that browsers send must equal, in
scheme, host and port, the server's own or an allowed one. Programs send no Origin; they hold a run's token or they do
not. Every answer tells browsers what they may do with it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.answers import refusal_response
from server.problems import refuse
from server.settings import Settings

READING = {"GET", "HEAD", "OPTIONS"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]{1,255}")

#: Sent with every answer. The referrer would carry the whole configuration, which stands in the page's address.
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses writes and sockets of foreign origins, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        policy = self._policy(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["content-security-policy"] = policy
            await send(message)

        writes = scope["type"] == "websocket" or scope["method"] not in READING
        if writes and not self._permits(scope):
            await self._refuse(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _permits(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        if not origins:
            return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
        if len(origins) > 1:
            return False
        return origins[0] in self._settings.allowed_origins or origins[0] == self._own_origin(scope, headers)

    def _own_origin(self, scope: Scope, headers: Headers) -> str | None:
        """The origin of this server's own pages, as the browser sees it.

        A server that listens on this machine only is not known by any other name: whoever calls it by one has bent a
        name to this address (DNS rebinding).
        """
        host = headers.get("host", "")
        if not _HOST.fullmatch(host):
            return None
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        origin = f"{scheme}://{host}".lower()
        if self._settings.host in _LOOPBACK and urlsplit(origin).hostname not in _LOOPBACK:
            return None
        return origin

    def _policy(self, scope: Scope) -> str:
        """The Content-Security-Policy. Formulas need style attributes; nothing needs eval or another server."""
        host = Headers(scope=scope).get("host", "")
        sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
        return "; ".join(
            (
                "default-src 'self'",
                "script-src 'self'",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "font-src 'self' data:",
                f"connect-src 'self'{sockets}",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'none'",
                f"frame-ancestors {self._settings.frame_ancestors}",
            )
        )

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            first: dict[str, Any] = dict(await receive())
            if first["type"] == "websocket.connect":
                await send({"type": "websocket.close", "code": 1008})
            return
        refusal = refuse(
            403,
            "Pages of another origin may not change runs here. Open the page from this server.",
            "其他来源的页面不能更改这里的训练。请从本服务器打开页面。",
            field="origin",
        )
        await refusal_response(refusal)(scope, receive, send)
