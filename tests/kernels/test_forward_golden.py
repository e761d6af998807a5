"""The page's forward pass is compared with a kept file: it must still be what the kernels compute."""

from __future__ import annotations

import json

import pytest

from tests.kernels import forward_golden


def test_the_golden_file_is_what_the_kernels_compute() -> None:
    """Up to rounding, which differs between processors."""
    kept = json.loads(forward_golden.PATH.read_text(encoding="utf-8"))
    made = json.loads(json.dumps(forward_golden.cases()))
    assert len(kept) == len(made)
    for old, new in zip(kept, made, strict=True):
        assert old["layers"] == new["layers"], "run `python -m tests.kernels.forward_golden`"
        assert old["layout"] == new["layout"]
        for key in ("params", "running", "inputs", "targets", "mean_squared_error"):
            assert old[key] == pytest.approx(new[key], rel=1e-4, abs=1e-5), key
