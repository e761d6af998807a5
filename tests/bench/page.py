"""The page and the server as a person meets them: frames drawn, bytes, samples a second, twenty runs at once, memory.

Everything is measured in headless Chromium on a real server. `python -m tests.bench.page` prints it alone.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from kernels.trainer import Trainer
from server.configuration import network_spec, resolve, training_size, training_spec
from server.preparation import prepare
from server.schema import RunConfig
from tests.browser import chromium
from tests.live_server import LiveServer

#: What one slice of the scheduler aims at.
SLICE_SECONDS = 0.005
RUNS_AT_ONCE = 20
#: How often the page at full speed is looked at: on a machine that is shared, a single look says little.
TRIES = 5
#: The network that the page offers for images.
NETWORK = "layers=conv(filters:8),pool,conv(filters:16),pool"
PEN_PLACES = 60

#: Counts what the page draws and receives, from outside of it.
PROBE = """
window.seen = { messages: 0, bytes: 0 };
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', (event) => {
      window.seen.messages += 1;
      window.seen.bytes += event.data.byteLength ?? event.data.length;
    });
  }
};
"""


@dataclass(frozen=True)
class Entry:
    """One measured number. `target` is what it should reach: at least, or at most where `at_most` is set."""

    case: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the target, if there is one, is reached."""
        if self.target is None:
            return True
        return self.value <= self.target if self.at_most else self.value >= self.target

    def as_dict(self) -> dict[str, Any]:
        """As it goes into build/bench.json."""
        return {**asdict(self), "reached": self.reached}


def kernel_rate(config: RunConfig, threads: int = 1, seconds: float = 1.0, repeats: int = 5) -> float:
    """Samples a second of the kernels alone, all `threads` together, each with a trainer of its own; a median."""
    rates = []
    trainers = [_trainer(config) for _ in range(threads)]
    slice_steps = _steps_of(trainers[0], SLICE_SECONDS)
    for _ in range(repeats):
        done = [0] * threads
        deadline = time.perf_counter() + seconds

        def work(index: int, done: list[int] = done, deadline: float = deadline) -> None:
            while time.perf_counter() < deadline:
                done[index] += trainers[index].train(slice_steps, observe=False)

        start = time.perf_counter()
        _together([lambda index=index: work(index) for index in range(threads)])  # type: ignore[misc]
        rates.append(sum(done) / (time.perf_counter() - start))
    return statistics.median(rates) * _samples_a_step(config)


def _trainer(config: RunConfig) -> Trainer:
    trainer = Trainer(network_spec(config), training_spec(config), prepare(config.data).training, config.seed)
    trainer.train(1000)
    return trainer


def _steps_of(trainer: Trainer, seconds: float) -> int:
    start = time.perf_counter()
    trainer.train(2000, observe=False)
    return max(1, round(2000 * seconds / (time.perf_counter() - start)))


def _samples_a_step(config: RunConfig) -> float:
    """The mean: the last batch of an epoch may be smaller."""
    size = training_size(config.data)
    return size / -(-size // config.training.batch_size)


def _together(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(minutes: float = 1.0, seconds: float = 6.0) -> list[Entry]:
    """All entries. `minutes` of training for the memory, `seconds` for each other measurement."""
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.HOW_TO)
    config = resolve({})
    with tempfile.TemporaryDirectory() as folder, LiveServer(Path(folder) / "server.log") as server:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=chromium.arguments())
            entries = drawing(browser, server, config, seconds)
            entries += pen(browser, server, "8x8", "dataset=digits")
            entries += pen(browser, server, "28x28", "dataset=strokes")
            entries += memory(browser, server, minutes)
            browser.close()
        entries += crowd(server, config, seconds)
    return entries


def drawing(browser: Browser, server: LiveServer, config: RunConfig, seconds: float) -> list[Entry]:
    """The default network at full speed with one viewer: medians of what is drawn, what arrives and what is trained."""
    tries = [_draw(browser, server, config, seconds) for _ in range(TRIES)]
    return [
        replace(entry, value=statistics.median(each[i].value for each in tries)) for i, entry in enumerate(tries[0])
    ]


def _draw(browser: Browser, server: LiveServer, config: RunConfig, seconds: float) -> list[Entry]:
    page, run, token = _open(browser, server, "/?speed=full")
    before = kernel_rate(config)
    page.wait_for_timeout(2000)
    first = _look(page, server, run)
    page.wait_for_timeout(1000 * seconds)
    last = _look(page, server, run)
    _close(page, server, run, token)
    after = kernel_rate(config)
    alone = statistics.mean((before, after))
    elapsed = last["now"] - first["now"]
    drawn = last["drawn"] - first["drawn"]
    samples = (last["epoch"] - first["epoch"]) * training_size(config.data) / (last["asked"] - first["asked"])
    return [
        Entry("page_frames_drawn", drawn / elapsed, "frames/s", 59.0),
        Entry("page_draw", (last["milliseconds"] - first["milliseconds"]) / max(drawn, 1), "ms", 8.0, at_most=True),
        Entry("page_frame_size", (last["bytes"] - first["bytes"]) / max(last["messages"] - first["messages"], 1), "B"),
        Entry("kernel_alone", alone, "samples/s"),
        Entry("page_samples", samples, "samples/s"),
        Entry("page_share_of_kernel", samples / alone, "", 0.8),
    ]


def pen(browser: Browser, server: LiveServer, size: str, data: str) -> list[Entry]:
    """A digit drawn for the network that is offered: a refresh, with the pass through it and all its maps drawn."""
    page, run, token = _open(browser, server, f"/?{data}&{NETWORK}")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("radio", name="Draw", exact=True).click()
    paper = page.get_by_role("button", name="Paper to draw on").locator("canvas").bounding_box()
    assert paper is not None
    took: list[float] = []
    for place in range(PEN_PLACES):
        angle = 2 * math.pi * place / PEN_PLACES
        drawn = page.evaluate("__livegrad.drawn")
        page.mouse.move(
            paper["x"] + paper["width"] * (0.5 + 0.3 * math.cos(angle)),
            paper["y"] + paper["height"] * (0.5 + 0.4 * math.sin(angle)),
        )
        if place == 0:
            page.mouse.down()
        page.wait_for_function("drawn => __livegrad.drawn > drawn", arg=drawn)
        took.append(page.evaluate("__livegrad.drawMilliseconds"))
    page.mouse.up()
    _close(page, server, run, token)
    return [
        Entry(f"pen_{size}", statistics.median(took), "ms", 16.0, at_most=True),
        Entry(f"pen_{size}_slowest", max(took), "ms"),
    ]


def _open(browser: Browser, server: LiveServer, path: str) -> tuple[Page, str, str]:
    """A page with its run; returns the run's id and token too."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    page.add_init_script(PROBE)
    with page.expect_response(lambda answer: answer.url.endswith("/api/runs") and answer.status == 201) as created:
        page.goto(server.address + path)
    body = created.value.json()
    while not page.evaluate("window.__livegrad?.drawn > 10"):
        page.wait_for_timeout(50)
    return page, body["id"], body["control_token"]


def _look(page: Page, server: LiveServer, run: str) -> dict[str, float]:
    counted = page.evaluate(
        "() => ({ now: performance.now() / 1000, drawn: __livegrad.drawn, "
        "milliseconds: __livegrad.drawMillisecondsTotal, ...seen })"
    )
    answer = server.get(f"/api/runs/{run}")
    return {**counted, "epoch": answer["epoch"], "asked": time.perf_counter()}


def _close(page: Page, server: LiveServer, run: str, token: str) -> None:
    page.context.close()
    server.request("DELETE", f"/api/runs/{run}", token=token)


def memory(browser: Browser, server: LiveServer, minutes: float) -> list[Entry]:
    """How the page's JavaScript heap grows while it trains at full speed, collected before every look."""
    page, run, token = _open(browser, server, "/?speed=full")
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("Performance.enable")
    samples: list[tuple[float, float]] = []
    # The first seconds fill caches and the charts' buffers.
    page.wait_for_timeout(5000)
    looks = max(5, round(4 * minutes))
    for _ in range(looks):
        page.wait_for_timeout(60_000 * minutes / looks)
        session.send("HeapProfiler.collectGarbage")
        found = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        samples.append((time.perf_counter() / 60, found["JSHeapUsedSize"] / 1e6))
    _close(page, server, run, token)
    slope = statistics.linear_regression(*zip(*samples, strict=True)).slope
    return [
        Entry("page_heap", samples[-1][1], "MB", 100.0, at_most=True),
        Entry("page_heap_growth", slope, "MB/min", 1.0, at_most=True),
    ]


def crowd(server: LiveServer, config: RunConfig, seconds: float) -> list[Entry]:
    """Twenty runs of the default network at full speed, without viewers, against the kernels on two threads."""
    before = kernel_rate(config, threads=2)
    runs = [server.request("POST", "/api/runs", {"speed": "full", "seed": seed}) for seed in range(RUNS_AT_ONCE)]

    def epochs() -> list[tuple[float, float]]:
        return [(server.request("GET", f"/api/runs/{run['id']}")["epoch"], time.perf_counter()) for run in runs]

    time.sleep(1)
    first = epochs()
    time.sleep(seconds)
    last = epochs()
    for run in runs:
        server.request("DELETE", f"/api/runs/{run['id']}", token=run["control_token"])
    size = training_size(config.data)
    rates = [size * (b[0] - a[0]) / (b[1] - a[1]) for a, b in zip(first, last, strict=True)]
    mean = statistics.mean(rates)
    alone = statistics.mean((before, kernel_rate(config, threads=2)))
    return [
        Entry("crowd_kernel_two_threads", alone, "samples/s"),
        Entry("crowd_samples", sum(rates), "samples/s"),
        Entry("crowd_share_of_kernel", sum(rates) / alone, "", 0.8),
        Entry("crowd_slowest_to_mean", min(rates) / mean, "", 0.5),
        Entry("crowd_fastest_to_mean", max(rates) / mean, "", 2.0, at_most=True),
    ]


def table(entries: list[Entry]) -> str:
    """The entries as text, one a line; what misses its target is marked."""
    lines = []
    for entry in entries:
        bound = "" if entry.target is None else f"{'at most' if entry.at_most else 'at least'} {entry.target:g}"
        lines.append(
            f"{entry.case:28} {entry.value:14,.4g} {entry.unit:10} {bound:16} {'' if entry.reached else 'MISSED'}"
        )
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure the page and the server alone.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to watch the page's memory")
    found = measure(parser.parse_args().minutes)
    print(table(found))
    print(json.dumps([entry.as_dict() for entry in found]))
