"""A real server in a process of its own, for the tests and measurements that drive a real browser."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgpack
from websockets import Origin
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 120.0


def free_port() -> int:
    """A port of this machine on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    """What JSON comes back, {} for an empty answer."""
    try:
        with urllib.request.urlopen(request, timeout=READY_WITHIN) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        # An error is an open answer too: whoever catches it, its socket is closed here.
        with error:
            body = io.BytesIO(error.read())
        raise urllib.error.HTTPError(request.full_url, error.code, error.reason, error.headers, body) from None
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


class LiveServer:
    """`python -m server` on a free port; a context manager that starts it and stops it."""

    def __init__(self, log: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.settings = dict(settings or {})
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until the kernels are ready; raises RuntimeError with the log's end when that fails."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "--no-browser", "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.get("/api/health")["kernels"]["state"] == "ready":
                    return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server did not get ready; its log ends with:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """End it at once (kill -9): no goodbye to anybody."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def get(self, path: str) -> dict[str, Any]:
        """The JSON answer to a GET; raises urllib.error.HTTPError for an error status."""
        return _answer(urllib.request.Request(self.address + path))

    def frame(self, run: str) -> dict[str, Any]:
        """A frame of the run as it is now, as a further viewer gets it: the second one, since the first may be old."""
        address = f"ws{self.address.removeprefix('http')}/api/runs/{run}/stream"
        with connect(address, origin=Origin(self.address), compression=None) as socket:
            socket.send('{"type": "hello"}')
            seen = 0
            while True:
                message: dict[str, Any] = msgpack.unpackb(socket.recv(timeout=10))
                if message["type"] != "frame":
                    continue
                seen += 1
                if seen == 2 or message["state"] != "running":
                    return message
                socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))

    def request(self, method: str, path: str, body: object = None, token: str | None = None) -> dict[str, Any]:
        """The JSON answer to a request that changes something, {} when it is empty."""
        request = urllib.request.Request(self.address + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        return _answer(request)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
