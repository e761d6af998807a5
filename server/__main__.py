"""The `livegrad` command."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from server import data_command
from server.app import create_app
from server.json_input import MAX_BYTES
from server.settings import Settings, from_environment

#: Milliseconds after which the system gives up a connection whose other end takes nothing any more.
_USER_TIMEOUT = 8000


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections do not outlive a peer that vanished. Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT)
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared with, not bound to)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def make_server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """The web server for an application, to be run on a socket from `listen`."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        # Longer than a message may be, so that who sends one hears why; from here on it only costs the connection.
        ws_max_size=16 * MAX_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        proxy_headers=bool(settings.trusted_proxy),
        forwarded_allow_ips=settings.trusted_proxy or None,
        server_header=False,
        timeout_graceful_shutdown=1,
        log_level="warning",
        access_log=False,
    )
    return uvicorn.Server(config)


def _open_browser(address: str) -> None:
    """Open the page as soon as the server answers."""
    for _ in range(100):
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/api/health", timeout=5).close()  # noqa: S310  (an address of our own)
            webbrowser.open(address)
            return
        threading.Event().wait(0.1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C, or do what `livegrad data` asks for. Returns the exit status."""
    # A stop asked for by the system is as ordinary as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = from_environment()
    except ValueError as error:
        print(f"livegrad: {error}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="livegrad", description="A neural network that trains in front of you.")
    parser.add_argument("--host", default=settings.host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=settings.port, help="port to listen on (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="other commands")
    data = commands.add_parser("data", help="list, add, fetch and remove sets of images")
    data_command.add_arguments(data)
    given = parser.parse_args(arguments)
    if given.command == "data":
        return data_command.run(given)
    try:
        settings = replace(settings, host=given.host, port=given.port)
    except ValueError as error:
        parser.error(str(error))
    try:
        listener = listen(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or str(error)
        print(
            f"livegrad: cannot listen on {settings.host}:{settings.port}: {reason}. Choose another with --port.",
            file=sys.stderr,
        )
        return 1
    address = address_of(listener)
    print(f"Livegrad is at {address}  (stop it with Ctrl-C)", flush=True)
    server = make_server(create_app(settings), settings)
    if not given.no_browser:
        threading.Thread(target=_open_browser, args=(address,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
