"""Every preset is valid, runs, and shows what its sentence promises. All runs are seeded, so these are facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.trainer import Trainer
from server.configuration import DEFAULT, resolve
from server.plans import pace_of
from server.preparation import PreparedData, prepare
from server.presets import PRESETS, catalogue
from server.runs import build_trainer
from server.schema import RunConfig

#: What a person waits for at the most, at the pace of "auto".
SECONDS = 35
CHANCE = math.log(2)

Values = NDArray[np.float64]


class Show:
    """A configuration in training, and what the page would draw of it."""

    def __init__(self, config: RunConfig, data: PreparedData | None = None) -> None:
        self.config = config
        self.trainer: Trainer = build_trainer(config, data or prepare(config.data))
        self.columns = self.trainer.layout.columns

    def at(self, step: int) -> Show:
        """Train on until that step, or until it diverges."""
        assert step >= self.trainer.step
        assert step <= SECONDS * pace_of(self.config), "nobody waits that long"
        self.trainer.train(step - self.trainer.step)
        return self

    def value(self, name: str) -> float:
        """A column of the run as it is now."""
        places = [i for i, column in enumerate(self.columns) if column.name == name and column.layer is None]
        return float(self.trainer.stats[places[0]])

    def by_layer(self, name: str) -> list[float]:
        """A column of every layer, the output's last."""
        places = [
            i for i, column in enumerate(self.columns)
            if column.name == name and column.layer is not None
            and (column.tensor is None or column.tensor.endswith("weight"))
        ]  # fmt: skip
        return [float(self.trainer.stats[place]) for place in places]

    def series(self, name: str) -> Values:
        """A column of the whole run, as far as it was recorded."""
        place = next(i for i, column in enumerate(self.columns) if column.name == name)
        return np.asarray(self.trainer.records(0).values[:, place], np.float64)

    def weights(self, name: str) -> Values:
        """A tensor as it is now."""
        tensor = self.trainer.layout.tensor(name)
        flat = self.trainer.parameters[tensor.offset : tensor.offset + tensor.size]
        return np.asarray(flat, np.float64).reshape(tensor.shape)


def show(name: str, **changes: Any) -> Show:
    """A preset in training, with parts of its configuration changed, to compare it with."""
    return Show(resolve(changes, resolve(PRESETS[name].config)))


def homework() -> None:
    run = show("homework")
    x, w, v = np.array([0.2, 0.3]), np.array([[0.5, -0.4], [0.8, 0.6]]), np.array([0.7, -0.2])
    for index, value in enumerate([*w.flat, *v]):
        run.trainer.set_parameter("layer1.weight" if index < 4 else "output.weight", index % 4, float(value))
    run.at(1)
    a, error = np.maximum(w @ x, 0), float(v @ np.maximum(w @ x, 0)) - 1
    assert run.value("loss") == pytest.approx(error**2 / 2)
    np.testing.assert_allclose(run.weights("output.weight")[0], v - error * a, rtol=1e-6)
    np.testing.assert_allclose(run.weights("layer1.weight"), w - np.outer(error * v * (a > 0), x), rtol=1e-6)


def spiral() -> None:
    run = show("spiral").at(240)
    assert run.value("test_accuracy") < 0.75
    assert run.at(round(10 * pace_of(run.config))).value("test_accuracy") > 0.97


def xor_linear() -> None:
    run = show("xor_linear").at(1200)
    assert abs(run.value("train_loss") - CHANCE) < 0.005
    assert run.value("test_accuracy") < 0.65


def xor_hidden() -> None:
    run = show("xor_hidden").at(1200)
    assert run.value("test_accuracy") > 0.99
    assert run.weights("layer1.weight").shape[0] == 4


def right_inputs() -> None:
    run = show("right_inputs").at(600)
    assert run.trainer.layout.parameter_count == 3
    assert run.value("test_accuracy") == run.value("train_accuracy") == 1.0


def digits() -> None:
    assert show("digits").at(1000).value("test_accuracy") > 0.95


def rate_too_high() -> None:
    run = show("rate_too_high").at(40)
    losses = run.series("loss")
    assert (losses[10:] > losses[9:-1]).mean() > 0.9, "the loss grows in nearly every step"
    assert run.at(600).trainer.diverged is not None


def rate_too_low() -> None:
    run = show("rate_too_low").at(1)
    before = run.value("train_loss")
    run.at(1200)
    assert 0 < before - run.value("train_loss") < 0.002
    assert min(run.by_layer("gradient_norm")) > 0.01
    ratios = np.divide(run.by_layer("update_norm"), run.by_layer("weight_norm"))
    assert ratios.max() < 1e-4


def momentum() -> None:
    plain = {"optimizer": {"id": "sgd", "learning_rate": 0.0006}}
    along, crawling = show("momentum").at(150), show("momentum", training=plain).at(150)
    floor = 0.0024
    assert along.value("train_loss") - floor < 0.1 * (crawling.value("train_loss") - floor)
    # The ravine: the curvatures of the loss, eigenvalues of the inputs' second moments.
    x = prepare(along.config.data).training.x_train
    curvatures = np.linalg.eigvalsh(x.T @ x)
    assert curvatures[-1] > 30 * curvatures[0]


def batch_of_one() -> None:
    single, whole = show("batch_of_one").at(500), show("batch_of_one", training={"batch_size": 250}).at(500)
    jumps = [float(np.abs(np.diff(run.series("loss")[100:])).mean()) for run in (single, whole)]
    assert jumps[0] > 5 * jumps[1]
    assert abs(single.value("train_loss") - whole.value("train_loss")) < 0.03


def adagrad_dry() -> None:
    run = show("adagrad_dry").at(10)
    first = run.by_layer("update_norm")
    run.at(2400)
    assert max(np.divide(run.by_layer("update_norm"), first)) < 0.3
    assert run.value("train_loss") > 0.5
    adam = {"optimizer": {"id": "adam", "learning_rate": 0.01}}
    assert show("adagrad_dry", training=adam).at(2400).value("train_loss") < 0.1


def sorted_batches() -> None:
    run = show("sorted_batches")
    accuracies = [run.at(step).value("test_accuracy") for step in range(10, 1010, 10)]
    assert np.mean(accuracies) < 0.55
    losses = run.series("loss")
    assert losses.max() > 10 * np.median(losses), "it swings"
    shuffled = show("sorted_batches", training={"sampling": {"id": "shuffled"}}).at(5000)
    assert shuffled.value("test_accuracy") > run.at(5000).value("test_accuracy") + 0.1


def vanishing_gradients() -> None:
    run = show("vanishing_gradients")
    for step in (1, 200, 1200):
        norms = run.at(step).by_layer("gradient_norm")
        assert norms[0] < 1e-4 * norms[-1]
    assert abs(run.value("train_loss") - CHANCE) < 0.01


def exploding_gradients() -> None:
    norms = show("exploding_gradients").at(1).by_layer("gradient_norm")
    assert norms[0] > 20 * norms[-1]
    assert sorted(norms[1:-1], reverse=True) == norms[1:-1], "each layer multiplies"


def clipped_gradients() -> None:
    run = show("clipped_gradients").at(1)
    assert np.linalg.norm(run.by_layer("gradient_norm")) <= 1.0
    run.at(2400)
    unclipped = show("exploding_gradients").at(2400)
    assert run.value("test_accuracy") > 0.85
    longest = [float(other.series("update_norm").max()) for other in (run, unclipped)]
    assert longest[0] <= 0.03 < 0.1 * longest[1], "the rate times the limit"


def deep_xavier() -> None:
    run = show("deep_xavier").at(1)
    deviations = run.by_layer("activation_std")
    assert deviations[29] < 1e-4 * deviations[0]
    assert run.at(3000).value("test_accuracy") < 0.55


def deep_he() -> None:
    run = show("deep_he").at(1)
    deviations = run.by_layer("activation_std")
    assert 0.1 < deviations[29] / deviations[0] < 10
    assert run.at(600).value("test_accuracy") > 0.95


def batch_norm_rescue() -> None:
    run = show("batch_norm_rescue").at(1200)
    assert run.value("test_accuracy") > 0.95
    layers = [{**layer, "normalization": {"id": "none"}} for layer in run.config.as_dict()["network"]["layers"]]
    without = show("batch_norm_rescue", network={"layers": layers}).at(1200)
    assert without.value("test_accuracy") < 0.55


def dying_relu() -> None:
    run = show("dying_relu").at(1)
    assert max(run.by_layer("activation_zeros")) < 0.6
    run.at(1200)
    assert max(run.by_layer("activation_zeros")) == 1.0
    assert max(run.by_layer("gradient_norm")) == 0.0
    assert abs(run.value("train_loss") - CHANCE) < 0.01


def zero_weights() -> None:
    run = show("zero_weights").at(2400)
    for name in ("layer1.weight", "layer2.weight"):
        weights = run.weights(name)
        assert np.abs(weights).max() > 0.5, "they move"
        assert np.ptp(weights, axis=0).max() == 0, "but all in the same way"
    layers = [{**layer, "initializer": {"id": "xavier_uniform"}} for layer in run.config.as_dict()["network"]["layers"]]
    different = show("zero_weights", network={"layers": layers, "output": {"initializer": {"id": "xavier_uniform"}}})
    assert different.at(2400).value("train_loss") < 0.6 * run.value("train_loss")


def saturated_units() -> None:
    run = show("saturated_units").at(1)
    assert np.mean(run.by_layer("activation_saturated")[:3]) > 0.8
    run.at(1200)
    assert np.mean(run.by_layer("activation_saturated")[:3]) > 0.75
    assert run.value("test_accuracy") < 0.7


def step_activation() -> None:
    run = show("step_activation").at(1)
    hidden, output = run.weights("layer2.weight"), run.weights("output.weight")
    run.at(1200)
    assert run.by_layer("gradient_norm")[:2] == [0.0, 0.0]
    assert np.array_equal(run.weights("layer2.weight"), hidden)
    assert not np.array_equal(run.weights("output.weight"), output)


def overfitting() -> None:
    run = show("overfitting").at(200)
    train, test = run.value("train_loss"), run.value("test_loss")
    assert run.trainer.layout.parameter_count == 1185
    assert run.config.data.train_share * run.config.data.dataset.params()["samples"] == 100
    run.at(3000)
    assert run.value("train_loss") < 0.5 * train
    assert run.value("test_loss") > 3 * test


def dropout() -> None:
    run, without = show("dropout").at(2400), show("overfitting").at(2400)
    assert run.value("test_loss") < 0.4 * without.value("test_loss")
    assert run.value("test_loss") < 2.5 * run.value("train_loss")


def weight_decay() -> None:
    run, without = show("weight_decay").at(400), show("overfitting").at(2400)
    early = run.value("test_loss")
    run.at(2400)
    assert run.value("test_loss") < 1.2 * early
    assert run.value("test_loss") < 0.3 * without.value("test_loss")


def label_smoothing() -> None:
    run, sharp = show("label_smoothing").at(2000), show("digits").at(2000)
    assert run.value("train_loss") > 0.4 > 100 * sharp.value("train_loss")
    assert abs(run.value("test_accuracy") - sharp.value("test_accuracy")) < 0.015
    assert run.by_layer("activation_std")[-1] < 0.5 * sharp.by_layer("activation_std")[-1]


def cnn_digits() -> None:
    run = show("cnn_digits").at(1600)
    assert run.trainer.layout.parameter_count == 1898
    assert run.value("test_accuracy") > 0.98


def lenet() -> None:
    run = show("lenet").at(150)
    layout = run.trainer.layout
    assert [stage.shape[-1] for stage in layout.stages[:4]] == [28, 14, 10, 5]
    assert [stage.shape[0] for stage in layout.stages[:4]] == [6, 6, 16, 16]
    assert layout.parameter_count == 61706
    dense = sum(tensor.size for tensor in layout.tensors if tensor.name.startswith(("layer5", "layer6", "output")))
    assert dense > 0.95 * layout.parameter_count
    run.trainer.observe()
    assert run.value("test_accuracy") > 0.94


def shapes_dense() -> None:
    run = show("shapes_dense").at(2000)
    run.trainer.observe()
    assert run.trainer.layout.parameter_count == 6334
    assert run.value("train_accuracy") > 0.99
    assert run.value("test_accuracy") < 0.67


def shapes_conv() -> None:
    run, dense = show("shapes_conv").at(600), show("shapes_dense")
    run.trainer.observe()
    assert run.trainer.layout.parameter_count == 5958 < dense.trainer.layout.parameter_count
    assert run.config.data == dense.config.data
    assert run.value("test_accuracy") > 0.88


def read_when_shifted(run: Show) -> list[float]:
    """The shares of the test pictures that are read where they lie, and four pixels aside, or three both ways."""
    data, shares = prepare(run.config.data), []
    pictures = data.training.x_test.reshape(-1, 28, 28)
    for shift in ((0, 0), (0, 4), (-4, 0), (3, -3)):
        shifted = np.ascontiguousarray(np.roll(pictures, shift, (1, 2)).reshape(len(pictures), -1))
        there = Show(run.config, replace(data, training=replace(data.training, x_test=shifted)))
        there.trainer.restore(run.trainer.state())
        there.trainer.observe()
        shares.append(there.value("test_accuracy"))
    return shares


def global_pooling() -> None:
    run = show("global_pooling").at(400)
    layers = run.config.as_dict()["network"]["layers"]
    lost = show("global_pooling", network={"layers": layers[:-1]}).at(200)
    assert min(read_when_shifted(run)) > 0.95
    centre, *aside = read_when_shifted(lost)
    assert centre > 0.95
    assert max(aside) < 0.5


def deep_conv_xavier() -> None:
    run = show("deep_conv_xavier").at(1)
    activations = run.by_layer("activation_std")
    assert activations[29] < 1e-4 * activations[0]
    run.at(120).trainer.observe()
    assert run.value("train_loss") > 2.25


def deep_conv_he() -> None:
    run = show("deep_conv_he").at(1)
    activations = run.by_layer("activation_std")[:30]
    assert max(activations) < 4 * min(activations)
    run.at(150).trainer.observe()
    assert run.value("train_loss") < 1


def deep_conv_skips() -> None:
    run = show("deep_conv_skips").at(1)
    assert run.by_layer("activation_std")[29] > run.by_layer("activation_std")[0]
    run.at(100).trainer.observe()
    assert run.value("test_accuracy") > 0.75


PROMISES: dict[str, Callable[[], None]] = {
    check.__name__: check
    for check in (
        homework, spiral, xor_linear, xor_hidden, right_inputs, digits, rate_too_high, rate_too_low, momentum,
        batch_of_one, adagrad_dry, sorted_batches, vanishing_gradients, exploding_gradients, clipped_gradients,
        deep_xavier, deep_he, batch_norm_rescue, dying_relu, zero_weights, saturated_units, step_activation,
        overfitting, dropout, weight_decay, label_smoothing, cnn_digits, lenet, shapes_dense, shapes_conv,
        global_pooling, deep_conv_xavier, deep_conv_he, deep_conv_skips,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_it_shows_what_it_promises(name: str) -> None:
    PROMISES[name]()


def test_every_promise_is_that_of_a_preset() -> None:
    assert PROMISES.keys() == PRESETS.keys()


def test_the_catalogue_holds_complete_configurations_that_all_differ() -> None:
    entries = catalogue()
    assert [entry["id"] for entry in entries] == list(PRESETS)
    configs = [DEFAULT.as_dict(), *(entry["config"] for entry in entries)]
    for config in configs:
        assert resolve(config).as_dict() == config
    assert all(first != second for i, first in enumerate(configs) for second in configs[:i])


def test_the_entries_of_a_group_stand_together_and_are_told_apart_in_both_languages() -> None:
    for language in ("en", "zh"):
        groups = [preset.group[language] for preset in PRESETS.values()]
        runs = [group for i, group in enumerate(groups) if i == 0 or groups[i - 1] != group]
        assert len(runs) == len(set(runs))
        labels = [preset.label[language] for preset in PRESETS.values()]
        assert len(set(labels)) == len(labels)
