"""All families of choices, as the page reads them: the kernels' and the data sets."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from kernels.inputs import Feature
from kernels.layer_kinds import LayerKind
from kernels.registry import FAMILIES as KERNEL_FAMILIES
from kernels.spec import Family, Variant
from server.datasets import DATASETS, Dataset
from server.datasets.preview import preview

FAMILIES: dict[str, Family[Any]] = {**KERNEL_FAMILIES, DATASETS.id: DATASETS}


def _variant(variant: Variant) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": variant.id,
        "label": variant.label,
        "help": variant.help,
        "formula": variant.formula,
        "source": variant.source,
        "params": [asdict(param) for param in variant.params],
    }
    texts = ("group", "note", "unavailable", "needs_image")
    entry |= {name: text for name in texts if (text := getattr(variant, name, None))}
    if (momentum := getattr(variant, "momentum", None)) is not None:
        entry["momentum"] = variant.params[momentum].id
    flags = {
        "full_batch": getattr(variant, "full_batch", False),
        "cycles": getattr(variant, "cycles", False),
        "follows_cycle": getattr(variant, "follows_cycle", False),
        "follows_loss": getattr(variant, "advances", None) is not None,
        "output_only": getattr(variant, "output_only", False),
    }
    entry |= {name: True for name, raised in flags.items() if raised}
    if tasks := getattr(variant, "tasks", None):
        entry["tasks"] = list(tasks)
    if isinstance(variant, Feature):
        # Images go in pixel by pixel.
        entry["kinds"] = ["plane"]
    if isinstance(variant, LayerKind):
        entry |= {
            "choices": list(variant.choices),
            "counted": variant.counted,
            "takes_image": variant.takes_image,
            "gives_image": variant.gives_image,
        }
    if isinstance(variant, Dataset):
        entry |= {
            "task": variant.task,
            "kind": variant.kind,
            "classes": variant.classes,
            "preview": preview(variant.id),
        }
        entry |= {"uploaded": True} if variant.uploaded else {}
    return entry


@cache
def families() -> dict[str, list[dict[str, Any]]]:
    """Every family id with its variants, all that the page needs to offer and explain them."""
    return {family.id: [_variant(variant) for variant in family] for family in FAMILIES.values()}


@cache
def headings() -> dict[str, dict[str, Any]]:
    """Every family id with its own label, help, and whether the choice may change without restarting."""
    return {
        family.id: {"label": family.label, "help": family.help, "live": family.live} for family in FAMILIES.values()
    }
