"""The `livegrad` command, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect

from server.__main__ import address_of, listen, main
from tests.live_server import ROOT, free_port


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "server", "--no-browser", "--port", str(free_port())]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield started
    started.kill()
    started.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """What the command prints first: the page can be asked for from then on."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return line.split()[3]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_serves_and_stops_with_viewers_connected(
    process: subprocess.Popen[str], how: signal.Signals
) -> None:
    base = address(process)
    run = httpx.post(f"{base}/api/runs", json={}, timeout=60).json()

    async def watch() -> None:
        async with connect(f"{base.replace('http', 'ws')}/api/runs/{run['id']}/stream") as connection:
            await connection.send(json.dumps({"type": "hello"}))
            await connection.recv()
            process.send_signal(how)
            await asyncio.to_thread(process.wait)

    asyncio.run(asyncio.wait_for(watch(), 60))
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_port_in_use_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        assert main(["--port", str(taken.getsockname()[1]), "--no-browser"]) == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "--port" in errors


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "x"], ["--unknown"]])
def test_wrong_arguments_are_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LIVEGRAD_MAX_RUNS", "many")
    assert main([]) == 2
    assert "LIVEGRAD_MAX_RUNS" in capsys.readouterr().err


def test_connections_do_not_outlive_a_vanished_peer() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert address_of(listener).startswith("http://127.0.0.1:")
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 8000


def test_neither_sympy_nor_scikit_learn_is_loaded_to_serve() -> None:
    code = (
        "import sys, server.__main__, server.catalog; server.catalog.families();"
        "print([name for name in ('sympy', 'sklearn') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_libraries_start_one_thread_each() -> None:
    code = "import os, server; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'])"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    assert done.stdout.split() == ["1", "1"]
