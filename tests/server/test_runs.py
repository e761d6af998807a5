"""The run as a state machine: commands and time in, publications out. Nothing here runs by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from server.commands import Command, Configure, EditParameters, ParameterEdit, Pause, Play, Report, Reset, Step
from server.configuration import resolve
from server.publications import Event, Plan, Publication, Receipt
from server.runs import Run
from tests.server.support import Bench


def ready(asked: dict[str, Any] | None = None) -> Bench:
    bench = Bench(asked)
    bench.run.prepare()
    return bench


def give(bench: Bench, *commands: Command) -> list[Publication]:
    published: list[Publication] = []
    for command in commands:
        published += bench.run.handle(command, bench.clock())
    if not bench.run.prepared:
        published += bench.run.prepare()
    return published


def train(bench: Bench, steps: int, observe: bool = True) -> list[Publication]:
    return bench.run.train(steps, observe, bench.clock)


def state(bench: Bench) -> str:
    return bench.run.state


def names(published: list[Publication]) -> list[str]:
    return [item.event if isinstance(item, Event) else type(item).__name__.lower() for item in published]


def test_a_run_begins_running_and_tells_its_plan_once() -> None:
    bench = Bench()
    assert state(bench) == "running"
    assert not bench.run.prepared
    (plan,) = bench.run.prepare()
    assert isinstance(plan, Plan)
    assert (plan.generation, plan.restarted, plan.step) == (1, False, 0)
    assert plan.evaluated == (250, 250)
    assert bench.run.prepare() == []


def test_play_and_pause() -> None:
    bench = ready()
    assert names(give(bench, Pause())) == ["state"]
    assert state(bench) == "paused"
    bench.clock.now += 10
    assert bench.run.due(bench.clock()) == 0
    assert bench.run.next_time() == math.inf
    assert give(bench, Pause()) == []
    assert names(give(bench, Play())) == ["state"]
    assert bench.run.due(bench.clock()) == 0  # what passed while it stood still is not caught up
    bench.clock.now += 0.1
    assert bench.run.due(bench.clock()) > 0


def test_a_pause_because_nobody_watches_says_so() -> None:
    bench = ready()
    assert names(give(bench, Pause(idle=True))) == ["paused_idle", "state"]
    assert names(give(bench, Pause(idle=True))) == []


@pytest.mark.parametrize(("unit", "steps"), [("step", 3), ("epoch", 48)])
def test_steps_pause_and_are_done_to_the_last(unit: Any, steps: int) -> None:
    bench = ready()
    assert names(give(bench, Step(3, unit))) == ["state"]
    assert state(bench) == "paused"
    assert bench.run.due(bench.clock()) == steps
    assert bench.run.next_time() == -math.inf
    train(bench, 2)
    assert bench.run.due(bench.clock()) == steps - 2
    give(bench, Step(1))
    assert bench.run.due(bench.clock()) == steps - 1
    give(bench, Pause())
    assert bench.run.due(bench.clock()) == 0


def test_play_gives_up_steps_that_are_owed() -> None:
    bench = ready()
    give(bench, Step(1000), Play())
    assert not bench.run.owing
    assert state(bench) == "running"


def test_a_live_change_keeps_the_weights() -> None:
    bench = ready()
    train(bench, 5)
    network = {"input": {"dropout": 0.25}, "layers": [{"dropout": 0.5}] * 3}
    config = resolve({"training": {"optimizer": {"learning_rate": 0.7}}, "network": network})
    (plan,) = give(bench, Configure(config))
    assert isinstance(plan, Plan)
    assert (plan.restarted, plan.generation, plan.step) == (False, 1, 5)
    assert len(bench.trainers) == 1
    assert bench.trainer.training.optimizer.params["learning_rate"] == 0.7
    assert bench.trainer.dropout == [0.25, *[0.5] * 3]
    assert bench.run.step == 5


def test_a_restart_keeps_everything_else() -> None:
    bench = ready()
    changes = {"training": {"optimizer": {"learning_rate": 0.7}, "batch_size": 5}, "speed": 33}
    give(bench, Configure(resolve(changes)), Pause())
    train(bench, 5)
    (plan,) = give(bench, Configure(resolve({"network": {"layers": [{"units": 3}]}}, bench.run.config)))
    assert isinstance(plan, Plan)
    assert (plan.restarted, plan.generation, plan.step) == (True, 2, 0)
    assert state(bench) == "paused"
    assert bench.trainer.training.optimizer.params["learning_rate"] == 0.7
    assert bench.trainer.training.batch_size == 5
    assert bench.run.config.speed == 33
    assert bench.trainer.layout.tensor("layer1.weight").shape == (3, 2)


def test_ten_restarts_in_a_row_cost_one() -> None:
    bench = ready()
    published = give(bench, *(Configure(resolve({"seed": seed})) for seed in range(2, 12)))
    assert names(published) == ["plan"]
    assert len(bench.trainers) == 2
    assert bench.run.generation == 2
    assert bench.run.config.seed == 11


def test_reset_with_and_without_a_seed() -> None:
    bench = ready()
    train(bench, 5)
    (plan,) = give(bench, Reset())
    assert isinstance(plan, Plan)
    assert (plan.restarted, plan.config.seed, plan.step) == (True, 1, 0)
    (plan,) = give(bench, Reset(77))
    assert isinstance(plan, Plan)
    assert plan.config.seed == 77
    assert state(bench) == "running"


def test_divergence_is_an_event_and_ends_with_new_weights() -> None:
    bench = ready({"speed": "full"})
    bench.trainer.diverge_at = 7
    published = train(bench, 20)
    assert names(published) == ["diverged", "state"]
    assert isinstance(published[0], Event)
    assert (published[0].step, published[0].details) == (7, {"tensor": "layer1.weight"})
    assert state(bench) == "diverged"
    assert bench.run.due(bench.clock()) == 0
    give(bench, Play())
    give(bench, Step(3))
    assert state(bench) == "diverged"
    assert bench.run.due(bench.clock()) == 0
    give(bench, Play())
    assert names(give(bench, Reset())) == ["state", "plan"]
    assert state(bench) == "running"


def test_parameters_can_be_set_while_running_and_while_paused() -> None:
    bench = ready()
    edit = EditParameters((ParameterEdit("layer1.weight", 3, 0.5),))
    version, looks = bench.run.version, bench.trainer.looks
    assert give(bench, edit) == []
    assert bench.trainer.looks == looks + 1, "the losses that viewers see must be those of the new value"
    offset = bench.trainer.layout.tensor("layer1.weight").offset
    assert bench.trainer.parameters[offset + 3] == 0.5
    assert bench.run.version > version
    give(bench, Pause(), EditParameters((ParameterEdit("output.bias", 0, -2.0),)))
    assert bench.trainer.parameters[bench.trainer.layout.tensor("output.bias").offset] == -2


@pytest.mark.parametrize("edit", [ParameterEdit("layer9.weight", 0, 1.0), ParameterEdit("layer1.bias", 8, 1.0)])
def test_an_edit_of_what_is_not_there_is_an_error_event(edit: ParameterEdit) -> None:
    bench = ready()
    (event,) = give(bench, EditParameters((edit,)))
    assert isinstance(event, Event)
    assert (event.event, event.details["field"]) == ("error", "parameters")


def test_a_run_that_stops_early_is_finished_until_it_is_played_or_stepped() -> None:
    bench = ready({"speed": "full"})
    bench.trainer.stop_at = 30
    published = train(bench, 100)
    assert names(published) == ["finished", "state"]
    finished = published[0]
    assert isinstance(finished, Event)
    assert (finished.step, finished.details) == (30, {"best_epoch": 2.0, "best_step": 16, "best_loss": 0.5})
    run = bench.run
    assert (state(bench), run.due(bench.clock()), run.next_time()) == ("finished", 0, math.inf)
    assert names(give(bench, Pause())) == []
    assert names(give(bench, Play())) == ["state"]
    assert state(bench) == "running"
    bench.trainer.stop_at = 50
    train(bench, 100)
    give(bench, Step(5, "step"))
    assert (state(bench), run.owing) == ("paused", True)
    train(bench, 5)
    assert run.step == 55
    bench.trainer.stop_at = 60
    train(bench, 100)
    assert names(give(bench, Reset())) == ["state", "plan"]
    assert state(bench) == "paused"


def test_a_step_of_an_epoch_counts_batches_that_grow() -> None:
    bench = ready({"training": {"batch_schedule": {"id": "step_growth", "every": 10, "gamma": 2.0}}})
    give(bench, Step(2, "epoch"))
    # 500 samples: ten batches of 32, three of 64; then seven of 64 and one of 128 (the last one is short).
    assert bench.run.due(bench.clock()) == 13 + 8


def test_a_receipt_comes_after_what_was_asked_before() -> None:
    bench = ready()
    assert names(give(bench, Reset(), Report(9))) == ["plan", "receipt"]
    run = bench.run
    assert give(bench, Report(10)) == [Receipt(10, run.generation, run.step, bench.trainer.epoch, 0.0)]


def test_snapshots_carry_every_record_once_and_copies_of_the_buffers() -> None:
    bench = ready({"speed": "full"})
    train(bench, 4)
    first = bench.run.snapshot(frozenset())
    train(bench, 3)
    second = bench.run.snapshot(frozenset({"gradients"}))
    assert (first.series.start, first.series.steps.tolist()) == (0, [0, 1, 2, 3])
    assert (second.series.start, second.series.steps.tolist()) == (4, [4, 5, 6])
    assert first.gradients is None
    assert second.gradients is not None
    assert second.updates is None
    bench.trainer.parameters[:] = 9
    assert not first.params.any()
    assert (first.stats == 4).all()
    give(bench, Reset())
    train(bench, 1)
    assert bench.run.snapshot(frozenset()).series.start == 0


def test_a_snapshot_tells_for_how_long_these_weights_have_trained() -> None:
    bench = Bench()
    bench.step_seconds = 0.25
    bench.run.prepare()
    for steps in (2, 4):
        train(bench, steps)
        bench.clock.now += 100
    assert bench.run.snapshot(frozenset()).worked == 1.5
    give(bench, Reset())
    assert bench.run.snapshot(frozenset()).worked == 0


def test_after_a_fault_the_run_goes_on_from_its_checkpoint() -> None:
    bench = ready({"speed": "full"})
    train(bench, 10)
    checkpoint = bench.run.checkpoint()
    worked = bench.run.snapshot(frozenset()).worked
    train(bench, 10)
    published = bench.run.recover(checkpoint)
    assert names(published) == ["plan", "state"]
    assert (bench.run.step, state(bench), bench.run.generation) == (10, "paused", 2)
    snapshot = bench.run.snapshot(frozenset())
    assert snapshot.series.start == 0
    assert snapshot.worked == worked == pytest.approx(1e-4)


def test_a_checkpoint_of_another_plan_is_not_used() -> None:
    bench = ready()
    train(bench, 10)
    checkpoint = bench.run.checkpoint()
    give(bench, Configure(resolve({"seed": 5})))
    assert names(bench.run.recover(checkpoint)) == ["state"]
    assert not bench.run.prepared
    assert names(give(bench, Play())) == ["state", "plan"]
    assert bench.run.recover(None)


def test_with_the_real_kernels_slices_and_changes_of_speed_do_not_change_a_bit() -> None:
    def outcome(slices: list[int], speeds: list[Any]) -> tuple[bytes, bytes]:
        run = Run(resolve({}), 0.0)
        run.prepare()
        for steps, speed in zip(slices, speeds, strict=True):
            run.handle(Configure(resolve({"speed": speed})), 0.0)
            run.train(steps, steps % 2 == 0, lambda: 0.0)
        snapshot = run.snapshot(frozenset())
        return snapshot.params.tobytes(), snapshot.series.values.tobytes()

    assert outcome([100], ["auto"]) == outcome([1, 2, 30, 67], ["full", 3, "auto", "full"])


def test_with_the_real_kernels_a_checkpoint_goes_on_bit_by_bit() -> None:
    run = Run(resolve({"network": {"layers": [{"dropout": 0.2, "normalization": {"id": "batch_norm"}}]}}), 0.0)
    run.prepare()
    run.train(50, True, lambda: 0.0)
    checkpoint = run.checkpoint()
    run.train(50, True, lambda: 0.0)
    ahead = run.snapshot(frozenset())
    run.recover(checkpoint)
    assert run.step == 50
    run.train(50, True, lambda: 0.0)
    again = run.snapshot(frozenset())
    assert again.params.tobytes() == ahead.params.tobytes()
    assert again.running.tobytes() == ahead.running.tobytes()
    np.testing.assert_array_equal(again.series.values, ahead.series.values)


def test_with_the_real_kernels_a_huge_learning_rate_diverges() -> None:
    asked = {
        "data": {"dataset": {"id": "plane"}},
        "network": {"layers": [{"activation": {"id": "linear"}}] * 3},
        "training": {"optimizer": {"id": "sgd", "learning_rate": 100.0}},
    }
    run = Run(resolve(asked), 0.0)
    run.prepare()
    published: list[Publication] = []
    for _ in range(100):
        if run.state == "running":
            published += run.train(100, True, lambda: 0.0)
    assert run.state == "diverged"
    assert names(published) == ["diverged", "state"]
    assert isinstance(published[0], Event)
    assert published[0].step == run.step
    assert published[0].details["tensor"]
