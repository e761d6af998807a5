"""Ready comparisons: runs that differ in one thing, and one sentence on what to watch.

Each makes a claim that a test checks over five seeds: it must hold for at least four of them. The same claim is checked
when a person repeats a comparison over seeds of his own (`server.studies`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from server.comparisons.comparison import Comparison
from server.comparisons.networks import NETWORKS
from server.comparisons.training import TRAINING

__all__ = ["COMPARISONS", "Comparison", "catalogue"]

#: Every comparison by its id, in the order in which they are offered.
COMPARISONS = {comparison.id: comparison for comparison in (*TRAINING, *NETWORKS)}


@cache
def catalogue() -> list[dict[str, Any]]:
    """The comparisons as the page gets them, each run with its configuration completed."""
    return [
        {
            "id": comparison.id,
            "label": comparison.label,
            "watch": comparison.watch,
            "claim": comparison.claim.text,
            "clock": comparison.clock,
            "steps": comparison.steps,
            "chart": comparison.chart,
            "quantity": comparison.quantity,
            "runs": [
                {"label": side.label, "config": config.as_dict()}
                for side, config in zip(comparison.sides, comparison.configs, strict=True)
            ],
        }
        for comparison in COMPARISONS.values()
    ]
