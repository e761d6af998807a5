"""What the page gets to know of studies before it begins one."""

from __future__ import annotations

from functools import cache
from typing import Any

from server.studies.grid import grids
from server.studies.plan import MAX_CONFIGS, MAX_MEASUREMENTS, MAX_PARAMETERS, MAX_POINTS, MAX_SEEDS, MAX_STEPS
from server.studies.quantities import QUANTITIES


@cache
def catalogue() -> dict[str, Any]:
    """Quantities, learning rates to try, and limits, as plain JSON values."""
    return {
        "quantities": [
            {
                "id": each.id,
                "label": each.label,
                "help": each.help,
                "scale": each.scale,
                "unit": each.unit,
                "symbol": each.symbol,
            }
            for each in QUANTITIES
        ],
        "learning_rates": grids(),
        "limits": {
            "configs": MAX_CONFIGS,
            "seeds": MAX_SEEDS,
            "points": MAX_POINTS,
            "steps": MAX_STEPS,
            "measurements": MAX_MEASUREMENTS,
            "parameters": MAX_PARAMETERS,
        },
    }
