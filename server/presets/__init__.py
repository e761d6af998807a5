"""Experiments worth looking at: a configuration each, and one sentence on what to watch.

A preset is written as what differs from the default configuration, and starts from that, so that nothing is left over
of what was there before. A test runs every one of them and checks what its sentence promises.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from server.configuration import resolve
from server.presets.basics import BASICS
from server.presets.images import IMAGES
from server.presets.preset import Preset
from server.presets.troubles import TROUBLES

__all__ = ["PRESETS", "Preset", "catalogue"]

#: Every preset by its id, in the order in which they are offered.
PRESETS = {preset.id: preset for preset in (*BASICS, *TROUBLES, *IMAGES)}


@cache
def catalogue() -> list[dict[str, Any]]:
    """The presets as the page gets them, each with its configuration completed."""
    return [
        {
            "id": preset.id,
            "label": preset.label,
            "watch": preset.watch,
            "group": preset.group,
            "config": resolve(preset.config).as_dict(),
        }
        for preset in PRESETS.values()
    ]
