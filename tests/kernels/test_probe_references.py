"""What probes find in activations and gradients, against the reference network in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, NetworkSpec, TrainingData
from kernels.probes import PROBES, Specimen, between_samples
from kernels.probes.gradient_noise import parts
from kernels.probes.specimen import KEPT
from kernels.state import PlanInteger
from kernels.trainer import Trainer
from tests.kernels import reference
from tests.kernels.support import MSE, Floats, last_batch, make_data, make_network, make_trainer
from tests.kernels.test_determinism import build
from tests.kernels.test_probes import column, measure, trained

BATCH, HIDDEN = 12, (7, 5, 4)
#: Networks whose loss is smooth, so that differences have something to converge to.
SMOOTH: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch_norm": {"normalization": Choice("batch_norm")},
    "behind": {"normalization": Choice("batch_norm", {"position": 1}), "activation": Choice("softplus")},
    "weight_norm": {"normalization": Choice("weight_norm"), "activation": Choice("sigmoid")},
    "groups": {"normalization": Choice("layer_norm"), "activation": Choice("silu")},
}
DATA = make_data("regression", 50, inputs=3)
SAMPLES = len(DATA.x_train)


class Pair:
    """A trainer after some steps, and the reference network with its numbers."""

    def __init__(self, kind: str, steps: int = 20, **asked: Any) -> None:
        self.asked: dict[str, Any] = {"batch_size": BATCH, "hidden": HIDDEN, **SMOOTH[kind], **asked}
        self.trainer: Trainer = trained(steps, data=DATA, task="regression", **self.asked)
        inner = {name: self.asked[name] for name in ("normalization", "activation") if name in self.asked}
        self.spec = make_network(3, HIDDEN, 1, **inner)
        self.network = reference.twin(self.trainer, self.spec)

    def next_batch(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The samples of the step that comes next, and their targets."""
        other = trained(self.trainer.step + 1, data=DATA, task="regression", **self.asked)
        samples = DATA.x_train.shape[0]
        position = round(other.epoch % 1 * samples) or samples
        count = BATCH if position % BATCH == 0 else position % BATCH
        chosen = last_batch(other, count)
        return DATA.x_train[chosen].astype(float), DATA.y_train[chosen].astype(float)

    def gradient(self, moved: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The gradient of the next batch's loss, flat; elsewhere, if told how far from the present parameters."""
        return self.gradient_of(*self.next_batch(), moved)

    def gradient_of(self, x: Any, y: Any, moved: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        layout = self.trainer.layout
        network = reference.twin(self.trainer, self.spec)
        if moved is not None:
            for tensor in layout.tensors:
                step = moved[tensor.offset : tensor.offset + tensor.size]
                network.parameters[tensor.name] = network.parameters[tensor.name] + step.reshape(tensor.shape)
        _, gradients = reference.loss_and_gradients(network, MSE, x, y)
        return np.concatenate([gradients[tensor.name].reshape(-1) for tensor in layout.tensors])


def evaluated(trainer: Trainer) -> Floats:
    return trainer.parts[0].x_train[: trainer.evaluated[0]]


# Activations


@pytest.mark.parametrize("kind", list(SMOOTH))
def test_activations_are_those_of_the_evaluated_samples(kind: str) -> None:
    pair = Pair(kind)
    pair.network.forward(DATA.x_train.astype(float), training=False)
    rows = measure("activation_percentile", pair.trainer)
    histograms = measure("preactivation_histogram", pair.trainer)
    for row, entering, seen in zip(rows, histograms, pair.network.trace, strict=True):
        expected = np.percentile(np.abs(seen.a), 98), seen.a.mean(), seen.a.std()
        np.testing.assert_allclose(row, expected, rtol=2e-5, atol=2e-6)
        np.testing.assert_allclose(entering[:2], (seen.z.min(), seen.z.max()), rtol=2e-5, atol=2e-6)
        assert entering[2:].sum() == seen.z.size
        counts, _ = np.histogram(seen.z, bins=48, range=(seen.z.min(), seen.z.max()))
        assert np.abs(np.cumsum(entering[2:]) - np.cumsum(counts)).max() <= 2


def test_of_many_activations_some_are_enough() -> None:
    data = make_data("regression", 900)
    trainer = trained(1, data=data, task="regression", hidden=(200,))
    kept = Specimen(trainer).activations[0]
    assert kept.activations.size == KEPT // 200 * 200 < trainer.evaluated[0] * 200
    assert kept.entering.shape == kept.activations.shape


def dying(silenced: list[int]) -> Trainer:
    """A network with units whose bias no input overcomes."""
    trainer = trained(5, data=DATA, task="regression", activation=Choice("relu"), hidden=(6, 5))
    for unit in silenced:
        trainer.set_parameter("layer1.bias", unit, -1e3)
    return trainer


@pytest.mark.parametrize("silenced", [[], [2], [0, 3, 5], list(range(6))])
def test_dead_units_are_those_that_are_zero_for_every_sample(silenced: list[int]) -> None:
    trainer = dying(silenced)
    network = reference.twin(trainer, make_network(3, (6, 5), 1, activation=Choice("relu")))
    network.forward(DATA.x_train.astype(float), training=False)
    silent = [(seen.a == 0).all(axis=0) for seen in network.trace[:-1]]
    assert silent[0].sum() >= len(silenced)
    assert column("dead_units", trainer, "silent").tolist() == [each.sum() for each in silent]
    np.testing.assert_allclose(column("dead_units", trainer, "share"), [each.mean() for each in silent], rtol=1e-6)


def test_dead_units_are_looked_for_beyond_the_samples_that_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = dying([])
    trainer.parts[0].integers[PlanInteger.EVALUATED_TRAIN] = 8
    sums = np.sort(DATA.x_train @ trainer.parameters[:18].reshape(6, 3).T, axis=0)
    # A unit that only one sample makes speak, and that one is not evaluated.
    latest = (DATA.x_train @ trainer.parameters[:18].reshape(6, 3).T).argmax(axis=0)
    unit = int(np.flatnonzero(latest >= 8)[0])
    trainer.set_parameter("layer1.bias", unit, -float(sums[-2:, unit].mean()))
    before = column("dead_units", trainer, "silent")[0]
    assert Specimen(trainer).silence.samples == SAMPLES
    monkeypatch.setattr("kernels.probes.specimen.SILENCE_LIMIT", 0.0)
    assert Specimen(trainer).silence.samples == 8
    assert column("dead_units", trainer, "silent")[0] == before + 1


def test_a_channel_is_dead_only_where_all_its_pixels_are() -> None:
    layer = ConvSpec(2, 1, Choice("relu"), Choice("he_normal"))
    network = NetworkSpec((1, 3, 3), (layer, GlobalPoolSpec()), 1, Choice("xavier_uniform"))
    x = np.full((20, 9), -1.0, np.float32)
    x[:, 4] = 1.0
    y = np.sign(np.arange(20) % 2 - 0.5).astype(np.float32)
    trainer = Trainer(network, build("plain")._training, TrainingData(x, y, x[:8].copy(), y[:8].copy()), seed=3)
    assert [row.layer for row in PROBES["dead_units"].rows(trainer.layout)] == [1]
    for channel in (0, 1):
        trainer.set_parameter("layer1.weight", channel, 1.0)
        trainer.set_parameter("layer1.bias", channel, 0.0)
    assert column("dead_units", trainer, "silent").tolist() == [0], "one pixel speaks"
    trainer.set_parameter("layer1.bias", 1, -2.0)
    assert column("dead_units", trainer, "silent").tolist() == [1]


def test_all_samples_are_looked_at_however_few_fit_at_once() -> None:
    data = make_data("regression", 1000)
    rare = TrainingData(data.x_train.copy(), data.y_train, data.x_test, data.y_test)
    rare.x_train[:, 0] = -1.0
    rare.x_train[990, 0] = 1.0
    trainer = make_trainer(rare, task="regression", hidden=(1,), activation=Choice("relu"))
    for tensor, index, value in (("layer1.weight", 0, 1.0), ("layer1.weight", 1, 0.0), ("layer1.bias", 0, 0.0)):
        trainer.set_parameter(tensor, index, value)
    assert trainer.evaluated[0] == 1000
    assert column("dead_units", trainer, "silent").tolist() == [0]


# Gradients of the coming batch


@pytest.mark.parametrize("kind", list(SMOOTH))
@pytest.mark.parametrize("steps", [0, 20, 24])
def test_the_gradients_spread_is_that_of_the_coming_batch(kind: str, steps: int) -> None:
    pair = Pair(kind, steps)
    expected = pair.gradient()
    np.testing.assert_allclose(Specimen(pair.trainer).way_back.gradient, expected, rtol=2e-4, atol=2e-6)
    weights = [tensor for tensor in pair.trainer.layout.tensors if tensor.role == "weight"]
    deviations = [np.std(expected[tensor.offset : tensor.offset + tensor.size]) for tensor in weights]
    np.testing.assert_allclose(column("gradient_spread", pair.trainer, "weights"), deviations, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "linear"])
def test_deltas_are_a_samples_own_whatever_the_batch(activation: str) -> None:
    pair = Pair("plain", activation=Choice(activation))
    x, y = pair.next_batch()
    logits = pair.network.forward(x, training=True)
    d = 2 * (logits - y[:, None])
    expected: list[float] = []
    for seen in reversed(pair.network.trace):
        slope = {"tanh": 1 - seen.a**2, "sigmoid": seen.a * (1 - seen.a), "linear": np.ones_like(seen.a)}
        d = d * (slope[activation] if expected else 1.0)
        expected.append(float(d.std()))
        d = d @ seen.weights
    found = column("gradient_spread", pair.trainer, "backward")
    np.testing.assert_allclose(found, expected[::-1], rtol=1e-4)


@pytest.mark.parametrize("kind", list(SMOOTH))
@pytest.mark.parametrize("steps", [0, 20])
def test_the_curvature_is_that_of_the_coming_batchs_loss(kind: str, steps: int) -> None:
    pair = Pair(kind, steps)
    g = pair.gradient()
    # Differences in float64, so near that nothing of the third derivative is left.
    h = 1e-6 / np.linalg.norm(g)
    curved = g @ (pair.gradient(h * g) - pair.gradient(-h * g)) / (2 * h)
    squared, found, ratio, overshoot = measure("curvature", pair.trainer)[0].tolist()
    assert squared == pytest.approx(g @ g, rel=1e-3)
    assert found == pytest.approx(curved, rel=0.02, abs=0.005 * squared)
    assert ratio == pytest.approx(curved / (g @ g), rel=0.02, abs=0.005)
    assert overshoot == pytest.approx(Specimen(pair.trainer).coming.rate * ratio / 2, rel=1e-5)


@pytest.mark.parametrize("kind", list(SMOOTH))
@pytest.mark.parametrize("rate", [0.01, 0.5])
def test_predictability_is_how_the_gradient_changes_over_one_step(kind: str, rate: float) -> None:
    pair = Pair(kind, 10, optimizer=Choice("sgd", {"learning_rate": rate}))
    g = pair.gradient()
    change = np.linalg.norm(g - pair.gradient(-rate * g))
    found, relative = measure("predictability", pair.trainer)[0].tolist()
    assert found == pytest.approx(change, rel=2e-3, abs=2e-5 * float(np.linalg.norm(g)))
    assert relative == pytest.approx(change / np.linalg.norm(g), rel=2e-3, abs=2e-5)


class Shuffled(Specimen):
    """A network whose evaluated samples are a random choice of all, of its first samples' number."""

    def __init__(self, trainer: Trainer, seed: int, count: int) -> None:
        super().__init__(trainer)
        self.chosen = np.random.default_rng(seed).permutation(SAMPLES)[:count]

    @property
    def evaluated(self) -> tuple[Floats, Floats]:
        return DATA.x_train[self.chosen], DATA.y_train[self.chosen]


def measure_of(probe: str, specimen: Specimen) -> Floats:
    """The first row of what a probe finds in a specimen."""
    return np.asarray(PROBES[probe].measure(specimen)[0])


def noise_of(pair: Pair, batch_size: int) -> Any:
    """What the gradients of single samples say of batches around the true gradient of the whole training set."""
    x, y = DATA.x_train.astype(float), DATA.y_train.astype(float)
    full = pair.gradient_of(x, y)
    single = np.array([pair.gradient_of(x[[i]], y[[i]]) for i in range(SAMPLES)])
    of_one = np.sum((single - full) ** 2) / (SAMPLES - 1)
    # Batches are drawn without replacement: one of all samples has the full gradient.
    spread = of_one / batch_size * (1 - batch_size / SAMPLES)
    return spread, full @ full, spread / (full @ full), of_one / (full @ full)


@pytest.mark.parametrize("kind", ["plain", "weight_norm"])
@pytest.mark.parametrize("batch_size", [1, 5, 12, 30, 50])
def test_the_noise_is_the_spread_of_batches_around_the_full_gradient(kind: str, batch_size: int) -> None:
    pair = Pair(kind, batch_size=batch_size)
    edges = parts(Specimen(pair.trainer))
    assert (edges[0], edges[-1]) == (0, SAMPLES)
    assert len(edges) - 1 == max(4, SAMPLES // batch_size)
    expected = noise_of(pair, batch_size)
    found = measure("gradient_noise", pair.trainer)[0]
    np.testing.assert_allclose(found[1], expected[1], rtol=2e-3, err_msg="the full gradient itself")
    # Of single samples the spread is known; of batches it is estimated from as many as there are.
    np.testing.assert_allclose(found, expected, rtol=2e-3 if batch_size == 1 else 0.5)
    many = [measure_of("gradient_noise", Shuffled(pair.trainer, i, SAMPLES)) for i in range(300)]
    np.testing.assert_allclose(np.mean(many, axis=0), expected, rtol=0.05)


@pytest.mark.parametrize("batch_size", [1, 6])
def test_of_a_part_of_the_samples_the_noise_is_estimated_without_bias(batch_size: int) -> None:
    # The gradient is long at first, so that something is left of it whichever samples are chosen.
    pair = Pair("plain", 0, batch_size=batch_size)
    spread, full, _, noise_scale = noise_of(pair, batch_size)
    assert noise_scale / 24 > 0.1, "what is subtracted matters"
    many = [measure_of("gradient_noise", Shuffled(pair.trainer, i, 24)) for i in range(600)]
    means = np.mean(many, axis=0)
    assert means[0] == pytest.approx(spread, rel=0.05)
    assert means[1] == pytest.approx(full, rel=0.05)


def test_where_noise_leaves_nothing_of_the_gradient_nothing_is_said_of_it() -> None:
    pair = Pair("plain", 400, batch_size=1)
    found = np.array([measure_of("gradient_noise", Shuffled(pair.trainer, i, 8)) for i in range(100)])
    lost = np.isnan(found[:, 1])
    assert lost.any()
    assert np.isfinite(found[:, 0]).all()
    assert np.array_equal(np.isnan(found[:, 1:]), np.tile(lost[:, None], 3))
    assert (found[~lost] > 0).all()


def test_no_more_samples_are_compared_than_can_be_afforded(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair("plain", batch_size=5)
    monkeypatch.setattr("kernels.probes.gradient_noise.CHEAP", 6.0 * pair.trainer.layout.operations * 30)
    assert parts(Specimen(pair.trainer)).tolist() == [0, 5, 10, 15, 20, 25, 30]
    monkeypatch.setattr("kernels.probes.gradient_noise.CHEAP", 0.0)
    assert parts(Specimen(pair.trainer)).tolist() == [0, 5, 10, 15, 20]


def test_one_sample_has_no_noise_that_could_be_measured() -> None:
    data = make_data("regression", 2)
    single = TrainingData(data.x_train[:1], data.y_train[:1], data.x_test, data.y_test)
    trainer = trained(2, data=single, task="regression", batch_size=1)
    assert np.isnan(measure("gradient_noise", trainer)).all()


# Normalization


@pytest.mark.parametrize("kind", ["batch_norm", "behind"])
@pytest.mark.parametrize("steps", [0, 3, 20])
def test_statistics_are_of_the_coming_batch_and_of_those_that_were_kept(kind: str, steps: int) -> None:
    pair = Pair(kind, steps)
    x, _ = pair.next_batch()
    kept = {name: values.copy() for name, values in pair.network.running.items()}
    pair.network.forward(x, training=True)
    rows = measure("batch_statistics", pair.trainer)
    for number, (row, seen) in enumerate(zip(rows, pair.network.trace, strict=False), start=1):
        normalized = seen.a if kind == "behind" else seen.sums
        mean, variance = normalized.mean(axis=0), normalized.var(axis=0, ddof=1)
        running = kept[f"layer{number}.running_mean"], kept[f"layer{number}.running_var"]
        expected = (
            mean.mean(), running[0].mean(), math.sqrt(np.mean((mean - running[0]) ** 2)),
            variance.mean(), running[1].mean(), math.sqrt(np.mean((variance - running[1]) ** 2)),
            *(pair.network.parameters[f"layer{number}.{role}"].mean() for role in ("gamma", "beta")),
        )  # fmt: skip
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-6)
    units = measure("unit_statistics", pair.trainer).reshape(len(rows), 6, max(HIDDEN))
    for number, (row, seen) in enumerate(zip(units, pair.network.trace, strict=False), start=1):
        normalized = seen.a if kind == "behind" else seen.sums
        expected = (
            normalized.mean(axis=0), normalized.std(axis=0, ddof=1),
            kept[f"layer{number}.running_mean"], np.sqrt(kept[f"layer{number}.running_var"]),
            *(pair.network.parameters[f"layer{number}.{role}"] for role in ("gamma", "beta")),
        )  # fmt: skip
        for found, numbers in zip(row, expected, strict=True):
            np.testing.assert_allclose(found[: len(numbers)], numbers, rtol=1e-4, atol=1e-6)
            assert np.isnan(found[len(numbers) :]).all()


@pytest.mark.parametrize("kind", ["batch_norm", "behind"])
def test_in_a_dense_layer_all_variance_lies_between_samples(kind: str) -> None:
    pair = Pair(kind)
    assert between_samples(Specimen(pair.trainer)).tolist()[:-1] == [1.0] * len(HIDDEN)
    assert np.isnan(between_samples(Specimen(pair.trainer))[-1])
    assert np.isnan(between_samples(Specimen(trained()))).all(), "nothing is normalized"


@pytest.mark.parametrize("stripes", [0.0, 0.5, 1.0])
def test_what_differs_between_the_pixels_of_an_image_is_no_difference_between_samples(stripes: float) -> None:
    rng = np.random.default_rng(7)
    # Images that differ in their brightness, with stripes that are the same in all of them and cancel.
    bright = rng.standard_normal((30, 1)).astype(np.float32) * (1 - stripes)
    x = (bright + stripes * np.tile([1.0, -1.0], 18).astype(np.float32)).astype(np.float32)
    linear, he = Choice("linear"), Choice("he_normal")
    layer = ConvSpec(3, 1, linear, he, normalization=Choice("batch_norm"))
    network = NetworkSpec((1, 6, 6), (layer, GlobalPoolSpec()), 1, Choice("xavier_uniform"))
    y = np.sign(bright[:, 0] + 1e-3)
    trainer = Trainer(network, build("plain")._training, TrainingData(x, y, x[:8].copy(), y[:8].copy()), seed=3)
    brightness = float(x.mean(axis=1).var())
    share = between_samples(Specimen(trainer))
    assert share[0] == pytest.approx(brightness / (brightness + stripes**2), rel=1e-4, abs=1e-9)
    assert np.isnan(share[1:]).all()


def test_a_normalization_without_running_statistics_has_its_gamma_and_beta() -> None:
    trainer = Pair("groups").trainer
    rows = measure("batch_statistics", trainer)
    assert np.isnan(rows[:, :6]).all()
    assert np.isfinite(rows[:, 6:]).all()
    assert len(rows) == len(HIDDEN)
    units = measure("unit_statistics", trainer).reshape(len(HIDDEN), 6, -1)
    assert np.isnan(units[:, :4]).all()
    assert np.isfinite(units[:, 4:, : min(HIDDEN)]).all()
    assert isinstance(make_network(3, HIDDEN, 1).layers[0], DenseSpec)
    assert [measure(probe, Pair("plain").trainer).size for probe in ("batch_statistics", "unit_statistics")] == [0, 0]
