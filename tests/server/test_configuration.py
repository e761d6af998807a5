"""Completing and changing a configuration: what is merged, what follows, what restarts."""

from __future__ import annotations

from typing import Any

import pytest

from kernels.network import DenseSpec
from server.configuration import (
    DEFAULT,
    layout_of,
    needs_new_weights,
    network_spec,
    resolve,
    steps_per_epoch,
    training_size,
    training_spec,
)
from server.problems import Refused
from server.schema import MAX_WORK, DenseConfig


def test_nothing_asked_gives_the_complete_default() -> None:
    assert resolve({}) == DEFAULT
    assert resolve(DEFAULT.as_dict()) == DEFAULT


def test_objects_are_merged_and_lists_replaced() -> None:
    config = resolve({"training": {"optimizer": {"beta1": 0.5}}, "network": {"layers": [{"units": 3}]}})
    assert config.training.optimizer.params()["beta1"] == 0.5
    assert config.training.batch_size == DEFAULT.training.batch_size
    (layer,), usual = config.network.layers, DEFAULT.network.layers[0]
    assert isinstance(layer, DenseConfig)
    assert layer == usual.model_copy(update={"units": 3})


def test_another_variant_takes_its_own_defaults_but_keeps_what_is_the_very_same_parameter() -> None:
    config = resolve({"data": {"dataset": {"samples": 700, "noise": 0.3}}})
    config = resolve({"data": {"dataset": {"id": "circle"}}}, config)
    assert config.data.dataset.params() == {"samples": 700, "noise": 0.3}
    config = resolve(
        {"training": {"optimizer": {"id": "sgd"}}}, resolve({"training": {"optimizer": {"learning_rate": 9.0}}})
    )
    assert config.training.optimizer.params()["learning_rate"] != 9.0
    config = resolve({"data": {"dataset": {"id": "circle", "noise": 0.0}}}, config)
    assert config.data.dataset.params()["noise"] == 0.0


@pytest.mark.parametrize(
    ("dataset", "loss"), [("circle", "binary_cross_entropy"), ("plane", "mse"), ("digits", "softmax_cross_entropy")]
)
def test_the_loss_follows_the_task(dataset: str, loss: str) -> None:
    assert resolve({"data": {"dataset": {"id": dataset}}}).training.loss.id == loss


def test_a_loss_that_fits_is_kept() -> None:
    config = resolve({"training": {"loss": {"id": "mse"}}})
    assert resolve({"data": {"dataset": {"id": "xor"}}}, config).training.loss.id == "mse"


def test_a_loss_that_nobody_chose_goes_with_its_task() -> None:
    regression = resolve({"data": {"dataset": {"id": "plane"}}})
    assert regression.training.loss.id == "mse"
    assert resolve({"data": {"dataset": {"id": "digits"}}}, regression).training.loss.id == "softmax_cross_entropy"
    assert resolve({"data": {"dataset": {"id": "sine"}}}, regression).training.loss.id == "mse"
    named = {"data": {"dataset": {"id": "digits"}}, "training": {"loss": {"id": "mse"}}}
    assert resolve(named, regression).training.loss.id == "mse"
    huber = resolve({"training": {"loss": {"id": "huber"}}}, regression)
    assert resolve({"data": {"dataset": {"id": "digits"}}}, huber).training.loss.id == "huber"


def test_a_loss_that_does_not_fit_is_refused_with_those_that_do() -> None:
    with pytest.raises(Refused) as refusal:
        resolve({"data": {"dataset": {"id": "digits"}}, "training": {"loss": {"id": "binary_cross_entropy"}}})
    assert refusal.value.first.field == "training.loss"
    assert "softmax_cross_entropy" in refusal.value.first.bound


def test_the_batch_shrinks_with_the_data_unless_it_is_asked_for() -> None:
    config = resolve({"training": {"batch_size": training_size(DEFAULT.data)}})
    smaller = {"data": {"dataset": {"samples": 100}, "train_share": 0.1}}
    assert resolve(smaller, config).training.batch_size == 10
    with pytest.raises(Refused) as refusal:
        resolve({**smaller, "training": {"batch_size": 11}}, config)
    assert (refusal.value.first.field, refusal.value.first.bound) == ("training.batch_size", "1 <= batch_size <= 10")


@pytest.mark.parametrize(
    ("layer", "fitting"),
    [
        ({"units": 9}, "1, 3, 9"),
        ({"units": 9, "activation": {"id": "maxout", "pieces": 5}}, "1, 3, 5, 9, 15, 45"),
    ],
)
def test_groups_must_divide_what_is_normalized(layer: dict[str, Any], fitting: str) -> None:
    normalization = {"id": "group_norm", "groups": 2}
    with pytest.raises(Refused) as refusal:
        resolve({"network": {"layers": [{}, {**layer, "normalization": normalization}]}})
    problem = refusal.value.first
    assert problem.field == "network.layers.1.normalization.groups"
    assert problem.bound == f"groups is one of: {fitting}"
    assert "another number of units" in problem.message["en"]
    after = {**layer, "activation": {"id": "simple_gate"}, "normalization": {**normalization, "position": 1}}
    with pytest.raises(Refused):
        resolve({"network": {"layers": [after]}})
    before = {**after, "normalization": normalization}
    assert layout_of(resolve({"network": {"layers": [before]}})).stages[0].shape == (9,)


def test_what_is_not_available_is_refused_with_its_reason() -> None:
    with pytest.raises(Refused) as refusal:
        resolve({"network": {"layers": [{"normalization": {"id": "instance_norm"}}]}})
    problem = refusal.value.first
    assert problem.field == "network.layers.0.normalization"
    assert "needs images" in problem.message["en"]
    assert "图像" in problem.message["zh"]
    assert "layer_norm" in problem.bound
    assert "instance_norm" not in problem.bound


def test_the_product_of_multiplications_and_batch_is_bounded() -> None:
    wide: dict[str, Any] = {"layers": [{"units": 512}] * 32}
    big = {"network": wide, "data": {"dataset": {"samples": 5000}}, "training": {"batch_size": 61}}
    most = MAX_WORK // layout_of(resolve(big)).weight_count
    assert resolve({**big, "training": {"batch_size": most}}).training.batch_size == most
    with pytest.raises(Refused) as refusal:
        resolve({**big, "training": {"batch_size": most + 1}})
    assert refusal.value.first.field == "training.batch_size"
    assert str(MAX_WORK) in refusal.value.first.bound
    assert str(most) in refusal.value.first.message["en"]
    images: dict[str, Any] = {"dataset": {"id": "digits"}}
    filters = {"kind": "conv", "filters": 64, "kernel": 7}
    config = resolve({"data": images, "network": {"layers": [filters] * 8}, "training": {"batch_size": 5}})
    assert layout_of(config).weight_count * 64 < MAX_WORK
    with pytest.raises(Refused) as refusal:
        resolve({"training": {"batch_size": 6}}, config)
    assert refusal.value.first.field == "training.batch_size"
    with pytest.raises(Refused) as refusal:
        resolve({"data": {"dataset": {"id": "strokes"}}, "training": {"batch_size": 1}}, config)
    assert refusal.value.first.field == "network.layers"
    assert "pool earlier" in refusal.value.first.message["en"]


@pytest.mark.parametrize(
    "live",
    [
        {"training": {"optimizer": {"learning_rate": 0.5}}},
        {"training": {"optimizer": {"id": "sgd"}}},
        {"training": {"schedule": {"id": "step"}}},
        {"training": {"regularizers": [{"id": "l1"}]}},
        {"training": {"batch_size": 7}},
        {"training": {"clipping": {"id": "by_norm"}}},
        {"training": {"sampling": {"id": "sorted"}}},
        {"training": {"warmup": 100}},
        {"training": {"loss": {"id": "hinge"}}},
        {"training": {"momentum_schedule": {"id": "linear"}}},
        {"training": {"batch_schedule": {"id": "linear_growth"}}},
        {"training": {"averaging": {"id": "polyak"}}},
        {"training": {"stopping": {"id": "patience"}}},
        {"training": {"switch": {"step": 100, "optimizer": {"id": "sgd"}}}},
        {"network": {"layers": [{**layer.model_dump(), "dropout": 0.5} for layer in DEFAULT.network.layers]}},
        {"network": {"layers": [{**layer.model_dump(), "dropconnect": 0.5} for layer in DEFAULT.network.layers]}},
        {"network": {"input": {"dropout": 0.5}}},
        {"speed": "full"},
    ],
)
def test_what_may_change_while_training(live: dict[str, Any]) -> None:
    config = resolve(live)
    assert config != DEFAULT
    assert not needs_new_weights(DEFAULT, config)


@pytest.mark.parametrize(
    "restarting",
    [
        {"seed": 2},
        {"data": {"seed": 2}},
        {"data": {"train_share": 0.6}},
        {"data": {"dataset": {"noise": 0.2}}},
        {"data": {"dataset": {"id": "circle"}}},
        {"data": {"features": ["x1"]}},
        {"data": {"preprocessing": {"id": "none"}}},
        {"network": {"layers": []}},
        {"network": {"layers": [{"activation": {"id": "relu"}}, {}, {}]}},
        {"network": {"layers": [{"normalization": {"id": "batch_norm"}}, {}, {}]}},
        {"network": {"layers": [{"normalization": {"id": "batch_norm", "position": 1}}, {}, {}]}},
        {"network": {"layers": [{"activation": {"id": "maxout", "pieces": 3}}, {}, {}]}},
        {"network": {"output": {"initializer": {"id": "zeros"}}}},
        {"network": {"output": {"bias_initializer": {"id": "prior"}}}},
        {"network": {"layers": [{"bias_initializer": {"id": "constant"}}, {}, {}]}},
    ],
)
def test_what_takes_new_weights(restarting: dict[str, Any]) -> None:
    assert needs_new_weights(DEFAULT, resolve(restarting))


def test_the_kernels_get_what_was_chosen() -> None:
    config = resolve(
        {
            "data": {"features": ["x1", "sin_x2", "x1_x2"]},
            "network": {
                "layers": [
                    {"units": 5, "dropconnect": 0.3, "activation": {"id": "leaky_relu", "slope": 0.2}, "dropout": 0.25}
                ],
                "input": {"dropout": 0.1},
            },
            "training": {
                "regularizers": [{"id": "l2", "rate": 0.5}],
                "optimizer": {"id": "sgd", "learning_rate": 2},
                "clipping": {"id": "by_value", "limit": 0.25},
                "sampling": {"id": "with_replacement"},
                "warmup": 40,
                "batch_schedule": {"id": "step_growth", "every": 70},
                "averaging": {"id": "exponential", "decay": 0.5},
                "stopping": {"id": "patience", "patience": 3},
                "switch": {"step": 90, "optimizer": {"id": "momentum", "momentum": 0.5}},
                "momentum_schedule": {"id": "linear", "start": 0.25},
            },
        }
    )
    network, training = network_spec(config), training_spec(config)
    assert (network.inputs, network.outputs, len(network.layers)) == (3, 1, 1)
    layer = network.layers[0]
    assert isinstance(layer, DenseSpec)
    assert (layer.units, layer.dropout) == (5, 0.25)
    assert (layer.dropconnect, network.input_dropout) == (0.3, 0.1)
    assert layer.activation.params == {"slope": 0.2}
    assert training.optimizer.params == {"learning_rate": 2}
    assert [(choice.id, choice.params) for choice in training.regularizers] == [
        ("l2", config.training.regularizers[0].params())
    ]
    assert training.regularizers[0].params["rate"] == 0.5
    assert (training.clipping.id, training.clipping.params) == ("by_value", {"limit": 0.25})
    assert (training.sampling.id, training.warmup) == ("with_replacement", 40)
    assert training.batch_schedule.params["every"] == 70
    assert training.averaging.params == {"decay": 0.5}
    assert (training.stopping.id, training.stopping.params["patience"]) == ("patience", 3)
    assert training.momentum_schedule.params["start"] == 0.25
    assert training.switch is not None
    assert (training.switch.step, training.switch.optimizer.params["momentum"]) == (90, 0.5)
    digits = network_spec(resolve({"data": {"dataset": {"id": "digits"}}}))
    assert (digits.shape, digits.inputs, digits.outputs) == ((1, 8, 8), 64, 10)


INVERSE = {"training": {"schedule": {"id": "cyclic"}, "momentum_schedule": {"id": "inverse_cycle"}}}


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"training": {"optimizer": {"id": "sgd"}, "momentum_schedule": {"id": "linear"}}}, "", "adam"),
        ({"training": {"momentum_schedule": {"id": "inverse_cycle"}}}, "", "one_cycle, cyclic"),
        ({"network": {"layers": [{}, {"bias_initializer": {"id": "prior"}}]}}, "network.layers.1", "no targets"),
    ],
)
def test_choices_that_cannot_act_are_refused_with_the_reason(asked: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(Refused) as refusal:
        resolve(asked)
    problem = refusal.value.first
    assert problem.field == (f"{field}.bias_initializer" if field else "training.momentum_schedule")
    assert words in problem.message["en"]


@pytest.mark.parametrize("change", [{"optimizer": {"id": "sgd"}}, {"schedule": {"id": "step"}}])
def test_a_momentum_schedule_that_no_longer_fits_gives_way(change: dict[str, Any]) -> None:
    base = resolve(INVERSE)
    assert resolve({"training": change}, base).training.momentum_schedule.id == "constant"
    assert resolve({"training": {"optimizer": {"id": "momentum"}}}, base).training.momentum_schedule.id != "constant"
    with pytest.raises(Refused):
        resolve({"training": {**change, "momentum_schedule": {"id": "inverse_cycle"}}}, base)


def test_the_steps_of_an_epoch_follow_the_batch_size() -> None:
    config = resolve({"training": {"batch_schedule": {"id": "step_growth", "every": 10, "gamma": 2.0}}})
    assert [steps_per_epoch(config, step) for step in (0, 9, 10, 20, 1000)] == [16, 16, 8, 4, 2]


def test_a_batch_that_grows_counts_as_grown() -> None:
    wide = {"units": 512}
    asked = {
        "data": {"dataset": {"samples": 5000}, "train_share": 0.9},
        "network": {"layers": [wide, wide]},
        "training": {"batch_schedule": {"id": "linear_growth", "largest": 4000}},
    }
    with pytest.raises(Refused) as refusal:
        resolve(asked)
    assert refusal.value.first.field == "training.batch_size"
