"""What holds for all tests: none sees the data sets that somebody has added on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty data folder, for this process and those that it starts."""
    folder = tmp_path_factory.mktemp("data")
    os.environ["LIVEGRAD_DATA_DIR"] = str(folder)
    yield folder
    del os.environ["LIVEGRAD_DATA_DIR"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of tests that take real data where there are some what they took."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "tested on":
                terminalreporter.write_line(f"{report.nodeid} was tested on {value}")
