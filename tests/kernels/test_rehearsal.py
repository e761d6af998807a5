"""A rehearsed step against the step that follows it, to the bit, and its derivatives against differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kernels.activations import ACTIVATIONS
from kernels.averagings import AVERAGINGS
from kernels.clippings import CLIPPINGS
from kernels.losses import LOSSES
from kernels.network import (
    Augmentation,
    Choice,
    ConvSpec,
    DenseSpec,
    Floats,
    GlobalPoolSpec,
    LayerSpec,
    NetworkSpec,
    PoolSpec,
    Switch,
    TrainingSpec,
)
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS
from kernels.rehearsal import MOST_SHOWN, Rehearsal, differentiate, rehearse
from kernels.schedules import BATCH_SCHEDULES, MOMENTUM_SCHEDULES, SCHEDULES
from kernels.state import Clock
from kernels.table import Field
from kernels.trainer import Trainer
from tests.kernels.support import (
    CONSTANT,
    OUTPUTS,
    SGD,
    TANH,
    XAVIER,
    describe,
    every_placed,
    make_data,
    same_bits,
)

BATCH, SAMPLES = 10, 27
#: From here on not every step is a record, behind which the whole data would have gone through the same rows.
UNRECORDED = 514
RELU, CROSS_ENTROPY = Choice("relu"), Choice("softmax_cross_entropy")
DENSE, CONV = DenseSpec(5, TANH, XAVIER), ConvSpec(4, 3, TANH, XAVIER)
IMAGES = (2, 6, 6)


def make(
    layers: tuple[LayerSpec, ...] = (DENSE, DENSE),
    shape: tuple[int, ...] = (3,),
    task: str = "multiclass",
    loss: Choice = CROSS_ENTROPY,
    optimizer: Choice = SGD,
    input_dropout: float = 0.0,
    **more: Any,
) -> Trainer:
    network = NetworkSpec(shape, layers, OUTPUTS.get(task, 1), XAVIER, input_dropout=input_dropout)
    more = {"schedule": CONSTANT, "regularizers": (), "batch_size": BATCH, **more}
    data = make_data(task, SAMPLES, inputs=network.inputs)
    return Trainer(network, TrainingSpec(loss, optimizer, **more), data, seed=4)


def dense(**changes: Any) -> dict[str, Any]:
    """Two layers of which the first is another."""
    return {"layers": (replace(DENSE, **changes), DENSE)}


def kinds() -> Iterator[Any]:
    """All that a step may have in it, by name."""
    small = Choice("sgd", {"learning_rate": 0.01})
    for optimizer in OPTIMIZERS:
        yield pytest.param({"optimizer": Choice(optimizer.id)}, id=f"optimizer-{optimizer.id}")
    for choice in every_placed(NORMALIZATIONS):
        layers: tuple[LayerSpec, ...] = (replace(CONV, normalization=choice), replace(DENSE, units=4))
        yield pytest.param({"layers": layers, "shape": IMAGES}, id=f"normalization-{describe(choice)}")
        if not NORMALIZATIONS[choice.id].needs_image:
            yield pytest.param(dense(units=4, normalization=choice, dropout=0.3), id=f"dense-{describe(choice)}")
    for activation in ACTIVATIONS:
        given = Choice(activation.id)
        yield pytest.param(dense(activation=given, normalization=Choice("layer_norm")), id=f"activation-{given.id}")
    for loss in LOSSES:
        for task in loss.tasks:
            yield pytest.param({"loss": Choice(loss.id), "task": task, "optimizer": small}, id=f"{loss.id}-{task}")
    for clipping in CLIPPINGS:
        yield pytest.param(
            {"clipping": Choice(clipping.id, {} if clipping.id == "none" else {"limit": 0.01})},
            id=f"clipping-{clipping.id}",
        )
    for penalty in REGULARIZERS:
        yield pytest.param({"regularizers": (Choice(penalty.id),)}, id=f"penalty-{penalty.id}")
    for schedule in SCHEDULES:
        yield pytest.param({"schedule": Choice(schedule.id), "warmup": 1000}, id=f"schedule-{schedule.id}")
    momentum = Choice("momentum")
    for each in MOMENTUM_SCHEDULES:
        cycling = Choice("one_cycle") if each.follows_cycle else CONSTANT
        yield pytest.param(
            {"momentum_schedule": Choice(each.id), "optimizer": momentum, "schedule": cycling}, id=f"momentum-{each.id}"
        )
    for growth in BATCH_SCHEDULES:
        yield pytest.param({"batch_schedule": Choice(growth.id), "batch_size": 3}, id=f"batch-{growth.id}")
    for name in ("dropout", "dropconnect"):
        yield pytest.param(dense(**{name: 0.4}), id=name)
    yield pytest.param({"input_dropout": 0.4, **dense(dropout=0.3, dropconnect=0.3)}, id="dropped everywhere")
    yield pytest.param(
        {
            "optimizer": Choice("sam"),
            "clipping": Choice("by_norm", {"limit": 0.1}),
            "input_dropout": 0.2,
            **dense(normalization=Choice("batch_norm"), dropout=0.3),
        },
        id="sam with all",
    )
    yield from means()
    yield pytest.param({"switch": Switch(UNRECORDED, Choice("adam"))}, id="switched")
    skips = (DENSE, replace(DENSE, skip=1), replace(DENSE, skip=2, normalization=Choice("batch_norm")), DENSE)
    yield pytest.param({"layers": skips}, id="skips")
    yield pytest.param(
        {"layers": (replace(DENSE, units=3, skip=1), replace(DENSE, units=3, skip=2, dropout=0.2))},
        id="skips of the inputs",
    )
    wide = replace(CONV, normalization=Choice("batch_norm", {"position": 1}), channel_dropout=0.3, dropconnect=0.2)
    again = replace(CONV, activation=RELU, stride=2, padding="valid", dropout=0.2)
    yield pytest.param(
        {"layers": (wide, PoolSpec(), replace(CONV, skip=1), GlobalPoolSpec()), "shape": IMAGES}, id="images"
    )
    yield pytest.param(
        {
            "layers": (PoolSpec("mean", 2, 1), again, DENSE),
            "shape": IMAGES,
            "input_dropout": 0.1,
            "augmentation": Augmentation(shift=1, rotation=10, flip=True, noise=0.1),
        },
        id="augmented",
    )
    yield pytest.param(
        {
            "layers": (replace(CONV, activation=Choice("maxout"), normalization=Choice("weight_norm")), DENSE),
            "shape": IMAGES,
        },
        id="gates on images",
    )


def means() -> Iterator[Any]:
    """Every mean of the weights, with running statistics beside them, and one that begins about now."""
    for mean in AVERAGINGS:
        normalized = dense(normalization=Choice("batch_norm"))
        yield pytest.param({"averaging": Choice(mean.id), **normalized}, id=f"averaging-{mean.id}")
    for start in (UNRECORDED - 1, UNRECORDED, UNRECORDED + 1):
        yield pytest.param({"averaging": Choice("polyak", {"start": start})}, id=f"averaged after {start}")
    yield pytest.param({"averaging": Choice("exponential"), "sampling": Choice("with_replacement")}, id="averaged")


def step_as_rehearsed(trainer: Trainer, shown: Rehearsal) -> None:
    """Do the step, and compare all that can be seen of it."""
    plan, live, memory = trainer.parts
    before, slots, averaged = trainer.parameters.copy(), memory.slots.copy(), memory.averaged.copy()
    assert memory.clock[Clock.NEXT_RECORD] > trainer.step + 1, "the whole data would go through the same rows"
    assert trainer.train(1, observe=False) == 1
    count, stride = shown.count, (shown.count + 7) // 8 * 8
    end = int(memory.clock[Clock.POSITION])
    assert shown.indices.tolist() == memory.order[end - count : end].tolist()
    hyper = live.optimizer[live.optimizer.size // 2 :]
    assert list(shown.params.values()) == hyper.tolist()
    assert shown.learning_rate == hyper[0]
    assert shown.optimizer_step == memory.clock[Clock.OPTIMIZER_STEP]
    bent = live.extents.size > 0 or live.ascent[0] > 0
    for tensor in trainer.layout.tensors:
        place = slice(tensor.offset, tensor.offset + tensor.size)
        expected = {"before": before, "after": trainer.parameters, "passed": trainer.gradients}
        expected |= {} if bent else {"gradient": trainer.gradients}
        for part, vector in expected.items():
            assert same_bits(shown.arrays[f"{tensor.name}.{part}"].ravel(), vector[place]), f"{tensor.name}.{part}"
    size = trainer.layout.parameter_count
    for number, name in enumerate(OPTIMIZERS[shown.optimizer].slots):
        for tensor in trainer.layout.tensors:
            place = slice(number * size + tensor.offset, number * size + tensor.offset + tensor.size)
            for own, vector in zip(shown.slots[name][tensor.name], (slots, memory.slots), strict=True):
                assert same_bits(own, vector[place])
    for number, name in enumerate(OPTIMIZERS[shown.optimizer].scalars):
        at = len(OPTIMIZERS[shown.optimizer].slots) * size + number
        for own, vector in zip(shown.slots[name]["output.weight"], (slots, memory.slots), strict=True):
            assert own[0] == vector[at]
    for buffer in trainer.layout.buffers:
        after = trainer.running[buffer.offset : buffer.offset + buffer.size]
        assert same_bits(shown.arrays[f"{buffer.name}.after"], after)
    means_as_rehearsed(trainer, shown, averaged)
    if live.ascent[0] > 0:
        return  # the rows are those of the second look, from uphill
    rows = memory.arena[: memory.arena.size // stride * stride].reshape(-1, stride)
    for layer, (row, name) in enumerate(zip(plan.fields, trainer.layout.layer_names, strict=True)):
        fields = {"y": Field.Y_ROW, "a": Field.A_ROW, "out": Field.OUT_ROW, "dropped": Field.DROPPED_ROW}
        # What the last layers below have left of the way back is there still.
        fields |= {"d_z": Field.SUMS_GRADIENT_ROW} if layer < 2 else {}
        for part, field in fields.items():
            if f"{name}.{part}" in shown.arrays:
                own = shown.arrays[f"{name}.{part}"].reshape(-1, count)
                assert same_bits(own, rows[row[field] : row[field] + len(own), :count].copy()), f"{name}.{part}"
            else:
                assert part == "dropped"


def means_as_rehearsed(trainer: Trainer, shown: Rehearsal, before: Floats) -> None:
    """Compare the mean of the weights, of which running statistics come last, where one is kept."""
    after = trainer.averaged
    assert (after is None) == (shown.averaging is None)
    if after is None:
        assert not any(".averaged." in name for name in shown.arrays)
        return
    layout = trainer.layout
    places = [*layout.tensors, *(replace(each, offset=layout.parameter_count + each.offset) for each in layout.buffers)]
    assert sum(each.size for each in places) == after.size
    for each in places:
        place = slice(each.offset, each.offset + each.size)
        for when, vector in (("before", before), ("after", after)):
            own = shown.arrays[f"{each.name}.averaged.{when}"]
            assert same_bits(own.ravel(), vector[place]), f"{each.name}.averaged.{when}"


@pytest.mark.parametrize("kind", list(kinds()))
def test_the_step_that_follows_does_what_was_shown(kind: dict[str, Any]) -> None:
    trainer = make(**kind)
    trainer.train(UNRECORDED, observe=False)
    state = trainer.state()
    shown, one = rehearse(trainer), rehearse(trainer, 1)
    for name, values in trainer.state().items():
        assert same_bits(state[name], values), f"{name} has changed"
    assert shown.count == shown.shown == len(shown.losses)
    np.testing.assert_allclose(shown.losses.mean(), shown.loss, rtol=1e-4, atol=1e-6)
    for name, values in one.arrays.items():
        if name.endswith("_sample"):
            continue
        whole = shown.arrays[name]
        assert same_bits(values, whole if whole.shape == values.shape else whole[..., 1].copy()), name
    assert one.losses.tolist() == shown.losses[1:2].tolist()
    step_as_rehearsed(trainer, shown)


@pytest.mark.parametrize("kind", list(kinds()))
def test_the_terms_of_all_samples_are_the_gradient(kind: dict[str, Any]) -> None:
    trainer = make(**kind)
    trainer.train(3, observe=False)
    shown = [rehearse(trainer, sample) for sample in range(rehearse(trainer).count)]
    for tensor in trainer.layout.tensors:
        terms = np.sum([each.arrays[f"{tensor.name}.gradient_sample"] for each in shown], axis=0)
        gradient = shown[0].arrays[f"{tensor.name}.gradient"]
        np.testing.assert_allclose(terms, gradient, rtol=2e-4, atol=2e-5 * max(1.0, float(np.abs(gradient).max())))


@pytest.mark.parametrize("optimizer", ["sgd", "sam"])
@pytest.mark.parametrize("limit", [1e-3, 1e3])
def test_the_norm_is_of_the_gradient_that_is_clipped_with_its_penalties(limit: float, optimizer: str) -> None:
    clipping, penalty = Choice("by_norm", {"limit": limit}), Choice("l2", {"rate": 0.3})
    given: dict[str, Any] = {"optimizer": Choice(optimizer), "regularizers": (penalty,)}
    trainer, free = make(clipping=clipping, **given), make(**given)
    shown, unclipped = rehearse(trainer).arrays, rehearse(free).arrays
    parts = [unclipped[f"{tensor.name}.passed"].ravel() for tensor in free.layout.tensors]
    norm = float(np.linalg.norm(np.concatenate(parts).astype(np.float64)))
    np.testing.assert_allclose(shown["norm"], [norm], rtol=1e-6)
    factor = min(1.0, limit / norm)
    np.testing.assert_allclose(
        shown["output.weight.passed"], factor * unclipped["output.weight.passed"], rtol=1e-5, atol=1e-12
    )
    assert "norm" not in unclipped


def test_a_sample_s_term_is_error_times_input() -> None:
    trainer = make(**dense(normalization=Choice("batch_norm"), dropout=0.4))
    shown = rehearse(trainer, 4).arrays
    for layer in ("layer1", "layer2", "output"):
        product = np.outer(shown[f"{layer}.d_z"], shown[f"{layer}.input"])
        np.testing.assert_allclose(shown[f"{layer}.weight.gradient_sample"], product, rtol=1e-5, atol=1e-8)


def test_what_is_normalized_dropped_and_added_is_shown() -> None:
    layers = (replace(DENSE, dropout=0.5), replace(DENSE, skip=1, normalization=Choice("batch_norm")))
    trainer = make(layers=layers, input_dropout=0.4)
    shown = rehearse(trainer).arrays
    assert set(np.unique(shown["layer1.mask"]).tolist()) == {0.0, 2.0}
    np.testing.assert_array_equal(shown["layer1.out"] * shown["layer1.mask"], shown["layer1.dropped"])
    np.testing.assert_array_equal(shown["layer1.d_dropped"] * shown["layer1.mask"], shown["layer1.d_out"])
    np.testing.assert_array_equal(shown["input"] * shown["input.mask"], shown["layer1.input"])
    z, mean, std = shown["layer2.z"], shown["layer2.mean"][:, None], shown["layer2.std"][:, None]
    np.testing.assert_allclose(z.mean(axis=1), mean[:, 0], atol=1e-6)
    np.testing.assert_allclose((z - mean) / std, shown["layer2.normalized"], atol=1e-5)
    np.testing.assert_array_equal(shown["layer2.y"], shown["layer2.normalized"] + shown["layer2.skip"])


@pytest.mark.parametrize("choice", every_placed(NORMALIZATIONS), ids=describe)
def test_statistics_are_those_by_which_it_normalized(choice: Choice) -> None:
    trainer = make((replace(CONV, normalization=choice), DENSE), shape=IMAGES)
    shown = rehearse(trainer, 2).arrays
    if "layer1.mean" not in shown:
        assert NORMALIZATIONS[choice.id].forward is None
        return
    x = shown[
        "layer1.a" if NORMALIZATIONS[choice.id].after(NORMALIZATIONS[choice.id].values(choice.params)) else "layer1.z"
    ]
    mean, std = (
        shown[f"layer1.{part}"].repeat(len(x) // len(shown[f"layer1.{part}"]))[:, None, None]
        for part in ("mean", "std")
    )
    np.testing.assert_allclose((x - mean) / std, shown["layer1.normalized"], rtol=1e-4, atol=1e-5)


def test_of_a_large_batch_the_first_samples_are_shown() -> None:
    data = make_data("binary", 100)
    network = NetworkSpec((2,), (DENSE,), 1, XAVIER)
    trainer = Trainer(network, TrainingSpec(Choice("mse"), SGD, CONSTANT, (), 90), data, seed=4)
    shown = rehearse(trainer)
    assert (shown.count, shown.shown, len(shown.indices), len(shown.losses)) == (90, MOST_SHOWN, 90, MOST_SHOWN)
    assert shown.arrays["layer1.z"].shape == (5, MOST_SHOWN)
    each = [rehearse(trainer, sample) for sample in range(90)]
    assert each[89].arrays["layer1.z"].shape == (5,)
    assert not each[89].sums
    assert {"input", "targets", "layer1.a", "output.z", "output.d_z"} < set(shown.sums) < set(shown.arrays)
    for name, sums in shown.sums.items():
        whole = np.sum([one.arrays[name].ravel() for one in each], axis=0, dtype=np.float64)
        np.testing.assert_allclose(sums, whole, rtol=1e-6, atol=1e-6, err_msg=name)


def test_the_last_step_before_a_divergence_is_shown_with_its_own_samples() -> None:
    asked: dict[str, Any] = {"optimizer": Choice("sgd", {"learning_rate": 100.0}), "loss": Choice("mse")}
    trainer = make(**asked)
    trainer.train(100)
    assert trainer.diverged
    before = make(**asked)
    before.train(trainer.step - 1)
    shown = rehearse(before)
    x = before.parts[0].x_train[shown.indices]
    assert np.array_equal(shown.arrays["input"], x.T)
    assert shown.loss == pytest.approx(float(shown.losses.mean()), rel=1e-5)
    assert shown.loss > 0


def test_where_no_step_follows_there_is_nothing_to_rehearse() -> None:
    trainer = make()
    with pytest.raises(ValueError, match="0 <= sample <= 9"):
        rehearse(trainer, 10)
    with pytest.raises(ValueError, match="indices 0 to 14"):
        differentiate(trainer, "layer1.weight", 15)
    with pytest.raises(KeyError, match=r"layer1\.weight"):
        differentiate(trainer, "layer3.weight", 0)
    trainer = make(optimizer=Choice("sgd", {"learning_rate": 100.0}), loss=Choice("mse"))
    trainer.train(100)
    assert trainer.diverged
    with pytest.raises(ValueError, match="no step follows"):
        rehearse(trainer)


@pytest.mark.parametrize("kind", [
    {}, dense(normalization=Choice("batch_norm"), dropout=0.3), dense(activation=Choice("maxout")),
    dense(activation=Choice("prelu"), normalization=Choice("weight_norm")), {"input_dropout": 0.4},
    {"optimizer": Choice("sam"), "regularizers": (Choice("l2"),)},
    {"layers": (replace(CONV, normalization=Choice("group_norm")), PoolSpec("mean"), DENSE), "shape": IMAGES},
], ids=["plain", "normalized", "gates", "learned", "dropped inputs", "uphill", "images"])  # fmt: skip
def test_derivatives_are_what_differences_say(kind: dict[str, Any]) -> None:
    trainer = make(**kind)
    trainer.train(20)
    state, shown = trainer.state(), rehearse(trainer)
    for tensor in trainer.layout.tensors:
        for index in {0, tensor.size // 2, tensor.size - 1}:
            found = differentiate(trainer, tensor.name, index)
            assert found.analytic == shown.arrays[f"{tensor.name}.gradient"].ravel()[index]
            assert found.difference == pytest.approx(found.analytic, rel=5e-3, abs=2e-5 + 4 * found.rounding)
            quotient = (found.loss_plus - found.loss_minus) / (2 * found.epsilon)
            assert quotient == pytest.approx(found.difference)
            assert (found.epsilon, found.difference) in found.tried
    for name, values in trainer.state().items():
        assert same_bits(state[name], values), f"{name} has changed"


def test_a_wrong_derivative_is_found_out() -> None:
    trainer = make()
    found = differentiate(trainer, "output.bias", 0)
    assert found.relative_error < 1e-3
    assert replace(found, analytic=1.01 * found.analytic).relative_error > 5e-3
    assert replace(found, analytic=0.0, difference=0.0).relative_error == 0
