"""The mean of the weights in a rehearsed step: by which share it moves, and what its formula says line by line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kernels.averagings import AVERAGINGS
from kernels.network import Choice
from kernels.rehearsal import rehearse
from tests.kernels.reference import named
from tests.kernels.support import describe, same_bits
from tests.kernels.test_rehearsal import dense, make
from tests.kernels.test_working import work


@pytest.mark.parametrize("choice", [
    Choice("polyak"), Choice("polyak", {"start": 3}), Choice("polyak", {"start": 8}), Choice("polyak", {"start": 50}),
    Choice("exponential"), Choice("exponential", {"decay": 0.0}),
], ids=describe)  # fmt: skip
@pytest.mark.parametrize("chosen", [0, 5, 7], ids=lambda step: f"chosen after {step}")
def test_the_mean_goes_by_its_share_and_by_its_working(choice: Choice, chosen: int) -> None:
    trainer = make(averaging=Choice("none") if chosen else choice, **dense(normalization=Choice("batch_norm")))
    averaging, shares = AVERAGINGS[choice.id], []
    assert averaging.working
    trainer.train(chosen)
    trainer.set_training(replace(trainer.training, averaging=choice))
    for _ in range(6):
        shown = rehearse(trainer)
        assert shown.averaging
        assert (shown.averaging.id, shown.averaging.begun) == (choice.id, chosen)
        assert shown.averaging.params == pytest.approx(named(averaging, choice))
        shares.append(shown.averaging.share)
        for tensor in trainer.layout.tensors:
            w, before, after = (
                shown.arrays[f"{tensor.name}.{part}"] for part in ("after", "averaged.before", "averaged.after")
            )
            np.testing.assert_allclose(after, before + shares[-1] * (w - before), rtol=1e-5, atol=1e-7)
            given = {"average": before, "w": w, "t": shown.step + 1, "begun": chosen, **shown.averaging.params}
            np.testing.assert_allclose(after, work(averaging.working, given)["average"], rtol=1e-5, atol=1e-7)
        trainer.train(1)
    assert shares[0] == 1
    assert rehearse(make()).averaging is None


def test_the_mean_stays_where_the_step_ends_in_no_numbers() -> None:
    trainer = make(averaging=Choice("polyak"), optimizer=Choice("sgd", {"learning_rate": 100.0}), loss=Choice("mse"))
    while True:
        shown = rehearse(trainer)
        trainer.train(1)
        if trainer.diverged:
            break
    assert shown.averaging
    assert shown.averaging.share == 0
    for tensor in trainer.layout.tensors:
        before, after = (shown.arrays[f"{tensor.name}.averaged.{when}"] for when in ("before", "after"))
        assert same_bits(before, after)
