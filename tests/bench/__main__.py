"""`python -m tests.bench`: measure everything, print tables, write build/bench.json; fail when a target is missed."""

from __future__ import annotations

import argparse
import json
import sys

from tests.bench import kernels, page
from tests.live_server import ROOT

RESULTS = ROOT / "build" / "bench.json"


def main() -> int:
    """Measure what is asked for; returns 1 when something missed its target."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to watch the page's memory")
    parser.add_argument("--only", choices=("kernels", "page"), help="leave the other half out")
    given = parser.parse_args()

    results: list[dict[str, object]] = []
    reached = True
    if given.only != "page":
        print("Kernels against their peers, microseconds a training step on one thread\n")
        timings = kernels.measure_all()
        print(kernels.table(timings), end="\n\n", flush=True)
        results += [timing.as_dict() for timing in timings]
        reached &= all(timing.ratio >= timing.case.target for timing in timings)
    if given.only != "kernels":
        print("Page and server, in headless Chromium\n")
        entries = page.measure(given.minutes)
        print(page.table(entries), end="\n\n", flush=True)
        results += [entry.as_dict() for entry in entries]
        reached &= all(entry.reached for entry in entries)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {RESULTS.relative_to(ROOT)}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
