"""Runs that are ill are found to be so, five seeds each, and healthy ones are left in peace. All of it is seeded."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from kernels.diagnosis import ILLNESSES, Evidence, Finding
from server import diagnosing
from server.channels import Channel
from server.commands import Configure, Pause, Reset
from server.configuration import resolve
from server.diagnosing import CONFIRMED, LEAST_INTERVAL, WITHDRAWN, Physician
from server.preparation import prepare
from server.presets import PRESETS
from server.presets.preset import RELU, Config, choice, network, trained
from server.publications import Event, Publication
from server.runs import Run, build_trainer
from server.schema import RunConfig
from tests.server.support import Wire
from tests.server.test_channels import everything, joined, plan

#: How often a run is looked at on its way.
LOOKS = 12
SEEDS = range(1, 6)

Findings = list[dict[str, Any]]


def course(config: RunConfig, steps: int) -> list[Findings]:
    """What is told, every time that it changes, of a run that is looked at on its way to a step."""
    data = prepare(config.data)
    trainer = build_trainer(config, data)
    trainer.observe()
    physician, told = Physician(lambda: 0.0), []
    for look in range(1, LOOKS + 1):
        trainer.train(steps * look // LOOKS - trainer.step)
        standing = trainer.diverged is not None
        findings = physician.look(trainer, config, data, now=10.0 * look, standing=standing)
        if findings is not None:
            told.append(findings)
        if standing:
            break
    return told


def ids(findings: Findings) -> list[str]:
    return [finding["illness"] for finding in findings]


def seeded(config: Config, seed: int) -> RunConfig:
    return resolve({**config, "seed": seed, "data": {**config.get("data", {}), "seed": seed}})


_SIGMOID: Config = {"activation": choice("sigmoid")}

#: Runs that have an illness, and after how many steps it must have been told.
ILL: dict[str, tuple[Config, int]] = {
    "vanishing": ({"network": network(8, 8, **_SIGMOID), "training": trained("sgd", 0.3)}, 120),
    "exploding": (PRESETS["exploding_gradients"].config, 120),
    "saturated": (PRESETS["saturated_units"].config, 200),
    "dead": ({"network": network(3, 8, **RELU), "training": trained("adam", 0.3)}, 800),
    "symmetric": (PRESETS["zero_weights"].config, 200),
    "diverged": (PRESETS["rate_too_high"].config, 600),
    "plateau": (PRESETS["xor_linear"].config, 1200),
    "overfitting": (PRESETS["overfitting"].config, 2400),
    "rate_too_high": ({"training": trained("sgd", 10.0)}, 240),
    "rate_too_low": (PRESETS["rate_too_low"].config, 240),
    "noisy_statistics": (
        {"network": network(2, 16, **RELU, normalization=choice("batch_norm")), "training": {"batch_size": 4}},
        120,
    ),
}

#: From which steps on, first to last, these runs have what they have: most of them from the beginning, and of some the
#: first records are still healthy.
SINCE: dict[str, tuple[int, int]] = {
    "vanishing": (1, 1),
    "exploding": (1, 40),
    "saturated": (1, 1),
    "dead": (2, 100),
    "symmetric": (0, 0),
    "diverged": (100, 500),
    "plateau": (1, 400),
    "overfitting": (5, 120),
    "rate_too_high": (50, 100),
    "rate_too_low": (1, 1),
    "noisy_statistics": (1, 1),
}


@pytest.mark.parametrize(("illness", "seed"), [*itertools.product(ILL, SEEDS)])
def test_an_ill_run_is_found_to_be_so(illness: str, seed: int) -> None:
    config, steps = ILL[illness]
    told = course(seeded(config, seed), steps)
    assert told, "nothing was found"
    assert illness in ids(told[-1])
    finding = next(each for each in told[-1] if each["illness"] == illness)
    first, last = SINCE[illness]
    assert first <= finding["since"] <= last


def test_every_illness_has_runs_that_have_it() -> None:
    assert ILL.keys() == set(ILLNESSES.variants)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_default_run_is_left_in_peace(seed: int) -> None:
    assert course(seeded({}, seed), 12_000) == []


#: Healthy runs on other data, by other optimizers, deep and normalized.
HEALTHY: dict[str, tuple[Config, int]] = {
    "circle": ({"data": {"dataset": choice("circle")}}, 2000),
    "xor_sgd": ({"data": {"dataset": choice("xor")}, "training": trained("sgd", 0.1)}, 2000),
    "moons_momentum": ({"data": {"dataset": choice("moons")}, "training": trained("momentum", 0.05)}, 2000),
    "plane": ({"data": {"dataset": choice("plane")}}, 2000),
    "relu": ({"network": network(3, 16, **RELU)}, 2000),
    "digits": (PRESETS["digits"].config, 1000),
    "deep_he": (PRESETS["deep_he"].config, 400),
    "normalized": (PRESETS["batch_norm_rescue"].config, 1200),
    "small_batches_of_images": (
        {
            "data": {"dataset": choice("digits", samples=300)},
            "network": {"layers": [{"kind": "conv", "filters": 8, **RELU, "normalization": choice("batch_norm")}] * 2},
            "training": {"batch_size": 4},
        },
        300,
    ),
}


@pytest.mark.parametrize(("name", "seed"), [*itertools.product(HEALTHY, SEEDS)])
def test_healthy_runs_are_left_in_peace(name: str, seed: int) -> None:
    config, steps = HEALTHY[name]
    assert course(seeded(config, seed), steps) == []


#: What presets show that show an illness; all others are healthy.
SHOWN = {
    "xor_linear": {"plateau"},
    "rate_too_high": {"rate_too_high", "diverged"},
    "rate_too_low": {"rate_too_low"},
    "vanishing_gradients": {"vanishing"},
    "exploding_gradients": {"exploding"},
    "deep_xavier": {"vanishing"},
    "dying_relu": {"dead"},
    "zero_weights": {"symmetric"},
    "saturated_units": {"saturated"},
    "step_activation": {"vanishing"},
    "overfitting": {"overfitting"},
    "shapes_dense": {"overfitting"},
    "deep_conv_xavier": {"vanishing"},
}
#: Steps where 2000 would take too long.
STEPS = {
    "lenet": 100,
    "cnn_digits": 200,
    "shapes_conv": 100,
    "global_pooling": 100,
    "deep_conv_xavier": 60,
    "deep_conv_he": 60,
    "deep_conv_skips": 60,
    "deep_xavier": 500,
    "deep_he": 500,
    "exploding_gradients": 150,
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_what_it_shows_and_nothing_else(name: str) -> None:
    told = course(resolve(PRESETS[name].config), STEPS.get(name, 2000))
    assert {illness for findings in told for illness in ids(findings)} == SHOWN.get(name, set())


SATURATED = resolve(PRESETS["saturated_units"].config)


def trainers(config: RunConfig) -> tuple[Any, Any]:
    data = prepare(config.data)
    trainer = build_trainer(config, data)
    trainer.observe()
    return trainer, data


def test_a_finding_is_told_when_it_was_made_twice_and_withdrawn_when_it_was_missed_three_times() -> None:
    trainer, data = trainers(SATURATED)
    physician = Physician(lambda: 0.0)
    now, told = 0.0, None
    while not told and now < 10 * LEAST_INTERVAL:
        trainer.train(30)
        now += LEAST_INTERVAL
        told = physician.look(trainer, SATURATED, data, now, standing=False)
    assert now == CONFIRMED * LEAST_INTERVAL
    assert told is not None
    assert ids(told) == ["saturated"]
    assert told[0]["control"] == f"network.layers.{told[0]['layer'] - 1}.initializer"
    # The same weights with a loss that is no longer half of a constant answer's: as if it had learned.
    for missed in range(1, WITHDRAWN + 1):
        trainer.train(1)
        now += LEAST_INTERVAL
        physician._constant_loss = 1e6
        findings = physician.look(trainer, SATURATED, data, now, standing=False)
        assert findings == ([] if missed == WITHDRAWN else None)


def test_a_run_is_looked_at_seldom_enough_to_cost_a_hundredth_of_its_thread() -> None:
    trainer, data = trainers(SATURATED)
    clock = itertools.count(0.0, 0.25)
    physician = Physician(lambda: next(clock))
    looks = 0
    for tenth in range(1000):
        trainer.train(1)
        before = next(clock)
        physician.look(trainer, SATURATED, data, tenth / 10, standing=False)
        looks += next(clock) > before + 0.25
    assert looks == 4, "a look of a quarter second every 25 seconds"


@pytest.mark.parametrize(("silenced", "told"), [(5, None), (6, 0.75), (8, 1.0)])
def test_dead_units_are_counted_in_a_layer_of_which_some_still_speak(silenced: int, told: float | None) -> None:
    config = resolve({"network": network(2, 8, **RELU), "training": trained("sgd", 0.01)})
    trainer, data = trainers(config)
    trainer.train(40)
    for unit in range(silenced):
        trainer.set_parameter("layer2.bias", unit, -1e3)
    trainer.train(60)
    findings = Physician(lambda: 0.0).look(trainer, config, data, 0.0, standing=True) or []
    dead = [finding for finding in findings if finding["illness"] == "dead"]
    assert [(finding["layer"], finding["number"]) for finding in dead] == ([] if told is None else [(2, told)])
    assert all(finding["samples"] == 500 for finding in dead), "all that it trains on"
    assert all(40 < finding["since"] <= 50 for finding in dead)


def test_a_divergence_is_told_with_its_step_and_with_what_was_no_longer_finite() -> None:
    config, steps = ILL["diverged"]
    trainer, data = trainers(resolve(config))
    trainer.train(steps)
    assert trainer.diverged is not None
    finding, *_ = Physician(lambda: 0.0).look(trainer, resolve(config), data, 0.0, standing=True) or []
    assert (finding["since"], finding["tensor"]) == (trainer.diverged.step, trainer.diverged.tensor)


def test_units_that_become_alike_later_are_told_since_they_were_found_so() -> None:
    config = resolve({"training": trained("sgd", 0.1)})
    trainer, data = trainers(config)
    physician = Physician(lambda: 0.0)
    for now in (0.0, 1.0):
        trainer.train(30)
        assert not physician.look(trainer, config, data, now, standing=False)
    for tensor in trainer.layout.tensors:
        if tensor.layer == 2:
            for index in range(tensor.size):
                trainer.set_parameter(tensor.name, index, 0.1)
        if tensor.layer == 3 and tensor.role == "weight":
            for index in range(tensor.size):
                trainer.set_parameter(tensor.name, index, 0.2)
    told = []
    for now in (2.0, 3.0, 4.0):
        trainer.train(30)
        told += physician.look(trainer, config, data, now, standing=False) or []
    assert [(each["illness"], each["layer"], each["since"]) for each in told] == [("symmetric", 2, 90)]


def test_statistics_are_noisy_since_the_batches_became_so_small() -> None:
    config = resolve({"network": network(2, 16, **RELU, normalization=choice("batch_norm"))})
    run = Run(config, 0.0)
    run.prepare()
    run.train(100, True, lambda: 0.0)
    run.handle(Configure(resolve({"training": {"batch_size": 4}}, config)), 0.0)
    run.train(100, True, lambda: 0.0)
    run.handle(Pause(), 0.0)
    (findings,) = diagnoses(run.diagnose(0.0))
    (noisy,) = [finding for finding in findings if finding["illness"] == "noisy_statistics"]
    assert 100 < noisy["since"] <= 110


def test_looking_for_dead_units_changes_no_bit_of_a_run() -> None:
    config = resolve(PRESETS["dying_relu"].config)
    (looked_at, data), (alone, _) = trainers(config), trainers(config)
    physician, told = Physician(lambda: 0.0), []
    for look in range(1, 13):
        for trainer in (looked_at, alone):
            trainer.train(50)
        told.append(physician.look(looked_at, config, data, 10.0 * look, standing=False) or [])
    assert any("dead" in ids(findings) for findings in told)
    assert all(np.array_equal(values, looked_at.state()[name]) for name, values in alone.state().items())


def test_a_standing_run_is_looked_at_once_and_told_at_once() -> None:
    trainer, data = trainers(SATURATED)
    trainer.train(100)
    physician = Physician(lambda: 0.0)
    findings = physician.look(trainer, SATURATED, data, 0.0, standing=True)
    assert findings is not None
    assert ids(findings) == ["saturated"]
    assert physician.look(trainer, SATURATED, data, 60.0, standing=True) is None


def diagnoses(publications: list[Publication]) -> list[Findings]:
    return [
        list(each.details["findings"]) for each in publications if isinstance(each, Event) and each.event == "diagnosis"
    ]


def test_a_run_tells_its_diagnosis_and_begins_anew_with_new_weights() -> None:
    run = Run(SATURATED, 0.0)
    run.prepare()
    run.train(100, True, lambda: 0.0)
    run.handle(Pause(), 0.0)
    assert [ids(findings) for findings in diagnoses(run.diagnose(0.0))] == [["saturated"]]
    run.handle(Reset(5), 0.0)
    run.prepare()
    assert run.diagnose(1.0) == [], "of no steps nothing can be said"
    run.train(100, True, lambda: 0.0)
    assert [ids(findings) for findings in diagnoses(run.diagnose(2.0))] == [["saturated"]]


def test_a_look_that_fails_stops_no_run_and_is_not_tried_again_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(SATURATED, 0.0)
    run.prepare()

    def exhausted(_: Evidence) -> list[Finding]:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(diagnosing, "diagnose", exhausted)
        for now in (0.0, LEAST_INTERVAL / 4, LEAST_INTERVAL / 2):
            run.train(50, True, lambda: 0.0)
            assert run.diagnose(now) == []
    assert len(caplog.records) == 1
    assert run.state == "running"
    told = []
    for look in range(1, 1 + CONFIRMED):
        run.train(50, True, lambda: 0.0)
        told = diagnoses(run.diagnose(look * LEAST_INTERVAL))
    assert [ids(findings) for findings in told] == [["saturated"]]


def test_what_changes_the_rules_is_looked_at_anew() -> None:
    config = resolve(PRESETS["exploding_gradients"].config)
    run = Run(config, 0.0)
    run.prepare()
    run.train(60, True, lambda: 0.0)
    run.handle(Pause(), 0.0)
    assert "exploding" in ids(diagnoses(run.diagnose(0.0))[0])
    run.handle(Configure(resolve({"training": {"clipping": {"id": "by_norm"}}}, config)), 0.0)
    (findings,) = diagnoses(run.diagnose(1.0))
    assert "exploding" not in ids(findings)


def test_who_comes_later_learns_what_was_found_and_new_weights_forget_it() -> None:
    channel = Channel("run", plan(), Wire())
    viewer, (hello,) = joined(channel)
    assert hello["findings"] == []
    found = [{"illness": "dead", "layer": 1, "number": 0.5, "since": 3, "control": "network.layers.0.activation"}]
    channel.take(Event("diagnosis", 1, 40, {"findings": found}))
    assert everything(channel, viewer)[-1]["findings"] == found
    assert joined(channel)[1][0]["findings"] == found
    channel.take(plan(generation=2, restarted=True))
    assert joined(channel)[1][0]["findings"] == []
