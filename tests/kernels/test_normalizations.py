"""Every normalization: forward in training and inference, running statistics, and the way back; and of weights."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.layout import make_layout
from kernels.network import Choice
from kernels.normalizations import NORMALIZATIONS, divisors
from kernels.normalizations.normalization import ROW
from tests.kernels.reference import Array, named, slope
from tests.kernels.support import Floats, call, choices, describe, make_data, make_network, make_trainer, vector

CHOICES = [
    choice for variant in NORMALIZATIONS for choice in choices(variant) if NORMALIZATIONS[choice.id].forward is not None
]
CHOICES.append(Choice("group_norm", {"groups": 3}))
#: Every choice with as many pixels a unit as suit it: one, and images of several sizes.
PLACES = [
    (choice, pixels)
    for choice in CHOICES
    for pixels in (1, 4, 15)
    if pixels > 1 or not NORMALIZATIONS[choice.id].needs_image
]
BY_SAMPLE = [(choice, pixels) for choice, pixels in PLACES if not NORMALIZATIONS[choice.id].running]
UNITS = 6


def place(argument: Choice | int) -> str:
    """An argument out of `PLACES` as a test's name."""
    return f"{argument}px" if isinstance(argument, int) else describe(argument)


def usual(values: Floats) -> Floats:
    """From [units, pixels, samples] to the usual order [samples, units, pixels]."""
    return np.moveaxis(values, 2, 0)


class Case:
    """Random weighted sums [units, pixels, samples], padded with rubbish, and all else that a normalization reads."""

    def __init__(self, choice: Choice, pixels: int, count: int) -> None:
        rng = np.random.default_rng(count)
        self.variant = NORMALIZATIONS[choice.id]
        values = self.variant.values(choice.params)
        self.params = vector(values)
        self.named = named(self.variant, choice)
        self.pixels, self.count, self.stride = pixels, count, (count + 7) // 8 * 8
        self.z = np.full((UNITS, pixels, self.stride), 1e6, np.float32)
        self.z[..., :count] = rng.normal(3, 2, (UNITS, pixels, count))
        self.y = np.full_like(self.z, 7)
        self.gamma, self.beta = rng.normal(1, 0.5, (2, UNITS)).astype(np.float32)
        self.running = np.stack([rng.normal(0, 1, UNITS), rng.uniform(0.5, 2, UNITS)]).astype(np.float32)
        self.scratch = np.zeros((self.variant.scratch(UNITS, values) + 1) * self.stride, np.float32)
        self.x: Array = usual(self.z[..., :count]).astype(np.float64)

    def forward(self, training: bool) -> Floats:
        assert self.variant.forward is not None
        call(
            self.variant.forward, self.z, self.y, self.scratch, self.gamma, self.beta, self.running,
            UNITS, self.pixels, self.count, self.stride, int(training), self.params,
        )  # fmt: skip
        return usual(self.y[..., : self.count])

    def truth(self, x: Array, gamma: Array, beta: Array, running: Array, training: bool) -> Array:
        assert self.variant.reference is not None
        return self.variant.reference(x, gamma, beta, running, training, **self.named)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 64])
@pytest.mark.parametrize(("choice", "pixels"), PLACES, ids=place)
def test_forward_and_running_statistics(choice: Choice, pixels: int, count: int, training: bool) -> None:
    case = Case(choice, pixels, count)
    running, came_in = case.running.astype(np.float64), case.z.copy()
    before = case.running.copy()
    truth = case.truth(case.x, case.gamma.astype(float), case.beta.astype(float), running, training)
    np.testing.assert_allclose(case.forward(training), truth, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(case.z, came_in, "what came in is still needed")
    np.testing.assert_allclose(case.running, running, rtol=1e-5, atol=1e-6)
    if not (training and case.variant.running):
        np.testing.assert_array_equal(case.running, before)
    assert not case.scratch[-case.stride :].any(), "no more scratch rows than it asked for"


@pytest.mark.parametrize("count", [2, 7, 8, 33])
@pytest.mark.parametrize(("choice", "pixels"), PLACES, ids=place)
def test_backward_is_the_slope_of_forward(choice: Choice, pixels: int, count: int) -> None:
    case = Case(choice, pixels, count)
    gamma, beta, x = case.gamma.astype(float), case.beta.astype(float), case.x
    case.forward(training=True)
    d = np.zeros_like(case.z)
    d[..., :count] = np.random.default_rng(0).normal(0, 1, (UNITS, pixels, count))
    weights = usual(d[..., :count]).astype(np.float64)

    def weighted(x: Array, gamma: Array, beta: Array) -> float:
        return float(np.sum(weights * case.truth(x, gamma, beta, np.zeros((2, UNITS)), True)))

    d_gamma, d_beta = np.zeros((2, UNITS), np.float32)
    assert case.variant.backward is not None
    call(
        case.variant.backward, case.z, d, case.scratch, case.gamma, d_gamma, d_beta, UNITS, pixels, count, case.stride,
        case.params,
    )  # fmt: skip
    truth = slope(lambda at: weighted(at, gamma, beta), x)
    np.testing.assert_allclose(usual(d[..., :count]), truth, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(d_gamma, slope(lambda at: weighted(x, at, beta), gamma), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(d_beta, slope(lambda at: weighted(x, gamma, at), beta), rtol=1e-4, atol=1e-4)
    assert not d[..., count:].any(), "the gradient of a padded lane must stay zero"
    assert not case.scratch[-case.stride :].any()


@pytest.mark.parametrize(("choice", "pixels"), PLACES, ids=place)
def test_training_centres_and_scales_every_unit(choice: Choice, pixels: int) -> None:
    case = Case(choice, pixels, 50)
    case.gamma[:], case.beta[:] = 1, 0
    y = case.forward(training=True)
    assert abs(y).max() < 10
    assert y.std() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("choice", "pixels"), PLACES, ids=place)
def test_padded_lanes_stay_small(choice: Choice, pixels: int) -> None:
    # With one sample the scale is 1 / sqrt(epsilon): lanes that kept it would grow by it in every layer.
    case = Case(choice, pixels, 1)
    case.forward(training=True)
    assert np.abs(case.y).max() < 10


@pytest.mark.parametrize(("choice", "pixels"), BY_SAMPLE, ids=place)
def test_a_sample_is_the_same_alone_as_in_a_batch(choice: Choice, pixels: int) -> None:
    together = Case(choice, pixels, 64)
    whole = together.forward(training=True).copy()
    alone = Case(choice, pixels, 1)
    alone.gamma, alone.beta = together.gamma, together.beta
    for sample in (0, 31, 63):
        alone.z[..., 0] = together.z[..., sample]
        np.testing.assert_allclose(alone.forward(training=True)[0], whole[sample], rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(alone.forward(training=False)[0], alone.forward(training=True)[0])


@pytest.mark.parametrize("pixels", [1, 4])
def test_one_group_is_layer_norm_and_more_are_not(pixels: int) -> None:
    results = [
        Case(choice, pixels, 9).forward(training=True).copy()
        for choice in (Choice("layer_norm"), Choice("group_norm", {"groups": 1}), Choice("group_norm"))
    ]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-6)
    assert np.abs(results[0] - results[2]).max() > 0.1


def test_as_many_groups_as_channels_are_instance_norm() -> None:
    results = [
        Case(choice, 10, 9).forward(training=True).copy()
        for choice in (Choice("instance_norm"), Choice("group_norm", {"groups": UNITS}))
    ]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-6)


def axes_of(name: str) -> tuple[int, ...]:
    """Over which axes of [samples, groups, channels of each, pixels] the textbooks take mean and variance."""
    return {"batch_norm": (0, 3), "layer_norm": (1, 2, 3), "instance_norm": (3,), "group_norm": (2, 3)}[name]


@pytest.mark.parametrize("name", [each.id for each in NORMALIZATIONS if each.forward])
def test_images_are_normalized_over_the_axes_of_the_textbooks(name: str) -> None:
    # Wu & He 2018, figure 2.
    case = Case(Choice(name), 12, 16)
    case.gamma[:], case.beta[:] = 1, 0
    y = case.forward(training=True).reshape(16, 2, UNITS // 2, 12).astype(np.float64)
    np.testing.assert_allclose(y.mean(axis=axes_of(name)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=axes_of(name)), 1, atol=0.02)
    narrower = y.mean(axis=axes_of(name)[1:]) if len(axes_of(name)) > 1 else y.mean(axis=2)
    assert np.abs(narrower).max() > 0.01, "over all these axes, and no fewer"


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_large_images_far_from_zero_lose_no_precision(choice: Choice) -> None:
    case = Case(choice, 1024, 24)
    rng = np.random.default_rng(6)
    case.z[...] = rng.normal(50, 1, case.z.shape)
    running = case.running.astype(np.float64)
    x = usual(case.z).astype(np.float64)
    truth = case.truth(x, case.gamma.astype(float), case.beta.astype(float), running, True)
    np.testing.assert_allclose(case.forward(training=True), truth, rtol=1e-3, atol=2e-3)


def test_groups_must_part_the_units() -> None:
    assert divisors(12) == [1, 2, 3, 4, 6, 12]
    for activation, widths in (("tanh", "1, 2, 4, 8"), ("simple_gate", "1, 2, 4, 8, 16")):
        choice = Choice("group_norm", {"groups": 3})
        with pytest.raises(ValueError, match=f"groups is 3, but must divide the .* of layer2: {widths}"):
            make_layout(make_network(2, (6, 8), 1, activation=Choice(activation), normalization=choice))


def test_what_needs_an_image_is_refused_elsewhere_and_says_why() -> None:
    assert [each.id for each in NORMALIZATIONS if each.needs_image] == ["instance_norm"]
    with pytest.raises(ValueError, match=r"not available in layer1: .*needs images.*Take layer norm"):
        make_trainer(normalization=Choice("instance_norm"))


@pytest.mark.parametrize("name", [each.id for each in NORMALIZATIONS if each.weigh])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (5, 17), (8, 64)])
def test_weights_in_effect_and_the_way_back(shape: tuple[int, int], name: str) -> None:
    variant, rng = NORMALIZATIONS[name], np.random.default_rng(shape[1])
    assert variant.weigh is not None
    assert variant.weigh_back is not None
    reference = variant.weight_reference
    assert reference is not None
    v, d = rng.normal(0, 1, (2, *shape)).astype(np.float32)
    gain, w, d_gain = rng.normal(1, 1, shape[0]).astype(np.float32), np.zeros_like(v), np.zeros(shape[0], np.float32)
    call(variant.weigh, v, w, gain, *shape)
    trained, lengths = v.astype(np.float64), gain.astype(np.float64)
    np.testing.assert_allclose(w, reference(trained, lengths), rtol=1e-5, atol=1e-6)
    weights = d.astype(np.float64)
    call(variant.weigh_back, v, d, gain, d_gain, *shape)
    truth = slope(lambda at: float(np.sum(weights * reference(at, lengths))), trained)
    np.testing.assert_allclose(d, truth, rtol=1e-3, atol=1e-5)
    truth = slope(lambda at: float(np.sum(weights * reference(trained, at))), lengths)
    np.testing.assert_allclose(d_gain, truth, rtol=1e-4, atol=1e-5)


def test_weight_norm_starts_as_the_network_without_it() -> None:
    losses = []
    for name in ("none", "weight_norm"):
        trainer = make_trainer(normalization=Choice(name))
        trainer.observe()
        losses.append(trainer.stats[3])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_weights_of_zero_have_no_direction_and_stay() -> None:
    trainer = make_trainer(normalization=Choice("weight_norm"), initializer=Choice("zeros"))
    trainer.train(20)
    assert trainer.diverged is None
    assert not trainer.parameters[: trainer.layout.weight_count - 4].any()


def test_layer_norm_trains_with_batches_of_one_as_batch_norm_cannot() -> None:
    data = make_data("binary", 40)
    spread = {}
    for name in ("batch_norm", "layer_norm"):
        trainer = make_trainer(data, normalization=Choice(name), batch_size=1)
        trainer.train(200)
        tensor = trainer.layout.tensor("layer1.weight")
        spread[name] = float(np.abs(trainer.gradients[tensor.offset : tensor.offset + tensor.size]).max())
    # A batch of one is its own mean: nothing is left of it, and no gradient passes.
    assert spread["batch_norm"] == pytest.approx(0, abs=1e-6)
    assert spread["layer_norm"] > 1e-4


def test_scratch_rows_hold_what_is_asked_of_them_with_the_smallest_batch() -> None:
    batch_norm = NORMALIZATIONS["batch_norm"]
    for units in (1, 4, 5, 512):
        assert batch_norm.scratch(units, batch_norm.values({})) * ROW >= 2 * units
