"""The page's forward pass on images is compared with a kept file: it must still be what the kernels compute."""

from __future__ import annotations

import json

import pytest

from tests.kernels import image_golden


def test_the_golden_file_is_what_the_kernels_compute_on_images() -> None:
    """Up to rounding, which differs between processors."""
    kept = json.loads(image_golden.PATH.read_text(encoding="utf-8"))
    made = json.loads(json.dumps(image_golden.cases()))
    assert len(kept) == len(made)
    for old, new in zip(kept, made, strict=True):
        assert old["layers"] == new["layers"], "run `python -m tests.kernels.image_golden`"
        assert old["layout"] == new["layout"]
        for key in ("params", "running", "inputs", "outputs"):
            assert old[key] == pytest.approx(new[key], rel=1e-4, abs=1e-5), key


def test_every_kind_of_layer_is_in_it() -> None:
    kept = json.loads(image_golden.PATH.read_text(encoding="utf-8"))
    stages = [stage for case in kept for stage in case["layout"]["stages"]]
    assert {stage["kind"] for stage in stages} == {"dense", "conv", "pool", "global_pool"}
    assert {stage["pooling"] for stage in stages} == {"max", "mean", ""}
    assert {stage["skip"] for stage in stages} >= {0, 1, 2, 3}
    assert any(stage["kind"] == "conv" and stage["groups"] == stage["shape"][0] > 1 for stage in stages)
