"""Eight runs side by side, and the dynamics of thirty layers: what is drawn, how controls answer, what memory it takes.

Everything is measured in headless Chromium on a real server, as a person meets it. `python -m tests.bench.load` prints
it alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.bench.page import Entry, table
from tests.browser import chromium
from tests.live_server import LiveServer

#: The default network at full speed, and what seven more runs change of it.
EIGHT = (
    "/?speed=full&compare=optimizer=sgd|optimizer=rmsprop|seed=2|batch_size=8|optimizer=momentum|seed=3|batch_size=128"
)
#: Thirty layers, all of whose curves are drawn.
DEEP = "/?speed=full&layers=30*16"
#: Controls are tried so often.
TRIES = 9
#: Longer than it is looked at: the default network over five seeds, in the background.
STUDY = {"configs": [{}], "seeds": 5, "steps": 1_000_000, "points": 2}

#: Reads of every frame that arrives whose it is and its step, from outside of the page; and which run stands still.
PROBE = """
window.runs = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    const run = { step: -1, frames: 0, state: '' };
    window.runs.push(run);
    this.addEventListener('message', ({ data }) => {
      const bytes = new Uint8Array(data);
      const text = new TextDecoder('latin1').decode(bytes.subarray(0, 160));
      const state = /\\xa5state.(running|paused|diverged|finished)/.exec(text);
      if (state) run.state = state[1];
      if (!text.startsWith('\\xa4type\\xa5frame', text.indexOf('\\xa4type'))) return;
      const at = text.indexOf('\\xa4step') + 5;
      const view = new DataView(bytes.buffer, bytes.byteOffset + at);
      const kind = view.getUint8(0);
      run.step = kind < 0x80 ? kind : kind === 0xcc ? view.getUint8(1) : kind === 0xcd ? view.getUint16(1) :
        kind === 0xce ? view.getUint32(1) : Number(view.getBigUint64(1));
      run.frames += 1;
    });
  }
};
"""

#: Of what is on the screen after each refresh, for a while: how many frames the run that is furthest is ahead of the
#: last one (all that are shown in between count); and how often the picture of a run has changed.
APART = """
(milliseconds) => new Promise((done) => {
  const apart = [], began = performance.now(), until = began + milliseconds;
  let last = [], changes = 0;
  const look = () => {
    const { steps } = window.__livegrad;
    apart.push(new Set(steps).size - 1);
    changes += steps.filter((step, i) => step !== last[i]).length;
    last = steps;
    if (performance.now() < until) requestAnimationFrame(look);
    else done([apart, 1000 * changes / steps.length / (performance.now() - began)]);
  };
  requestAnimationFrame(look);
})
"""

#: Presses a button of the transport; milliseconds until all runs have answered and the page has drawn that.
PRESS = """
([label, answered]) => new Promise((done) => {
  const button = [...document.querySelectorAll('button')].find((each) => each.ariaLabel === label);
  const before = window.runs.map((run) => run.step), began = performance.now();
  const all = {
    paused: () => window.runs.every((run) => run.state === 'paused'),
    running: () => window.runs.every((run) => run.state === 'running'),
    stepped: () => window.runs.every((run, i) => run.step > before[i]),
  }[answered];
  button.click();
  const look = () => {
    if (all()) requestAnimationFrame(() => done(performance.now() - began));
    else setTimeout(look, 1);
  };
  look();
})
"""


@dataclass(frozen=True)
class Memory:
    """When it was looked at (minutes), the page's JavaScript heap after a collection, and the server's memory (MB)."""

    minute: float
    heap: float
    server: float


def measure(minutes: float = 1.0, seconds: float = 6.0) -> list[Entry]:
    """All entries. `minutes` of training for the memory, `seconds` for each other measurement."""
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.HOW_TO)
    with (
        tempfile.TemporaryDirectory() as folder,
        LiveServer(Path(folder) / "server.log") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=chromium.arguments())
        entries = side_by_side(browser, server, minutes, seconds)
        entries += dynamics(browser, server, seconds)
        browser.close()
    return entries


def side_by_side(browser: Browser, server: LiveServer, minutes: float, seconds: float) -> list[Entry]:
    """Eight runs of the default network at full speed."""
    page = _open(browser, server, EIGHT, 8)
    page.wait_for_timeout(3000)
    frames = _frames(page)
    drawn = _drawn(page, seconds)
    each = (_frames(page) - frames) / 8 / seconds
    apart, pictures = page.evaluate(APART, 1000 * seconds)
    entries = [
        Entry("eight_frames_drawn", drawn, "frames/s", 30.0),
        Entry("eight_frames_of_each", each, "frames/s"),
        Entry("eight_pictures_of_each", pictures, "frames/s"),
        Entry("eight_frames_apart_at_worst", max(apart), "frames", 1.0, at_most=True),
    ]
    entries += controls(page, "eight")
    study = server.request("POST", "/api/studies", STUDY)
    page.wait_for_timeout(1000)
    entries.append(Entry("eight_beside_a_study_frames_drawn", _drawn(page, seconds), "frames/s", 30.0))
    entries += controls(page, "eight_beside_a_study")
    server.request("DELETE", f"/api/studies/{study['id']}", token=study["control_token"])
    entries += memory(page, server, minutes)
    page.context.close()
    return entries


def controls(page: Page, case: str) -> list[Entry]:
    """How soon all runs have answered a press of a button, as the page shows it; and whether all then stand alike."""
    took: dict[str, list[float]] = {"pause": [], "step": [], "play": []}
    apart = 0
    for _ in range(TRIES):
        took["pause"].append(page.evaluate(PRESS, ["Pause", "paused"]))
        # What is on its way arrives.
        page.wait_for_timeout(300)
        steps = page.evaluate("window.runs.map((run) => run.step)")
        apart = max(apart, max(steps) - min(steps))
        took["step"].append(page.evaluate(PRESS, ["One step", "stepped"]))
        took["play"].append(page.evaluate(PRESS, ["Train", "running"]))
        page.wait_for_timeout(500)
    return [
        *(Entry(f"{case}_{name}", statistics.median(each), "ms") for name, each in took.items()),
        *(Entry(f"{case}_{name}_at_worst", max(each), "ms", 200.0, at_most=True) for name, each in took.items()),
        Entry(f"{case}_steps_apart_when_paused", apart, "steps", 0.0, at_most=True),
    ]


def memory(page: Page, server: LiveServer, minutes: float) -> list[Entry]:
    """How the page and the server grow while eight runs train."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("Performance.enable")
    found: list[Memory] = []
    looks = max(6, round(3 * minutes))
    start = time.perf_counter()
    for _ in range(looks):
        page.wait_for_timeout(60_000 * minutes / looks)
        found.append(Memory((time.perf_counter() - start) / 60, _heap(session), _resident(server)))
    # The first looks fill caches and the charts' buffers.
    later = found[looks // 3 :]

    def growth(of: Callable[[Memory], float]) -> float:
        return statistics.linear_regression([each.minute for each in later], [of(each) for each in later]).slope

    return [
        Entry("eight_heap", found[-1].heap, "MB", 200.0, at_most=True),
        Entry("eight_heap_growth", growth(lambda each: each.heap), "MB/min", 2.0, at_most=True),
        Entry("eight_server_memory", found[-1].server, "MB"),
        Entry("eight_server_growth", growth(lambda each: each.server), "MB/min", 2.0, at_most=True),
    ]


def dynamics(browser: Browser, server: LiveServer, seconds: float) -> list[Entry]:
    """Thirty layers at full speed: every group of charts of the page of dynamics in turn."""
    page = _open(browser, server, DEEP, 1)
    entries = []
    tabs = page.locator("section.dynamics [role=tab]")
    names = tabs.all_inner_texts() or [""]
    for number, name in enumerate(names):
        if tabs.count():
            tabs.nth(number).click()
        page.wait_for_timeout(2000)
        case = "_".join(["dynamics_of_30_layers", *name.lower().replace("&", "and").split()])
        entries.append(Entry(case, _drawn(page, seconds), "frames/s", 30.0))
    page.context.close()
    return entries


def _open(browser: Browser, server: LiveServer, path: str, runs: int) -> Page:
    """A page whose last so many sockets show runs that train."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    page.add_init_script(PROBE)
    page.goto(server.address + path)
    page.wait_for_function(
        """runs => {
            const live = window.runs.slice(-runs);
            return live.length === runs && live.every((run) => run.frames > 5) && window.__livegrad.drawn > 10;
        }""",
        arg=runs,
        timeout=60_000,
    )
    # The page's own run stands still beside a comparison.
    page.evaluate("runs => { window.runs = window.runs.slice(-runs); }", runs)
    return page


def _frames(page: Page) -> float:
    return float(page.evaluate("window.runs.reduce((sum, run) => sum + run.frames, 0)"))


def _drawn(page: Page, seconds: float) -> float:
    """Refreshes a second in which the page drew something."""
    count = "[__livegrad.drawn, performance.now() / 1000]"
    first = page.evaluate(count)
    page.wait_for_timeout(1000 * seconds)
    last = page.evaluate(count)
    return float((last[0] - first[0]) / (last[1] - first[1]))


def _heap(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    found: dict[str, Any] = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(found["JSHeapUsedSize"] / 1e6)


def _resident(server: LiveServer) -> float:
    """Megabytes that the server's process holds; NaN where the system does not tell."""
    status = Path(f"/proc/{server.process.pid if server.process else 0}/status")
    if not status.exists():
        return float("nan")
    return next(int(line.split()[1]) / 1e3 for line in status.read_text().splitlines() if line.startswith("VmRSS"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure eight runs side by side alone.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to watch the memory")
    measured = measure(parser.parse_args().minutes)
    print(table(measured))
    print(json.dumps([entry.as_dict() for entry in measured]))
