"""The page's forward pass is compared with a kept file: it must still be what the kernels compute."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.kernels.forward_golden import PATH, error_of, head, numbers, pairs, untrained


def test_the_golden_file_is_what_the_kernels_compute() -> None:
    """With the kept weights, not with weights learned anew: what two processors round otherwise, training enlarges."""
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    assert len(kept) == len(pairs())
    for seed, (case, (activation, normalization)) in enumerate(zip(kept, pairs(), strict=True)):
        trainer, data = untrained(activation, normalization, seed)
        made = json.loads(json.dumps(head(activation, normalization, trainer)))
        assert {key: case[key] for key in made} == made, "run `python -m tests.kernels.forward_golden`"
        assert case["inputs"] == numbers(data.x_test)
        assert case["targets"] == pytest.approx(numbers(data.y_test), abs=1e-6)
        trainer.observe()
        before = error_of(trainer)
        trainer.parameters[:] = np.float32(case["params"])
        trainer.running[:] = np.float32(case["running"])
        trainer.observe()
        assert error_of(trainer) == pytest.approx(case["mean_squared_error"], rel=1e-5, abs=1e-6)
        assert error_of(trainer) != pytest.approx(before, rel=1e-4), "the file has the weights of the beginning"
