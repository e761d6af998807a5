"""Layers on inputs of some shapes, with what comes out of them: what the page's own inference is compared with."""

from __future__ import annotations

from typing import Any

from kernels.network import Choice, NetworkSpec
from kernels.shapes import Unfit, stages
from server.layer_specs import layer_spec
from server.schema import LAYERS


def shape_cases() -> list[dict[str, Any]]:
    """What becomes of a shape in a layer; no shape at all where the layer does not fit."""
    layers: list[dict[str, Any]] = [
        {"kind": "dense", "units": 5},
        {"kind": "global_pool"},
        *({"kind": "pool", "size": size, "stride": stride} for size in (2, 3, 8) for stride in (1, 2, 5)),
        *(
            {"kind": "conv", "filters": 4, "kernel": kernel, "stride": stride, "padding": padding}
            for kernel in (1, 2, 3, 5, 7)
            for stride in (1, 2, 3)
            for padding in ("same", "valid", 1, 4)
        ),
        {"kind": "conv", "filters": 2, "kernel": 3, "stride": 1, "padding": "same", "skip": 1},
        {"kind": "conv", "filters": 2, "kernel": 3, "stride": 2, "padding": "same", "skip": 1},
        {"kind": "dense", "units": 7, "skip": 1},
    ]
    shapes: list[tuple[int, ...]] = [(7,), (1, 8, 8), (2, 7, 6), (3, 4, 5), (2, 1, 1)]
    return [
        {"input": list(shape), "layer": layer, "output": _behind(shape, layer)} for shape in shapes for layer in layers
    ]


def _behind(shape: tuple[int, ...], layer: dict[str, Any]) -> list[int]:
    spec = layer_spec(LAYERS[layer["kind"]].model_validate(layer))
    try:
        first, *_ = stages(NetworkSpec(shape, (spec,), 1, Choice("zeros")))
    except Unfit:
        return []
    return list(first.shape)
