"""Fifty steps as PyTorch took them, from the same weights on the same samples; see trajectories/make.py.

The trainer computes in float32, PyTorch did in float64: after fifty steps they agree within 1e-4 of a parameter's size,
and 1e-5 where it is small.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.support import last_batch
from tests.kernels.trajectories.cases import CASES, STEPS, build, data_of, path


@pytest.mark.parametrize(("optimizer", "kind"), CASES)
def test_fifty_steps_of_pytorch(optimizer: str, kind: str) -> None:
    trainer = build(optimizer, kind)
    data = data_of(kind)
    with np.load(path(optimizer, kind)) as kept:
        np.testing.assert_allclose(kept["x"], data.x_train, rtol=1e-6)
        np.testing.assert_array_equal(kept["y"], data.y_train)
        batches, losses, parameters, running = (kept[name] for name in ("batches", "losses", "parameters", "running"))
        averaged = kept.get("averaged", None)
        trainer.parameters[:] = kept["start"]
    assert len(batches) == STEPS
    for step, batch in enumerate(batches):
        trainer.train(1)
        seen = batch[batch >= 0]
        np.testing.assert_array_equal(last_batch(trainer, len(seen)), seen)
        assert trainer.stats[0] == pytest.approx(losses[step], rel=1e-4)
        after = f"after step {step + 1}"
        np.testing.assert_allclose(trainer.parameters, parameters[step], rtol=1e-4, atol=1e-5, err_msg=after)
        np.testing.assert_allclose(trainer.running, running[step], rtol=1e-4, atol=1e-5, err_msg=after)
        assert (averaged is None) == (trainer.averaged is None)
        if averaged is not None and trainer.averaged is not None:
            np.testing.assert_allclose(trainer.averaged, averaged[step], rtol=1e-4, atol=1e-5, err_msg=after)
    assert np.abs(parameters[-1] - parameters[0]).max() > 0.04


def test_the_files_are_small_and_none_is_left_over() -> None:
    files = {path(*case) for case in CASES}
    assert set(path("x", "y").parent.glob("*.npz")) == files
    assert all(file.stat().st_size < 100_000 for file in files)
