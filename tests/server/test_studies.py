"""Studies: what may be asked, and what comes out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kernels.optimizers import OPTIMIZERS
from server.configuration import resolve
from server.preparation import prepare
from server.problems import Refused
from server.runs import build_trainer
from server.studies.grid import learning_rates
from server.studies.outcome import Outcome
from server.studies.plan import MAX_MEASUREMENTS, MAX_SECONDS, StudyPlan, plan_study, points_of
from server.studies.quantities import PLACES, measure
from server.studies.study import Study, make_job

SMALL: dict[str, Any] = {
    "data": {"dataset": {"id": "gaussians", "samples": 100}},
    "network": {"layers": [{"units": 4}]},
}


def small(**asked: Any) -> StudyPlan:
    return plan_study({"base": SMALL, "configs": [{}], "steps": 20, "points": 5, **asked})


def finish(outcome: Outcome, plan: StudyPlan, seconds: float, now: Callable[[], float]) -> Outcome:
    job = make_job(Study("", "", "", plan, 0.0).config_of(outcome), plan, outcome)
    while not outcome.finished:
        job.advance(seconds, now)
    return outcome


def refusal(**asked: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        small(**asked)
    return refused.value


# What is measured


def test_points_go_from_the_start_to_the_end() -> None:
    assert points_of(20, 5) == (0, 5, 10, 15, 20)
    assert points_of(3, 50) == (0, 1, 2, 3)
    assert points_of(7, 1) == (7,)


@pytest.mark.parametrize("seconds", [0.0, 1e-4, 10.0])
def test_what_comes_out_is_what_a_run_shows_however_it_is_sliced(seconds: float) -> None:
    plan = small(configs=[{"training": {"optimizer": {"id": "momentum"}}, "network": {"layers": [{"dropout": 0.5}]}}])
    found = finish(Outcome(0, 3, 5), plan, seconds, time.perf_counter)
    config = plan.configs[0].model_copy(update={"seed": 3})
    trainer = build_trainer(config, prepare(config.data))
    for point, tick in enumerate(plan.ticks):
        trainer.train(tick - trainer.step)
        trainer.observe()
        assert np.array_equal(found.values[:, point], np.array(measure(trainer), np.float32), equal_nan=True)
    assert found.state == "done"
    assert math.isnan(found.values[PLACES["loss"], 0]), "no batch yet"
    assert found.series("loss")[-1] > 0


@pytest.mark.parametrize("schedule", ["constant", "step_growth"])
@pytest.mark.parametrize("batch_size", [7, 32])
def test_by_the_clock_of_samples_a_point_comes_after_the_first_step_that_reaches_it(
    batch_size: int, schedule: str
) -> None:
    growing = {"every": 5, "gamma": 2.0} if schedule == "step_growth" else {}
    training = {"batch_size": batch_size, "batch_schedule": {"id": schedule, **growing}}
    plan = small(configs=[{"training": training}], clock="samples", steps=300, points=4)
    assert plan.ticks == (0, 100, 200, 300)
    trainer = build_trainer(plan.configs[0], prepare(plan.configs[0].data))
    expected = []
    for tick in plan.ticks:
        while round(trainer.epoch * 50) < tick:
            trainer.train(1)
        trainer.observe()
        expected.append(measure(trainer)[PLACES["train_loss"]])
    for seconds in (0.0, 10.0):
        found = finish(Outcome(0, 1, 4), plan, seconds, time.perf_counter)
        assert found.series("train_loss").tolist() == expected


def test_a_run_that_diverges_says_when_and_keeps_what_was_measured() -> None:
    diverging = {
        "data": {"dataset": {"id": "plane"}},
        "network": {"layers": []},
        "training": {"optimizer": {"id": "sgd", "learning_rate": 50.0}},
    }
    plan = small(configs=[diverging], steps=2000, points=100)
    found = finish(Outcome(0, 1, 100), plan, 1.0, time.perf_counter)
    assert found.state == "diverged"
    assert found.ended_at is not None
    assert 0 < found.measured < 100
    assert plan.ticks[found.measured - 1] <= found.ended_at <= plan.ticks[found.measured]
    assert found.last("train_loss") == math.inf
    assert math.isnan(found.last("test_accuracy"))
    assert found.as_dict()["diverged_at"] == found.ended_at


def test_a_run_that_stops_early_says_when() -> None:
    training = {
        "stopping": {"id": "patience", "patience": 1, "improvement": 10.0},
        "optimizer": {"id": "adam", "learning_rate": 1.0},
    }
    plan = small(configs=[{"training": training}], steps=5000)
    found = finish(Outcome(0, 1, 5), plan, 1.0, time.perf_counter)
    assert found.state == "stopped"
    assert found.as_dict()["stopped_at"] == found.ended_at
    assert found.measured < 5


def test_vanished_weights_and_the_gradient_by_depth_are_those_of_the_network() -> None:
    config = resolve({"network": {"layers": [{"units": 4, "activation": {"id": "sigmoid"}}] * 3}})
    trainer = build_trainer(config, prepare(config.data))
    trainer.train(1)
    norms = {
        tensor.name: float(np.linalg.norm(trainer.gradients[tensor.offset : tensor.offset + tensor.size]))
        for tensor in trainer.layout.tensors
    }
    ratio = norms["layer1.weight"] / norms["output.weight"]
    assert measure(trainer)[PLACES["gradient_ratio"]] == pytest.approx(ratio, rel=1e-5)
    for index in range(4):
        trainer.set_parameter("layer2.weight", index, 1e-4)
    assert measure(trainer)[PLACES["vanished_weights"]] == pytest.approx(4 / trainer.layout.weight_count)


def test_numbers_that_are_none_become_null() -> None:
    plan = small(configs=[{"data": {"dataset": {"id": "plane", "samples": 100}}}])
    found = finish(Outcome(0, 1, 5), plan, 1.0, time.perf_counter).as_dict()
    assert found["values"][PLACES["test_accuracy"]] == [None] * 5
    assert None not in found["values"][PLACES["test_loss"]]


# What may be asked


def test_a_study_is_every_configuration_with_every_seed_seed_after_seed() -> None:
    plan = small(base={**SMALL, "seed": 9}, configs=[{}, {"training": {"batch_size": 5}}], seeds=2)
    assert plan.jobs == [(0, 9), (1, 9), (0, 10), (1, 10)]
    assert [config.training.batch_size for config in plan.configs] == [32, 5]
    assert all(config.network.layers == plan.configs[0].network.layers for config in plan.configs)
    assert small(seeds=[4, 2]).seeds == (4, 2)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"configs": []}, "configs"),
        ({"configs": [{}] * 65}, "configs"),
        ({"configs": [{}, {"training": {"batch_size": 0}}]}, "configs.1.training.batch_size"),
        ({"base": {"seed": -1}}, "base.seed"),
        ({"base": {"nonsense": 1}}, "base.nonsense"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 21}, "seeds"),
        ({"seeds": []}, "seeds"),
        ({"seeds": [1, 1]}, "seeds"),
        ({"seeds": [-1]}, "seeds"),
        ({"seeds": "many"}, "seeds"),
        ({"seeds": [True]}, "seeds"),
        ({"steps": 0}, "steps"),
        ({"steps": 10**9}, "steps"),
        ({"points": 201}, "points"),
        ({"clock": "wall"}, "clock"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_cannot_be_done_is_named_with_the_way_out(asked: dict[str, Any], field: str) -> None:
    refused = refusal(**asked)
    assert refused.status == 422
    assert refused.first.field == field
    assert refused.first.message["en"]
    assert refused.first.message["zh"]
    assert refused.first.bound


def test_a_comparison_must_be_a_ready_one() -> None:
    wrong: list[Any] = [{"comparison": "none"}, {"comparison": "momentum", "steps": 3}, {"comparison": 1}, [], None]
    for asked in wrong:
        with pytest.raises(Refused) as refused:
            plan_study(asked)
        assert refused.value.status == 422


def test_too_much_work_is_refused_with_how_much_would_do() -> None:
    heavy = {"network": {"layers": [{"units": 256}] * 8}}
    refused = refusal(configs=[heavy], seeds=20, steps=100_000)
    assert refused.first.field == "steps"
    most = int("".join(filter(str.isdigit, refused.first.message["en"].split("at most ")[1].split(" steps")[0])))
    assert 0.99 * MAX_SECONDS < sum(small(configs=[heavy], seeds=20, steps=most).seconds) <= MAX_SECONDS
    # A batch that grows counts as large as it gets, and a climb as another look.
    growing = {"batch_schedule": {"id": "linear_growth", "steps": 1, "largest": 5000}}
    kinds = [{**heavy, "training": {"batch_size": 4, **each}} for each in ({}, growing, {"optimizer": {"id": "sam"}})]
    usual, grown, climbed = (small(configs=[each]).seconds[0] for each in kinds)
    assert grown > 3 * usual
    assert usual < climbed < 2.01 * usual
    refused = refusal(configs=[{}] * 64, seeds=20, steps=100, points=100)
    assert refused.first.field == "points"
    assert f"at most {MAX_MEASUREMENTS // (64 * 20)} points" in refused.first.message["en"]
    wide = {"network": {"layers": [{"units": 512}] * 8}}
    assert refusal(configs=[{}, wide]).first.field == "configs.1.network.layers"


# The learning rates of a fair race


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS), ids=lambda optimizer: optimizer.id)
def test_learning_rates_to_try_lie_about_the_default_on_one_ladder(optimizer: Any) -> None:
    rates = learning_rates(optimizer)
    default = next(param for param in optimizer.params if param.id == "learning_rate").default
    assert len(rates) == 7
    assert rates == sorted(set(rates))
    assert all(f"{rate:e}"[0] in "13" and rate == float(f"{rate:.0e}") for rate in rates)
    assert rates[2] < default < rates[4]
    assert rates[-1] / rates[0] >= 900
    for rate in rates:
        resolve({"training": {"optimizer": {"id": optimizer.id, "learning_rate": rate}}})
