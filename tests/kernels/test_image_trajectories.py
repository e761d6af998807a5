"""Fifty steps of networks on images as PyTorch took them; see trajectories/make_images.py.

The trainer computes in float32, PyTorch did in float64: after fifty steps they agree within 1e-4 of a parameter's size,
and 1e-5 where it is small.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.support import last_batch
from tests.kernels.trajectories.image_cases import IMAGE_CASES, KEPT, STEPS, ImageCase


@pytest.mark.parametrize("case", IMAGE_CASES, ids=lambda case: case.name)
def test_fifty_steps_of_pytorch_on_images(case: ImageCase) -> None:
    trainer, data = case.build(), case.data()
    with np.load(case.path) as kept:
        np.testing.assert_allclose(kept["x"], data.x_train, rtol=1e-6)
        np.testing.assert_array_equal(kept["y"], data.y_train)
        batches, losses = kept["batches"], kept["losses"]
        after = dict(zip(KEPT, zip(kept["parameters"], kept["running"], strict=True), strict=True))
        trainer.parameters[:] = start = kept["start"]
    assert len(batches) == STEPS
    for step, batch in enumerate(batches, start=1):
        trainer.train(1)
        seen = batch[batch >= 0]
        np.testing.assert_array_equal(last_batch(trainer, len(seen)), seen)
        assert trainer.stats[0] == pytest.approx(losses[step - 1], rel=1e-4, abs=1e-6)
        if step in after:
            parameters, running = after[step]
            message = f"after step {step}"
            np.testing.assert_allclose(trainer.parameters, parameters, rtol=1e-4, atol=1e-5, err_msg=message)
            np.testing.assert_allclose(trainer.running, running, rtol=1e-4, atol=1e-5, err_msg=message)
    assert np.abs(after[STEPS][0] - start).max() > 0.04


def test_the_files_of_images_are_small_and_none_is_left_over() -> None:
    files = {case.path for case in IMAGE_CASES}
    assert len(files) == len(IMAGE_CASES) >= 12
    assert set(IMAGE_CASES[0].path.parent.glob("*")) == files
    assert all(file.stat().st_size < 40_000 for file in files)
