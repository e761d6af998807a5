"""All families of choices, as the page reads them: the kernels' and the data sets."""

from __future__ import annotations

import ast
from dataclasses import asdict
from functools import cache
from typing import Any

from kernels.activations.activation import Activation
from kernels.diagnosis import ILLNESSES
from kernels.inputs import Feature
from kernels.layer_kinds import LayerKind
from kernels.normalizations.normalization import Normalization
from kernels.probes import Probe
from kernels.registry import FAMILIES as KERNEL_FAMILIES
from kernels.spec import Family, Variant
from kernels.working import FUNCTIONS, Working, slot_name
from server.datasets import DATASETS, Dataset
from server.datasets.files import FileSet
from server.datasets.preview import preview

FAMILIES: dict[str, Family[Any]] = {**KERNEL_FAMILIES, DATASETS.id: DATASETS}


#: What the members of some families change, where they change anything.
_ACTS_ON = {
    "bias_initializers": "bias",
    "schedules": "learning_rate",
    "momentum_schedules": "momentum",
    "batch_schedules": "batch_size",
    "clippings": "gradient",
}


def _working(variant: Variant, working: Working) -> dict[str, Any]:
    slots = {slot_name(slot): slot for name in ("slots", "scalars") for slot in getattr(variant, name, ())}
    parsed = [ast.walk(ast.parse(line.expression)) for line in working.lines]
    names = {node.id for nodes in parsed for node in nodes if isinstance(node, ast.Name)}
    names |= {line.name for line in working.lines}
    return {
        "lines": [asdict(line) for line in working.lines],
        "symbols": {name: working.symbol(name) for name in sorted(names - FUNCTIONS)},
        "slots": slots,
        "weights_only": list(working.weights_only),
    }


def _variant(family_id: str, variant: Variant) -> dict[str, Any]:
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
        "own_rates": getattr(variant, "own_rates", False),
        "climbs": getattr(variant, "climbs", False),
        "decoupled": getattr(variant, "decoupled", False),
        "signs_only": getattr(variant, "signs_only", False),
        "order_only": getattr(variant, "order_only", False),
        "takes_bias": isinstance(variant, Normalization) and variant.forward is not None,
    }
    entry |= {name: True for name, raised in flags.items() if raised}
    if isinstance(variant, Activation) and variant.gate is not None and "pieces" not in {p.id for p in variant.params}:
        entry["pieces"] = variant.pieces(())
    if getattr(variant, "acts", False):
        entry["acts_on"] = _ACTS_ON[family_id]
    least = {name: getattr(variant, name, 1) for name in ("least_batch", "least_units")}
    entry |= {name: number for name, number in least.items() if number > 1}
    if working := getattr(variant, "working", None):
        entry["working"] = _working(variant, working)
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
    if isinstance(variant, Probe):
        entry |= {
            "topic": variant.topic,
            "chart": variant.chart,
            "quantities": [asdict(quantity) for quantity in variant.quantities],
        }
        entry |= {"arrays": [asdict(quantity) for quantity in variant.arrays]} if variant.arrays else {}
    if isinstance(variant, Dataset):
        entry |= {
            "task": variant.task,
            "kind": variant.kind,
            "classes": variant.classes,
            "preview": preview(variant.id),
        }
        entry |= {"uploaded": True} if variant.uploaded else {}
    if isinstance(variant, FileSet) and variant.stored() is None:
        entry["unavailable"] = variant.absence
    return entry


def families() -> dict[str, list[dict[str, Any]]]:
    """Every family id with its variants, all that the page needs to offer and explain them.

    What of the data sets lies in files is looked up anew.
    """
    fixed = _families()
    data = [
        _variant(DATASETS.id, variant) if isinstance(variant, FileSet) else entry
        for variant, entry in zip(DATASETS, fixed[DATASETS.id], strict=True)
    ]
    return {**fixed, DATASETS.id: data}


@cache
def _families() -> dict[str, list[dict[str, Any]]]:
    return {family.id: [_variant(family.id, variant) for variant in family] for family in FAMILIES.values()}


@cache
def headings() -> dict[str, dict[str, Any]]:
    """Every family id with its own label, help, and whether the choice may change without restarting."""
    return {
        family.id: {"label": family.label, "help": family.help, "live": family.live} for family in FAMILIES.values()
    }


@cache
def illnesses() -> list[dict[str, Any]]:
    """What can be wrong with a run, the most severe first, with the rule that finds it and the words that tell it."""
    return [
        {
            **_variant(ILLNESSES.id, illness),
            "sentence": illness.sentence,
            "remedy": illness.remedy,
            "unit": illness.unit,
        }
        for illness in ILLNESSES
    ]
