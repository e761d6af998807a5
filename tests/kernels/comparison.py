"""The trainer beside the reference network: the same masks, gradients, parameters and statistics, step by step."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from kernels.dropout import CHANNEL_MASKS, INPUT_MASK, WEIGHT_MASKS
from kernels.layout import Layout
from kernels.network import Choice, ConvSpec, NetworkSpec, TrainingSpec, WeightedSpec
from kernels.rng import mask_bits, mask_key
from kernels.trainer import Trainer
from tests.kernels import reference
from tests.kernels.support import CONSTANT, last_batch, make_data, targets_of

SEED, RATE = 5, 0.01


@numba.njit(cache=True)
def _bits(seed: int, step: int, layer: int, size: int) -> NDArray[np.float64]:
    key = mask_key(seed, step, layer)
    bits = np.empty(size, np.float64)
    for i in range(size):
        bits[i] = mask_bits(key, i)
    return bits


def _kept(seed: int, step: int, place: int, size: int, rate: float) -> NDArray[np.float64]:
    """What a mask multiplies by, from the bits of `kernels.rng`."""
    kept = _bits(seed, step, place, size) >= np.floor(np.float64(np.float32(rate)) * (2**32 - 1))
    factors: NDArray[np.float64] = kept / (1 - rate)
    return factors


def dropout_masks(spec: NetworkSpec, layout: Layout, seed: int, step: int, count: int) -> reference.Masks:
    """What dropout of units, channels, weights and inputs multiplies by in one step of `count` samples."""
    stride = (count + 7) // 8 * 8

    def of_rows(place: int, rows: int, rate: float) -> reference.Array:
        return _kept(seed, step, place, rows * stride, rate).reshape(rows, stride)[:, :count].T

    units: list[reference.Array | float] = []
    weights: list[reference.Array | float] = []
    for i, layer in enumerate(spec.layers):
        if not isinstance(layer, WeightedSpec):
            units.append(1.0)
            weights.append(1.0)
            continue
        out = layout.stages[i].shape
        mask = of_rows(i, int(np.prod(out)), layer.dropout).reshape(count, *out)
        if isinstance(layer, ConvSpec):
            mask = mask * of_rows(CHANNEL_MASKS + i, out[0], layer.channel_dropout)[:, :, None, None]
        units.append(mask)
        tensor = layout.tensor(f"layer{i + 1}.weight")
        weights.append(_kept(seed, step, WEIGHT_MASKS + i, tensor.size, layer.dropconnect).reshape(tensor.shape))
    return reference.Masks(units, weights, of_rows(INPUT_MASK, spec.inputs, spec.input_dropout))


def disturb(trainer: Trainer) -> None:
    """Move biases, gammas and betas away from zero and one."""
    trainer.parameters[:] += np.random.default_rng(8).normal(0, 0.2, trainer.parameters.size).astype(np.float32)


def compare_gradients(trainer: Trainer, truth: dict[str, reference.Array], label: str) -> None:
    """Compare the last step's gradients, small ones by the size of the largest."""
    found = reference.unpack(trainer.layout.tensors, trainer.gradients)
    assert set(found) == set(truth)
    largest = max(1e-3, *(float(np.abs(values).max()) for values in truth.values()))
    for name, values in truth.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-3, atol=3e-5 * largest, err_msg=f"{label} {name}")


def compare_steps(
    spec: NetworkSpec,
    task: str,
    loss: str,
    *,
    samples: int,
    batch_size: int,
    steps: int,
    regularizers: tuple[Choice, ...] = (),
    **training: Any,
) -> None:
    """Compare the gradients and the outcome of every step; both networks go on from the trainer's numbers."""
    data = make_data(task, samples, spec.inputs)
    descent = Choice("sgd", {"learning_rate": RATE})
    chosen = TrainingSpec(Choice(loss), descent, CONSTANT, regularizers, batch_size, **training)
    trainer = Trainer(spec, chosen, data, SEED)
    disturb(trainer)
    x, y = data.x_train.astype(np.float64), targets_of(data.y_train)
    for step in range(steps):
        network = reference.twin(trainer, spec)
        place = step % trainer.steps_per_epoch
        count = min(batch_size, samples - place * batch_size)
        assert trainer.train(1) == 1
        batch = last_batch(trainer, count)
        masks = dropout_masks(spec, trainer.layout, SEED, step, count)
        _, gradients = reference.loss_and_gradients(network, Choice(loss), x[batch], y[batch], masks)
        reference.add_penalties(network, regularizers, gradients, RATE)
        for name, g in gradients.items():
            network.parameters[name] -= RATE * g
        label = f"step {step}, {count} samples"
        compare_gradients(trainer, gradients, label)
        for name, values in reference.unpack(trainer.layout.tensors, trainer.parameters).items():
            np.testing.assert_allclose(
                values, network.parameters[name], rtol=1e-5, atol=1e-5, err_msg=f"{label} {name}"
            )
        for name, values in reference.unpack(trainer.layout.buffers, trainer.running).items():
            np.testing.assert_allclose(values, network.running[name], rtol=1e-4, atol=1e-5, err_msg=f"{label} {name}")
